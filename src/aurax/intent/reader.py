"""prompt → Intent, by rules and without any service.

Names are set aside first, then numbers with their units are read, then every phrase of the lexicon, the longest first.
What several readers could claim goes to one of them by the precedence in `lexicon.PRECEDENCE`. Each thing that was read
becomes a wish with its fate; what is left at the end is listed as not understood. Contradictions are settled: a number
beats a word, what is said later beats what was said earlier, a refusal beats a wish. Every such decision becomes a
sentence in `Intent.assumptions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aurax.intent.contract import compile_contract
from aurax.intent.coverage import claimed_spans, not_understood
from aurax.intent.draft import Draft, settled
from aurax.intent.entries import Filler, Genre, InstrumentWord, Likeness, Mood, StructureWord, VoiceWord
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.lexicon import Lexicon, build_lexicon
from aurax.intent.readers.all_numbers import Numbers, read_numbers
from aurax.intent.readers.likeness import read_likenesses
from aurax.intent.readers.use import read_commercial
from aurax.intent.readers.words import Word, Words, read_words
from aurax.intent.settle.character import character_of, mode_of
from aurax.intent.settle.length import LengthWish, settle_length
from aurax.intent.settle.style import choose_style
from aurax.intent.settle.tempo import settle_tempo
from aurax.intent.spelling import Spelling, correct_spelling
from aurax.intent.text import PromptText, clean_prompt
from aurax.intent.title import make_title
from aurax.intent.wishes.form import form_wishes
from aurax.intent.wishes.genres import era_draft, genre_drafts, hint_drafts, likeness_drafts
from aurax.intent.wishes.instruments import NOTHING_ELSE, instrument_drafts
from aurax.intent.wishes.moods import mood_drafts
from aurax.intent.wishes.numbers import (
    bound_drafts,
    key_drafts,
    length_drafts,
    loudness_drafts,
    meter_drafts,
    moment_drafts,
    note_mode_contradictions,
    settle_counts,
    tempo_drafts,
)
from aurax.intent.wishes.voices import sung_genre_drafts, voice_drafts
from aurax.score.instrument import InstrumentInfo
from aurax.score.time import Meter


@dataclass(frozen=True)
class _Read:
    """Everything that was read, before anything is decided."""

    lexicon: Lexicon
    spelling: Spelling
    likenesses: list[Word[Likeness]]
    numbers: Numbers
    words: Words

    @property
    def text(self) -> PromptText:
        return self.spelling.text

    def quote(self, start: int, end: int) -> str:
        first, last = self.spelling.typed_span(start, end)
        return self.spelling.typed[first:last].strip()


def analyze(
    prompt: str,
    styles: Sequence[StyleInfo],
    instruments: Sequence[InstrumentInfo],
    *,
    style: str | None = None,
    duration_s: float | None = None,
) -> Intent:
    """Understand a prompt.

    Args:
        prompt: 1 to 2,000 characters in any language; English is understood best.
        styles: what is installed.
        instruments: what is installed.
        style: overrides the prompt's style.
        duration_s: overrides the prompt's length; 5 s to 20 min.

    Raises:
        InvalidPrompt: empty, too long, or asking for something impossible (0 BPM, 3 hours, "H minor").
        InvalidOption: `duration_s` is out of bounds.
        UnknownPlugin: no style of that name.
    """
    lexicon = build_lexicon(styles, instruments)
    spelling = correct_spelling(clean_prompt(prompt), lexicon)
    likenesses = read_likenesses(spelling.text, lexicon)
    numbers = read_numbers(spelling.text.without((one.first, one.end) for one in likenesses))
    commercial = read_commercial(numbers.rest)
    rest = numbers.rest.without([commercial.span] if commercial else [])
    read = _Read(lexicon, spelling, likenesses, numbers, read_words(rest, lexicon))
    notes: list[str] = []

    moods = [one for one in read.words.of(Mood) if not one.bound]
    moods += [
        Word(lexicon.moods[name], word.start, word.end)
        for word in read.words.of(InstrumentWord)
        for name in word.entry.says
        if name in lexicon.moods and not word.refused
    ]
    genres = read.words.of(Genre)
    hints = read.words.hints if any(not one.refused for one in genres) else read.words.hints[1:]
    if len(hints) < len(read.words.hints):
        genres.append(read.words.hints[0])
    counts = settle_counts(numbers, notes)
    choice = choose_style(
        rest,
        genres,
        likenesses,
        lexicon,
        styles,
        asked=style,
        tempo_bpm=counts.tempo.value if counts.tempo else None,
        energy=character_of(moods).energy,
    )
    notes += choice.notes
    like, lent = likeness_drafts(likenesses, choice, lexicon)
    eras = [era.value.decade for era in numbers.eras]
    character = character_of(moods, lent, [dict(lexicon.eras[one]) for one in eras if one in lexicon.eras])
    tempo = settle_tempo(
        numbers.tempo, counts.tempo, moods, choice, character, notes, [one.entry for one in genres if not one.refused]
    )
    note_mode_contradictions(counts.key, moods, notes)
    tonic = counts.key.value.tonic if counts.key else None
    mode = counts.key.value.mode if counts.key else None
    if mode is None:
        quotes = {one.start: read.quote(one.start, one.end) for one in moods}
        mode = mode_of(moods, quotes, notes) or ("major" if tonic else None)
        if tonic:
            notes.append(f"{tonic} without a mode is read as {tonic} {mode}")
    length = settle_length(
        LengthWish(
            duration_s,
            counts.length,
            numbers.bars,
            numbers.length_words[0] if numbers.length_words else None,
            numbers.loop,
            counts.meter.value if counts.meter else Meter(),
            tempo.bpm,
            None if not tempo.promised else 0.0 if numbers.tempo.numbers else tempo.tolerance_bpm,
            tempo.character.tempo_percent,
            tuple(numbers.bounds),
        ),
        choice.style,
        notes,
    )
    shape = next((one.entry.shape for one in moods if one.entry.shape and not one.refused), None)
    form = form_wishes(read.words.of(StructureWord), numbers.loop, shape, numbers.sections)
    notes += form.notes
    sound = instrument_drafts(read.text, read.words.of(InstrumentWord), instruments, lexicon)
    notes += sound.notes
    voices = read.words.of(VoiceWord)
    drafts: list[Draft] = [
        *genre_drafts(genres, choice, style),
        *sung_genre_drafts(genres, voices),
        *like,
        *(era_draft(one, choice.style, lexicon.eras) for one in numbers.eras),
        *sound.drafts,
        *voice_drafts(voices),
        *hint_drafts(hints, read.words.of(InstrumentWord)),
        *mood_drafts(moods, choice.style),
        *form.drafts,
        *tempo_drafts(numbers, counts, tempo),
        *key_drafts(numbers, counts),
        *meter_drafts(numbers, counts),
        *length_drafts(numbers, counts, length, duration_s),
        *loudness_drafts(numbers.loudness),
        *moment_drafts(numbers),
        *bound_drafts(numbers.bounds, length.duration_s),
    ]
    if commercial is not None:
        value = "commercial use" if commercial.value else "no commercial use"
        drafts.append(Draft(commercial.start, commercial.end, "use", value))
        if commercial.value:
            notes.append(f"{commercial.quote!r}: weights that forbid commercial use are not used")
    drafts += not_understood(read.text, [*claimed_spans(drafts), *sound.spare, *_silent_spans(read.words)])
    notes += [f"{one.written!r} is read as {one.meant!r}" for one in spelling.corrections]
    wishes, required = settled(drafts, spelling)
    if all(one.fate == "not_understood" for one in wishes):
        notes.append("no word of the prompt is known; every choice is the style's own")
    return Intent(
        prompt=spelling.typed,
        title=make_title(_titled(read, drafts), choice.style.title, lexicon.filler.__contains__),
        style=choice.style.name,
        moods=tuple(
            dict.fromkeys([*(one.entry.name for one in moods if not one.refused), *(one.name for one in lent)])
        ),
        tempo_bpm=tempo.bpm if length.tempo_bpm is None else length.tempo_bpm,
        tonic=tonic,
        mode=mode,
        meter=counts.meter.value if counts.meter else None,
        duration_s=length.duration_s,
        bars=length.bars,
        loop=numbers.loop is not None,
        wanted=sound.wanted,
        unwanted=sound.unwanted,
        only_wanted=sound.only,
        energy_shape=form.energy_shape,
        ending=form.ending,
        refused_endings=form.refused_endings,
        sections=form.sections,
        section_bars=form.section_bars,
        refused_sections=form.refused_sections,
        character=tempo.character,
        loudness_lufs=numbers.loudness.value if numbers.loudness else None,
        commercial=commercial is not None and commercial.value,
        contract=compile_contract(required, duration_s=length.duration_s, bars=length.bars),
        wishes=wishes,
        assumptions=tuple(dict.fromkeys(_sentence(note) for note in notes)),
        unknown_words=tuple(dict.fromkeys(one.words for one in wishes if one.fate == "not_understood")),
    )


def _silent_spans(words: Words) -> list[tuple[int, int]]:
    """Where words stand that are no wish."""
    return [(one.first, one.end) for one in words.all if isinstance(one.entry, Filler)]


def _titled(read: _Read, drafts: Iterable[Draft]) -> PromptText:
    """The prompt without what no title should say: numbers, keys, refused things."""
    said = [one for one in drafts if one.refused or one.field in ("tempo", "key", "length", "loudness", "use")]
    said += [one for one in drafts if one.value == NOTHING_ELSE]
    said += [
        one
        for one in drafts
        if one.field == "meter" and any(char.isdigit() for char in read.text.folded[one.start : one.end])
    ]
    return read.text.without((one.start, one.end) for one in said if one.value != "vocals" or one.refused)


def _sentence(note: str) -> str:
    """A note with a capital and a full stop, quotes left as they are."""
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")
