"""prompt → Intent, by rules and without any service.

Names are set aside first, then numbers with their units are read, then every phrase of the lexicon, the longest first.
What several readers could claim goes to one of them by the precedence in `lexicon.PRECEDENCE`. Each thing that was read
becomes a wish with its fate; what is left at the end is listed as not understood. Contradictions are settled: a number
beats a word, what is said later beats what was said earlier, a refusal beats a wish. Every such decision becomes a
sentence in `Intent.assumptions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aurax.intent.contract import compile_contract
from aurax.intent.draft import Draft, settled_wishes
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.lexicon import build_lexicon
from aurax.intent.reading import Reading, read_prompt
from aurax.intent.settle.song import settle_song
from aurax.intent.text import PromptText
from aurax.intent.title import make_title
from aurax.intent.wish import Wish
from aurax.intent.wishes.all_wishes import draft_wishes
from aurax.intent.wishes.instruments import NOTHING_ELSE
from aurax.score.instrument import InstrumentInfo


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
    reading = read_prompt(prompt, build_lexicon(styles, instruments))
    song = settle_song(reading, styles, style=style, duration_s=duration_s)
    all_wishes = draft_wishes(reading, song, instruments, style=style)
    wishes, required = settled_wishes(all_wishes.drafts, reading.spelling)
    form, parts, length, info = all_wishes.form, all_wishes.instruments, song.length, song.choice.style
    numbers, meter = reading.numbers, song.counts.meter
    moods = [*(one.entry.name for one in reading.moods if not one.refused), *(one.name for one in song.lent)]
    return Intent(
        prompt=reading.spelling.typed,
        title=make_title(_titled(reading, all_wishes.drafts), info.title, reading.lexicon.filler.__contains__),
        style=info.name,
        moods=tuple(dict.fromkeys(moods)),
        tempo_bpm=song.tempo.bpm if length.tempo_bpm is None else length.tempo_bpm,
        tonic=song.tonic,
        mode=song.mode,
        meter=meter.value if meter else None,
        duration_s=length.duration_s,
        bars=length.bars,
        loop=numbers.loop is not None,
        wanted=parts.wanted,
        unwanted=parts.unwanted,
        only_wanted=parts.only,
        energy_shape=form.energy_shape,
        ending=form.ending,
        refused_endings=form.refused_endings,
        sections=form.sections,
        section_bars=form.section_bars,
        refused_sections=form.refused_sections,
        character=song.tempo.character,
        loudness_lufs=numbers.loudness.value if numbers.loudness else None,
        commercial=reading.commercial is not None and reading.commercial.value,
        contract=compile_contract(required, duration_s=length.duration_s, bars=length.bars),
        wishes=wishes,
        assumptions=tuple(dict.fromkeys(map(_sentence, [*song.notes, *parts.notes, *_remarks(reading, wishes)]))),
        unknown_words=tuple(dict.fromkeys(one.words for one in wishes if one.fate == "not_understood")),
    )


def _remarks(reading: Reading, wishes: Sequence[Wish]) -> list[str]:
    """What else a person should know of how the prompt was read."""
    remarks = []
    if reading.commercial is not None and reading.commercial.value:
        remarks.append(f"{reading.commercial.quote!r}: weights that forbid commercial use are not used")
    remarks += [f"{one.written!r} is read as {one.meant!r}" for one in reading.spelling.corrections]
    if all(one.fate == "not_understood" for one in wishes):
        remarks.append("no word of the prompt is known; every choice is the style's own")
    return remarks


def _titled(reading: Reading, drafts: Iterable[Draft]) -> PromptText:
    """The prompt without what no title should say: numbers, keys, refused things."""
    folded = reading.text.folded
    said = [
        (one.start, one.end)
        for one in drafts
        if one.refused
        or one.field in ("tempo", "key", "length", "loudness", "use")
        or one.value == NOTHING_ELSE
        or (one.field == "meter" and any(char.isdigit() for char in folded[one.start : one.end]))
    ]
    return reading.text.without(said)


def _sentence(note: str) -> str:
    """A note with a capital and a full stop, quotes left as they are."""
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")
