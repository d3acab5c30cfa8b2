"""What follows from everything that was read: style, tempo, key, length and character of the song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.entries import Mood
from aurax.intent.intent import StyleInfo
from aurax.intent.reading import Reading
from aurax.intent.settle.character import character_of, mode_of
from aurax.intent.settle.counts import Counts, note_mode_contradictions, settle_counts
from aurax.intent.settle.length import Length, LengthWish, settle_length
from aurax.intent.settle.style import StyleChoice, choose_style
from aurax.intent.settle.tempo import Tempo, settle_tempo
from aurax.score.time import Meter


@dataclass(frozen=True)
class Settled:
    """What counts.

    Args:
        counts: which of several numbers for the same thing counts.
        choice: the style, and the genre that counts.
        lent: moods of whom the song should be like.
        tempo: the tempo, and the adjectives' sum.
        tonic: of the key, if one was named.
        mode: named, or that adjectives lean to.
        length: of the song.
        shape: how a mood shapes the energy, if one does.
        option_s: an option's length, which overrides the prompt's.
        notes: sentences on every decision.
    """

    counts: Counts
    choice: StyleChoice
    lent: tuple[Mood, ...]
    tempo: Tempo
    tonic: str | None
    mode: str | None
    length: Length
    shape: str | None
    option_s: float | None
    notes: tuple[str, ...]


def settle_song(
    reading: Reading, styles: Sequence[StyleInfo], *, style: str | None, duration_s: float | None
) -> Settled:
    """Decide what counts.

    Args:
        reading: everything that was read.
        styles: what is installed.
        style: an option that overrides the prompt's style.
        duration_s: an option that overrides the prompt's length.

    Raises:
        InvalidOption: `duration_s` is out of bounds.
        InvalidPrompt: a length that cannot be.
        UnknownPlugin: no style of that name.
    """
    notes: list[str] = []
    numbers, moods, lexicon = reading.numbers, reading.moods, reading.lexicon
    counts = settle_counts(numbers, notes)
    choice = choose_style(
        reading.rest,
        reading.genres,
        reading.likenesses,
        lexicon,
        styles,
        asked=style,
        tempo_bpm=counts.tempo.value if counts.tempo else None,
        energy=character_of(moods).energy,
    )
    notes += choice.notes
    alike = [one.entry for one in reading.likenesses if not one.refused]
    lent = tuple(lexicon.moods[name] for one in alike for name in one.moods if name in lexicon.moods)
    decades = [era.value.decade for era in numbers.eras]
    character = character_of(moods, lent, [dict(lexicon.eras[one]) for one in decades if one in lexicon.eras])
    others = [one.entry for one in reading.genres if not one.refused]
    tempo = settle_tempo(numbers.tempo, counts.tempo, moods, choice, character, notes, others)
    tonic, mode = _settle_key(reading, counts, notes)
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
    return Settled(counts, choice, lent, tempo, tonic, mode, length, shape, duration_s, tuple(notes))


def _settle_key(reading: Reading, counts: Counts, notes: list[str]) -> tuple[str | None, str | None]:
    note_mode_contradictions(counts.key, reading.moods, notes)
    tonic = counts.key.value.tonic if counts.key else None
    mode = counts.key.value.mode if counts.key else None
    if mode is None:
        quotes = {one.start: reading.quote(one.start, one.end) for one in reading.moods}
        mode = mode_of(reading.moods, quotes, notes) or ("major" if tonic else None)
        if tonic:
            notes.append(f"{tonic} without a mode is read as {tonic} {mode}")
    return tonic, mode
