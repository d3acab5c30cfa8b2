"""Form: how many bars a song has, in which sections, and how energy moves through them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aurax.errors import InvalidOption
from aurax.score.time import Meter, TimeGrid

SectionDraft = tuple[str, int]
"""A section's name and its number of bars."""

LONGEST_LOOP_SECTION_BARS = 16
"""Longer loops have several sections, so that something changes."""


@dataclass(frozen=True)
class SectionShape:
    """What a style wishes of one kind of section.

    Args:
        bars: length in a song of typical duration.
        energy: 0 to 10.
    """

    bars: int
    energy: float


@dataclass(frozen=True)
class FormStyle:
    """How a style builds songs.

    Args:
        shapes: wishes by section name; `intro`, `outro` and every name of `cycle` and `middle` must be there.
        cycle: what repeats, ending in the style's main section, such as verse, chorus.
        middle: what may come once before the last cycle's main section.
        endings: weights of the endings `hit`, `ring`, `strip` and `fade`.
        tail_s: least time in which the ending rings out after the last bar.

    Source: docs/facts/styles.md#form.
    """

    shapes: Mapping[str, SectionShape]
    cycle: tuple[str, ...]
    middle: str
    endings: Mapping[str, float]
    tail_s: float = 1.5


def fit_tempo(duration_s: float, tempo_bpm: float, meter: Meter, tail_s: float, *, exact: bool) -> tuple[float, int]:
    """Choose tempo and number of bars so that bars and tail fill the duration exactly.

    Args:
        duration_s: asked-for length of the audio.
        tempo_bpm: where to start.
        meter: the time signature.
        tail_s: least length of the tail; it may be longer by less than one bar.
        exact: whether the tempo must stay; otherwise it moves by up to 3 % to reach whole four-bar phrases, and
            further only when not even one bar would fit.

    Returns:
        Tempo and bars; the tail is what remains of the duration.

    Raises:
        InvalidOption: not even one bar fits.
    """
    if exact:
        candidates = [tempo_bpm]
    else:
        lowest, highest = math.ceil(tempo_bpm * 0.97 * 2), math.floor(tempo_bpm * 1.03 * 2)
        halves = sorted(range(lowest, highest + 1), key=lambda half: (abs(half / 2 - tempo_bpm), half))
        candidates = [half / 2 for half in halves] or [tempo_bpm]
    for phrase in (4, 2):
        for tempo in candidates:
            bars = _bars_that_fit(duration_s, tempo, meter, tail_s)
            if bars >= phrase and bars % phrase == 0:
                return tempo, bars
    bars = _bars_that_fit(duration_s, candidates[0], meter, tail_s)
    if bars >= 1:
        return candidates[0], bars
    if not exact:
        tempo = math.ceil(2 * 60.0 * meter.ticks_per_bar / 960 / max(duration_s - 0.5, 0.25)) / 2
        return max(tempo, candidates[0]), 1
    bar_s = TimeGrid(tempo_bpm, meter).bar_s
    if bar_s <= duration_s:
        return tempo_bpm, 1
    raise InvalidOption(
        f"a duration of at least one bar ({bar_s:.1f} s at {tempo_bpm:g} BPM in {meter})",
        f"{duration_s:g} s",
        "ask for a longer song, a faster tempo or a shorter meter",
    )


def make_form(
    bars: int,
    style: FormStyle,
    sections: Sequence[str],
    rng: np.random.Generator,
    *,
    section_bars: Sequence[int] = (),
    refused: Collection[str] = (),
) -> list[SectionDraft]:
    """Divide a song into sections.

    Args:
        bars: length of the song.
        style: the style's wishes.
        sections: form words the prompt asked for. Three or more are the whole form; fewer are added to the
            style's own form where they are missing.
        rng: breaks ties, so that seeds differ.
        section_bars: lengths of `sections`, kept where they fill the song exactly.
        refused: form words that must not be there; the style's main section stays where nothing else is left.
    """
    if section_bars and len(section_bars) == len(sections) and sum(section_bars) == bars:
        return list(zip(sections, section_bars, strict=True))
    if len(sections) >= 3:
        return _allot(bars, list(sections), style)
    own = _style_form(bars, style, rng)
    if any(name in refused for name, _ in own):
        left = [name for name, _ in own if name not in refused]
        own = _allot(bars, left or [style.cycle[-1]], style)
    missing = [name for name in sections if name not in {drafted for drafted, _ in own}]
    if not missing:
        return own
    names = [name for name, _ in own]
    for name in missing:
        names.insert(_place_for(name, names), name)
    return _allot(bars, names, style)


