"""`python -m benchmarks load --quick`: its structure, on a few short songs; no figure of time is looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


def test_the_load_benchmark_measures_a_few_songs_and_says_what_many_need() -> None:
    here = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "load", "--quick"],
        cwd=here,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=380,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for wanted in ("songs a minute", "database statements of the workers", "Temporal actions a second", "US dollars"):
        assert wanted in done.stdout
