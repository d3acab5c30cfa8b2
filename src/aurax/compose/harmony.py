"""Harmony: from a style's progressions to the chords of a song."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aurax.compose.form import SectionDraft
from aurax.compose.tonality import CLEAR_LEAD, tonal_lead
from aurax.score.chord import Chord, ChordSpan
from aurax.score.key import Key
from aurax.score.roman import diatonic_roman, parse_roman
from aurax.score.seeds import generator
from aurax.score.time import Meter

ModeChoices = Mapping[str, tuple[str, ...]]
"""Progressions by mode; `major` and `minor` stand in for modes that are not listed."""


@dataclass(frozen=True)
class HarmonyStyle:
    """A style's harmonic language. A progression is one slot per word; a hyphen splits a slot in two: `vi7 v7-I7`.

    Args:
        verse: progressions of verses, intros and outros.
        chorus: progressions of choruses and builds.
        bridge: progressions of bridges and breaks.
        cadence: last chords of a section that leads on.
        cadence_rate: how often a section ends on such a chord instead of its loop.
        final: the closing chord.
        bars_per_chord: lengths of a slot, one of which the seed draws for the song.
        colours: numerals that may stand for a plain one, by seed.
        colour_rate: how often they do.
        borrowing_rate: how often a progression keeps one chord from outside the mode.

    Source: docs/facts/styles.md#tempo-and-harmony and docs/facts/composition.md#harmony.
    """

    verse: ModeChoices
    chorus: ModeChoices
    bridge: ModeChoices
    cadence: ModeChoices
    cadence_rate: float
    final: Mapping[str, str]
    bars_per_chord: tuple[float, ...]
    colours: Mapping[str, tuple[str, ...]]
    colour_rate: float
    borrowing_rate: float


_SOURCES = {"chorus": "chorus", "build": "chorus", "bridge": "bridge", "break": "bridge"}
"""Which progression a section plays; all others play the verse's."""

LEAST_SLOTS = 6
"""Slots that a song has at least, if it has as many bars: a slow pace needs room for more than one chord."""

_Sounding = tuple[int, int, str]
"""First tick, first tick after, and numeral of a chord."""


def make_chords(
    form: Sequence[SectionDraft], style: HarmonyStyle, key: Key, meter: Meter, seed: int, *, strict: bool,
    loop: bool = False,
) -> tuple[ChordSpan, ...]:  # fmt: skip
    """Write the chords of a whole song.

    Sections of one name share a progression, so that a second chorus is recognised as the first.

    Args:
        form: names and bars of the sections.
        style: the harmonic language.
        key: tonic and mode.
        meter: the time signature.
        seed: of the song.
        strict: whether every chord must stay within the mode, because the prompt named it.
        loop: whether the last chord leads back to the first instead of closing.

    Returns:
        Spans one after the other without gaps.
    """
    loops = draw_loops(style, key, seed, strict=strict)
    bar = meter.ticks_per_bar
    slot_ticks = round(_pace_bars(style, sum(bars for _, bars in form), seed) * bar)
    spans: list[_Sounding] = []
    start = 0
    passes: Counter[str] = Counter()
    returns = Counter(name for name, _ in form)
    for index, (name, bars) in enumerate(form):
        slots_of_loop = loops[_source(name, passes[name], returns[name])]
        passes[name] += 1
        end = start + bars * bar
        following = form[index + 1][0] if index + 1 < len(form) else form[0][0] if loop else None
        spans += _loop_spans(slots_of_loop, start, end, slot_ticks, meter)
        for middle in range(start + 8 * bar, end - 7 * bar, 16 * bar):
            open_end = _slot_starts(start, middle, slot_ticks)[-1]
            spans = _vary_middle(spans, open_end, middle, name, meter, style, key, seed)
        slots = _slot_starts(start, end, slot_ticks)
        if following is None:
            spans = _close(spans, slots, end, meter, style, key, seed)
        elif bars >= 4 and len(slots) >= 2:
            spans = _turn(spans, slots[-1], end, (name, following), meter, style, key, seed, strict=strict)
        start = end
    return tuple(ChordSpan(first, last - first, parse_roman(roman, key)) for first, last, roman in spans)


