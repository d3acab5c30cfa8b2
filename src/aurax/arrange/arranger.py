"""The arranger: a generated piece and its stems → a Score and stems at exactly the song's length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aurax.arrange.form import fit_bars, plan_form
from aurax.arrange.grid import align_to_grid, choose_tempo
from aurax.arrange.hearing import Heard, hear, hear_harmony
from aurax.arrange.key_choice import choose_key
from aurax.arrange.material import choose_material
from aurax.arrange.roles import STEM_ROLES
from aurax.arrange.song import Song
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.compose.style import Style
from aurax.intent.intent import Intent
from aurax.score.score import Score
from aurax.score.time import Meter, TimeGrid


@dataclass(frozen=True, eq=False)
class Arranged:
    """An arranged song, ready for the mix.

    Args:
        score: plan, notes and automation; one track for each stem.
        stems: by track name; stereo, at the song's length to the frame.
        heard: what the piece is made of.
        remarks: sentences on what differs from the wish; also in the plan.
    """

    score: Score
    stems: dict[str, Waveform]
    heard: Heard
    remarks: tuple[str, ...]


def arrange(
    intent: Intent,
    style: Style,
    raw: Waveform,
    stems: Mapping[str, Waveform],
    *,
    seed: int,
    engine: str,
) -> Arranged:
    """Arrange a generated piece.

    Args:
        intent: what the person wants.
        style: the style it names.
        raw: the piece, 48 kHz.
        stems: its sources by name, adding up to the piece; none for a piece that was not taken apart.
        seed: of the take; the same input gives the same song.
        engine: who generated the piece; the tracks' instrument.

    Raises:
        SilentAudio: there is nothing to hear.
        InvalidOption: the piece or the wanted duration does not hold one bar, or the stems differ in length.
    """
    meter = intent.meter or Meter()
    beats_per_bar, quarters_per_beat = pulse_of(meter)
    hint_bpm = (intent.tempo_bpm or style.info.typical_tempo_bpm) / quarters_per_beat
    heard = _listen_again(hear(raw, tempo_hint_bpm=hint_bpm, beats_per_bar=beats_per_bar), stems)
    remarks: list[str] = []
    material = choose_material(intent, raw, stems)
    remarks += material.remarks
    asked_bpm = None if intent.tempo_bpm is None else intent.tempo_bpm / quarters_per_beat
    beat_bpm, remark = choose_tempo(heard.tempo_bpm, asked_bpm)
    remarks += [remark] if remark else []
    tempo_bpm, bars = fit_bars(intent, style, meter, beat_bpm * quarters_per_beat)
    aligned = align_to_grid(material.stems, heard, tempo_bpm / quarters_per_beat)
    key, remark = choose_key(intent, heard, style)
    remarks += [remark] if remark else []
    form = plan_form(intent, style, heard, bars, key, seed)
    song = Song(intent, style, heard, material, aligned, form, key, TimeGrid(tempo_bpm, meter), seed, engine)
    score, audio = song.build(tuple(remarks))
    return Arranged(score, audio, heard, score.plan.remarks)


def _listen_again(heard: Heard, stems: Mapping[str, Waveform]) -> Heard:
    """Key and chords from the stems that have them."""
    tonal = [stem.samples for name, stem in sorted(stems.items()) if STEM_ROLES.get(name) not in ("drums", "bass")]
    if not tonal or len(stems) < 2:
        return heard
    harmony = Waveform(np.asarray(np.sum(tonal, axis=0), np.float32), SAMPLE_RATE)
    return hear_harmony(heard, harmony, stems.get("bass"))


def pulse_of(meter: Meter) -> tuple[int, float]:
    """Beats in a bar as they are felt, and quarter notes in each: 6/8 has two beats of a dotted quarter."""
    if meter.denominator == 8 and meter.numerator % 3 == 0:
        return meter.numerator // 3, 1.5
    return meter.numerator, 4.0 / meter.denominator
