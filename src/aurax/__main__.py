"""`aurax` and `python -m aurax`: the command, put together."""

from __future__ import annotations

from aurax.adapters.cli.leave import run_and_leave
from aurax.adapters.cli.main import main
from aurax.wiring import build_context


def run() -> None:
    """Run the command line."""
    run_and_leave(lambda: main(build_context))


if __name__ == "__main__":
    run()
