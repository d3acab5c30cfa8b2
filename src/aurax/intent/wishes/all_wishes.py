"""All wishes of a prompt, from the modules next to this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.coverage import claimed_spans, not_understood
from aurax.intent.draft import Draft
from aurax.intent.entries import Filler, InstrumentWord, StructureWord, VoiceWord
from aurax.intent.reading import Reading
from aurax.intent.settle.song import Settled
from aurax.intent.wishes import genres, moods, numbers, voices
from aurax.intent.wishes.form import FormWishes, form_wishes, place_draft
from aurax.intent.wishes.instruments import InstrumentWishes, instrument_drafts
from aurax.score.instrument import InstrumentInfo


@dataclass(frozen=True)
class AllWishes:
    """Every wish, and what the form and the instruments of the song follow from.

    Args:
        drafts: the wishes; what nobody understood included.
        form: what was asked of the form.
        instruments: what was asked of instruments.
    """

    drafts: tuple[Draft, ...]
    form: FormWishes
    instruments: InstrumentWishes


def draft_wishes(
    reading: Reading, settled: Settled, installed: Sequence[InstrumentInfo], *, style: str | None
) -> AllWishes:
    """Say what becomes of everything that was read.

    Args:
        reading: everything that was read.
        settled: what counts.
        installed: installed instruments.
        style: an option that overrides the prompt's style.
    """
    told, words, lexicon, choice = reading.numbers, reading.words, reading.lexicon, settled.choice
    placed = [word for word in words.all if word.placed is not None]
    only_there = {word.start for word in placed if word.refused}
    named = [word for word in words.of(InstrumentWord) if word.start not in only_there]
    sung = [word for word in words.of(VoiceWord) if word.start not in only_there]
    sound = instrument_drafts(reading.text, named, installed, lexicon)
    form = form_wishes(words.of(StructureWord), told.loop, settled.shape, told.sections)
    drafts = [
        *genres.genre_drafts(reading.genres, choice, style),
        *genres.likeness_drafts(reading.likenesses, choice, lexicon),
        *(genres.era_draft(one, choice.style, lexicon.eras) for one in told.eras),
        *genres.hint_drafts(reading.hints, named),
        *sound.drafts,
        *voices.sung_genre_drafts(reading.genres, sung),
        *voices.voice_drafts(sung),
        *moods.mood_drafts(reading.moods, choice.style),
        *form.drafts,
        *(place_draft(reading.text, word) for word in placed),
        *numbers.number_drafts(told, settled),
    ]
    if reading.commercial is not None:
        value = "commercial use" if reading.commercial.value else "no commercial use"
        drafts.append(Draft(*reading.commercial.span, "use", value))
    filler = [(one.first, one.end) for one in words.all if isinstance(one.entry, Filler)]
    drafts += not_understood(reading.text, [*claimed_spans(drafts), *sound.spare, *filler])
    return AllWishes(tuple(drafts), form, sound)
