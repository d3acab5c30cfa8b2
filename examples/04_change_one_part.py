"""A changed melody, everything else as it was: only its clips are rendered again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from aurax import analyze, compose
from aurax.render.instrument_registry import load_instruments
from aurax.render.pool import RenderPool
from aurax.score.score import Score


def transposed(score: Score, track_name: str, semitones: int) -> Score:
    """A copy of the score with one track moved up or down."""
    tracks = tuple(
        replace(track, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in track.notes))
        if track.name == track_name
        else track
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


def main(cache: Path) -> None:
    """Render a song, move its bass up an octave, render again, and count the clips that had to be made."""
    score = compose(analyze("synthwave, 100 bpm, 20 seconds"), seed=5)
    with RenderPool(load_instruments(), cache, workers=2) as pool:
        for version in (score, transposed(score, "bass", 12)):
            before = {path.name for path in cache.rglob("*.clip")}
            for track in version.tracks:
                pool.render_track(track, version)
            made = {path.name for path in cache.rglob("*.clip")} - before
            print(f"{len(version.tracks)} tracks, {len(made)} clips rendered")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/clips"))
