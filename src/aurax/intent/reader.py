"""prompt → Intent, by rules and without any service.

The readers run one after the other, each on what the earlier ones left; numbers come first, because "90s" may be a
length and "3/4" is no fraction. Contradictions are settled here: a number beats a word, what is said later beats what
was said earlier, a refusal beats a wish. Every such decision becomes a sentence in `Intent.assumptions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aurax.intent.contract_terms import compile_contract
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.phrases import Found
from aurax.intent.read_form import read_ending, read_sections, read_shape
from aurax.intent.read_instruments import read_instruments
from aurax.intent.read_mood import MoodWish, character_of, read_moods
from aurax.intent.read_style import StyleChoice, choose_style
from aurax.intent.read_use import read_commercial
from aurax.intent.readers.eras import read_eras
from aurax.intent.readers.keys import KeyWish, read_keys
from aurax.intent.readers.lengths import (
    SHORTEST_LOOP_S,
    SHORTEST_S,
    read_bars,
    read_length_bounds,
    read_length_words,
    read_lengths,
)
from aurax.intent.readers.loops import read_loop
from aurax.intent.readers.loudness import read_loudness
from aurax.intent.readers.meters import read_meters
from aurax.intent.readers.moments import bars_of_sections, read_moments
from aurax.intent.readers.tempo import TempoWish, read_tempo
from aurax.intent.readers.tempo_numbers import FASTEST_BPM, SLOWEST_BPM
from aurax.intent.settle_form import settle_form
from aurax.intent.settle_length import LengthWish, settle_length
from aurax.intent.text import PromptText, clean_prompt
from aurax.intent.title import make_title
from aurax.intent.vocabulary.everyday import EVERYDAY
from aurax.score.character import Character
from aurax.score.time import Meter

T = TypeVar("T")

_TERM_TOLERANCE_BPM = 10.0
"""An Italian term names a range, not a number."""

_TOKEN = re.compile(r"[^\W_][\w'\-]*|[^\w\s\x1f!-~]")


@dataclass(frozen=True, slots=True)
class _Tempo:
    """The tempo that was settled on: what the song takes and what the contract promises."""

    bpm: float | None
    promised: Found[float] | None
    tolerance_bpm: float
    character: Character


def analyze(
    prompt: str, styles: Sequence[StyleInfo], *, style: str | None = None, duration_s: float | None = None
) -> Intent:
    """Understand a prompt.

    Args:
        prompt: 1 to 2,000 characters in any language; English is understood best.
        styles: what is installed.
        style: overrides the prompt's style.
        duration_s: overrides the prompt's length; 5 s to 20 min.

    Raises:
        InvalidPrompt: empty, too long, or asking for something impossible (0 BPM, 3 hours, "H minor").
        InvalidOption: `duration_s` is out of bounds.
        UnknownPlugin: no style of that name.
    """
    text = clean_prompt(prompt)
    notes: list[str] = []

    # Numbers, from the most to the least particular form; each reader sees only what the earlier ones left.
    meters = read_meters(text)
    loudness = read_loudness(text)
    numbers = text.without([*_spans(meters), *_spans([loudness])])
    eras = read_eras(numbers)
    numbers = numbers.without(_spans(eras))
    moments, loop, bounds = read_moments(numbers), read_loop(text), read_length_bounds(numbers)
    durations = read_lengths(numbers, SHORTEST_S if loop is None else SHORTEST_LOOP_S)
    bars = read_bars(numbers)
    summed = bars_of_sections(moments) if bars is None and not durations else None
    if summed is not None:
        bars = Found(float(summed.value), summed.start, summed.end, summed.quote)
    numbers = numbers.without([*_spans(moments), *_spans(durations), *_spans(bounds)])
    tempo_wish = read_tempo(numbers)
    tempos = [Found(one.value.bpm, one.start, one.end, one.quote) for one in tempo_wish.numbers]
    numbers = numbers.without(tempo_wish.number_spans)
    notes += [f"{one.quote!r} is not done: a song keeps one tempo" for one in tempo_wish.changes]
    length_words = read_length_words(numbers)
    keys = read_keys(numbers)
    times = [*_spans(moments), *_spans(durations), *_spans(bounds), *_spans([None if summed else bars])]
    rest = text.without([*_spans(meters), *_spans([loudness]), *times, *tempo_wish.number_spans, *_spans(keys)])

    moods = read_moods(rest)
    asked_bpm = _last(tempos, "tempo", notes, unit=" BPM") or _last(tempo_wish.terms, "tempo", notes)
    character = character_of([one.value for one in moods])
    choice = choose_style(rest, styles, style, asked_bpm.value if asked_bpm else None, character.energy)
    notes += choice.notes
    moods = [one for one in moods if not any(start <= one.start < end for start, end in choice.name_spans)]
    character = character_of([one.value for one in moods])
    instruments = read_instruments(rest.without(choice.spans))
    notes += instruments.notes

    tempo = _settle_tempo(tempo_wish, asked_bpm, moods, choice, character, notes)
    key = _settle_key(keys, moods, notes)
    mode = key.value.mode if key is not None else None
    tonic = key.value.tonic if key is not None else None
    if mode is None:
        mode = _mood_mode(moods, notes) or ("major" if tonic else None)
        if tonic:
            notes.append(f"{tonic} without a mode is read as {tonic} {mode}")
    meter = _last(meters, "meter", notes)
    length = settle_length(
        LengthWish(
            duration_s,
            _last(durations, "length", notes, unit=" s"),
            bars,
            length_words[0] if length_words else None,
            loop,
            meter.value if meter else Meter(),
            tempo.bpm,
            None if tempo.promised is None else 0.0 if tempo_wish.numbers else tempo.tolerance_bpm,
            tempo.character.tempo_percent,
            tuple(bounds),
        ),
        choice.style,
        notes,
    )
    sections, ending, shape = read_sections(rest), read_ending(rest), read_shape(rest)
    shaped_by_mood = next(
        (one.value.mood.shape for one in moods if one.value.mood.shape and one.value.factor > 0), None
    )
    form = settle_form(sections, ending, shape, shaped_by_mood, loop, notes)
    commercial = read_commercial(rest)
    if commercial is not None and commercial.value:
        notes.append(f"{commercial.quote!r} says that the song is for trade, so weights that forbid it are not used")
    notes += [
        f"{one.quote!r} is a moment inside the song; the form follows it only to whole sections" for one in moments
    ]

    # A title may keep words such as "waltz", but no numbers.
    numbered = [one for one in meters if any(char.isdigit() for char in one.quote)]
    titled = text.without(
        [
            *_spans(numbered),
            *_spans([loudness]),
            *_spans([commercial]),
            *times,
            *tempo_wish.number_spans,
            *_spans(eras),
            *_spans(keys),
        ]
    )
    refused = [*instruments.refused_spans, *(one.span for one in moods if one.value.factor < 0)]
    contract = compile_contract(
        tempo=tempo.promised,
        tempo_tolerance_bpm=tempo.tolerance_bpm,
        key=_promised_key(key),
        meter=meter,
        duration_s=length.duration_s,
        duration_quote=length.quote,
        wanted=instruments.wanted,
        unwanted=instruments.unwanted,
        loudness=loudness,
        bars=length.bars,
        loop=loop,
    )
    words = [
        *_spans(moods),
        *_spans(sections),
        *_spans([ending]),
        *_spans([shape]),
        *_spans([loop]),
        *_spans([commercial]),
    ]
    claimed = (*instruments.spans, *choice.spans, *tempo_wish.spans, *words)
    unread = rest.without([*claimed, *_spans(length_words), *_mood_spans(rest, choice.style)])
    unknown = _unknown_words(unread)
    if unknown and len(claimed) == 0 and not (meters or durations or keys or tempo_wish.numbers):
        notes.append("no word of the prompt is known; every choice is the style's own")
    return Intent(
        prompt=text.original,
        title=make_title(titled.without([*tempo_wish.spans, *_refused_spans(rest, refused)]), choice.style.title),
        style=choice.style.name,
        moods=tuple(dict.fromkeys(one.value.mood.name for one in moods if one.value.factor > 0)),
        tempo_bpm=tempo.bpm if length.tempo_bpm is None else length.tempo_bpm,
        tonic=tonic,
        mode=mode,
        meter=meter.value if meter else None,
        duration_s=length.duration_s,
        bars=length.bars,
        loop=loop is not None,
        wanted=tuple(one.value for one in instruments.wanted),
        unwanted=tuple(one.value for one in instruments.unwanted),
        only_wanted=instruments.only_wanted,
        energy_shape=form.energy_shape,
        ending=form.ending,
        sections=form.sections,
        character=tempo.character,
        loudness_lufs=loudness.value if loudness else None,
        commercial=commercial is not None and commercial.value,
        contract=contract,
        assumptions=tuple(dict.fromkeys(_sentence(note) for note in notes)),
        unknown_words=unknown,
    )


def _spans(found: Iterable[Found[T] | None]) -> list[tuple[int, int]]:
    """Where things were read."""
    return [one.span for one in found if one is not None]


def _last(found: Sequence[Found[T]], what: str, notes: list[str], unit: str = "") -> Found[T] | None:
    """The last of several wishes for the same thing, with a note where they differ."""
    if not found:
        return None
    last = found[-1]
    others = dict.fromkeys(f"{_shown(one.value)}{unit}" for one in found if one.value != last.value)
    if others:
        notes.append(f"the {what} {_shown(last.value)}{unit} was said last and counts, not {', '.join(others)}")
    return last


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _settle_tempo(
    wish: TempoWish,
    asked: Found[float] | None,
    moods: Sequence[Found[MoodWish]],
    choice: StyleChoice,
    character: Character,
    notes: list[str],
) -> _Tempo:
    """A number beats a term, a term beats a scene's tempo, and that beats adjectives, which only bend the style's."""
    percent = character.tempo_percent + sum(one.value.percent for one in wish.words)
    percent = min(max(percent, -40.0), 40.0)
    still = character.model_copy(update={"tempo_percent": 0.0})
    if asked is not None:
        for word in wish.words:
            percent = word.value.percent
            if (percent > 0) != (asked.value >= choice.style.typical_tempo_bpm) and percent:
                notes.append(f"{word.quote!r} and {asked.value:g} BPM pull apart; the number counts")
        if wish.numbers and wish.terms:
            notes.append(f"{wish.terms[-1].quote!r} gives way to the number, {asked.value:g} BPM")
        return _Tempo(asked.value, asked, 1.0 if wish.numbers else _TERM_TOLERANCE_BPM, still)
    scene = next((one.value.mood.tempo_bpm for one in moods if one.value.mood.tempo_bpm and one.value.factor > 0), None)
    if scene is None and choice.genre is not None:
        low, high = choice.style.tempo_range_bpm
        if low / 1.25 <= choice.genre.tempo_bpm <= high * 1.25:
            scene = choice.genre.tempo_bpm
    if scene is None:
        return _Tempo(None, None, 1.0, character.model_copy(update={"tempo_percent": percent}))
    bend = 1.0 + sum(one.value.percent for one in wish.words) / 100.0
    return _Tempo(min(max(round(scene * bend), SLOWEST_BPM), FASTEST_BPM), None, 1.0, still)


def _settle_key(
    keys: Sequence[Found[KeyWish]], moods: Sequence[Found[MoodWish]], notes: list[str]
) -> Found[KeyWish] | None:
    """The key that was named last; a named mode beats the mode an adjective suggests."""
    full = [one for one in keys if one.value.tonic is not None]
    modes = [one for one in keys if one.value.tonic is None]
    if not keys:
        return None
    last = (full or modes)[-1]
    others = dict.fromkeys(one.quote for one in (full or modes) if (one.value.tonic, one.value.mode) != _of(last))
    if others:
        notes.append(f"the key {last.quote!r} was said last and counts, not {', '.join(map(repr, others))}")
    chosen = last.value
    if chosen.mode is None and modes:
        chosen = KeyWish(chosen.tonic, modes[-1].value.mode, modes[-1].value.note)
    if chosen.note:
        notes.append(chosen.note)
    if chosen.mode is not None:
        for mood in moods:
            leaning = mood.value.mood.mode
            if (
                leaning in ("major", "minor")
                and mood.value.factor > 0
                and _brightness(leaning) != _brightness(chosen.mode)
            ):
                notes.append(f"{mood.quote!r} would suggest {leaning}, but {chosen.mode} was asked for by name")
    return Found(chosen, last.start, last.end, last.quote)


def _of(found: Found[KeyWish]) -> tuple[str | None, str | None]:
    return found.value.tonic, found.value.mode


def _brightness(mode: str) -> str:
    return "major" if mode in ("major", "lydian", "mixolydian") else "minor"


def _mood_mode(moods: Sequence[Found[MoodWish]], notes: list[str]) -> str | None:
    """The mode that adjectives lean to; the last one said counts."""
    leanings = [one for one in moods if one.value.mood.mode is not None and one.value.factor > 0]
    if not leanings:
        return None
    last = leanings[-1]
    for one in leanings:
        if _brightness(one.value.mood.mode or "") != _brightness(last.value.mood.mode or ""):
            notes.append(f"{one.quote!r} and {last.quote!r} pull apart; {last.quote!r} was said last and sets the mode")
            break
    return last.value.mood.mode


def _promised_key(key: Found[KeyWish] | None) -> Found[str] | None:
    if key is None:
        return None
    return Found(" ".join(part for part in _of(key) if part), key.start, key.end, key.quote)


def _mood_spans(text: PromptText, style: StyleInfo) -> list[tuple[int, int]]:
    """Where words stand that only the chosen style knows."""
    return [match.span() for mood in style.moods for match in re.finditer(re.escape(mood.lower()), text.folded) if mood]


def _refused_spans(text: PromptText, refused: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where refused things stand, together with the word before, which mostly refuses them."""
    spans = []
    for start, end in refused:
        before = re.search(r"(?:\w+\s+){0,1}$", text.folded[:start])
        spans.append((before.start() if before else start, end))
    return spans


def _unknown_words(unread: PromptText) -> tuple[str, ...]:
    words = []
    for match in _TOKEN.finditer(unread.folded):
        if match[0] not in EVERYDAY:
            words.append(unread.quote(*match.span()))
    return tuple(dict.fromkeys(word for word in words if word))


def _sentence(note: str) -> str:
    """A note with a capital and a full stop, quotes left as they are."""
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")
