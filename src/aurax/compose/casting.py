"""Casting: which parts a song has and who plays them, after the wishes of the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aurax.compose.palette import PartSpec
from aurax.errors import UnknownPlugin
from aurax.score.instrument import InstrumentInfo
from aurax.score.role import DRUM_ROLES, PITCHED_ROLES, ROLES, Role
from aurax.score.seeds import generator

DRUM_WORDS = frozenset({"drums", "drum", "beat", "beats", "percussion", "drum kit", "drumless", "beatless"})
"""Words that mean every drum role."""

ADDED_ROLE_ENERGY = 4.5
"""Energy from which a part plays that the style does not have and the prompt asks for."""

LEAST_PITCHED = 3
"""Pitched parts that a song has at least, unless the prompt refuses them."""

CARRYING_ROLES: tuple[Role, ...] = ("chords", "arp", "pad", "lead", "counter")
"""Roles that can carry a song, the most filling ones first."""


@dataclass(frozen=True)
class Casting:
    """One cast part.

    Args:
        spec: when it plays.
        instrument: who plays it.
        wished: whether the prompt asked for it, so that it must be heard in most of the song.
    """

    spec: PartSpec
    instrument: InstrumentInfo
    wished: bool = False


def cast_parts(
    palette: Sequence[PartSpec], instruments: Mapping[str, InstrumentInfo], seed: int, *, moods: Sequence[str] = (),
    wanted: Sequence[str] = (), unwanted: Sequence[str] = (), only_wanted: bool = False,
) -> tuple[tuple[Casting, ...], tuple[str, ...]]:  # fmt: skip
    """Choose parts and instruments.

    Args:
        palette: the style's parts.
        instruments: everything that is installed.
        seed: of the song.
        moods: words that make some parts certain.
        wanted: families or roles that must be heard.
        unwanted: families or roles that must not be heard.
        only_wanted: whether nothing else may play.

    Returns:
        The cast in the palette's order, and sentences about wishes that could not be met.

    Raises:
        UnknownPlugin: no installed instrument is left that can play any part.
    """
    allowed = {name: info for name, info in sorted(instruments.items()) if not _refused(info, unwanted)}
    cast: list[Casting] = []
    kit = _draw_kit(palette, allowed, seed)
    possible = [spec for spec in palette if not any(_names_role(word, spec.role) for word in unwanted)]
    for spec in _drawn(possible, seed, moods):
        taken = {one.instrument.name for one in cast}
        chosen = kit if spec.role in DRUM_ROLES else _draw_instrument(spec, allowed, taken, seed)
        if chosen is not None:
            cast.append(Casting(spec, chosen))
    remarks: list[str] = []
    for word in wanted:
        if not _grant(word, cast, palette, allowed, kit, unwanted):
            remarks.append(f"No installed instrument plays {word!r}, so the style's own parts stand in for it.")
    if only_wanted:
        kept = [one for one in cast if one.wished]
        if kept:
            cast = _enough_alone(kept, wanted, unwanted)
        else:
            cast = [one for one in cast if one.spec.role in PITCHED_ROLES][:1] or cast[:1]
            remarks.append("Nothing that was asked for alone is installed, so one part of the style plays alone.")
    if not any(one.spec.role in PITCHED_ROLES for one in cast) and not any(one.wished for one in cast):
        fallback = _fallback(palette, allowed, instruments)
        cast.append(fallback)
        remarks.append(
            f"Every part of the style was excluded; {fallback.instrument.name} plays so that the song is not empty."
        )
    cast.sort(key=lambda one: (ROLES.index(one.spec.role), not one.wished))
    return tuple(_uniquely_named(cast)), tuple(remarks)


def _refused(info: InstrumentInfo, unwanted: Sequence[str]) -> bool:
    return any(word == info.name or word in info.families or (word in DRUM_WORDS and info.is_kit) for word in unwanted)


def _is_named(info: InstrumentInfo, word: str) -> bool:
    return word == info.name or word in info.families


def _names_role(word: str, role: Role) -> bool:
    return word == role or (word in DRUM_WORDS and role in DRUM_ROLES)


def _draw_kit(palette: Sequence[PartSpec], allowed: Mapping[str, InstrumentInfo], seed: int) -> InstrumentInfo | None:
    """One kit for all drum parts: the style's own, or another where the prompt refuses it."""
    own = [name for spec in palette if spec.role in DRUM_ROLES for name in spec.instruments]
    kits = [allowed[name] for name in dict.fromkeys(own) if name in allowed and allowed[name].is_kit]
    if kits:
        return kits[_falling(len(kits), generator(seed, "casting", "kit"))]
    return next((info for info in allowed.values() if info.is_kit), None)


