"""Try every fault and write `benchmarks/results/faults.md`: `python tests/faults [--kills N] [--seed N]`.

One trial prints one line; the exit status is 1 when anything was lost, wrong or left behind.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from laboratory import Laboratory  # noqa: E402
from outcome import HEADER, Outcome, as_json, rows  # noqa: E402
from plan import carry_out, every_trial  # noqa: E402
from trials import Undisturbed  # noqa: E402

from benchmarks.report import table, write  # noqa: E402


def main() -> int:
    """Run the trials and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of trials, counted from 0; writes no table")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aurax-undisturbed-") as folder:
        normal = Undisturbed(Laboratory(Path(folder)))
    print(f"undisturbed: {normal.wall_s:.1f} s", flush=True)
    trials, untried = every_trial(chosen.kills, random.Random(chosen.seed), normal)
    if chosen.only is not None:
        trials = [trials[number] for number in chosen.only]
    outcomes: list[Outcome] = []
    for number, outcome in enumerate(carry_out(trials, normal)):
        outcomes.append(outcome)
        mark = "ok " if outcome.good else "BAD"
        note = "" if outcome.good else f"  {outcome.note}"
        print(f"{mark} {number:3} {outcome.fault}: {outcome.verdict}, {outcome.delay_s:.1f} s{note}", flush=True)
    said = f"The same song undisturbed takes {normal.wall_s:.1f} s. Random moments from seed {chosen.seed}."
    missing = [f"Not tried here: {one}." for one in untried]
    texts = [said, table(HEADER, rows(outcomes)), *missing]
    if chosen.only is None:
        values = {"undisturbed_s": normal.wall_s, "seed": chosen.seed, "trials": as_json(outcomes), "untried": untried}
        write("faults", values, texts)
    else:
        print("\n\n".join(texts))
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
