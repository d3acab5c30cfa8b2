"""One stretch of a note between two commas: its marks, which of them are used up, and what several readers ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aurax.intent.entries import InstrumentWord, StructureWord, VoiceWord
from aurax.intent.notes.marks import Mark, Marked, span_of
from aurax.intent.notes.signs import Sign
from aurax.intent.revision import Change, ChangeKind, Scope

_ALL = "instruments"


@dataclass(frozen=True)
class Op:
    """Something that works on parts, on a noun or on the whole song.

    Args:
        does: `level` (louder, quieter), `remove`, `add`, `only`, `keep`, `grade` (more, less, too), `move` (up, down).
        sign: which way.
        factor: how strongly.
        marks: what says so.
        about: what an adjective changes.
    """

    does: str
    sign: int
    factor: float
    marks: tuple[Mark, ...]
    about: ChangeKind | str = ""


@dataclass
class Sentence:
    """What goes on from one stretch between commas to the next."""

    changes: list[Change] = field(default_factory=list)
    carried: Op | None = None
    waiting: list[Mark] = field(default_factory=list)


class Stretch:
    """One stretch between commas while it is read.

    Args:
        marked: the note.
        marks: those of the stretch, in its order.
        sentence: what goes on from one stretch to the next.
    """

    def __init__(self, marked: Marked, marks: Sequence[Mark], sentence: Sentence) -> None:
        self.marked, self.sentence = marked, sentence
        self.marks = self._without_guests(list(marks))
        self.found: list[Change] = []
        self.sections = tuple(dict.fromkeys(self._named_sections()))
        self.has_parts = any(is_part(one) for one in marks)
        self._used: set[int] = set()

    def graded(self, mark: Mark) -> tuple[int, float, list[Mark]]:
        """Which way and how strongly a word is meant, and the marks that say so."""
        place = self.marks.index(mark)
        grades: list[Mark] = []
        before = place - 1
        while before >= 0 and self.marks[before].does("degree", "more", "less", "too", "not_so", "seems"):
            grades.append(self.marks[before])
            before -= 1
        grades += self._grades_after(mark, place)
        grades = [one for one in grades if self.is_free(one)]
        sign = sign_of_word(mark)
        if any(one.does("enough") for one in grades):
            pass  # "not loud enough"
        elif mark.does("fault"):
            sign = sign if any(one.does("more") for one in grades) else -sign
        elif not mark.does("compared"):
            turned = ("less", "too", "not_so", "seems") if mark.does("plain") else ("less", "too", "not_so")
            sign = -sign if any(one.does(*turned) for one in grades) else sign
        factor = 1.0
        for one in grades:
            if one.does("degree") and isinstance(one.value, Sign):
                factor *= one.value.amount
        if factor == 1.0 and mark.does("up", "down", "compared", "plain"):
            others = [one for one in self.marks if one.does("degree") and self.is_free(one) and one not in grades]
            if others and isinstance(others[0].value, Sign):
                grades.append(others[0])
                factor = others[0].value.amount
        return sign, factor, grades

    def _grades_after(self, mark: Mark, place: int) -> list[Mark]:
        """Degrees right after a word, and what grades it there, as in Japanese and Chinese, where no other follows."""
        after: list[Mark] = []
        for one in self.marks[place + 1 :]:
            if not one.does("degree", "more", "less", "too", "seems", "enough"):
                break
            after.append(one)
        follows = self.marks[place + 1 + len(after) :][:1]
        if mark.does("noun", "plain") and not (follows and (is_part(follows[0]) or isinstance(follows[0].value, Sign))):
            return after
        return [one for one in after if one.does("degree", "enough")]

    def sign_of(self, word: Mark | None, moves: Sequence[Mark]) -> int:
        """Which way a quantity goes: as its adjective or the direction beside it says; 0 where nothing does."""
        if word is not None and word.does("compared", "plain", "fault"):
            return self.graded(word)[0]
        if not moves:
            return 0
        base = sign_of_word(word) if word is not None else 1
        return -base if moves[0].does("down", "less", "remove", "too") else base

    def scope(self, parts: tuple[str, ...]) -> Scope:
        """What a change is about: parts, and the sections that the stretch names."""
        if self.sections:
            self.use(*(one for one in self.marks if is_section(one) or one.does("nth")))
        return Scope(parts=tuple(dict.fromkeys(parts)), sections=self.sections)

    def change(self, kind: ChangeKind, marks: Sequence[Mark], **fields: object) -> Change:
        """A change with the words of some marks."""
        start, end = span_of(marks)
        words = self.marked.text.quote(start, end)
        return Change.model_validate({"words": words, "start": start, "end": end, "kind": kind} | fields)

    def use(self, *marks: Mark) -> None:
        """Mark some as used up, so that no other reader takes them."""
        self._used.update(mark.start for mark in marks)

    def is_free(self, mark: Mark) -> bool:
        """Whether no reader has used a mark yet."""
        return mark.start not in self._used

    def _without_guests(self, marks: list[Mark]) -> list[Mark]:
        """The marks without parts that a change is for ("down a semitone for the singer")."""
        if any(one.does("replace") for one in marks):
            return marks
        return [one for place, one in enumerate(marks) if not (is_part(one) and place and marks[place - 1].does("for"))]

    def _named_sections(self) -> Iterator[str]:
        """Form words, with a number where one of several is meant: `verse 2`, `chorus -1` for the last."""
        for place, mark in enumerate(self.marks):
            if isinstance(mark.value, StructureWord) and mark.value.kind == "section":
                before = self.marks[place - 1].value if place else None
                nth = f" {before.amount:g}" if isinstance(before, Sign) and before.does == "nth" else ""
                yield mark.value.name + nth


def unknown(marked: Marked, marks: Sequence[Mark], reason: str) -> Change:
    """What was recognised and does not make a change, to be asked back."""
    start, end = span_of(marks)
    return Change(
        words=marked.text.quote(start, end), start=start, end=end, kind="unknown", fate="not_understood", reason=reason
    )


def is_part(mark: Mark) -> bool:
    """Whether it names a part or a voice."""
    value = mark.value
    return isinstance(value, VoiceWord) or (isinstance(value, InstrumentWord) and value.name != _ALL)


def part_name(mark: Mark) -> str:
    """The part that it names, as wishes name it."""
    value = mark.value
    if isinstance(value, VoiceWord):
        return value.name if value.kind != "none" else "vocals"
    assert isinstance(value, InstrumentWord)
    return value.refuses_too[0] if value.weak and value.refuses_too else value.name


def is_section(mark: Mark) -> bool:
    """Whether it names a section."""
    return isinstance(mark.value, StructureWord) and mark.value.kind == "section"


def about_of(mark: Mark) -> str:
    """The kind of change that a sign is about; empty for all others."""
    return mark.value.about if isinstance(mark.value, Sign) else ""


def sign_of_word(mark: Mark) -> int:
    """Which way a sign goes by itself."""
    return mark.value.sign if isinstance(mark.value, Sign) else 1
