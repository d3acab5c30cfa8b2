"""Wishes for sound: genre, likeness, instruments, voices, moods, production and era, and what becomes of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft
from aurax.intent.ensemble import find_player, refused_names
from aurax.intent.grammar import only_after, only_before
from aurax.intent.intent import StyleInfo
from aurax.intent.lexicon import Genre, InstrumentWord, Lexicon, Likeness, Mood, VoiceWord
from aurax.intent.phrases import Found
from aurax.intent.readers.eras import Era
from aurax.intent.style_choice import StyleChoice, nearness_of
from aurax.intent.text import PromptText
from aurax.intent.words import Word
from aurax.score.instrument import InstrumentInfo

NOTHING_ELSE = "nothing else"
"""What a wish asks for that excludes all instruments but those it names."""
NOBODY_SINGS = "nobody sings or raps here yet"

_HINT_OF_ERA = 0.3
"""How near a decade's tone alone comes to its music."""
_LOOSE_JOIN = re.compile(
    r"\s*(?:,|and|&|\+|plus|with|und|y|et|e|と|、|和)*\s*(?:(?!but\b|only\b|no\b|then\b|later\b)[\w'\-]+\s+){0,2}$"
)
_FOR_ONE = re.compile(r"(?<!\w)(?P<only>for)\s+(?:(?:a|an|the|one|solo)\s+)?$")
_FOR_SEVERAL = re.compile(
    r"(?<!\w)(?:music|pieces?|duet|duo|trio|suite|sonata|prelude|etude|study|work|miniature|something)\s+"
    r"(?P<only>for)\s+(?:(?:a|an|the|one|solo|two|three)\s+)?$"
)
_CONTRAST = re.compile(r"(?:\bno|\bnot|\bwithout|\binstead of)\s+[^,;.]{1,30}$")


@dataclass(frozen=True)
class SoundWishes:
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


def genre_drafts(genres: Sequence[Word[Genre]], choice: StyleChoice, option: str | None) -> list[Draft]:
    """What becomes of every genre: the style's own name is exact, all others are made as that style."""
    drafts = []
    for word in genres:
        genre, style = word.entry, choice.style
        requirement = Requirement(criterion="genre", target=genre.name)
        if word.refused:
            made = genre.style == style.name
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "genre",
                    genre.name,
                    refused=True,
                    fate="not_done" if made else "exact",
                    reason="no other style is installed" if made else "",
                    requirements=(requirement,),
                )
            )
        elif genre.style == style.name:
            drafts.append(Draft(word.first, word.end, "genre", genre.name, requirements=(requirement,)))
        else:
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "genre",
                    genre.name,
                    fate="substituted",
                    substitute=style.title.lower(),
                    nearness=nearness_of(genre, style),
                    reason=_why_not(genre, choice, option),
                    requirements=(requirement,),
                )
            )
    return drafts


def _why_not(genre: Genre, choice: StyleChoice, option: str | None) -> str:
    if option is not None:
        return f"the option asks for {choice.style.name}"
    if genre.style:
        return "one style leads a song"
    return f"no {genre.name} here yet"


def sung_genre_drafts(genres: Sequence[Word[Genre]], voices: Sequence[Word[VoiceWord]]) -> list[Draft]:
    """Genres that are sung by their nature ask for voices, even where the prompt does not say so."""
    if voices:
        return []
    return [
        Draft(
            word.start,
            word.end,
            "vocals",
            "vocals",
            fate="not_done",
            reason=NOBODY_SINGS,
            requirements=(Requirement(criterion="vocals", target="vocals"),),
        )
        for word in genres
        if word.entry.sung and not word.refused
    ][:1]


def hint_drafts(hints: Sequence[Word[Genre]], instruments: Sequence[Word[InstrumentWord]]) -> list[Draft]:
    """Genres that shall colour one part; within the name of an instrument they belong to that wish."""
    taken = [(word.start, word.end) for word in instruments]
    return [
        Draft(
            word.start,
            word.end,
            "production",
            f"a touch of {word.entry.name}",
            fate="not_done",
            reason="all parts keep the style of the song",
            requirements=(Requirement(criterion="production", target=f"a touch of {word.entry.name}"),),
        )
        for word in hints
        if not any(start <= word.start < end for start, end in taken)
    ]


def likeness_drafts(
    likenesses: Sequence[Word[Likeness]], choice: StyleChoice, lexicon: Lexicon
) -> tuple[list[Draft], list[Mood]]:
    """What becomes of "like X": known names lend attributes of style, unknown ones nothing.

    Returns:
        The wishes, and the moods that the names lend.
    """
    drafts, lent = [], []
    for word in likenesses:
        one = word.entry
        requirement = Requirement(criterion="likeness", target=one.name)
        moods = [lexicon.moods[name] for name in one.moods if name in lexicon.moods]
        if word.refused:
            drafts.append(Draft(word.first, word.end, "likeness", one.name, refused=True, requirements=(requirement,)))
        elif one.genre or moods:
            lent += moods
            traits = ", ".join([one.genre, *(mood.name for mood in moods)] if one.genre else [m.name for m in moods])
            genre = lexicon.genres.get(one.genre)
            nearness = 0.5 * nearness_of(genre, choice.style) if genre else 0.1
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "likeness",
                    one.name,
                    fate="substituted",
                    substitute=f"general traits ({traits})",
                    nearness=round(nearness, 2),
                    reason="nobody is copied; only general traits are taken",
                    requirements=(requirement,),
                )
            )
        else:
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "likeness",
                    one.name,
                    fate="not_done",
                    reason=f"{one.name} is not known here",
                    requirements=(requirement,),
                )
            )
    return drafts, lent


