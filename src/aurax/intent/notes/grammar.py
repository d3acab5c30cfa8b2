"""The grammar of notes: how signs, quantities and names between two commas become changes.

What stands before or after a part works on it: "louder bass", "turn the bass up", "the bass is too loud". Parts that
are listed share what is said of the first ("without drums and bass") or of the last ("bass and drums louder").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aurax.intent.entries import Genre, InstrumentWord, Likeness, Mood, StructureWord, VoiceWord
from aurax.intent.notes.marks import Mark, Marked, segments, span_of
from aurax.intent.notes.quantities import Place, Quantity
from aurax.intent.notes.signs import Sign
from aurax.intent.readers.keys import KeyWish
from aurax.intent.revision import Change, ChangeKind, Scope

_STRONGLY = 2.0
_ALL = "instruments"
_MOMENTS = "single moments cannot be changed yet"
_ENTRIES = "who enters when within the song cannot be changed yet"


@dataclass(frozen=True)
class _Op:
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
class _Sentence:
    """What goes on from one stretch between commas to the next."""

    changes: list[Change] = field(default_factory=list)
    carried: _Op | None = None
    waiting: list[Mark] = field(default_factory=list)


def read_changes(marked: Marked) -> list[Change]:
    """All changes of a note, in its order; contradictions are still in them.

    Args:
        marked: the note with its marks.
    """
    sentence = _Sentence()
    stretches = segments(marked)
    for place, stretch in enumerate(stretches):
        _Stretch(marked, stretch, sentence, is_last=place == len(stretches) - 1).read()
    for mark in sentence.waiting:
        sentence.changes.append(
            _unknown(marked, [mark], f"it does not say what to do with {marked.text.quote(mark.start, mark.end)!r}")
        )
    return sentence.changes


class _Stretch:
    """One stretch between commas while it is read."""

    def __init__(self, marked: Marked, marks: Sequence[Mark], sentence: _Sentence, *, is_last: bool) -> None:
        self._marked, self._marks, self._sentence, self._is_last = marked, list(marks), sentence, is_last
        self._used: set[int] = set()
        self._found: list[Change] = []
        self._marks = self._without_guests(self._marks)
        self._sections = tuple(dict.fromkeys(self._named_sections()))
        self._has_parts = any(_is_part(one) for one in marks)

    def read(self) -> None:
        """Read it, and add its changes to the sentence's."""
        if self._grades_the_last():
            return
        for read in (
            self._whole,
            self._keys,
            self._quantities,
            self._adjectives,
            self._nouns,
            self._parts,
            self._names,
        ):
            read()
        if not self._found:
            self._nothing_found()
        places = [one for one in self._marks if isinstance(one.value, Place)]
        if places:
            self._found = [self._placed(change, places) for change in self._found] or [
                self._change("other", places, fate="not_done", reason=_MOMENTS)
            ]
        self._sentence.changes += self._found

    def _without_guests(self, marks: list[Mark]) -> list[Mark]:
        """The marks without parts that a change is for ("down a semitone for the singer")."""
        if any(one.does("replace") for one in marks):
            return marks
        return [
            one for place, one in enumerate(marks) if not (_is_part(one) and place and marks[place - 1].does("for"))
        ]

    def _named_sections(self) -> Iterator[str]:
        """Form words, with a number where one of several is meant: `verse 2`, `chorus -1` for the last."""
        for place, mark in enumerate(self._marks):
            if isinstance(mark.value, StructureWord) and mark.value.kind == "section":
                before = self._marks[place - 1].value if place else None
                nth = f" {before.amount:g}" if isinstance(before, Sign) and before.does == "nth" else ""
                yield mark.value.name + nth

    # --- pieces

    def _whole(self) -> None:
        """Whole changes: undo, another take, half speed, and what nothing here can do."""
        for mark in self._marks:
            sign = mark.value
            if not isinstance(sign, Sign) or sign.does not in ("undo", "take", "exact", "other"):
                continue
            self._use(mark)
            if sign.does == "undo":
                self._found.append(self._change("undo", [mark]))
            elif sign.does == "take":
                self._found.append(self._change("take", [mark]))
            elif sign.does == "other":
                self._use(*(one for one in self._marks if _is_part(one) or one.does("add", "remove", "more", "less")))
                self._found.append(self._change("other", [mark], fate="not_done", reason=sign.reason))
            elif sign.about:
                self._use(*(one for one in self._marks if one.does("compared", "noun") and _about(one) == sign.about))
                relative = sign.about != "swing"
                self._found.append(
                    self._change(sign.about, [mark], amount=sign.amount, unit=sign.unit, relative=relative)
                )

    def _keys(self) -> None:
        turned = next((one.start for one in self._marks if one.does("instead")), len(self._marked.text.folded))
        for mark in self._marks:
            if not isinstance(mark.value, KeyWish):
                continue
            if mark.start > turned:
                self._use(mark, *(one for one in self._marks if one.does("instead")))
                continue
            self._use(mark, *(one for one in self._marks if one.does("noun") and _about(one) == "key"))
            key = mark.value
            text = " ".join(one for one in (key.tonic, key.mode) if one)
            self._found.append(
                self._change(
                    "key" if key.tonic else "mode",
                    [mark],
                    relative=False,
                    text=text,
                    fate="substituted" if key.note else "exact",
                    substitute=text if key.note else "",
                    reason=key.note,
                )
            )

    def _quantities(self) -> None:
        for mark in self._marks:
            if isinstance(mark.value, Quantity):
                self._use(mark)
                self._quantity(mark, mark.value)

    def _quantity(self, mark: Mark, one: Quantity) -> None:
        near = [other for other in self._marks if self._is_free(other)]
        words = [other for other in near if other.does("compared", "plain", "fault", "noun")]
        moves = [other for other in near if other.does("up", "down", "more", "less", "remove", "add", "too")]
        word = min(words, key=lambda other: abs(other.start - mark.start), default=None)
        about = _about(word) if word is not None else ""
        sign = self._sign_of(word, moves)
        parts = tuple(_part_name(other) for other in near if _is_part(other))
        part_marks = [other for other in near if _is_part(other)]
        if one.unit == "lufs":
            self._use(*words, *moves)
            self._found.append(self._change("loudness", [mark], amount=one.value, unit="lufs", relative=False))
        elif one.unit == "semitones":
            self._use(*words, *moves, *part_marks)
            if sign == 0 and not one.signed and one.value > 0:
                self._found.append(_unknown(self._marked, [mark], "it does not say whether up or down"))
                return
            amount = one.value if sign == 0 or one.value < 0 else sign * one.value
            self._found.append(
                self._change(
                    "key", [mark, *moves, *part_marks], amount=amount, unit="semitones", scope=self._scope(parts)
                )
            )
        elif one.unit == "bpm":
            self._use(*words, *moves)
            if one.by and sign == 0 and not one.signed:
                self._found.append(_unknown(self._marked, [mark], "it does not say which way"))
                return
            relative = one.signed or one.by or (sign != 0 and not one.to and (word is None or mark.end <= word.start))
            amount = one.value if not relative or sign == 0 or one.value < 0 else sign * abs(one.value)
            self._found.append(
                self._change("tempo", [mark, *_some(word)], amount=amount, unit="bpm", relative=relative)
            )
        elif one.unit in ("s", "bars"):
            self._use(*(other for other in words if _about(other) == "length"), *moves)
            sign = self._sign_of(word if about == "length" else None, moves)
            relative = (
                one.signed
                or (one.by and sign != 0)
                or (sign != 0 and not one.to and (word is None or about != "length" or mark.end <= word.start))
            )
            amount = sign * abs(one.value) if relative and sign and one.value > 0 else one.value
            self._found.append(
                self._change(
                    "length",
                    [mark, *_some(word if about == "length" else None)],
                    amount=amount,
                    unit="s" if one.unit == "s" else "bars",
                    relative=relative,
                    scope=self._scope(()),
                )
            )
        else:
            self._use(*words, *moves, *part_marks)
            self._ratio(mark, one, about, sign, parts, [*_some(word), *moves, *part_marks])

    def _ratio(
        self, mark: Mark, one: Quantity, about: str, sign: int, parts: tuple[str, ...], around: Sequence[Mark]
    ) -> None:
        """Percent, decibels and "1.5 times" need a word that says of what."""
        if not about and parts:
            about = "level"
        if not about and one.unit == "times":
            about = "tempo"
        if about == "level" and not parts:
            about = "loudness"
        value, unit = one.value, one.unit
        if unit == "times":
            value, unit = (value - 1.0) * 100.0, "percent"
            sign = 1 if sign >= 0 else -1
            value = value if sign > 0 else (1.0 / one.value - 1.0) * 100.0 if one.value else 0.0
            sign = 1
        elif unit == "percent" and one.to and about in ("tempo", "length"):
            value, sign = value - 100.0, 1
        if not about or (sign == 0 and not one.signed):
            self._found.append(_unknown(self._marked, [mark, *around], "it does not say of what, or which way"))
            return
        amount = value if value < 0 or sign == 0 else sign * value
        self._found.append(
            self._change(
                about, [mark, *around], amount=amount, unit="percent" if unit == "percent" else "db",  # type: ignore[arg-type]
                scope=self._scope(parts),
            )
        )  # fmt: skip

    def _adjectives(self) -> None:
        """Adjectives that do not speak of how loud a part is: "slower", "too bright", "plus court"."""
        for mark in self._marks:
            if not self._is_free(mark) or not mark.does("compared", "plain", "fault"):
                continue
            about = _about(mark)
            blamed = self._blamed(mark)
            if blamed is not None:
                self._use(mark, blamed)
                sign = -_sign(mark) if _about(blamed) == about else -_sign(blamed)
                self._found.append(
                    self._change(_about(blamed), [mark, blamed], amount=float(sign), unit="steps")  # type: ignore[arg-type]
                )
                continue
            if about == "level" and (self._has_parts or self._sentence.waiting or self._sentence.carried):
                continue
            sign, factor, grades = self._graded(mark)
            parts = [one for one in self._marks if _is_part(one) and self._is_free(one)]
            if about in ("tempo", "length"):
                parts = []
            self._use(mark, *grades, *parts)
            kind = "loudness" if about == "level" else about
            self._found.append(
                self._change(
                    kind, [mark, *grades, *parts], amount=sign * factor, unit="steps",  # type: ignore[arg-type]
                    scope=self._scope(tuple(_part_name(one) for one in parts)),
                )
            )  # fmt: skip

    def _nouns(self) -> None:
        """Nouns with a grade or a direction: "more reverb", "turn the treble down", "less compression"."""
        for mark in self._marks:
            if not self._is_free(mark) or not mark.does("noun"):
                continue
            about = _about(mark)
            sign, factor, grades = self._graded(mark)
            parts = [one for one in self._marks if _is_part(one) and self._is_free(one)]
            if not any(one.does("more", "less", "too", "not_so", "up", "down", "remove", "add") for one in grades):
                moves = [one for one in self._marks if self._is_free(one) and one.does("up", "down", "remove", "add")]
                if not moves:
                    continue
                sign = _sign(mark) * (-1 if moves[0].does("down", "remove") else 1)
                factor *= _STRONGLY if moves[0].does("remove") else 1.0
                grades = [*grades, *moves]
            self._use(mark, *grades, *parts)
            kind = about if about != "level" or parts else "loudness"
            self._found.append(
                self._change(
                    kind, [mark, *grades, *parts], amount=sign * factor, unit="steps",  # type: ignore[arg-type]
                    scope=self._scope(tuple(_part_name(one) for one in parts)),
                )
            )  # fmt: skip

    def _parts(self) -> None:
        """Parts and what is to become of them, read from left to right."""
        op = self._sentence.carried
        weak: _Op | None = None
        waiting = self._sentence.waiting
        self._sentence.waiting = []
        free = [one for one in self._marks if self._is_free(one)]
        moves = [one for one in free if one.does("up", "down")]
        self._use(*moves[:-1])  # "dreh den Bass runter"
        leveled = any(one.does("compared", "plain") and _about(one) == "level" for one in free)
        for place, mark in enumerate(free):
            if not self._is_free(mark) or (leveled and mark.does("up", "down")):
                continue
            if _is_part(mark):
                self._use(mark)
                if mark.refused:
                    self._act(_Op("remove", -1, 1.0, (mark,)), [mark])
                elif op is not None:
                    self._act(op, [mark])
                else:
                    waiting.append(mark)
                continue
            if mark.does("more", "less", "too", "not_so") and self._grades_the_next(mark):
                continue
            new = self._op(mark, replacing=op)
            if new is None:
                continue
            if new.does in ("want", "keep"):
                self._use(mark)
                weak = new
                continue
            if mark.does("instead") and waiting:
                self._act(_Op("add", 1, 1.0, ()), waiting)
                waiting = []
            follows = any(_is_part(one) and self._is_free(one) for one in free[place + 1 :])
            if waiting and not follows:
                self._use(*new.marks)
                self._act(new, waiting)
                waiting, op = [], None
            elif follows:
                self._use(*new.marks)
                op = new
        if weak is not None and waiting:
            self._act(_Op("add", 1, 1.0, weak.marks) if weak.does == "want" else weak, waiting)
            waiting, op = [], op or weak
        if self._has_parts:
            self._sentence.carried = op
            self._sentence.waiting = waiting
        elif waiting:
            self._sentence.waiting = waiting
        else:
            self._sentence.carried = None

    def _op(self, mark: Mark, *, replacing: _Op | None) -> _Op | None:
        sign = mark.value
        if not isinstance(sign, Sign):
            return None
        if sign.does == "for":
            replaces = replacing is not None and any(one.does("replace") for one in replacing.marks)
            return _Op("add", 1, 1.0, (mark,)) if replaces else None
        if sign.does in ("compared", "plain") and sign.about == "level":
            direction, factor, grades = self._graded(mark)
            return _Op("level", direction, factor, (mark, *grades))
        _, factor, grades = self._graded(mark)
        degrees = [one for one in grades if one.does("degree")]
        if sign.does in ("up", "down"):
            return _Op("level", 1 if sign.does == "up" else -1, factor, (mark, *degrees))
        if sign.does in ("more", "less", "too", "not_so"):
            return _Op("grade", 1 if sign.does == "more" else -1, factor, (mark, *degrees))
        if sign.does in ("remove", "replace", "instead"):
            return _Op("remove", -1, 1.0, (mark,))
        if sign.does in ("add", "only", "keep", "want"):
            return _Op(sign.does, 1, 1.0, (mark,))
        return None

    def _act(self, op: _Op, parts: Sequence[Mark]) -> None:
        """Do to parts what an operator says."""
        names = tuple(dict.fromkeys(_part_name(one) for one in parts))
        marks = [*op.marks, *parts]
        outside = any(one.does("outside") for one in self._marks)
        self._use(*(one for one in self._marks if one.does("outside", "when", "nth", "some") or _is_section(one)))
        timed = [one for one in self._marks if one.does("when")]
        only = any(one.does("only") for one in self._marks)
        self._use(*(one for one in self._marks if one.does("only")))
        scope = self._scope(names)
        if op.does == "remove" and any(one.does("some") for one in self._marks):
            op = _Op("grade", -1, 1.0, op.marks)
        if op.does == "keep" and not (self._sections and only):
            return
        if timed and self._sections:
            self._found.append(self._change("only", marks, scope=scope, fate="not_done", reason=_ENTRIES))
        elif self._sections and self._plays_only_there(op, only=only, outside=outside):
            self._found.append(self._change("only", marks, scope=scope))
        elif op.does == "only":
            self._only(names, marks)
        elif op.does == "grade" and names == ("bass",):
            self._found.append(self._change("bass", marks, amount=op.sign * op.factor, unit="steps"))
        elif op.does in ("level", "grade"):
            self._found.append(self._change("level", marks, amount=op.sign * op.factor, unit="steps", scope=scope))
        elif op.does == "add":
            for part in parts:
                name = _part_name(part)
                self._found.append(self._change("add", [*op.marks, part], scope=self._scope((name,)), text=name))
        else:
            self._found.append(self._change("remove", marks, scope=scope))

    def _blamed(self, mark: Mark) -> Mark | None:
        """The noun whose fault is named right before it ("muddy low end"), if any."""
        after = self._marks[self._marks.index(mark) + 1 :][:1]
        return after[0] if mark.does("fault") and after and after[0].does("noun") and self._is_free(after[0]) else None

    def _grades_the_next(self, mark: Mark) -> bool:
        """Whether it belongs to an adjective after it ("too loud")."""
        for one in self._marks[self._marks.index(mark) + 1 :]:
            if not one.does("degree", "more", "less", "too", "not_so"):
                return one.does("compared", "plain", "fault")
        return False

    @staticmethod
    def _plays_only_there(op: _Op, *, only: bool, outside: bool) -> bool:
        """Whether parts play in the named sections and rest in all others."""
        return op.does == "only" or (only and op.does in ("keep", "add")) or (outside and op.does == "remove")

    def _only(self, names: tuple[str, ...], marks: Sequence[Mark]) -> None:
        """Let parts play alone; those that are listed one after the other play alone together."""
        before = [*self._sentence.changes, *self._found]
        if (
            before
            and before[-1].kind == "only"
            and not before[-1].scope.sections
            and self._sentence.carried is not None
        ):
            last = before[-1]
            start, end = span_of(marks)
            merged = last.model_copy(
                update={
                    "scope": Scope(parts=tuple(dict.fromkeys((*last.scope.parts, *names)))),
                    "end": max(end, last.end),
                    "words": self._marked.text.quote(min(start, last.start), max(end, last.end)),
                }
            )
            target = self._found if self._found else self._sentence.changes
            target[-1] = merged
            return
        self._found.append(self._change("only", marks, scope=Scope(parts=names)))
        self._sentence.carried = self._sentence.carried or _Op("only", 1, 1.0, ())

    def _names(self) -> None:
        """Genres, moods, likenesses and forms, with what grades or refuses them."""
        for mark in self._marks:
            if not self._is_free(mark):
                continue
            value = mark.value
            if isinstance(value, (Genre, Likeness, Mood)):
                sign, factor, grades = self._graded(mark)
                refusing = [
                    one for one in self._marks if self._is_free(one) and one.does("remove") and one.end <= mark.start
                ]
                self._use(mark, *grades, *refusing, *(one for one in self._marks if one.does("add")))
                kind: ChangeKind = "mood" if isinstance(value, Mood) else "genre"
                sign = -1 if refusing or mark.refused else sign
                self._found.append(
                    self._change(kind, [mark, *grades, *refusing], amount=sign * factor, unit="steps", text=value.name)
                )
            elif isinstance(value, StructureWord):
                removing = [one for one in self._marks if self._is_free(one) and one.does("remove")]
                adding = [one for one in self._marks if self._is_free(one) and one.does("add", "more")]
                self._use(mark, *removing, *adding)
                if _is_section(mark) and not removing and not adding:
                    self._found.append(
                        _unknown(self._marked, [mark], f"it does not say what to do with the {value.name}")
                    )
                    continue
                self._found.append(
                    self._change(
                        "form",
                        [mark, *removing, *adding],
                        amount=-1.0 if removing else 1.0,
                        unit="steps",
                        text=value.name,
                    )
                )

    # --- small things

    def _grades_the_last(self) -> bool:
        """Whether it only says how much of the change before it is meant: "slower, but only a bit"."""
        changes = self._sentence.changes
        if not self._marks or not all(one.does("degree", "only", "too", "more", "keep") for one in self._marks):
            return False
        degrees = [one.value.amount for one in self._marks if isinstance(one.value, Sign) and one.does("degree")]
        if not degrees or not changes or changes[-1].unit != "steps" or changes[-1].amount is None:
            return False
        last = changes[-1]
        end = self._marks[-1].end
        changes[-1] = last.model_copy(
            update={
                "amount": (last.amount or 0.0) * degrees[0],
                "end": end,
                "words": self._marked.text.quote(last.start, end),
            }
        )
        return True

    def _nothing_found(self) -> None:
        """What was said of nothing: a direction without a noun, a noun without a direction."""
        free = [one for one in self._marks if self._is_free(one) and isinstance(one.value, Sign)]
        free = [
            one
            for one in free
            if not one.does("keep", "only", "degree", "seems", "for", "some", "nth", "want", "enough")
        ]
        praised = any(one.does("keep") for one in self._marks)
        if free and not praised and not self._sentence.waiting and not self._sentence.carried:
            self._found.append(_unknown(self._marked, free, "it does not say of what, or which way"))

    def _graded(self, mark: Mark) -> tuple[int, float, list[Mark]]:
        """Which way and how strongly a word is meant, and the marks that say so."""
        place = self._marks.index(mark)
        grades: list[Mark] = []
        before = place - 1
        while before >= 0 and self._marks[before].does("degree", "more", "less", "too", "not_so", "seems"):
            grades.append(self._marks[before])
            before -= 1
        grades += self._grades_after(mark, place)
        grades = [one for one in grades if self._is_free(one)]
        sign = _sign(mark)
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
            others = [one for one in self._marks if one.does("degree") and self._is_free(one) and one not in grades]
            if others and isinstance(others[0].value, Sign):
                grades.append(others[0])
                factor = others[0].value.amount
        return sign, factor, grades

    def _grades_after(self, mark: Mark, place: int) -> list[Mark]:
        """Degrees right after a word, and what grades it there, as in Japanese and Chinese, where no other follows."""
        after: list[Mark] = []
        for one in self._marks[place + 1 :]:
            if not one.does("degree", "more", "less", "too", "seems", "enough"):
                break
            after.append(one)
        follows = self._marks[place + 1 + len(after) :][:1]
        if mark.does("noun", "plain") and not (
            follows and (_is_part(follows[0]) or isinstance(follows[0].value, Sign))
        ):
            return after
        return [one for one in after if one.does("degree", "enough")]

    def _sign_of(self, word: Mark | None, moves: Sequence[Mark]) -> int:
        """Which way a quantity goes: as its adjective or the direction beside it says; 0 where nothing does."""
        if word is not None and word.does("compared", "plain", "fault"):
            return self._graded(word)[0]
        if not moves:
            return 0
        base = _sign(word) if word is not None else 1
        return -base if moves[0].does("down", "less", "remove", "too") else base

    def _placed(self, change: Change, places: Sequence[Mark]) -> Change:
        place = places[0].value
        assert isinstance(place, Place)
        start, end = min(change.start, places[0].start), max(change.end, places[0].end)
        return change.model_copy(
            update={
                "kind": "other" if change.kind == "unknown" else change.kind,
                "scope": change.scope.model_copy(update={"bars": place.bars}),
                "start": start,
                "end": end,
                "words": self._marked.text.quote(start, end),
                "fate": "not_done",
                "substitute": "",
                "reason": "single bars cannot be changed yet" if place.bars else _MOMENTS,
            }
        )

    def _scope(self, parts: tuple[str, ...]) -> Scope:
        if self._sections:
            self._use(*(one for one in self._marks if _is_section(one) or one.does("nth")))
        return Scope(parts=tuple(dict.fromkeys(parts)), sections=self._sections)

    def _change(self, kind: ChangeKind, marks: Sequence[Mark], **fields: object) -> Change:
        start, end = span_of(marks)
        words = self._marked.text.quote(start, end)
        return Change.model_validate({"words": words, "start": start, "end": end, "kind": kind} | fields)

    def _use(self, *marks: Mark) -> None:
        self._used.update(mark.start for mark in marks)

    def _is_free(self, mark: Mark) -> bool:
        return mark.start not in self._used


def _unknown(marked: Marked, marks: Sequence[Mark], reason: str) -> Change:
    start, end = span_of(marks)
    return Change(
        words=marked.text.quote(start, end), start=start, end=end, kind="unknown", fate="not_understood", reason=reason
    )


def _some(mark: Mark | None) -> list[Mark]:
    return [] if mark is None else [mark]


def _is_part(mark: Mark) -> bool:
    value = mark.value
    return isinstance(value, VoiceWord) or (isinstance(value, InstrumentWord) and value.name != _ALL)


def _part_name(mark: Mark) -> str:
    value = mark.value
    if isinstance(value, VoiceWord):
        return value.name if value.kind != "none" else "vocals"
    assert isinstance(value, InstrumentWord)
    return value.refuses_too[0] if value.weak and value.refuses_too else value.name


def _is_section(mark: Mark) -> bool:
    return isinstance(mark.value, StructureWord) and mark.value.kind == "section"


def _about(mark: Mark) -> str:
    return mark.value.about if isinstance(mark.value, Sign) else ""


def _sign(mark: Mark) -> int:
    return mark.value.sign if isinstance(mark.value, Sign) else 1
