"""The composer: Intent → Plan → Score."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from aurax.compose.arrangement import assign_parts
from aurax.compose.automation import write_lanes
from aurax.compose.casting import Casting, cast_parts
from aurax.compose.edits.asked import with_edits
from aurax.compose.ending import choose_ending
from aurax.compose.form import fit_tempo, make_form, make_loop_form, section_energies
from aurax.compose.harmony import make_chords
from aurax.compose.performance import write_parts
from aurax.compose.silence import leave_out_silent
from aurax.compose.style import Style
from aurax.compose.transitions import riser_length_bars, riser_length_ticks
from aurax.errors import UnknownPlugin
from aurax.intent.intent import Intent
from aurax.score.instrument import InstrumentInfo
from aurax.score.key import PITCH_CLASSES, Key
from aurax.score.plan import Part, Plan
from aurax.score.score import Score, Track
from aurax.score.seeds import generator
from aurax.score.time import Meter, TimeGrid


def compose(intent: Intent, seed: int, styles: Mapping[str, Style], instruments: Mapping[str, InstrumentInfo]) -> Score:
    """Compose a song.

    Args:
        intent: what the person wants.
        seed: of the take; the same intent and seed give the same song.
        styles: installed styles by name.
        instruments: installed instruments by name.

    Raises:
        UnknownPlugin: the intent names a style that is not installed.
        InvalidOption: the duration does not hold one bar.
    """
    if intent.style not in styles:
        raise UnknownPlugin(f"a style among {', '.join(sorted(styles))}", repr(intent.style), "choose one of these")
    style = styles[intent.style]
    score = make_score(make_plan(intent, style, instruments, seed), style, instruments)
    return with_edits(score, intent.edits, instruments)


def song_seed(seed: int, prompt: str) -> int:
    """The seed of a song: the take's seed and the prompt together, so that two prompts never share their rng."""
    return int(generator(seed, "song", zlib.crc32(" ".join(prompt.lower().split()).encode())).integers(2**31))


def make_plan(intent: Intent, style: Style, instruments: Mapping[str, InstrumentInfo], seed: int) -> Plan:
    """Plan a song: key, tempo, form, cast, chords and ending, each drawn from its own rng.

    Args:
        intent: what the person wants; what it leaves open is drawn from the style.
        style: the style it names.
        instruments: installed instruments by name.
        seed: of the take.

    Raises:
        InvalidOption: the duration does not hold one bar.
    """
    seed = song_seed(seed, intent.prompt)
    meter = intent.meter or Meter()
    key = _choose_key(intent, style, seed)
    tempo, bars = _fit_bars(intent, style, meter, seed)
    if intent.loop:
        form = make_loop_form(bars, style.form, intent.sections)
    else:
        form = make_form(
            bars, style.form, intent.sections, generator(seed, "form"), section_bars=intent.section_bars,
            refused=intent.refused_sections,
        )  # fmt: skip
    energies = section_energies(form, style.form, intent.energy_shape, intent.character.energy)
    cast, remarks = cast_parts(
        style.palette, instruments, seed, moods=intent.moods, wanted=intent.wanted, unwanted=intent.unwanted,
        only_wanted=intent.only_wanted,
    )  # fmt: skip
    drafts = [(name, length, energy) for (name, length), energy in zip(form, energies, strict=True)]
    strict = intent.mode is not None or intent.tonic is not None
    swing_low, swing_high = style.swing_percent
    swing = float(generator(seed, "swing").uniform(swing_low, swing_high)) + intent.character.swing_percent
    plan = Plan(
        title=intent.title,
        style=style.info.name,
        tonic=key.tonic,
        mode=key.mode,
        tempo_bpm=tempo,
        meter=meter,
        swing_percent=round(min(75.0, max(50.0, swing)), 1),
        seed=seed,
        sections=assign_parts(drafts, cast, intent.character.density_percent, style.fx, seed),
        parts=(),
        chords=make_chords(form, style.harmony, key, meter, seed, strict=strict, loop=intent.loop),
        tail_s=0.0,
        ending=choose_ending(intent, style.form.endings, seed),
        character=intent.character,
        production=style.production
        if intent.loudness_lufs is None
        else style.production.model_copy(update={"loudness_lufs": intent.loudness_lufs}),
        remarks=remarks,
    )
    plan = plan.model_copy(
        update={
            "tail_s": tail_after_bars_s(intent, style.form.tail_s, plan.grid, plan.bars),
            "parts": tuple(_part(one, plan, style) for one in cast),
        }
    )
    wished = frozenset(one.spec.part_name for one in cast if one.wished)
    return leave_out_silent(plan, style, instruments, wished)