def voice_drafts(voices: Sequence[Word[VoiceWord]]) -> list[Draft]:
    """What becomes of voices: none can be had yet, so refusing them is exact and asking for them is not done."""
    drafts = []
    for word in voices:
        refused = word.refused != (word.entry.kind == "none")
        value = "vocals" if word.entry.kind == "none" else word.entry.name
        drafts.append(
            Draft(
                word.first,
                word.end,
                "vocals",
                value,
                refused=refused,
                fate="exact" if refused else "not_done",
                reason="" if refused else NOBODY_SINGS,
                requirements=(Requirement(criterion="vocals", target=value),),
            )
        )
    return drafts


def instrument_drafts(
    text: PromptText,
    words: Sequence[Word[InstrumentWord]],
    installed: Sequence[InstrumentInfo],
    lexicon: Lexicon,
) -> SoundWishes:
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
    for word in words:
        entry = word.entry
        if word.refused:
            drafts.append(_refused_draft(word, _refused(entry, named, spared, installed, lexicon)))
            continue
        player = find_player(entry, installed, lexicon)
        clash = entry.name in unwanted or player.cast_as in unwanted
        requirement = Requirement(criterion="instrument_present", target=entry.name)
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
    only = _only(text, words) if wanted else ()
    if only:
        drafts.append(
            Draft(
                *only[0],
                "instrument",
                NOTHING_ELSE,
                requirements=(Requirement(criterion="instrument_only", target=", ".join(sorted(named))),),
            )
        )
    return SoundWishes(
        tuple(drafts), tuple(dict.fromkeys(cast)), tuple(unwanted), bool(only and cast), tuple(notes), only[1:]
    )


def _refused_draft(word: Word[InstrumentWord], names: tuple[str, ...]) -> Draft:
    if word.entry.name == "instruments":
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
    if entry.name == "instruments":
        return ()
    names = refused_names(entry, installed, lexicon)
    if "drums" in names and spared:
        return tuple(role for role in ("kick", "snare", "hat", "perc") if role not in spared)
    kept = tuple(name for name in names if name == entry.name or name not in named)
    return kept or names[:1]


def _only(text: PromptText, words: Sequence[Word[InstrumentWord]]) -> tuple[tuple[int, int], ...]:
    """Where it is said, once or twice ("solo cello only"), that one group of neighbouring wishes plays alone."""
    groups: list[list[Word[InstrumentWord]]] = []
    for word in (one for one in words if not one.refused):
        if groups and _LOOSE_JOIN.fullmatch(text.folded, groups[-1][-1].end, word.first):
            groups[-1].append(word)
        else:
            groups.append([word])
    if len(groups) != 1:
        return ()
    first, last = groups[0][0], groups[0][-1]
    before = only_before(text.folded, first.first)
    if before is not None and _CONTRAST.search(text.folded[: before[0]].rstrip()):
        before = None
    after = only_after(text.folded, last.end)
    if after is not None and re.search(r"with an?\s+$", text.folded[: first.start]):
        after = None
    found = tuple(one for one in (before, after) if one is not None)
    purpose = (_FOR_ONE if first is last else _FOR_SEVERAL).search(text.folded, 0, first.first)
    return found or ((purpose.span("only"),) if purpose else ())


def mood_drafts(moods: Sequence[Word[Mood]], style: StyleInfo) -> list[Draft]:
    """What becomes of moods and qualities of sound: what changes the song is exact, all else is said not to be done."""
    drafts = []
    for word in moods:
        mood = word.entry
        done = word.refused or mood.changes_something or _is_of_style(mood, style)
        drafts.append(
            Draft(
                word.first,
                word.end,
                mood.kind,
                mood.name,
                refused=word.refused,
                fate="exact" if done else "not_done",
                reason="" if done else mood.not_done or f"nothing here changes for {mood.name!r} yet",
                requirements=(Requirement(criterion=mood.kind, target=mood.name),),
            )
        )
    return drafts


def _is_of_style(mood: Mood, style: StyleInfo) -> bool:
    """Whether the style itself is meant by such a word."""
    return mood.name in style.moods


def era_draft(era: Found[Era], style: StyleInfo, changes: Mapping[str, Mapping[str, float]]) -> Draft:
    """What becomes of an era: exact where the style stems from it, else only a hint of its sound.

    Args:
        era: the decade that was named.
        style: what the song is.
        changes: what each decade changes in the sound.
    """
    decade = era.value.decade
    requirement = Requirement(criterion="era", target=decade)
    if decade in style.eras:
        return Draft(era.start, era.end, "era", decade, requirements=(requirement,))
    hint = bool(changes.get(decade))
    return Draft(
        era.start,
        era.end,
        "era",
        decade,
        fate="substituted" if hint else "not_done",
        substitute="a hint of its tone" if hint else "",
        nearness=_HINT_OF_ERA if hint else 0.0,
        reason=f"the playing is not that of the {decade}" if hint else f"nothing here sounds like the {decade} yet",
        requirements=(requirement,),
    )
