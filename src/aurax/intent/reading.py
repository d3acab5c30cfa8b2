"""Everything that was read of a prompt, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from aurax.intent.entries import Genre, InstrumentWord, Likeness, Mood
from aurax.intent.found import Found
from aurax.intent.lexicon import Lexicon
from aurax.intent.readers.all_numbers import Numbers, read_numbers
from aurax.intent.readers.likeness import read_likenesses
from aurax.intent.readers.use import read_commercial
from aurax.intent.readers.word import Word
from aurax.intent.readers.words import Words, read_words
from aurax.intent.spelling import Spelling, correct_spelling
from aurax.intent.text import PromptText, clean_prompt


@dataclass(frozen=True)
class Reading:
    """What the readers found; each saw only what those before it left.

    Args:
        lexicon: what is known.
        spelling: the prompt with its mistakes corrected, and the way back.
        likenesses: whom or what the song should be like.
        numbers: everything with a unit.
        commercial: whether it says that the song is for commercial use, or that it is not.
        words: all other phrases of the lexicon.
        rest: the prompt that the words were looked for in.
    """

    lexicon: Lexicon
    spelling: Spelling
    likenesses: list[Word[Likeness]]
    numbers: Numbers
    commercial: Found[bool] | None
    words: Words
    rest: PromptText

    @property
    def text(self) -> PromptText:
        """The corrected prompt, whole."""
        return self.spelling.text

    @cached_property
    def moods(self) -> list[Word[Mood]]:
        """Moods and qualities of the whole song, those that the names of instruments tell included."""
        told = [
            Word(self.lexicon.moods[name], word.start, word.end)
            for word in self.words.of(InstrumentWord)
            for name in word.entry.says
            if name in self.lexicon.moods and not word.refused
        ]
        return [*(one for one in self.words.of(Mood) if not one.bound), *told]

    @cached_property
    def genres(self) -> list[Word[Genre]]:
        """Genres, refused ones included; where none is wanted, one that only colours a part ("funk guitar") counts."""
        named = self.words.of(Genre)
        return named if any(not one.refused for one in named) else [*named, *self.words.hints[:1]]

    @cached_property
    def hints(self) -> list[Word[Genre]]:
        """Genres that only colour a part."""
        return [one for one in self.words.hints if one not in self.genres]

    def quote(self, start: int, end: int) -> str:
        """Words of the corrected prompt as they were typed."""
        first, last = self.spelling.typed_span(start, end)
        return self.spelling.typed[first:last].strip()


def read_prompt(prompt: str, lexicon: Lexicon) -> Reading:
    """Read a prompt: spelling, names, numbers, then all other words.

    Args:
        prompt: 1 to 2,000 characters.
        lexicon: what is known.

    Raises:
        InvalidPrompt: empty, too long, or asking for something impossible.
    """
    spelling = correct_spelling(clean_prompt(prompt), lexicon)
    likenesses = read_likenesses(spelling.text, lexicon)
    numbers = read_numbers(spelling.text.without((one.first, one.end) for one in likenesses))
    commercial = read_commercial(numbers.rest)
    rest = numbers.rest.without([commercial.span] if commercial else [])
    return Reading(lexicon, spelling, likenesses, numbers, commercial, read_words(rest, lexicon), rest)
