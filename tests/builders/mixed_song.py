"""A small song for the mix: a score without a composer, and stems without instruments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.score.plan import Part, Section
from aurax.score.production import ProductionProfile
from aurax.score.role import Role
from aurax.score.score import AutomationLane, Note, Score, Track
from builders.small_plan import production, small_plan

PROFILE = production(
    role_level_lu={"kick": -7, "snare": -7, "hat": -16, "bass": -8, "chords": -9, "lead": -7, "pad": -12},
    sidechain_bass_db=4.0,
    sidechain_pad_db=3.0,
    sidechain_release_s=0.18,
    reverb_return_lu=-16.0,
    reverb_s=1.2,
)


def make_score(
    roles: Mapping[str, Role],
    lanes: Mapping[str, tuple[AutomationLane, ...]] | None = None,
    profile: ProductionProfile = PROFILE,
    silent: tuple[str, ...] = (),
) -> Score:
    """Four bars at 120 BPM (8 s) and a tail of 1 s: a quiet half, then a loud half."""
    names = tuple(roles)
    plan = small_plan(
        sections=(
            Section(name="verse", start_bar=0, bars=2, energy=4, parts=names),
            Section(name="chorus", start_bar=2, bars=2, energy=8, parts=names),
        ),
        parts=tuple(Part(name=name, role=role, instrument="none") for name, role in roles.items()),
        production=profile,
    )
    tracks = tuple(
        Track(
            name=name,
            role=role,
            instrument="none",
            families=(),
            gm_program=0,
            is_drums=role in ("kick", "snare", "hat", "perc"),
            notes=() if name in silent else tuple(Note(beat * 960, 480, 36, 100) for beat in range(16)),
            lanes=(lanes or {}).get(name, ()),
        )
        for name, role in roles.items()
    )
    return Score(plan, tracks)


def load_stem(name: str) -> Waveform:
    """Stems for any name: kicks on the beat, noise bursts for hats and snares, detuned stereo tones for the rest."""
    frames = 9 * SAMPLE_RATE
    time = np.arange(frames) / SAMPLE_RATE
    beat = time % 0.5
    playing = time < 8.0
    rng = np.random.default_rng(sum(name.encode()))
    if name.startswith("kick"):
        left = right = np.sin(2 * np.pi * 55 * beat) * np.exp(-beat * 18)
    elif name.startswith(("hat", "snare")):
        left = right = rng.standard_normal(frames) * np.exp(-beat * 30)
    elif name.startswith("bass"):
        left = right = sum(np.sin(2 * np.pi * 55 * k * time) / k**1.5 for k in (1, 2, 3, 4))
    else:
        left, right = (
            sum(np.sin(2 * np.pi * 220 * k * detune * time + k) / k for k in range(1, 12)) for detune in (0.998, 1.003)
        )
    return Waveform((np.stack([left, right]) * playing * 0.2).astype(np.float32))
