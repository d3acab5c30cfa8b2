"""Which instruments must be heard, which must not, and whether others may play."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aurax.intent.phrases import Found, PhraseBook, PhraseHit
from aurax.intent.readers.negation import refusal_before
from aurax.intent.text import PromptText
from aurax.intent.vocabulary.instruments import (
    EMOJI_INSTRUMENTS,
    INSTRUMENT_WORDS,
    VOICE_WORDS,
    InstrumentWord,
)
from aurax.score.role import DRUM_ROLES

_VOICE = InstrumentWord("", (), "voice")
_BOOK = PhraseBook({**INSTRUMENT_WORDS, **dict.fromkeys(VOICE_WORDS, _VOICE)}, inflected=True)
_STRICT_JOIN = re.compile(r"\s*(?P<joiner>,?\s*(?:or|nor|and|und|oder|y|o|e|et|ou|&|/|\+|ni|ne)|,)\s*(?:any|the)?\s*$")
_LOOSE_JOIN = re.compile(
    r"\s*(?:,|and|&|\+|plus|with|und|y|et|e)*\s*(?:(?!but\b|only\b|no\b|then\b|later\b)[\w'\-]+\s+){0,2}$"
)
_ONLY_BEFORE = re.compile(
    r"(?<!\w)(?:only|just|solo|nothing but|solely|unaccompanied|nur|solamente|seulement)\s+(?:(?:a|an|the|one)\s+)?"
    r"(?:[\w\-]+\s+)?$"
)
_FOR_BEFORE = re.compile(r"(?<!\w)for\s+(?:(?:a|an|the|one|solo)\s+)?$")
_ONLY_AFTER = re.compile(r"\s*,?\s*(?:only|alone|and nothing else|nothing else|solo(?!s)|seul|allein)(?!\w)")


@dataclass(frozen=True, slots=True)
class InstrumentWishes:
    """What the prompt says of instruments.

    Args:
        wanted: families or roles to hear, with the words that asked.
        unwanted: families or roles not to hear, with the words that refused.
        only_wanted: whether nothing else may play.
        notes: sentences for the record.
        spans: where all of it stands.
        refused_spans: where refused words stand, voices included.
    """

    wanted: tuple[Found[str], ...]
    unwanted: tuple[Found[str], ...]
    only_wanted: bool
    notes: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    refused_spans: tuple[tuple[int, int], ...]


def read_instruments(text: PromptText) -> InstrumentWishes:
    """Read wishes and refusals; a refusal wins unless one drum is named beside refused drums."""
    hits = list(_BOOK.find(text))
    refused = _refusals(text, hits)
    notes: list[str] = []
    wanted: list[Found[str]] = []
    unwanted: list[Found[str]] = []
    for hit, is_refused in zip(hits, refused, strict=True):
        if hit.value is _VOICE:
            if not is_refused:
                notes.append("AURA-X makes instrumental music; nobody sings")
        elif is_refused:
            unwanted += [Found(value, hit.start, hit.end, _refusal_quote(text, hit)) for value in hit.value.refused]
        elif hit.value.wanted:
            wanted.append(Found(hit.value.wanted, hit.start, hit.end, hit.quote))
            notes += [hit.value.stands_in] if hit.value.stands_in else []
    for place, char in enumerate(text.original):
        if char in EMOJI_INSTRUMENTS:
            word = INSTRUMENT_WORDS[EMOJI_INSTRUMENTS[char]]
            wanted.append(Found(word.wanted, place, place + 1, char))
            notes += [word.stands_in] if word.stands_in else []
    only, only_notes = _only(text, hits, refused)
    wanted, unwanted, settled = _settle(wanted, unwanted)
    return InstrumentWishes(
        _unique(wanted),
        _unique(unwanted),
        only and bool(wanted),
        tuple(dict.fromkeys((*notes, *only_notes, *settled))),
        tuple(hit.span for hit in hits) + tuple(one.span for one in wanted),
        tuple(hit.span for hit, is_refused in zip(hits, refused, strict=True) if is_refused),
    )


def _refusals(text: PromptText, hits: list[PhraseHit[InstrumentWord]]) -> list[bool]:
    """Whether each hit is refused; lists such as "no drums, bass or piano" share their first word's refusal."""
    refused: list[bool] = []
    floor, index = 0, 0
    while index < len(hits):
        hit = hits[index]
        refusal = "plain" if hit.refused_by_suffix else refusal_before(text.folded, floor, hit.start)
        joiners, end = [], index + 1
        while end < len(hits) and (join := _STRICT_JOIN.fullmatch(text.folded, hits[end - 1].end, hits[end].start)):
            joiners.append(join["joiner"].strip(" ,"))
            end += 1
        refused.append(refusal is not None)
        floor, index = hit.end, index + 1
        if refusal is None or hit.refused_by_suffix:
            continue
        words = [one for one in joiners if one]
        through_commas = any(one in ("or", "nor", "oder", "o", "ou", "ni") for one in words)
        through_commas = through_commas or (refusal == "listing" and bool(words))
        for joiner in joiners:
            if joiner == "" and not through_commas:
                break
            refused.append(True)
            floor, index = hits[index].end, index + 1
    return refused