def make_score(plan: Plan, style: Style, instruments: Mapping[str, InstrumentInfo]) -> Score:
    """Write every note and automation of a planned song.

    Args:
        plan: from `make_plan`.
        style: the plan's style.
        instruments: installed instruments by name.
    """
    written = write_parts(plan, style, instruments)
    tracks = []
    for part in plan.parts:
        info = instruments[part.instrument]
        if written.get(part.name):
            tracks.append(
                Track(
                    name=part.name,
                    role=part.role,
                    instrument=part.instrument,
                    families=part.families,
                    gm_program=info.gm_program,
                    is_drums=info.is_kit,
                    notes=written[part.name],
                    parameters=dict(part.parameters),
                    lanes=write_lanes(plan, part, style.automation),
                )
            )
    return Score(plan, tuple(tracks))


def _choose_key(intent: Intent, style: Style, seed: int) -> Key:
    """The asked-for key; what the prompt leaves open comes from the style's keys, the first ones more often."""
    typical = [Key.parse(text) for text in style.info.typical_keys]
    if intent.mode is not None:
        minor = Key("C", intent.mode).is_minor
        typical = [key for key in typical if key.is_minor == minor] or typical
    rng = generator(seed, "key")
    drawn = typical[min(int(rng.exponential(len(typical) / 2.2)), len(typical) - 1)]
    tonic = intent.tonic if intent.tonic in PITCH_CLASSES else drawn.tonic
    return Key(tonic, intent.mode or drawn.mode)


def _choose_tempo(intent: Intent, style: Style, seed: int) -> float:
    if intent.tempo_bpm is not None:
        return intent.tempo_bpm
    low, high = style.info.tempo_range_bpm
    drawn = generator(seed, "tempo").normal(style.info.typical_tempo_bpm, (high - low) / 6)
    target = min(high, max(low, float(drawn))) * (1.0 + intent.character.tempo_percent / 100.0)
    return round(min(high * 1.15, max(low * 0.85, target)) * 2) / 2


def tail_after_bars_s(intent: Intent, style_tail_s: float, grid: TimeGrid, bars: int) -> float:
    """Time in which the ending rings after the last bar.

    None after a loop, what the style wishes after an asked-for number of bars, else what is left of the duration.

    Args:
        intent: what the person wants.
        style_tail_s: the style's own.
        grid: tempo and meter of the song.
        bars: its length.
    """
    if intent.loop:
        return 0.0
    return style_tail_s if intent.bars is not None else max(0.0, intent.duration_s - grid.bars_to_s(bars))


def _fit_bars(intent: Intent, style: Style, meter: Meter, seed: int) -> tuple[float, int]:
    """Tempo and number of bars: those that were asked for, else as many as fill the duration."""
    tempo = _choose_tempo(intent, style, seed)
    if intent.bars is not None:
        return tempo, intent.bars
    return fit_tempo(intent.duration_s, tempo, meter, style.form.tail_s, exact=intent.tempo_bpm is not None)


def _part(one: Casting, plan: Plan, style: Style) -> Part:
    """Name the part's instrument and set its knobs: the style's settings, the prompt's brightness, a little chance."""
    rng = generator(plan.seed, "knobs", one.spec.part_name if not one.instrument.is_kit else one.instrument.name)
    settings: dict[str, float] = {}
    for knob in one.instrument.parameters:
        value = one.spec.parameters.get(knob.name, knob.default)
        if knob.name == "brightness":
            value += plan.character.brightness_octaves + float(rng.uniform(-0.12, 0.12))
        elif knob.name == "length_s":
            bars = max(1, riser_length_bars(plan.sections, style.fx))
            value = plan.grid.ticks_to_s(riser_length_ticks(plan, bars))
        value = min(knob.high, max(knob.low, value))
        if value != knob.default:
            settings[knob.name] = round(value, 4)
    return Part(
        name=one.spec.part_name,
        role=one.spec.role,
        instrument=one.instrument.name,
        families=one.instrument.families,
        parameters=settings,
    )