def make_loop_form(bars: int, style: FormStyle, sections: Sequence[str]) -> list[SectionDraft]:
    """Divide a loop into sections: one up to 16 bars, else the style's main ones in turn, without start and end.

    Args:
        bars: length of the loop.
        style: the style's wishes.
        sections: form words the prompt asked for, in its order; they are the whole form then.
    """
    names = [name for name in sections if name not in ("intro", "outro")]
    if not names:
        main = style.cycle[-1]
        if bars <= LONGEST_LOOP_SECTION_BARS:
            return [(main, bars)]
        body = [name for name in style.cycle if name not in ("build", "break")]
        count = -(-bars // LONGEST_LOOP_SECTION_BARS)
        fours, more = divmod(bars // 4, count)
        lengths = [4 * (fours + (place < more)) for place in range(count)]
        lengths[-1] += bars % 4
        return [(body[(place - count) % len(body)], length) for place, length in enumerate(lengths)]
    return _allot(bars, names, style)


def section_energies(
    form: Sequence[SectionDraft], style: FormStyle, shape: str, energy_offset: float
) -> tuple[float, ...]:
    """Give every section its energy.

    Args:
        form: the sections.
        style: the style's wishes.
        shape: `style`, `builds`, `fades` or `flat`.
        energy_offset: what the prompt's adjectives add.
    """
    main = style.cycle[-1]
    last_main = max((index for index, (name, _) in enumerate(form) if name == main), default=-1)
    passes: dict[str, int] = {}
    energies: list[float] = []
    for index, (name, _) in enumerate(form):
        wish = style.shapes.get(name, SectionShape(8, 5.0)).energy
        done = passes.get(name, 0)
        passes[name] = done + 1
        wish += min(done, 2) * 0.5 + (0.5 if index == last_main and last_main > 0 and done else 0.0)
        energies.append(wish)
    mean = sum(energies) / len(energies)
    span = max(len(energies) - 1, 1)
    for index, wish in enumerate(energies):
        place = index / span
        if shape == "builds":
            wish = 2.0 + (max(energies) - 1.0) * place
        elif shape == "fades":
            wish = 2.0 + (max(energies) - 1.0) * (1.0 - place)
        elif shape == "flat":
            wish = mean + (wish - mean) * 0.35
        energies[index] = round(min(10.0, max(0.5, _moved(wish, energy_offset))), 2)
    return tuple(energies)


def _moved(energy: float, offset: float) -> float:
    """An energy moved by adjectives, without flattening the form at either end of the scale."""
    if offset < 0:
        return energy * max(0.3, 1.0 + offset / 8.0)
    return energy + (10.0 - energy) * (1.0 - math.exp(-offset / 6.0))


def _bars_that_fit(duration_s: float, tempo_bpm: float, meter: Meter, tail_s: float) -> int:
    return math.floor((duration_s - tail_s) / TimeGrid(tempo_bpm, meter).bar_s + 1e-9)


def _style_form(bars: int, style: FormStyle, rng: np.random.Generator) -> list[SectionDraft]:
    main = style.cycle[-1]
    if bars < 6:
        return [(main, bars)]
    if bars < 18:
        # An intro, the hook and an ending; a hook of eight bars before any intro.
        body = 8 if bars >= 10 else 4
        intro = 0 if bars - body < 4 else 4 if bars - body >= 6 else 2
        return _joined([("intro", intro), (main, body), ("outro", bars - intro - body)])
    best: list[SectionDraft] = []
    best_cost = math.inf
    cycle_bars = sum(style.shapes[name].bars for name in style.cycle)
    wished_cycles = max(1.0, bars / (cycle_bars + 8))
    intro_wish = min(style.shapes["intro"].bars, max(2.0, bars * 0.08))
    outro_wish = min(style.shapes["outro"].bars, max(2.0, bars * 0.07))
    outro_most = max(style.shapes["outro"].bars, 4) + 4
    size_choices = [_sizes(name, style.shapes[name].bars) for name in style.cycle]
    for sizes in itertools.product(*size_choices):
        shape_cost = sum(
            (1.0 if name in (main, "verse") else 0.6) * _distance(size, style.shapes[name].bars)
            for name, size in zip(style.cycle, sizes, strict=True)
        )
        for cycles, intro, middle in itertools.product(range(1, 13), (0, 2, 4, 8, 16), (0, 4, 8, 16)):
            outro = bars - cycles * sum(sizes) - intro - middle
            if not 1 <= outro <= outro_most or (middle and cycles < 2):
                continue
            cost = (
                shape_cost
                + 1.2 * abs(math.log2(cycles / wished_cycles))
                + 0.7 * _distance(intro, intro_wish)
                + 0.7 * _distance(outro, outro_wish)
                + 0.4 * _distance(middle, style.shapes[style.middle].bars if cycles > 1 else 0)
                + float(rng.uniform(0.0, 0.25))
            )
            if cost < best_cost:
                best_cost = cost
                best = _lay_out(style, sizes, cycles, intro, middle, outro)
    return best or _allot(bars, ["intro", *style.cycle, "outro"], style)


def _lay_out(
    style: FormStyle, sizes: tuple[int, ...], cycles: int, intro: int, middle: int, outro: int
) -> list[SectionDraft]:
    form: list[SectionDraft] = [("intro", intro)]
    for cycle in range(cycles):
        drafted = list(zip(style.cycle, sizes, strict=True))
        if middle and cycle == cycles - 1:
            # Straight before the last main section, or before the build that leads into it.
            place = len(drafted) - (2 if "build" in style.cycle else 1)
            drafted.insert(place, (style.middle, middle))
        form.extend(drafted)
    return _joined([*form, ("outro", outro)])


def _joined(form: Sequence[SectionDraft]) -> list[SectionDraft]:
    return [(name, bars) for name, bars in form if bars > 0]


def _sizes(name: str, wish: int) -> tuple[int, ...]:
    sizes = tuple(size for size in (4, 8, 16, 32) if wish / 4 <= size <= wish * 2)
    return (0, *sizes) if name in ("build", "break") else sizes


def _distance(size: float, wish: float) -> float:
    return abs(math.log2((size + 1.0) / (wish + 1.0)))


def _place_for(name: str, names: Sequence[str]) -> int:
    if name == "intro":
        return 0
    if name == "outro":
        return len(names)
    mains = [index for index, other in enumerate(names) if other == "chorus"]
    place = mains[-1] if mains else max(0, len(names) - 1)
    return place - 1 if name != "build" and place > 0 and names[place - 1] == "build" else place


def _allot(bars: int, names: list[str], style: FormStyle) -> list[SectionDraft]:
    """Share bars among named sections in blocks of four (fewer in short songs), by the style's preferred lengths."""
    names = names[:bars]
    block = next(size for size in (4, 2, 1) if size * len(names) <= bars)
    lengths = [block] * len(names)
    wishes = [style.shapes.get(name, SectionShape(8, 5.0)).bars for name in names]
    while bars - sum(lengths) >= block:
        neediest = max(range(len(names)), key=lambda index: wishes[index] / lengths[index])
        lengths[neediest] += block
    lengths[-1] += bars - sum(lengths)
    return list(zip(names, lengths, strict=True))
