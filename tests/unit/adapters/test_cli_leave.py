"""How a command ends: with its own status, its output written and every handler run."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import atexit, sys, threading
from aurax.adapters.cli.leave import run_and_leave

class Late:
    def __del__(self):
        sys.stdout.write("torn down ")

late = Late()

def work():
    atexit.register(lambda: sys.stdout.write("handled "))
    threading.Thread(target=lambda: sys.stdout.write("joined ")).start()
    sys.stdout.write("said ")
    {ending}

run_and_leave(work)
"""


def _run(ending: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(ending=ending)], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("return", 0),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('no')", 1),
        ("raise ValueError('broken')", 1),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_a_command_ends_with_its_status_and_without_pythons_tear_down(ending: str, status: int) -> None:
    ended = _run(ending)
    assert ended.returncode == status, ended.stderr
    assert set(ended.stdout.split()) == {"said", "joined", "handled"}


def test_what_went_wrong_is_still_said() -> None:
    assert "ValueError: broken" in _run("raise ValueError('broken')").stderr
    assert _run("sys.exit('no')").stderr == "no\n"
