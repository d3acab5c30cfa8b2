"""Changes that one phrase says by itself: undo, another take, half speed, a key."""

from __future__ import annotations

from aurax.intent.notes.signs import Sign
from aurax.intent.notes.stretch import Stretch, about_of, is_part
from aurax.intent.readers.keys import KeyWish


def read_whole(stretch: Stretch) -> None:
    """Whole changes: undo, another take, half speed, and what nothing here can do."""
    for mark in stretch.marks:
        sign = mark.value
        if not isinstance(sign, Sign) or sign.does not in ("undo", "take", "exact", "other"):
            continue
        stretch.use(mark)
        if sign.does == "undo":
            stretch.found.append(stretch.change("undo", [mark]))
        elif sign.does == "take":
            stretch.found.append(stretch.change("take", [mark]))
        elif sign.does == "other":
            stretch.use(*(one for one in stretch.marks if is_part(one) or one.does("add", "remove", "more", "less")))
            stretch.found.append(stretch.change("other", [mark], fate="not_done", reason=sign.reason))
        elif sign.about:
            stretch.use(*(one for one in stretch.marks if one.does("compared", "noun") and about_of(one) == sign.about))
            relative = sign.about != "swing"
            stretch.found.append(
                stretch.change(sign.about, [mark], amount=sign.amount, unit=sign.unit, relative=relative)
            )


def read_key(stretch: Stretch) -> None:
    """Keys and modes; what "instead of" names is not meant."""
    turned = next((one.start for one in stretch.marks if one.does("instead")), len(stretch.marked.text.folded))
    for mark in stretch.marks:
        if not isinstance(mark.value, KeyWish):
            continue
        if mark.start > turned:
            stretch.use(mark, *(one for one in stretch.marks if one.does("instead")))
            continue
        stretch.use(mark, *(one for one in stretch.marks if one.does("noun") and about_of(one) == "key"))
        key = mark.value
        text = " ".join(one for one in (key.tonic, key.mode) if one)
        stretch.found.append(
            stretch.change(
                "key" if key.tonic else "mode",
                [mark],
                relative=False,
                text=text,
                fate="substituted" if key.note else "exact",
                substitute=text if key.note else "",
                reason=key.note,
            )
        )