def _pace_bars(style: HarmonyStyle, bars: int, seed: int) -> float:
    """Length of a slot, drawn for the song; a short song takes the slowest pace that gives it enough slots."""
    drawn = float(generator(seed, "harmony", "pace").choice(style.bars_per_chord))
    if bars >= LEAST_SLOTS * drawn:
        return drawn
    return max((pace for pace in (*style.bars_per_chord, 1.0) if bars >= LEAST_SLOTS * pace), default=min(drawn, 1.0))


def _slot_starts(start: int, end: int, slot_ticks: int) -> list[int]:
    """First ticks of the slots of a stretch; what does not fill a slot at its end belongs to the last one."""
    return [start + place * slot_ticks for place in range(max(1, (end - start) // slot_ticks))]


def _source(name: str, pass_index: int, returns: int) -> str:
    """The progression of a section; where verses return four times or more, every second pair has another one."""
    source = _SOURCES.get(name, "verse")
    return "other verse" if source == "verse" and returns >= 4 and pass_index % 4 >= 2 else source


def draw_loops(style: HarmonyStyle, key: Key, seed: int, *, strict: bool) -> dict[str, tuple[str, ...]]:
    """Draw the progressions of verse, chorus, bridge and the other verse of long songs; no two of them are alike.

    Args:
        style: the harmonic language.
        key: tonic and mode.
        seed: of the song.
        strict: whether every chord must stay within the mode.
    """
    loops: dict[str, tuple[str, ...]] = {}
    sources = {"verse": style.verse, "chorus": style.chorus, "bridge": style.bridge, "other verse": style.verse}
    for kind, choices in sources.items():
        rng = generator(seed, "harmony", kind)
        texts = for_mode(choices, key)
        order = rng.permutation(len(texts))
        candidates = [_vary(tuple(texts[int(index)].split()), style, key, rng, strict) for index in order]
        fresh = [candidate for candidate in candidates if candidate not in loops.values()]
        if strict and kind != "bridge":
            # A key that was asked for has to be heard, so its home comes before variety.
            fresh.sort(key=lambda slots: tonal_lead(_chords_of(slots, key), key) < CLEAR_LEAD)
        loops[kind] = (fresh or candidates)[0]
    return loops


def _chords_of(slots: tuple[str, ...], key: Key) -> list[Chord]:
    return [parse_roman(roman, key) for slot in slots for roman in slot.split("-")]


def for_mode(choices: Mapping[str, tuple[str, ...]], key: Key) -> tuple[str, ...]:
    """The choices of a key's own mode, or of the plain mode that is nearest to it."""
    return choices.get(key.mode) or choices["minor" if key.is_minor else "major"]


def _vary(
    slots: tuple[str, ...], style: HarmonyStyle, key: Key, rng: np.random.Generator, strict: bool
) -> tuple[str, ...]:
    """Colour some chords, and bring all but at most one borrowed chord into the mode."""
    borrowed = 0 if strict or rng.random() >= style.borrowing_rate else 1
    varied: list[str] = []
    for slot in slots:
        romans: list[str] = []
        for roman in slot.split("-"):
            options = style.colours.get(roman, ())
            if options and rng.random() < style.colour_rate:
                roman = options[int(rng.integers(len(options)))]
            within = diatonic_roman(roman, key.mode)
            if within != roman and borrowed > 0:
                borrowed -= 1
                within = roman
            romans.append(within)
        varied.append("-".join(romans))
    return tuple(varied)


def _loop_spans(loop: tuple[str, ...], start: int, end: int, slot_ticks: int, meter: Meter) -> list[_Sounding]:
    spans: list[_Sounding] = []
    starts = _slot_starts(start, end, slot_ticks)
    for slot, (tick, after) in enumerate(zip(starts, [*starts[1:], end], strict=True)):
        spans += _slot_spans(loop[slot % len(loop)], tick, after, meter)
    return spans


def _slot_spans(slot: str, start: int, end: int, meter: Meter) -> list[_Sounding]:
    """One slot; a split one changes on a beat: after two of three beats in 3/4, in the middle elsewhere."""
    romans = slot.split("-")
    beats = (end - start) // meter.ticks_per_beat
    half = start + (beats + 1) // 2 * meter.ticks_per_beat
    if len(romans) == 1 or not start < half < end:
        return [(start, end, romans[0])]
    return [(start, half, romans[0]), (half, end, romans[1])]


def _cut(spans: list[_Sounding], boundary: int) -> list[_Sounding]:
    """What sounds before a tick."""
    return [(first, min(last, boundary), roman) for first, last, roman in spans if first < boundary]


def _cadence_slots(style: HarmonyStyle, key: Key, length_ticks: int, meter: Meter) -> tuple[str, ...]:
    """The style's cadences that keep a pace: two chords share a slot of one bar, but none that lasts longer."""
    choices = for_mode(style.cadence, key)
    if length_ticks <= meter.ticks_per_bar:
        return choices
    return tuple(slot for slot in choices if "-" not in slot) or tuple(slot.split("-")[-1] for slot in choices)


def _cadence(choices: Sequence[str], key: Key, rng: np.random.Generator, borrows: bool) -> str:
    slot = choices[int(rng.integers(len(choices)))]
    return slot if borrows else _within_mode(slot, key)


def _within_mode(slot: str, key: Key) -> str:
    return "-".join(diatonic_roman(roman, key.mode) for roman in slot.split("-"))


def _vary_middle(
    spans: list[_Sounding], start: int, middle: int, name: str, meter: Meter, style: HarmonyStyle, key: Key, seed: int
) -> list[_Sounding]:
    """Let the first eight of 16 bars end openly, on another chord than the loop's, so that the second eight answer."""
    played = {roman for first, last, roman in spans if first < middle and last > start}
    choices = [_within_mode(slot, key) for slot in _cadence_slots(style, key, middle - start, meter)]
    fresh = [slot for slot in choices if not played & set(slot.split("-"))] or choices
    slot = fresh[int(generator(seed, "middle", name).integers(len(fresh)))]
    later = [(max(first, middle), last, roman) for first, last, roman in spans if last > middle]
    return _cut(spans, start) + _slot_spans(slot, start, middle, meter) + later


def _turn(
    spans: list[_Sounding], start: int, end: int, joint: tuple[str, str], meter: Meter, style: HarmonyStyle, key: Key,
    seed: int, *, strict: bool,
) -> list[_Sounding]:  # fmt: skip
    """Let a section end on a chord that leads on, for one slot; equal joints turn alike."""
    rng = generator(seed, "cadence", *joint)
    if rng.random() >= style.cadence_rate:
        return spans
    borrows = not strict and rng.random() < style.borrowing_rate
    slot = _cadence(_cadence_slots(style, key, end - start, meter), key, rng, borrows)
    return _cut(spans, start) + _slot_spans(slot, start, end, meter)


def _close(
    spans: list[_Sounding], slots: Sequence[int], end: int, meter: Meter, style: HarmonyStyle, key: Key, seed: int
) -> list[_Sounding]:
    """End the song on the tonic, with a cadence of one slot before it where there is room.

    The tonic lasts one slot, two where slots are short and the section is long enough to come to rest.
    """
    bars = (end - slots[0]) // meter.ticks_per_bar
    final = _within_mode(style.final["minor" if key.is_minor else "major"], key)
    rest_ticks = meter.ticks_per_bar * (2 if bars >= 6 else 1)
    home = max(tick for tick in slots if end - tick >= rest_ticks) if end - slots[0] >= rest_ticks else slots[0]
    before = [tick for tick in slots if tick < home]
    if bars >= 3 and before:
        choices = _cadence_slots(style, key, home - before[-1], meter)
        slot = _cadence(choices, key, generator(seed, "cadence", "final"), borrows=False)
        spans = _cut(spans, before[-1]) + _slot_spans(slot, before[-1], home, meter)
    return [*_cut(spans, home), (home, end, final)]