def _drawn(possible: Sequence[PartSpec], seed: int, moods: Sequence[str]) -> list[PartSpec]:
    """The parts that chance and the moods choose; at least `LEAST_PITCHED` pitched ones, the likeliest first."""
    chosen = [
        spec
        for spec in possible
        if generator(seed, "casting", spec.part_name).random() < spec.chance
        or any(word in mood.split() for mood in moods for word in spec.moods)
    ]
    spare = [spec for spec in possible if spec not in chosen and spec.role in PITCHED_ROLES and spec.chance > 0.0]
    spare.sort(key=lambda spec: -spec.chance)
    missing = LEAST_PITCHED - sum(spec.role in PITCHED_ROLES for spec in chosen)
    chosen += spare[: max(0, missing)]
    return [spec for spec in possible if spec in chosen]


def _draw_instrument(
    spec: PartSpec, allowed: Mapping[str, InstrumentInfo], taken: set[str], seed: int
) -> InstrumentInfo | None:
    """An instrument of the part's own list, rather not one that plays already; else any other of its role."""
    own = [allowed[name] for name in spec.instruments if name in allowed]
    own = [info for info in own if info.name not in taken] or own
    if own:
        return own[_falling(len(own), generator(seed, "casting", spec.part_name, "instrument"))]
    if spec.role not in PITCHED_ROLES:
        return None
    able = [info for info in allowed.values() if spec.role in info.roles and not info.is_kit]
    return next((info for info in able if info.name not in taken), able[0] if able else None)


def _enough_alone(cast: Sequence[Casting], wanted: Sequence[str], unwanted: Sequence[str]) -> list[Casting]:
    """Give an instrument that plays alone a second hand, such as chords and melody of a solo piano.

    Without it, a lone counter-melody would leave most bars empty. A hand plays only what was asked for: who wants
    nothing but chords gets no melody, who refuses the melody of a solo piano gets its chords.
    """
    pitched = [one for one in cast if one.spec.role in PITCHED_ROLES and one.spec.role != "bass"]
    if len(pitched) != 1:
        return list(cast)
    info = pitched[0].instrument
    able = [
        role
        for role in CARRYING_ROLES
        if (role in info.roles or role == pitched[0].spec.role)
        and not any(_names_role(word, role) for word in unwanted)
        and any(word == role if word in ROLES else _is_named(info, word) for word in wanted)
    ]
    # The most filling role accompanies; the lead sings, where the instrument can.
    hands = able[:1] + sorted(able[1:], key=lambda role: role != "lead")[:1]
    playing = [
        Casting(PartSpec(role, (info.name,), enters=0.0 if place == 0 else 2.5), info, wished=True)
        for place, role in enumerate(hands)
    ]
    return [one for one in cast if one is not pitched[0]] + (playing or [pitched[0]])


def _falling(count: int, rng: np.random.Generator) -> int:
    """Draw a place from a list whose first members are likelier: each weighs 0.55 of the one before."""
    weights = np.power(0.55, np.arange(count))
    return int(rng.choice(count, p=weights / weights.sum()))


