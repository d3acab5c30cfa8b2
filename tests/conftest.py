"""What holds for all tests."""

from aurax.adapters.local.openmp import wait_asleep

wait_asleep()  # two test processes share two cores; torch must not be imported before this
