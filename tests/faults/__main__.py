"""Try every fault and write `benchmarks/results/faults.md`: `python tests/faults [--seed N] [--lanes N] [--only N …]`.

One round prints one line; the exit status is 1 when anything was lost, wrong or left behind. Rounds go in lanes at the
same time, each with servers of its own, because a round mostly waits.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from backends import shared_servers  # noqa: E402
from outcome import HEADER, Outcome, as_json, rows  # noqa: E402
from rounds import SHORT_REFUSAL_S, WHOLE_MINUTE_S, Normals, carry_out, every_round, undisturbed  # noqa: E402

from benchmarks.report import RESULTS, table, write  # noqa: E402

_NORMALS = "normals.pickle"


def main() -> int:
    """Run the rounds and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--lanes", type=int, default=2, help="how many rounds go at the same time")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of rounds, counted from 0; writes no table")
    parser.add_argument("--repeat", action="store_true", help="put the rounds of --only in place of those in the table")
    parser.add_argument("--lane", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.lane is not None:
        return _run_lane(chosen.seed, chosen.lane, chosen.lanes, chosen.only, chosen.to)
    with tempfile.TemporaryDirectory(prefix="aurax-lanes-") as folder:
        normals, found = _in_lanes(sys.argv[1:], chosen.lanes, Path(folder))
    outcomes = sorted((Outcome(**one) for lane in found for one in lane["trials"]), key=lambda one: one.number)
    values = {
        "seed": chosen.seed,
        "lanes": chosen.lanes,
        "song_s": {where: song.wall_s for where, song in normals.songs.items()},
        "session_s": {where: session.wall_s for where, session in normals.sessions.items()},
        "untried": found[0]["untried"],
    }
    if chosen.repeat:
        known = json.loads((RESULTS / "faults.json").read_text())
        values = {name: known[name] for name in values}
        outcomes = _repeated(outcomes, known["trials"])
    texts = [
        _said(values),
        table(HEADER, rows(outcomes)),
        *(_told_again(one) for one in outcomes if one.before),
        *(f"Not tried here: {one}." for one in values["untried"]),
    ]
    if chosen.only is None or chosen.repeat:
        write("faults", {**values, "trials": as_json(outcomes)}, texts)
    else:
        print("\n\n".join(texts))
    return 0 if all(outcome.good for outcome in outcomes) else 1


def _repeated(outcomes: list[Outcome], trials: list[dict[str, Any]]) -> list[Outcome]:
    """The rounds of the table, those that were carried out again in place of the first time."""
    known = {one["number"]: Outcome(**one) for one in trials}
    for outcome in outcomes:
        first = known.get(outcome.number)
        before = (first.before or f"{first.verdict}: {first.note}") if first is not None else ""
        known[outcome.number] = replace(outcome, before=before)
    return [known[number] for number in sorted(known)]


def _told_again(outcome: Outcome) -> str:
    first = " ".join(outcome.before.split())[:300]
    return f"Repeated: round {outcome.number}, {outcome.fault} ({outcome.backend}); the first time it was {first}"


def _in_lanes(arguments: list[str], lanes: int, folder: Path) -> tuple[Normals, list[dict[str, Any]]]:
    with shared_servers(folder) as servers:
        normals = undisturbed(servers, folder / "undisturbed")
    (folder / _NORMALS).write_bytes(pickle.dumps(normals))
    command = [sys.executable, str(Path(__file__).parent), *arguments, "--to", str(folder)]
    running = [subprocess.Popen([*command, "--lane", str(lane)]) for lane in range(lanes)]
    try:
        statuses = [process.wait() for process in running]
        if any(statuses):
            raise RuntimeError("a lane failed; see what it printed")
    finally:
        for process in running:
            process.kill()
    return normals, [json.loads((folder / f"{lane}.json").read_text()) for lane in range(lanes)]


def _run_lane(seed: int, lane: int, lanes: int, only: list[int] | None, to: Path) -> int:
    normals: Normals = pickle.loads((to / _NORMALS).read_bytes())
    rounds, untried = every_round(random.Random(seed), normals)
    numbers = (list(range(len(rounds))) if only is None else only)[lane::lanes]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="aurax-faults-") as folder, shared_servers(Path(folder)) as servers:
        chosen = [rounds[number] for number in numbers]
        for number, outcome in zip(numbers, carry_out(chosen, normals, servers), strict=True):
            outcomes.append(replace(outcome, number=number))
            mark = "ok " if outcome.good else "BAD"
            note = "" if outcome.good else f"  {outcome}"
            line = f"{mark} {number:3} {outcome.backend}: {outcome.fault}: {outcome.verdict}, {outcome.delay_s:.1f} s"
            print(line + note, flush=True)
    (to / f"{lane}.json").write_text(json.dumps({"trials": as_json(outcomes), "untried": untried}))
    return 0


def _said(values: dict[str, Any]) -> str:
    song, session = values["song_s"], values["session_s"]
    return (
        f"The same song undisturbed takes {song['folder']:.1f} s on SQLite and a folder, {song['shared']:.1f} s on "
        f"PostgreSQL and S3 (rclone's server); a session of one song, two notes and an undo takes "
        f"{session['folder']:.1f} s and {session['shared']:.1f} s. Random moments from seed {values['seed']}, in a "
        f"random order, {values['lanes']} rounds at a time, so delays are those of a busy machine. The store answers "
        f"503 for {WHOLE_MINUTE_S:g} s in one round and for {SHORT_REFUSAL_S:g} s, a tenth, in the others. Wrong "
        "hashes are those that differ from the undisturbed song, which is the same on both backends. A round is "
        "too late where the song had ended before its fault."
    )


if __name__ == "__main__":
    raise SystemExit(main())
