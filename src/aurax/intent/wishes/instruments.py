"""Wishes for instruments, wanted and refused, and what becomes of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft, trimmed
from aurax.intent.entries import InstrumentWord
from aurax.intent.lexicon import Lexicon
from aurax.intent.readers.negation import only_after, only_before, said_to_be_all
from aurax.intent.readers.word import Word
from aurax.intent.readers.words import ALL_INSTRUMENTS
from aurax.intent.text import PromptText
from aurax.intent.wishes.players import find_player, refused_names
from aurax.score.instrument import InstrumentInfo

NOTHING_ELSE = "nothing else"
"""What a wish asks for that excludes all instruments but those it names."""

_LOOSE_JOIN = re.compile(
    r"\s*(?:,|and|&|\+|plus|with|und|y|et|e|と|、|和)*\s*(?:(?!but\b|only\b|no\b|then\b|later\b)[\w'\-]+\s+){0,2}$"
)
_FOR_ONE = re.compile(r"(?<!\w)(?P<only>for)\s+(?:(?:a|an|the|one|solo)\s+)?$")
_FOR_SEVERAL = re.compile(
    r"(?<!\w)(?:music|pieces?|duet|duo|trio|suite|sonata|prelude|etude|study|work|miniature|something)\s+"
    r"(?P<only>for)\s+(?:(?:a|an|the|one|solo|two|three)\s+)?$"
)
_BACKGROUND = ("texture", "effect")
"""Families that may be named besides what plays alone ("solo piano, rain")."""
_CONTRAST = re.compile(r"(?:\bno|\bnot|\bwithout|\binstead of)\s+[^,;.]{1,30}$")


@dataclass(frozen=True)
class InstrumentWishes:
    """What the prompt asks of instruments.

    Args:
        drafts: the wishes.
        wanted: words by which the composer casts what must be heard.
        unwanted: roles, families and instruments that must not be heard.
        only: whether nothing else may play.
        notes: sentences for the record.
        spare: where words stand that say the same a second time.
    """

    drafts: tuple[Draft, ...]
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    only: bool
    notes: tuple[str, ...]
    spare: tuple[tuple[int, int], ...] = ()


def instrument_drafts(
    text: PromptText,
    words: Sequence[Word[InstrumentWord]],
    installed: Sequence[InstrumentInfo],
    lexicon: Lexicon,
) -> InstrumentWishes:
    """What becomes of every instrument, wanted or refused; a refusal beats a wish for the same thing."""
    refused = [word for word in words if word.refused]
    wanted = [word for word in words if not word.refused]
    named = _kept_names([word.entry for word in wanted], installed)
    spared = [word.entry.role for word in wanted if word.entry.part_of == "drums"]
    unwanted = dict.fromkeys(
        name for word in refused for name in _refused(word.entry, named, spared, installed, lexicon)
    )
    drafts: list[Draft] = []
    notes: list[str] = []
    cast: list[str] = []
    only = _only(text, words) if wanted else ()
    for word in words:
        entry = word.entry
        if any(start <= word.start and word.end <= end for start, end in only):
            continue
        if word.refused:
            drafts.append(_refused_draft(word, _refused(entry, named, spared, installed, lexicon)))
            continue
        player = find_player(entry, installed, lexicon)
        clash = entry.name in unwanted or player.cast_as in unwanted
        requirement = Requirement(
            criterion="instrument_present",
            target=entry.name,
            played_by="" if player.cast_as == entry.name else player.cast_as,
        )
        if clash:
            notes.append(f"{text.quote(word.start, word.end)!r} is both asked for and refused; the refusal wins")
            drafts.append(
                Draft(
                    word.first, word.end, "instrument", entry.name, fate="not_done", reason="it is refused too",
                    requirements=(requirement,),
                )
            )  # fmt: skip
            continue
        if player.cast_as:
            cast.append(player.cast_as)
        drafts.append(
            Draft(
                word.first,
                word.end,
                "instrument",
                entry.name,
                fate=player.fate,
                substitute=player.substitute,
                nearness=player.nearness,
                reason=player.reason,
                requirements=(requirement,),
            )
        )
    if only:
        drafts.append(
            Draft(
                *only[0],
                "instrument",
                NOTHING_ELSE,
                requirements=(Requirement(criterion="instrument_only", target=", ".join(sorted(named))),),
            )
        )
    return InstrumentWishes(
        tuple(drafts), tuple(dict.fromkeys(cast)), tuple(unwanted), bool(only and cast), tuple(notes), only[1:]
    )


def _refused_draft(word: Word[InstrumentWord], names: tuple[str, ...]) -> Draft:
    if word.entry.name == ALL_INSTRUMENTS:
        requirement = Requirement(criterion="instrument_absent", target=word.entry.name)
        return Draft(
            word.first,
            word.end,
            "instrument",
            word.entry.name,
            refused=True,
            fate="not_done",
            reason="nothing but instruments can play here",
            requirements=(requirement,),
        )
    return Draft(
        word.first,
        word.end,
        "instrument",
        word.entry.name,
        refused=True,
        requirements=tuple(Requirement(criterion="instrument_absent", target=name) for name in names),
    )


def _kept_names(wanted: Sequence[InstrumentWord], installed: Sequence[InstrumentInfo]) -> set[str]:
    """Asked-for names with the families of what plays them: who asks for a Rhodes keeps electric pianos."""
    names = {word.name for word in wanted}
    return names | {family for info in installed if names & set(info.families) for family in info.families[:2]}


def _refused(
    entry: InstrumentWord,
    named: set[str],
    spared: Sequence[str],
    installed: Sequence[InstrumentInfo],
    lexicon: Lexicon,
) -> tuple[str, ...]:
    """What a refusal excludes, without what is asked for by its own name ("no drums, just a kick")."""
    if entry.name == ALL_INSTRUMENTS:
        return ()
    names = refused_names(entry, installed, lexicon)
    if "drums" in names and spared:
        return tuple(role for role in ("kick", "snare", "hat", "perc") if role not in spared)
    kept = tuple(name for name in names if name == entry.name or name not in named)
    return kept or names[:1]


def _only(text: PromptText, words: Sequence[Word[InstrumentWord]]) -> tuple[tuple[int, int], ...]:
    """Where it is said, once or twice ("solo cello only"), that one group of neighbouring wishes plays alone."""
    played = [one for one in words if not one.refused]
    front = [one for one in played if one.entry.family not in _BACKGROUND]
    return _said_of(text, played) or _said_of(text, front)


def _said_of(text: PromptText, words: Sequence[Word[InstrumentWord]]) -> tuple[tuple[int, int], ...]:
    groups: list[list[Word[InstrumentWord]]] = []
    for word in words:
        if groups and _LOOSE_JOIN.fullmatch(text.folded, groups[-1][-1].end, word.first):
            groups[-1].append(word)
        else:
            groups.append([word])
    if len(groups) != 1:
        return ()
    first, last = groups[0][0], groups[0][-1]
    found = []
    before = only_before(text.folded, first.first)
    if before is not None and not _CONTRAST.search(text.folded[:before].rstrip()):
        found.append(trimmed(text, before, first.first))
    after = None if last.placed else only_after(text.folded, last.end)
    if after is not None and not _is_a_solo(text.folded, first, last, after):
        found.append(trimmed(text, last.end, after))
    found += [trimmed(text, *span) for span in said_to_be_all(text.folded)]
    purpose = (_FOR_ONE if first is last else _FOR_SEVERAL).search(text.folded, 0, first.first)
    return tuple(found) or ((purpose.span("only"),) if purpose else ())


def _is_a_solo(folded: str, first: Word[InstrumentWord], last: Word[InstrumentWord], end: int) -> bool:
    """Whether "solo" after an instrument means a part of the song: after several, in the plural, after "with a"."""
    solo = re.search(r"\bsolo(s?)$", folded[last.end : end])
    if solo is None:
        return False
    return bool(first is not last or solo[1] or re.search(r"with an?\s+(?:[\w\-]+\s+){0,2}$", folded[: first.start]))
