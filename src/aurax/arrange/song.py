"""The song in the making: sections, entries, transitions, audio and notes of one arrangement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from aurax.arrange.ending import end_stem
from aurax.arrange.entries import plan_entries
from aurax.arrange.form import SongForm
from aurax.arrange.grid import Aligned
from aurax.arrange.hearing import Heard
from aurax.arrange.layout import Layout, bar_loudness, playing_spans
from aurax.arrange.levels import arranged_profile, level_lane, section_faders_db
from aurax.arrange.material import Material
from aurax.arrange.roles import FX_TRACK, STEM_FAMILIES, STEM_PROGRAMS, assign_roles, refused_stems, stem_named
from aurax.arrange.transcribe import BarNotes, transcribe
from aurax.arrange.transitions import FxNote, Transitions, make_fx, plan_transitions
from aurax.audio.loudness import HOP_S, k_weighted_powers
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.compose.automation import write_lanes
from aurax.compose.composer import tail_after_bars_s
from aurax.compose.ending import choose_ending
from aurax.compose.style import Style
from aurax.intent.intent import Intent
from aurax.score.chord import Chord, ChordSpan
from aurax.score.key import Key
from aurax.score.plan import Part, Plan, Section
from aurax.score.role import Role
from aurax.score.score import AutomationLane, Note, Score, Track
from aurax.score.time import TimeGrid

_SOUNDING_LU = -30.0
_SOUNDING_LUFS = -50.0
_LEAST_SOUNDING_SHARE = 0.25
"""A stem plays in a section when a quarter of its bars are louder than both."""
_TRACK_ORDER = ("drums", "bass", "other", "piano", "guitar", "vocals")


class Song:
    """One arrangement in the making.

    Args:
        intent: what the person wants.
        style: form, automation and sound.
        heard: the piece, understood.
        material: its stems' levels.
        aligned: the stems on their grid.
        form: the piece's bars in the song's order.
        key: of the song.
        grid: tempo and meter of the song.
        seed: of the take.
        engine: the tracks' instrument.
    """

    def __init__(
        self,
        intent: Intent,
        style: Style,
        heard: Heard,
        material: Material,
        aligned: Aligned,
        form: SongForm,
        key: Key,
        grid: TimeGrid,
        seed: int,
        engine: str,
    ) -> None:
        self._intent, self._style, self._heard = intent, style, heard
        self._aligned, self._form, self._key, self._grid = aligned, form, key, grid
        self._seed, self._engine = seed, engine
        self._levels = material.levels_lufs
        self._mix_lufs = material.mix_lufs
        self._roles = assign_roles(self._levels)
        names = sorted(
            self._roles,
            key=lambda name: (_TRACK_ORDER.index(name) if name in _TRACK_ORDER else len(_TRACK_ORDER), name),
        )
        self._roles = {name: self._roles[name] for name in names}
        powers = {name: k_weighted_powers(aligned.stems[name]) for name in self._roles}
        self._bar_lufs = bar_loudness(powers, aligned, HOP_S)

    def build(self, remarks: tuple[str, ...]) -> tuple[Score, dict[str, Waveform]]:
        """Score and audio."""
        playing = self._entries()
        transitions = self._transitions(playing)
        plan = self._plan(playing, transitions, remarks)
        frames = max(1, round(plan.duration_s * SAMPLE_RATE))
        beats = plan.meter.ticks_per_bar / 960
        layout = Layout(self._form, self._aligned, frames, SAMPLE_RATE, beats, loops=plan.is_loop)
        audio = self._audio(plan, layout, playing, transitions)
        notes = self._notes(playing, transitions)
        powers = {name: self._section_powers(name) for name in self._roles}
        faders = section_faders_db(plan, powers, self._style.automation.level_per_energy_db)
        tracks = []
        for part in plan.parts:
            if part.name == FX_TRACK:
                audio[FX_TRACK] = Waveform(make_fx(transitions.fx, self._tonal(audio), layout, self._seed))
            lanes = self._lanes(plan, part, faders, transitions)
            tracks.append(self._track(part, notes[part.name], lanes))
        return Score(plan, tuple(tracks)), {track.name: audio[track.name] for track in tracks}

    def _section_powers(self, name: str) -> list[float]:
        """A stem's mean K-weighted power in each section, from the bars of the piece that play there."""
        powers = 10.0 ** (np.array(self._bar_lufs[name]) / 10.0)
        starts = self._form.starts
        return [float(powers[list(self._form.sources[first:last])].mean()) for first, last in pairwise(starts)]

    def _entries(self) -> tuple[tuple[str, ...], ...]:
        loudest = {name: max(levels) for name, levels in self._bar_lufs.items()}
        sounding = []
        for first, last in zip(self._form.starts[:-1], self._form.starts[1:], strict=True):
            bars = self._form.sources[first:last]
            sounding.append(
                frozenset(
                    name
                    for name, levels in self._bar_lufs.items()
                    if sum(levels[bar] > max(_SOUNDING_LUFS, loudest[name] + _SOUNDING_LU) for bar in bars)
                    >= _LEAST_SOUNDING_SHARE * len(bars)
                )
            )
        wished = frozenset(name for word in self._intent.wanted if (name := stem_named(word)) is not None)
        return plan_entries(self._form.drafts, self._roles, sounding, wished)

    def _transitions(self, playing: Sequence[Sequence[str]]) -> Transitions:
        refused = FX_TRACK in refused_stems(self._intent.unwanted) or self._intent.only_wanted
        return plan_transitions(
            self._form.drafts, playing, self._roles, self._style.fx, self._seed, with_fx=not refused
        )

    def _plan(self, playing: Sequence[Sequence[str]], transitions: Transitions, remarks: tuple[str, ...]) -> Plan:
        intent, style = self._intent, self._style
        parts = [
            Part(name=name, role=role, instrument=self._engine, families=STEM_FAMILIES.get(name, ()))
            for name, role in self._roles.items()
        ]
        if transitions.fx:
            parts.append(Part(name=FX_TRACK, role="fx", instrument=self._engine, families=("riser", "sweep", "fx")))
        sections = tuple(
            Section(
                name=name,
                start_bar=start,
                bars=bars,
                energy=energy,
                parts=(*names, FX_TRACK) if any(one.section == index for one in transitions.fx) else tuple(names),
            )
            for index, ((name, bars, energy), start, names) in enumerate(
                zip(self._form.drafts, self._form.starts, playing, strict=False)
            )
        )
        production = arranged_profile(style.production, self._roles, self._levels, self._mix_lufs)
        if intent.loudness_lufs is not None:
            production = production.model_copy(update={"loudness_lufs": intent.loudness_lufs})
        return Plan(
            title=intent.title,
            style=style.info.name,
            tonic=self._key.tonic,
            mode=self._key.mode,
            tempo_bpm=self._grid.tempo_bpm,
            meter=self._grid.meter,
            seed=self._seed,
            sections=sections,
            parts=tuple(parts),
            chords=self._chords(),
            tail_s=tail_after_bars_s(intent, style.form.tail_s, self._grid, len(self._form.sources)),
            ending=choose_ending(intent, style.form.endings, self._seed),
            character=intent.character,
            production=production,
            remarks=remarks,
        )

    def _chords(self) -> tuple[ChordSpan, ...]:
        ticks = self._grid.meter.ticks_per_bar
        heard: Sequence[Chord] = self._heard.chords_by_bar
        if not heard:
            return ()
        return tuple(
            ChordSpan(bar * ticks, ticks, heard[min(source, len(heard) - 1)])
            for bar, source in enumerate(self._form.sources)
        )

    def _audio(
        self, plan: Plan, layout: Layout, playing: Sequence[Sequence[str]], transitions: Transitions
    ) -> dict[str, Waveform]:
        mix = self._aligned.mix()
        correlations = layout.correlations(mix)
        filled = layout.with_fills(transitions.fills)
        filled_correlations = layout.correlations(mix, filled)
        last = layout.frame_of(plan.bars)
        audio = {}
        for name, role in self._roles.items():
            stem = self._aligned.stems[name].samples
            if role == "drums" and transitions.fills:
                laid = layout.lay(stem, filled_correlations, filled)
            else:
                laid = layout.lay(stem, correlations)
            spans = playing_spans(playing, self._form.starts, name)
            layout.gate(laid, spans, transitions.rests.get(name, ()))
            end_stem(laid, role, plan.ending, last, SAMPLE_RATE)
            audio[name] = Waveform(laid, SAMPLE_RATE)
        return audio

    def _notes(self, playing: Sequence[Sequence[str]], transitions: Transitions) -> dict[str, tuple[Note, ...]]:
        notes: dict[str, tuple[Note, ...]] = {FX_TRACK: tuple(self._fx_note(one) for one in transitions.fx)}
        ticks = self._grid.meter.ticks_per_bar
        for name, role in self._roles.items():
            bars: BarNotes = transcribe(
                self._aligned.stems[name].samples,
                SAMPLE_RATE,
                role,
                self._aligned,
                self._grid,
                self._heard.chords_by_bar,
                self._bar_lufs[name],
            )
            rests = {rest.end_bar - 1: ticks - round(rest.beats * 960) for rest in transitions.rests.get(name, ())}
            found = []
            for first, last in playing_spans(playing, self._form.starts, name):
                for bar in range(first, last):
                    for note in bars[self._form.sources[bar]]:
                        if note.start_ticks < rests.get(bar, ticks):
                            start = bar * ticks + note.start_ticks
                            length = min(note.duration_ticks, last * ticks - start)
                            found.append(replace(note, start_ticks=start, duration_ticks=max(1, length)))
            notes[name] = tuple(sorted(found, key=lambda note: (note.start_ticks, note.pitch)))
        return notes

    def _fx_note(self, one: FxNote) -> Note:
        ticks = self._grid.meter.ticks_per_bar
        return Note(round(one.start_bar * ticks), round(one.bars * ticks), 60, 84)

    def _lanes(
        self, plan: Plan, part: Part, faders: Sequence[float], transitions: Transitions
    ) -> tuple[AutomationLane, ...]:
        """The style's own filters, widths and sends, with levels as measured and the transitions' sweeps."""
        own = transitions.lanes(plan, part)
        taken = {lane.parameter for lane in own}
        styled = [
            lane
            for lane in write_lanes(plan, part, self._style.automation)
            if lane.parameter != "level_db" and lane.parameter not in taken
        ]
        level = [] if part.role == "fx" else [level_lane(plan, faders, self._style.automation.fade_s)]
        return (*level, *styled, *own)

    def _track(self, part: Part, notes: tuple[Note, ...], lanes: tuple[AutomationLane, ...]) -> Track:
        return Track(
            name=part.name,
            role=part.role,
            instrument=part.instrument,
            families=part.families,
            gm_program=STEM_PROGRAMS.get(part.name, 0),
            is_drums=part.role == "drums",
            notes=notes,
            lanes=lanes,
        )

    def _tonal(self, audio: Mapping[str, Waveform]) -> Samples:
        """The sum of the stems that carry harmony; of all stems where none does."""
        carrying: tuple[Role, ...] = ("chords", "pad", "counter", "lead", "arp")
        names = [name for name, role in self._roles.items() if role in carrying] or list(self._roles)
        return np.asarray(np.sum([audio[name].samples for name in names], axis=0), np.float32)
