"""Parts and what is to become of them, read from left to right: "louder bass", "take the drums out", "only piano"."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.notes.marks import Mark, span_of
from aurax.intent.notes.signs import Sign
from aurax.intent.notes.stretch import Op, Stretch, about_of, is_part, is_section, part_name
from aurax.intent.revision import Scope

_ENTRIES = "who enters when within the song cannot be changed yet"


def read_parts(stretch: Stretch) -> None:
    """Parts and what is to become of them, read from left to right."""
    op = stretch.sentence.carried
    weak: Op | None = None
    waiting = stretch.sentence.waiting
    stretch.sentence.waiting = []
    free = [one for one in stretch.marks if stretch.is_free(one)]
    moves = [one for one in free if one.does("up", "down")]
    stretch.use(*moves[:-1])  # "dreh den Bass runter"
    leveled = any(one.does("compared", "plain") and about_of(one) == "level" for one in free)
    for place, mark in enumerate(free):
        if not stretch.is_free(mark) or (leveled and mark.does("up", "down")):
            continue
        if is_part(mark):
            stretch.use(mark)
            if mark.refused:
                _act(stretch, Op("remove", -1, 1.0, (mark,)), [mark])
            elif op is not None:
                _act(stretch, op, [mark])
            else:
                waiting.append(mark)
            continue
        if mark.does("more", "less", "too", "not_so") and _grades_the_next(stretch, mark):
            continue
        new = _op(stretch, mark, replacing=op)
        if new is None:
            continue
        if new.does in ("want", "keep"):
            stretch.use(mark)
            weak = new
            continue
        if mark.does("instead") and waiting:
            _act(stretch, Op("add", 1, 1.0, ()), waiting)
            waiting = []
        follows = any(is_part(one) and stretch.is_free(one) for one in free[place + 1 :])
        if waiting and not follows:
            stretch.use(*new.marks)
            _act(stretch, new, waiting)
            waiting, op = [], None
        elif follows:
            stretch.use(*new.marks)
            op = new
    if weak is not None and waiting:
        _act(stretch, Op("add", 1, 1.0, weak.marks) if weak.does == "want" else weak, waiting)
        waiting, op = [], op or weak
    if stretch.has_parts:
        stretch.sentence.carried = op
        stretch.sentence.waiting = waiting
    elif waiting:
        stretch.sentence.waiting = waiting
    else:
        stretch.sentence.carried = None


def _op(stretch: Stretch, mark: Mark, *, replacing: Op | None) -> Op | None:
    sign = mark.value
    if not isinstance(sign, Sign):
        return None
    if sign.does == "for":
        replaces = replacing is not None and any(one.does("replace") for one in replacing.marks)
        return Op("add", 1, 1.0, (mark,)) if replaces else None
    if sign.does in ("compared", "plain") and sign.about == "level":
        direction, factor, grades = stretch.graded(mark)
        return Op("level", direction, factor, (mark, *grades))
    _, factor, grades = stretch.graded(mark)
    degrees = [one for one in grades if one.does("degree")]
    if sign.does in ("up", "down"):
        return Op("level", 1 if sign.does == "up" else -1, factor, (mark, *degrees))
    if sign.does in ("more", "less", "too", "not_so"):
        return Op("grade", 1 if sign.does == "more" else -1, factor, (mark, *degrees))
    if sign.does in ("remove", "replace", "instead"):
        return Op("remove", -1, 1.0, (mark,))
    if sign.does in ("add", "only", "keep", "want"):
        return Op(sign.does, 1, 1.0, (mark,))
    return None


def _act(stretch: Stretch, op: Op, parts: Sequence[Mark]) -> None:
    """Do to parts what an operator says."""
    names = tuple(dict.fromkeys(part_name(one) for one in parts))
    marks = [*op.marks, *parts]
    outside = any(one.does("outside") for one in stretch.marks)
    stretch.use(*(one for one in stretch.marks if one.does("outside", "when", "nth", "some") or is_section(one)))
    timed = [one for one in stretch.marks if one.does("when")]
    only = any(one.does("only") for one in stretch.marks)
    stretch.use(*(one for one in stretch.marks if one.does("only")))
    scope = stretch.scope(names)
    if op.does == "remove" and any(one.does("some") for one in stretch.marks):
        op = Op("grade", -1, 1.0, op.marks)
    if op.does == "keep" and not (stretch.sections and only):
        return
    if timed and stretch.sections:
        stretch.found.append(stretch.change("only", marks, scope=scope, fate="not_done", reason=_ENTRIES))
    elif stretch.sections and _plays_only_there(op, only=only, outside=outside):
        stretch.found.append(stretch.change("only", marks, scope=scope))
    elif op.does == "only":
        _only(stretch, names, marks)
    elif op.does == "grade" and names == ("bass",):
        stretch.found.append(stretch.change("bass", marks, amount=op.sign * op.factor, unit="steps"))
    elif op.does in ("level", "grade"):
        stretch.found.append(stretch.change("level", marks, amount=op.sign * op.factor, unit="steps", scope=scope))
    elif op.does == "add":
        for part in parts:
            name = part_name(part)
            stretch.found.append(stretch.change("add", [*op.marks, part], scope=stretch.scope((name,)), text=name))
    else:
        stretch.found.append(stretch.change("remove", marks, scope=scope))


def _grades_the_next(stretch: Stretch, mark: Mark) -> bool:
    """Whether it belongs to an adjective after it ("too loud")."""
    for one in stretch.marks[stretch.marks.index(mark) + 1 :]:
        if not one.does("degree", "more", "less", "too", "not_so"):
            return one.does("compared", "plain", "fault")
    return False


def _plays_only_there(op: Op, *, only: bool, outside: bool) -> bool:
    """Whether parts play in the named sections and rest in all others."""
    return op.does == "only" or (only and op.does in ("keep", "add")) or (outside and op.does == "remove")


def _only(stretch: Stretch, names: tuple[str, ...], marks: Sequence[Mark]) -> None:
    """Let parts play alone; those that are listed one after the other play alone together."""
    before = [*stretch.sentence.changes, *stretch.found]
    if before and before[-1].kind == "only" and not before[-1].scope.sections and stretch.sentence.carried is not None:
        last = before[-1]
        start, end = span_of(marks)
        merged = last.model_copy(
            update={
                "scope": Scope(parts=tuple(dict.fromkeys((*last.scope.parts, *names)))),
                "end": max(end, last.end),
                "words": stretch.marked.text.quote(min(start, last.start), max(end, last.end)),
            }
        )
        target = stretch.found if stretch.found else stretch.sentence.changes
        target[-1] = merged
        return
    stretch.found.append(stretch.change("only", marks, scope=Scope(parts=names)))
    stretch.sentence.carried = stretch.sentence.carried or Op("only", 1, 1.0, ())
