"""Examples: a piece of a clip, treated as styles treat it, damaged or not, and described as the engine describes it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from aurax.audio.waveform import Samples
from aurax.engines.discriminator.features import WINDOW_SAMPLES, Features, describe
from training.discriminator.bank import Clip
from training.discriminator.damage import DAMAGES, vorbis
from training.discriminator.intended import INTENDED, vary

DEFECTS = tuple(DAMAGES)
UNHEARD_CODEC = "vorbis"


@dataclass(frozen=True)
class Order:
    """What an example shall be.

    Args:
        seed: decides all that is left open.
        clips: to draw from.
        damages: (defect, severity) pairs to inflict, or None to draw them as for training.
        treatment: name of an intended treatment, or None to draw some.
    """

    seed: int
    clips: Sequence[Clip]
    damages: tuple[tuple[str, float], ...] | None = None
    treatment: str | None = None


@dataclass(frozen=True)
class Examples:
    """Examples, described.

    Args:
        features: float16, as the engine describes windows.
        severity: shape (examples, defects); 0 where there is no such defect.
        present: shape (examples, defects); whether there is one.
    """

    features: Features
    severity: NDArray[np.float32]
    present: NDArray[np.bool_]


def make(orders: Sequence[Order], folder: Path, workers: int = 2) -> Examples:
    """Make examples from the bank in a folder."""
    with ProcessPoolExecutor(workers) as pool:
        made = list(pool.map(_make, orders, [folder] * len(orders), chunksize=8))
    features = Features(*(np.concatenate(kind) for kind in zip(*(one[0] for one in made), strict=True)))
    severity = np.array([[dict(one[1]).get(defect, -1.0) for defect in DEFECTS] for one in made], np.float32)
    return Examples(features, np.maximum(severity, 0), severity >= 0)


def _make(order: Order, folder: Path) -> tuple[Features, tuple[tuple[str, float], ...]]:
    rng = np.random.default_rng((2026, order.seed))
    damages = _draw(rng) if order.damages is None else order.damages
    late = [clip for clip in order.clips if clip.late > 0]
    suffered: dict[str, float] = {}
    names = dict(damages)
    # Late notes come with the clip; half of the bad timing is late notes, half is bad joins.
    if "timing" in names and late and rng.random() < 0.6:
        if order.damages is None:
            clip = _any(rng, late)
        else:
            clip = min(late, key=lambda one: abs(one.late - names["timing"]) + 0.1 * rng.random())
        suffered["timing"] = clip.late
        damages = tuple((name, severity) for name, severity in damages if name != "timing")
    else:
        clip = _any(rng, [clip for clip in order.clips if clip.late == 0])
    audio = _excerpt(rng, clip, folder)
    audio = vary(rng, audio) if order.treatment is None else INTENDED[order.treatment](rng, audio)
    for name, severity in damages:
        if name == UNHEARD_CODEC:
            damaged: Samples | None = vorbis(audio, severity)
            name = "codec"
        else:
            damaged = DAMAGES[name](rng, audio, severity)
        if damaged is not None:
            audio = damaged
            suffered[name] = severity
    audio = audio * np.float32(10 ** (rng.uniform(-18, 0) / 20) / (np.abs(audio).max() + 1e-6))
    return Features(*(kind.astype(np.float16) for kind in describe([audio]))), tuple(suffered.items())


def _draw(rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    count = int(rng.choice([0, 1, 2, 3], p=[0.3, 0.45, 0.18, 0.07]))
    chosen = sorted(rng.choice(len(DEFECTS), count, replace=False))
    return tuple((DEFECTS[i], float(rng.uniform(0, 1))) for i in chosen)


def _any(rng: np.random.Generator, clips: Sequence[Clip]) -> Clip:
    """A clip of a generator, each generator as likely."""
    generators = sorted({clip.generator for clip in clips})
    generator = generators[rng.integers(0, len(generators))]
    fitting = [clip for clip in clips if clip.generator == generator]
    return fitting[rng.integers(0, len(fitting))]


def _excerpt(rng: np.random.Generator, clip: Clip, folder: Path) -> Samples:
    file = rng.choice([str(file) for file in clip.files(folder)])
    frames = soundfile.info(file).frames
    for _ in range(8):
        start = int(rng.integers(0, max(1, frames - WINDOW_SAMPLES)))
        audio, _ = soundfile.read(file, WINDOW_SAMPLES, start, dtype="float32", always_2d=True)
        if np.square(audio).mean() > 1e-6:
            break
    return np.pad(audio.T, ((0, 0), (0, WINDOW_SAMPLES - len(audio))), mode="symmetric")
