"""What asked-for instruments become: what is installed plays them, stands in for them, or cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.entries import InstrumentWord
from aurax.intent.lexicon import Lexicon
from aurax.intent.wish import Fate
from aurax.score.instrument import InstrumentInfo
from aurax.score.role import DRUM_ROLES, ROLES

REFUSED_TOO = 0.3
"""Who refuses an instrument refuses also what stands in for it this nearly."""
_PART_OF_KIT = 0.5
"""How near a kit's plain drum comes to a drum that is named more particularly."""
_PART_OF_SONG = 0.3
"""How near any instrument in the right role comes to one that is named more particularly."""


_KIT_PARTS = frozenset({"kick", "snare", "hi-hat", "hat", "drums", "percussion"})


@dataclass(frozen=True, slots=True)
class Player:
    """Who plays an asked-for instrument.

    Args:
        fate: whether it is exactly this, something else, or nobody.
        cast_as: the word by which the composer casts it: a role, a family, or an instrument's name.
        substitute: title of what plays in its place.
        nearness: how near that comes, 0 to 1.
        reason: why it is not exact.
    """

    fate: Fate
    cast_as: str
    substitute: str = ""
    nearness: float = 1.0
    reason: str = ""


def find_player(word: InstrumentWord, installed: Sequence[InstrumentInfo], lexicon: Lexicon) -> Player:
    """Decide who plays an instrument.

    Args:
        word: what was asked for.
        installed: what there is.
        lexicon: says which kinds are narrower than others.
    """
    if any(word.name in one.families or word.name == one.name for one in installed):
        return Player("exact", word.name)
    for one in installed:
        narrower = next((family for family in one.families if _is_kind_of(family, word.name, lexicon)), None)
        if narrower is not None:
            return Player("exact", narrower)
    if word.role in ROLES and _is_plain_part(word) and _plays_role(word.role, installed):
        return Player("exact", word.role)
    near = max(
        (one for one in installed if word.name in one.stands_in_for),
        key=lambda one: one.stands_in_for[word.name],
        default=None,
    )
    if near is not None:
        nearness = near.stands_in_for[word.name]
        return Player("substituted", near.name, near.title.lower(), nearness, f"no {word.name} is installed")
    if word.role in ROLES and _plays_role(word.role, installed):
        nearness = _PART_OF_KIT if word.role in DRUM_ROLES else _PART_OF_SONG
        return Player("substituted", word.role, f"the song's own {word.role}", nearness, f"no {word.name} is installed")
    return Player("not_done", "", nearness=0.0, reason=f"no {word.name} is installed, and nothing here comes near")


def refused_names(word: InstrumentWord, installed: Sequence[InstrumentInfo], lexicon: Lexicon) -> tuple[str, ...]:
    """Roles, families and instruments that must not be heard when an instrument is refused; its own name first.

    Args:
        word: what was refused.
        installed: what there is.
        lexicon: says which kinds are narrower than others, and what is refused with them.
    """
    own = [*([] if word.weak else [word.name]), *word.refuses_too]
    names = [lexicon.instruments[one].role or one if _names_part(one, lexicon) else one for one in own]
    for info in installed:
        if not _is_excluded(info, names):
            names += [family for family in info.families if any(_is_kind_of(family, one, lexicon) for one in own)][:1]
        if not _is_excluded(info, names):
            near = max((info.stands_in_for.get(one, 0.0) for one in own), default=0.0)
            names += [info.name] if near >= REFUSED_TOO else []
    return tuple(dict.fromkeys(names))


def _is_excluded(info: InstrumentInfo, names: Sequence[str]) -> bool:
    return info.name in names or any(name in info.families for name in names) or ("drums" in names and info.is_kit)


def _names_part(name: str, lexicon: Lexicon) -> bool:
    word = lexicon.instruments.get(name)
    return word is not None and word.role in ROLES and _is_plain_part(word)


def _is_kind_of(name: str, wider: str, lexicon: Lexicon) -> bool:
    word = lexicon.instruments.get(name)
    return word is not None and wider in word.kind_of


def _is_plain_part(word: InstrumentWord) -> bool:
    """Whether the word names a part of a song or of a kit and no particular instrument for it."""
    return (word.family in ("part", "drums", "hand percussion") and " " not in word.name) or word.name in ROLES


def _plays_role(role: str, installed: Sequence[InstrumentInfo]) -> bool:
    return any(role == one for info in installed for one in info.roles) or (
        role in DRUM_ROLES and any(info.is_kit for info in installed)
    )
