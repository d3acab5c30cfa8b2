"""`python -m benchmarks [speed|prompts|fresh …]`: run the named measurements, or all of them."""

from __future__ import annotations

import sys

from benchmarks import fresh, prompts, speed

MEASUREMENTS = {"speed": speed.main, "prompts": prompts.main, "fresh": fresh.main}


def main(names: list[str]) -> None:
    """Run measurements by name, all of them when none is named."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        raise SystemExit(f"expected names among {', '.join(MEASUREMENTS)}; found {', '.join(unknown)}")
    for name in names or list(MEASUREMENTS):
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
