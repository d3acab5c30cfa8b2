"""A whole song on the production line, with its events."""

from __future__ import annotations

import sys
from pathlib import Path

from aurax import make_song


def main(folder: Path) -> None:
    """Make a short song and say what happened on the way."""
    delivered, song = make_song(
        "slow ambient with bells, 20 seconds",
        out=folder,
        seed=3,
        on_event=lambda kind, data: print(f"  {kind} {data}"),
    )
    print(f"{song.plan.style} in {song.plan.key} {song.plan.mode}, {song.plan.tempo_bpm:g} bpm")
    print(
        f"{song.master.integrated_lufs:.1f} LUFS, {song.master.true_peak_dbtp:.1f} dBTP, passed: {song.verdict.passed}"
    )
    print(f"wrote {delivered}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/made"))