def _grant(
    word: str, cast: list[Casting], palette: Sequence[PartSpec], allowed: Mapping[str, InstrumentInfo],
    kit: InstrumentInfo | None, unwanted: Sequence[str],
) -> bool:  # fmt: skip
    """Make one wish come true in the cast, in no role that was refused; returns whether that was possible."""
    kits = [info for info in allowed.values() if info.is_kit and (word in info.families or word == info.name)]
    if word in DRUM_WORDS or kits:
        chosen = kit if word in DRUM_WORDS or kit in kits else kits[0]
        if chosen is None:
            return False
        for drum in ("kick", "snare", "hat"):
            _set(cast, _spec_for(_as_role(drum), palette), chosen)
        for index, one in enumerate(cast):
            if one.spec.role in DRUM_ROLES:
                cast[index] = replace(one, instrument=chosen)
        return True
    if word in ROLES:
        role = _as_role(word)
        same = [index for index, one in enumerate(cast) if one.spec.role == role]
        if same:
            cast[same[0]] = replace(cast[same[0]], wished=True)
            return True
        spec = _spec_for(role, palette)
        own = [allowed[name] for name in spec.instruments if name in allowed]
        able = own or [info for info in allowed.values() if role in info.roles]
        if not able:
            return False
        _set(cast, spec, able[0])
        return True
    for index, one in enumerate(cast):
        if word in one.instrument.families or word == one.instrument.name:
            cast[index] = replace(one, wished=True)
            return True
    able = [info for info in allowed.values() if word in info.families or word == info.name]
    if not able:
        return False
    at_home = {name for spec in palette for name in spec.instruments}
    # The word's own instrument first ("piano" is the piano's first family), then those at home in the style.
    able.sort(key=lambda info: (info.families.index(word) if word in info.families else 0, info.name not in at_home))
    info = able[0]
    taken = {one.spec.role for one in cast if one.wished}
    possible = [role for role in info.roles if not any(_names_role(no, role) for no in unwanted)]
    if not possible:
        return False
    free = [role for role in possible if role not in taken]
    role = next((one for one in free if any(spec.role == one for spec in palette)), (free or possible)[0])
    _set(cast, _spec_for(role, palette), info)
    return True


def _set(cast: list[Casting], spec: PartSpec, info: InstrumentInfo) -> None:
    """Put a wished instrument into a part; a second one next to it where that part was wished for already."""
    same = [index for index, one in enumerate(cast) if one.spec.role == spec.role]
    if same and not cast[same[0]].wished:
        cast[same[0]] = Casting(cast[same[0]].spec, info, wished=True)
    elif not same or cast[same[0]].instrument != info:
        cast.append(Casting(spec, info, wished=True))


def _as_role(word: str) -> Role:
    return next(role for role in ROLES if role == word)


def _spec_for(role: Role, palette: Sequence[PartSpec]) -> PartSpec:
    for spec in palette:
        if spec.role == role:
            return spec
    return PartSpec(role, (), enters=ADDED_ROLE_ENERGY)


def _fallback(
    palette: Sequence[PartSpec], allowed: Mapping[str, InstrumentInfo], instruments: Mapping[str, InstrumentInfo]
) -> Casting:
    for pool in (allowed, instruments):
        for role in ("chords", "pad", "arp", "lead", "bass", "counter"):
            for info in pool.values():
                if role in info.roles:
                    spec = _spec_for(_as_role(role), palette)
                    return Casting(spec, info, wished=True)
    raise UnknownPlugin("at least one pitched instrument", "none installed", "install instruments (aurax.instruments)")


def _uniquely_named(cast: Sequence[Casting]) -> list[Casting]:
    names: set[str] = set()
    unique: list[Casting] = []
    for one in cast:
        name = one.spec.part_name
        if name in names:
            name = f"{name}-{one.instrument.name}"
        names.add(name)
        unique.append(replace(one, spec=replace(one.spec, name=name)))
    return unique
