"""How long the song is: seconds, bars or a loop, whatever the prompt gave of them.

A song of so many seconds lasts that long with its ending. A song of so many bars has exactly these, and its ending
rings after them. A loop has exactly its bars and nothing after them; a loop of so many seconds gets the whole bars
nearest to that, and where the tempo is free, a tempo at which they last exactly so long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from aurax.errors import InvalidOption, InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.intent import StyleInfo
from aurax.intent.readers.lengths import LONGEST_S, SHORTEST_LOOP_S, SHORTEST_S, LengthBound, check_duration_s
from aurax.intent.readers.tempo_numbers import FASTEST_BPM, SLOWEST_BPM
from aurax.score.time import Meter, TimeGrid

LOOP_BARS = 8
"""Bars of a loop that is asked for without a length."""
_SHORT_LOOP_BARS = 4
_SHORT_S = 60.0
"""A word that means less than this ("short") makes a loop of few bars."""
_SAME_S = 0.0005


@dataclass(frozen=True, slots=True)
class Length:
    """The length that was settled on.

    Args:
        duration_s: of the song; without its ending where bars were asked for.
        quote: the words that gave it; empty where it is the style's own.
        bars: exactly so many, where bars or a loop were asked for.
        tempo_bpm: the tempo at which a loop lasts as long as was asked; None where that is not for the length to say.
    """

    duration_s: float
    quote: str
    bars: int | None = None
    tempo_bpm: float | None = None


@dataclass(frozen=True, slots=True)
class LengthWish:
    """Everything that bears on the length.

    Args:
        option_s: an option that overrides the prompt's seconds.
        seconds: the prompt's length in minutes and seconds that counts.
        bars: its length in bars.
        word: a length in words such as "short", in seconds.
        loop: whether it asks for a loop.
        meter: of the song.
        tempo_bpm: of the prompt or its scene; None leaves it to the style.
        tempo_reach_bpm: how far the tempo may move to make a loop fit; None where the style's range says so.
        tempo_percent: what adjectives add to the style's tempo.
        bounds: limits such as "at most 90 seconds", which the length keeps where none is given.
    """

    option_s: float | None
    seconds: Found[float] | None
    bars: Found[float] | None
    word: Found[float] | None
    loop: Found[bool] | None
    meter: Meter
    tempo_bpm: float | None
    tempo_reach_bpm: float | None
    tempo_percent: float = 0.0
    bounds: tuple[Found[LengthBound], ...] = ()


def settle_length(wish: LengthWish, style: StyleInfo, notes: list[str]) -> Length:
    """Decide on the length; for songs the option beats the prompt, seconds beat bars, and bars beat words.

    Args:
        wish: what was read.
        style: tempo and length where the prompt leaves them open.
        notes: takes a sentence for every decision.

    Raises:
        InvalidOption: `option_s` is out of bounds.
        InvalidPrompt: a length that cannot be made.
    """
    if wish.option_s is not None:
        try:
            check_duration_s(wish.option_s, "", SHORTEST_S if wish.loop is None else SHORTEST_LOOP_S)
        except InvalidPrompt as error:
            raise InvalidOption(error.expected, error.found, error.fix) from error
    if wish.loop is not None:
        return _loop_length(wish, wish.loop, style, notes)
    if wish.option_s is not None:
        return Length(wish.option_s, "")
    if wish.seconds is not None:
        if wish.bars is not None:
            notes.append(f"the length in seconds, {wish.seconds.quote!r}, counts, not {wish.bars.quote!r}")
        return Length(wish.seconds.value, wish.seconds.quote)
    if wish.bars is not None:
        return _bars_length(wish, _whole(wish.bars), wish.bars.quote, style)
    if wish.word is not None:
        notes.append(f"{wish.word.quote!r} is read as {wish.word.value:g} s")
        return _bounded(wish, Length(wish.word.value, wish.word.quote))
    return _bounded(wish, Length(style.typical_duration_s, ""))


def _bounded(wish: LengthWish, length: Length) -> Length:
    """The same length, within the limits that the prompt sets."""
    duration_s = length.duration_s
    for bound in wish.bounds:
        duration_s = min(max(bound.value.fit_s(duration_s), SHORTEST_S), LONGEST_S)
    if duration_s == length.duration_s:
        return length
    return Length(duration_s, wish.bounds[-1].quote)


def _loop_length(wish: LengthWish, loop: Found[bool], style: StyleInfo, notes: list[str]) -> Length:
    seconds_s, seconds_quote = wish.option_s, ""
    if seconds_s is None and wish.seconds is not None:
        seconds_s, seconds_quote = wish.seconds.value, wish.seconds.quote
    if seconds_s is None and wish.bars is None and wish.word is not None:
        if wish.word.value >= _SHORT_S:
            seconds_s, seconds_quote = wish.word.value, wish.word.quote
        else:
            notes.append(f"{wish.word.quote!r} and {loop.quote!r} make {_SHORT_LOOP_BARS} bars")
            return _bars_length(wish, _SHORT_LOOP_BARS, wish.word.quote, style)
    if wish.bars is None and seconds_s is None:
        notes.append(f"a loop without a length has {LOOP_BARS} bars")
        return _bars_length(wish, LOOP_BARS, loop.quote, style)
    if seconds_s is None:
        assert wish.bars is not None
        return _bars_length(wish, _whole(wish.bars), wish.bars.quote, style)
    quote = seconds_quote or loop.quote
    if wish.bars is not None:
        bars, quote = _whole(wish.bars), wish.bars.quote
    elif _is_fixed(wish):
        bars = max(1, round(seconds_s / TimeGrid(_tempo(wish, style), wish.meter).bar_s))
    else:
        bars = _fitting_bars(seconds_s, wish, style)
    tempo = 60.0 * bars * wish.meter.ticks_per_bar / 960.0 / seconds_s
    if not _is_fixed(wish) and SLOWEST_BPM <= tempo <= FASTEST_BPM:
        notes.append(f"a loop of {seconds_s:g} s is {_count(bars)} at {tempo:.6g} BPM")
        return Length(seconds_s, quote, bars, tempo)
    length = _bars_length(wish, bars, quote, style)
    if abs(length.duration_s - seconds_s) > _SAME_S:
        notes.append(
            f"a loop has whole bars, so it lasts {length.duration_s:.3f} s ({_count(bars)} at {_tempo(wish, style):g} "
            f"BPM) instead of {seconds_s:g} s"
        )
    return length


def _bars_length(wish: LengthWish, bars: int, quote: str, style: StyleInfo) -> Length:
    length_s = TimeGrid(_tempo(wish, style), wish.meter).bars_to_s(bars)
    if length_s > LONGEST_S:
        check_duration_s(length_s, quote)
    return Length(length_s, quote, bars)


def _tempo(wish: LengthWish, style: StyleInfo) -> float:
    if wish.tempo_bpm is not None:
        return wish.tempo_bpm
    return style.typical_tempo_bpm * (1.0 + wish.tempo_percent / 100.0)


def _is_fixed(wish: LengthWish) -> bool:
    return wish.tempo_bpm is not None and wish.tempo_reach_bpm == 0.0


def _fitting_bars(seconds_s: float, wish: LengthWish, style: StyleInfo) -> int:
    """Bars that fill a time at a tempo of the style: fours before twos before others, then the nearest tempo."""
    wished = _tempo(wish, style)
    low, high = style.tempo_range_bpm
    low, high = min(low, wished), max(high, wished)
    if wish.tempo_reach_bpm is not None:
        low, high = wished - wish.tempo_reach_bpm, wished + wish.tempo_reach_bpm
    per_bar = 60.0 * wish.meter.ticks_per_bar / 960.0 / seconds_s
    counts = range(1, max(2, math.floor(FASTEST_BPM / per_bar) + 1))

    def away(bars: int) -> float:
        return abs(math.log2(bars * per_bar / wished))

    inside = [bars for bars in counts if low - 1e-9 <= bars * per_bar <= high + 1e-9]
    if not inside:
        return min(counts, key=away)
    return min(inside, key=lambda bars: (0 if bars % 4 == 0 else 1 if bars % 2 == 0 else 2, away(bars)))


def _whole(bars: Found[float]) -> int:
    if bars.value < 1 or bars.value != int(bars.value):
        raise InvalidPrompt("a whole number of bars, 1 or more", repr(bars.quote), "ask for whole bars")
    return int(bars.value)


def _count(bars: int) -> str:
    return "1 bar" if bars == 1 else f"{bars} bars"
