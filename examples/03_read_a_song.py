"""What a delivered folder holds, and that its stems sum to its mix."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from aurax.audio.files import read_audio
from aurax.deliver.record import SongRecord


def main(folder: Path) -> None:
    """Read `song.json`, add up the stems and compare them with the mix."""
    song = SongRecord.model_validate_json((folder / "song.json").read_text(encoding="utf-8"))
    print(f"{song.prompt!r} → {song.plan.style}, seed {song.seed}")
    for section in song.plan.sections:
        print(f"  {section.start_s:6.1f} s  {section.name:<8} energy {section.energy:g}")

    mix = read_audio(folder / song.mix.path).samples
    difference = -mix
    for stem in song.stems:
        difference = difference + read_audio(folder / stem.path).samples
    residual_dbfs = 20 * np.log10(np.abs(difference).max() + 1e-12)
    print(f"sum of {len(song.stems)} stems − mix: {residual_dbfs:.1f} dBFS")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
