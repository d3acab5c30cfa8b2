"""All numbers of a prompt, from the most to the least particular form; each reader sees what the earlier ones left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aurax.intent.found import Found
from aurax.intent.readers.eras import Era, read_eras
from aurax.intent.readers.keys import KeyWish, read_keys
from aurax.intent.readers.lengths import (
    SHORTEST_LOOP_S,
    SHORTEST_S,
    LengthBound,
    read_bars,
    read_length_bounds,
    read_length_words,
    read_lengths,
    read_refused_lengths,
)
from aurax.intent.readers.loops import read_loop
from aurax.intent.readers.loudness import read_loudness
from aurax.intent.readers.meters import read_meters
from aurax.intent.readers.moments import Moment, bars_of_sections, read_moments
from aurax.intent.readers.tempo import TempoWish, read_tempo
from aurax.intent.text import PromptText
from aurax.score.time import Meter


@dataclass(frozen=True)
class Numbers:
    """What a prompt says in numbers and units.

    Args:
        meters: time signatures.
        loudness: integrated loudness in LUFS.
        eras: decades and years.
        moments: points in time and lengths of parts, which are not the song's length.
        loop: the words that ask for a loop.
        lengths: of the song, in seconds.
        refused_lengths: lengths that it must not have, in seconds.
        bounds: limits of its length, such as "at most 90 seconds".
        bars: of the song; the sum of its sections where these have lengths and nothing else was said.
        sections: sections whose lengths in bars make up the whole song, in order; else empty.
        length_words: lengths in words such as "short", in seconds.
        tempo: numbers, terms, words and changes.
        keys: keys and modes.
        rest: the prompt without all that no other reader may read.
    """

    meters: list[Found[Meter]]
    loudness: Found[float] | None
    eras: list[Found[Era]]
    moments: list[Found[Moment]]
    loop: Found[bool] | None
    lengths: list[Found[float]]
    refused_lengths: list[Found[float]]
    bounds: list[Found[LengthBound]]
    bars: Found[float] | None
    sections: list[Found[Moment]]
    length_words: list[Found[float]]
    tempo: TempoWish
    keys: list[Found[KeyWish]]
    rest: PromptText


def read_numbers(text: PromptText) -> Numbers:
    """Read every number and unit.

    Raises:
        InvalidPrompt: something impossible is asked for (0 BPM, 3 hours, "H minor").
    """
    meters, loudness = read_meters(text), read_loudness(text)
    rest = _without(text, [*meters, loudness])
    eras = read_eras(rest)
    rest = _without(rest, eras)
    moments, loop, bounds = read_moments(rest), read_loop(text), read_length_bounds(rest)
    lengths = read_lengths(rest, SHORTEST_S if loop is None else SHORTEST_LOOP_S)
    refused = read_refused_lengths(rest)
    bars = read_bars(rest)
    summed = bars_of_sections(moments) if bars is None and not lengths else None
    sections = [one for one in moments if one.value.is_section and one.value.unit == "bars"] if summed else []
    if summed is not None:
        bars = Found(float(summed.value), summed.start, summed.end, summed.quote)
    rest = _without(rest, [*moments, *lengths, *refused, *bounds, *([] if summed else [bars])])
    tempo = read_tempo(rest)
    rest = rest.without(tempo.spans)
    words = read_length_words(rest)
    keys = read_keys(rest)
    rest = _without(rest, [*keys, loop])
    return Numbers(
        meters, loudness, eras, moments, loop, lengths, refused, bounds, bars, sections, words, tempo, keys, rest
    )


def _without(text: PromptText, found: Sequence[Found[Any] | None]) -> PromptText:
    return text.without([one.span for one in found if one is not None])
