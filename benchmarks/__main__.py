"""`python -m benchmarks [speed|memory|prompts|fresh …]`: run the named measurements, or all of these four.

`python -m benchmarks intent [options]` scores the prompt reader on labelled prompts; see `benchmarks/intent.py`.

`python -m benchmarks notes [--failures]` scores the reader of follow-up notes; see `benchmarks/notes.py`.

`python -m benchmarks load [options]` measures fifty sessions at once; see `benchmarks/load/run.py`.

`python -m benchmarks neural [options]` measures the neural engines; see `benchmarks/neural.py`.
"""

from __future__ import annotations

import sys

from benchmarks import fresh, memory, prompts, speed

MEASUREMENTS = {"speed": speed.main, "memory": memory.main, "prompts": prompts.main, "fresh": fresh.main}


def main(names: list[str]) -> None:
    """Run measurements by name, all of them when none is named."""
    if names[:1] == ["neural"]:
        from benchmarks import neural

        neural.main(names[1:])
        return
    if names[:1] == ["load"]:
        from benchmarks.load import run

        run.main(names[1:])
        return
    if names[:1] == ["intent"]:
        from benchmarks import intent

        intent.main(names[1:])
        return
    if names[:1] == ["notes"]:
        from benchmarks import notes

        notes.main(names[1:])
        return
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        raise SystemExit(
            f"expected names among {', '.join(MEASUREMENTS)}, neural, intent, notes, load; found {', '.join(unknown)}"
        )
    for name in names or list(MEASUREMENTS):
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
