"""Material: which of the separated stems a song is made of.

What is refused leaves. What is so soft that it is only the bleed of its neighbours goes back into `other`, where it
came from; the mix would otherwise raise it to an instrument's level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aurax.arrange.roles import refused_stems, stem_named
from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import InvalidOption
from aurax.intent.intent import Intent

REST = "other"
_BLEED_LU = -22.0
_BLEED_LUFS = -55.0


@dataclass(frozen=True, eq=False)
class Material:
    """Stems to arrange.

    Args:
        stems: stereo, of one length.
        levels_lufs: loudness of each.
        mix_lufs: loudness of the whole piece.
        remarks: sentences on what is missing.
    """

    stems: dict[str, Waveform]
    levels_lufs: dict[str, float]
    mix_lufs: float
    remarks: tuple[str, ...]


def choose_material(intent: Intent, raw: Waveform, stems: Mapping[str, Waveform]) -> Material:
    """Choose the stems that play.

    Args:
        intent: wished and refused instruments.
        raw: the whole piece.
        stems: its sources; none makes the piece itself the one stem `other`.

    Raises:
        InvalidOption: a stem is not 48 kHz, or is of another length than the piece.
    """
    given = dict(stems) or {REST: raw}
    for name, stem in {"the piece": raw, **given}.items():
        if stem.sample_rate != SAMPLE_RATE or stem.frames != raw.frames:
            raise InvalidOption(
                f"{SAMPLE_RATE} Hz and {raw.frames} frames in every stem",
                f"{name} with {stem.sample_rate} Hz and {stem.frames} frames",
                "separate the piece again",
            )
    audio = {name: _stereo(stem.samples) for name, stem in sorted(given.items())}
    mix_lufs = integrated_lufs(raw)
    levels = {name: integrated_lufs(Waveform(samples)) for name, samples in audio.items()}
    refused = refused_stems(intent.unwanted)
    remarks: list[str] = []
    kept = {name: samples for name, samples in audio.items() if name not in refused}
    if all(_is_bleed(levels[name], mix_lufs) for name in kept):
        kept = dict(audio)
        names = " and ".join(sorted(refused & set(audio))) or "every stem"
        remarks.append(f"Nothing but {names} was generated, so it plays although it was refused.")
    if intent.only_wanted:
        _fold_into_rest(kept, {name for name in kept if name not in _answering(intent.wanted)})
    _fold_into_rest(kept, {name for name in kept if name != REST and _is_bleed(levels[name], mix_lufs)})
    chosen = {name: Waveform(samples) for name, samples in kept.items()}
    final = {
        name: levels[name] if samples is audio.get(name) else integrated_lufs(Waveform(samples))
        for name, samples in kept.items()
    }
    if len(chosen) > 1 and REST in chosen and _is_bleed(final[REST], mix_lufs):
        del chosen[REST], final[REST]
    return Material(chosen, final, mix_lufs, tuple(remarks))


def _answering(wanted: tuple[str, ...]) -> frozenset[str]:
    """Stems that may play where only the wanted instruments may: those named, or what no stem's name answers for.

    Drums play only where they are named.
    """
    named = {stem_named(word) for word in wanted}
    if None in named or not named:
        named |= {REST}
    return frozenset(name for name in named if name is not None)


def _is_bleed(level_lufs: float, mix_lufs: float) -> bool:
    return level_lufs < max(_BLEED_LUFS, mix_lufs + _BLEED_LU)


def _fold_into_rest(audio: dict[str, Samples], names: set[str]) -> None:
    """Add stems to `other`, drums excepted: they leave."""
    if REST in names and len(names) == len(audio):
        names = names - {REST}
    for name in sorted(names):
        samples = audio[name]
        del audio[name]
        if name == "drums" and audio:
            continue
        audio[REST] = audio[REST] + samples if REST in audio else samples


def _stereo(samples: Samples) -> Samples:
    return samples if samples.shape[0] == 2 else np.repeat(samples[:1], 2, axis=0)