def _refusal_quote(text: PromptText, hit: PhraseHit[InstrumentWord]) -> str:
    """The refused word together with what refuses it, where that stands right before."""
    before = re.search(r"(?:no|without|minus|ohne|sin|sans|sem|senza|not)\s+(?:any\s+)?$", text.folded[: hit.start])
    return text.quote(before.start(), hit.end) if before else hit.quote


def _only(text: PromptText, hits: list[PhraseHit[InstrumentWord]], refused: list[bool]) -> tuple[bool, list[str]]:
    """Whether one group of neighbouring wishes is meant to play alone."""
    kept = [hit for hit, is_refused in zip(hits, refused, strict=True) if not is_refused and hit.value.wanted]
    groups: list[list[PhraseHit[InstrumentWord]]] = []
    for hit in kept:
        if groups and _LOOSE_JOIN.fullmatch(text.folded, groups[-1][-1].end, hit.start):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    for group in groups:
        before, after = text.folded[: group[0].start], text.folded[group[-1].end :]
        alone = _ONLY_BEFORE.search(before) or (_ONLY_AFTER.match(after) and not re.search(r"with an?\s+$", before))
        if alone and len(groups) == 1:
            return True, []
        if alone:
            return False, [f"{group[0].quote!r} is not taken as the only instrument, because others are asked for too"]
        if len(groups) == 1 and _FOR_BEFORE.search(before):
            return True, []
    return False, []


def _settle(
    wanted: list[Found[str]], unwanted: list[Found[str]]
) -> tuple[list[Found[str]], list[Found[str]], list[str]]:
    """Let refusals win, except for single drums that are named beside refused drums."""
    notes: list[str] = []
    drums = next((one for one in unwanted if one.value == "drums"), None)
    named_drums = {one.value for one in wanted if one.value in DRUM_ROLES - {"drums"}}
    if drums is not None and named_drums:
        rest = [role for role in ("kick", "snare", "hat", "perc") if role not in named_drums]
        unwanted = [one for one in unwanted if one.value != "drums"]
        unwanted += [Found(role, drums.start, drums.end, drums.quote) for role in rest]
        notes.append(f"drums are refused, but {' and '.join(sorted(named_drums))} is asked for by name and stays")
    refused = {one.value for one in unwanted}
    explicit = {one.value for one in wanted}
    if "electric piano" in refused and explicit & {"electric piano", "rhodes"}:
        unwanted = [one for one in unwanted if one.value != "electric piano"]
        refused.discard("electric piano")
    kept = []
    for one in wanted:
        clash = one.value in refused or any(wide in refused and one.value == narrow for wide, narrow in _clashes())
        if clash:
            notes.append(f"{one.quote!r} is both asked for and refused; the refusal wins")
        else:
            kept.append(one)
    return kept, unwanted, notes


def _clashes() -> tuple[tuple[str, str], ...]:
    """Refused wide words and the narrow wishes they exclude."""
    drums = ("acoustic drums", "electronic drums", "drum machine", "808", "909", "gated drums")
    narrow = (("lead", "synth lead"), ("pad", "synth pad"), ("vinyl", "crackle"), ("vinyl", "tape"))
    basses = tuple(("bass", kind) for kind in ("sub bass", "synth bass", "fm bass"))
    return (*narrow, *basses, *(("drums", kind) for kind in drums))


def _unique(found: list[Found[str]]) -> tuple[Found[str], ...]:
    return tuple({one.value: one for one in reversed(found)}[value] for value in dict.fromkeys(f.value for f in found))
