"""Songs of AURA-X itself, in time and out of time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from aurax import analyze, compose, master, mix, render
from aurax.audio.waveform import Samples
from aurax.score.score import Score

_MOODS = ("warm", "dark", "bright", "sparse", "energetic", "calm", "wide", "gritty", "dreamy", "sad")


def song(style: str, number: int, duration_s: float, jitter_ms: float, cache_dir: Path) -> tuple[Samples, Samples]:
    """Make a song.

    Args:
        style: name of an installed style.
        number: seed; also turns through moods.
        duration_s: length.
        jitter_ms: standard deviation of a timing error put on every note; 0 leaves the song's own groove.
        cache_dir: folder for rendered clips.

    Returns:
        The raw mix and the finished master, float32, shape (2, frames), 48 kHz.
    """
    intent = analyze(f"{_MOODS[number % len(_MOODS)]} {style}", style=style, duration_s=duration_s)
    score = compose(intent, seed=number)
    if jitter_ms:
        score = _late(score, np.random.default_rng(number), score.plan.grid.ms_to_ticks(jitter_ms))
    mixed = mix(score, render(score, cache_dir=cache_dir, workers=1)).mix
    return mixed.samples, master(mixed, score).samples


def _late(score: Score, rng: np.random.Generator, jitter_ticks: int) -> Score:
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, offset_ticks=note.offset_ticks + round(rng.normal(0, jitter_ticks)))
                for note in track.notes
            ),
        )
        for track in score.tracks
    )
    return replace(score, tracks=tracks)
