"""The bank of undamaged clips, rendered once and kept in a folder.

The only damage made here is late timing, because it happens to notes; all other damage is done to audio, later.
"""

from __future__ import annotations

import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from aurax.audio.waveform import Samples
from training.discriminator import fluid, synth
from training.discriminator.songs import song

RATE = 48_000
TRAINING_STYLES = ("lofi", "deep-house", "ambient")
HELD_OUT_STYLE = "synthwave"


@dataclass(frozen=True)
class Clip:
    """An undamaged recording.

    Args:
        name: unique.
        generator: a style of AURA-X, `synth`, `fluid`, or `fluid-driven`.
        number: seed.
        late: severity of its timing error, 0 to 1.
        duration_s: length.
    """

    name: str
    generator: str
    number: int
    late: float
    duration_s: float

    @property
    def held_out(self) -> bool:
        """Whether it is used for measuring only."""
        return self.generator == HELD_OUT_STYLE or self.generator.startswith("fluid")

    def files(self, folder: Path) -> list[Path]:
        """Its recordings: mix and master of a song, one of all others."""
        kinds = ("mix", "master") if self.generator in (*TRAINING_STYLES, HELD_OUT_STYLE) else ("raw",)
        return [folder / f"{self.name}-{kind}.wav" for kind in kinds]


def jitter_ms(late: float) -> float:
    """Standard deviation of a note's timing error for a severity: 12 ms is hardly heard, 70 ms is a ruin."""
    return 12 + 58 * late if late > 0 else 0.0


def plan(scale: float = 1.0) -> list[Clip]:
    """The clips of a bank.

    Args:
        scale: share of the full size.
    """
    clips: list[Clip] = []

    def add(generator: str, in_time: int, late: int, duration_s: float) -> None:
        for number in range(max(1, round((in_time + late) * scale))):
            rng = np.random.default_rng(zlib.crc32(f"{generator}-{number}".encode()))
            severity = float(rng.uniform(0.02, 1)) if number >= round(in_time * scale) else 0.0
            clips.append(Clip(f"{generator}-{number:03d}", generator, number, severity, duration_s))

    for style in TRAINING_STYLES:
        # Without drums, late notes are not heard as late.
        add(style, 12, 0 if style == "ambient" else 7, 24.0)
    add("synth", 90, 60, 12.0)
    add(HELD_OUT_STYLE, 9, 6, 24.0)
    add("fluid", 24, 18, 24.0)
    add("fluid-driven", 8, 0, 24.0)
    return clips


def build(folder: Path, clips: list[Clip], workers: int = 2) -> None:
    """Render what the folder lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(_render, clips, [folder] * len(clips)))


def _render(clip: Clip, folder: Path) -> None:
    files = clip.files(folder)
    if all(file.exists() for file in files):
        return
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    jitter = jitter_ms(clip.late) or rng.uniform(0, 5)
    recordings: tuple[Samples, ...]
    if clip.generator == "synth":
        recordings = (synth.loop(rng, clip.duration_s, jitter),)
    elif clip.generator.startswith("fluid"):
        recordings = (fluid.riff(rng, clip.duration_s, jitter, driven=clip.generator == "fluid-driven"),)
    else:
        recordings = song(clip.generator, clip.number, clip.duration_s, jitter_ms(clip.late), folder / "clips")
    for file, recording in zip(files, recordings, strict=True):
        part = file.with_suffix(".part")
        soundfile.write(part, recording.T / max(1.0, float(np.abs(recording).max())), RATE, "PCM_16", format="WAV")
        part.replace(file)
