"""Arrangement: which cast part plays in which section, and where inside it a part enters.

Density grows with energy: intros keep two or three parts, verses four or five, choruses seven to ten.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from aurax.compose.casting import Casting
from aurax.compose.transitions import FxStyle, impact_places, riser_places
from aurax.score.plan import Plan, Section
from aurax.score.role import PITCHED_ROLES, Role
from aurax.score.seeds import generator

WISHED_SHARE = 0.6
"""Share of the bars in which a wished part plays at least."""

TUNE_SHARE = 0.5
"""Share of the bars outside intros, breaks, builds and outros in which a song's lead plays at least."""

TUNELESS_SECTIONS: frozenset[str] = frozenset({"intro", "outro", "break", "build"})
"""Sections in which nobody misses a tune."""

LATE_ROLES: tuple[Role, ...] = ("hat", "perc", "counter", "arp", "pad", "lead", "bass")
"""Roles that may enter in the middle of a section, first choice first."""


CARRYING_ROLES: tuple[Role, ...] = ("chords", "pad", "arp")
"""Roles that sound in every bar; one of them plays from a section's start."""

RESTING_ROLES: frozenset[Role] = frozenset({"perc", "counter", "arp", "pad", "texture"})
"""Roles that may rest in a return of a section without taking its character away."""


def assign_parts(
    drafts: Sequence[tuple[str, int, float]], cast: Sequence[Casting], density_percent: float, fx: FxStyle, seed: int
) -> tuple[Section, ...]:
    """Give every section its parts.

    Args:
        drafts: name, bars and energy of every section.
        cast: the parts of the song.
        density_percent: what the prompt's adjectives add; 20 % count as one point of energy.
        fx: where risers and impacts belong.
        seed: of the song.

    Returns:
        The sections, none of them without a part.
    """
    playing = _by_energy(drafts, cast, density_percent / 20.0)
    _rest_in_returns(drafts, cast, playing, seed)
    _hear_a_tune(drafts, cast, playing)
    _hear_wishes(drafts, cast, playing)
    _fill_silence(cast, playing)
    sections: list[Section] = []
    start = 0
    for (name, bars, energy), names in zip(drafts, playing, strict=True):
        ordered = tuple(one.spec.part_name for one in cast if one.spec.part_name in names)
        sections.append(Section(name=name, start_bar=start, bars=bars, energy=energy, parts=ordered))
        start += bars
    return _place_fx(sections, cast, fx)


def entry_bars(plan: Plan, section_index: int) -> dict[str, int]:
    """Where parts enter inside a section, in bars from its start; parts that are not named enter at once.

    Up to two parts that were silent before wait for half of a section of eight bars or more, so that something
    changes every four to eight bars. Only the first section of a name does this; its returns start in full, and in a
    loop all are returns.

    Args:
        plan: sections and parts.
        section_index: the section's place.
    """
    section = plan.sections[section_index]
    earlier = plan.sections[:section_index]
    if plan.is_loop or section.bars < 8 or section.energy >= 7.5 or any(one.name == section.name for one in earlier):
        return {}
    before = set(earlier[-1].parts) if earlier else set()
    roles = {part.name: part.role for part in plan.parts}
    fresh = [name for name in section.parts if name not in before and roles[name] in LATE_ROLES]
    fresh.sort(key=lambda name: LATE_ROLES.index(roles[name]))
    carriers = [name for name in section.parts if roles[name] in CARRYING_ROLES]
    if set(carriers) <= set(fresh):
        fresh = [name for name in fresh if name not in carriers[:1]] if carriers else []
    rng = generator(plan.seed, "entries", section.name)
    count = min(len(fresh), 1 + int(rng.random() < 0.5))
    return dict.fromkeys(fresh[:count], section.bars // 2 // 4 * 4 or 4)


def _by_energy(drafts: Sequence[tuple[str, int, float]], cast: Sequence[Casting], shift: float) -> list[set[str]]:
    """Who plays where; however soft the song, its fullest section has three pitched parts if the cast has."""
    pitched = {one.spec.part_name for one in cast if one.spec.role in PITCHED_ROLES}
    while True:
        playing: list[set[str]] = []
        passes: dict[str, int] = {}
        for name, _, energy in drafts:
            level = min(10.0, max(0.5, energy + shift))
            playing.append({one.spec.part_name for one in cast if one.spec.plays(name, level, passes.get(name, 0))})
            passes[name] = passes.get(name, 0) + 1
        fullest = max(len(names & pitched) for names in playing)
        if fullest >= min(3, len(pitched)) or shift >= 10.0:
            return playing
        shift += 0.5


def _place_fx(sections: Sequence[Section], cast: Sequence[Casting], fx: FxStyle) -> tuple[Section, ...]:
    """Name risers and impacts only in the sections where they sound; a wished one sounds once at least."""
    places: dict[str, frozenset[int]] = {}
    for one in cast:
        if one.spec.role == "fx":
            rises = "riser" in one.instrument.families
            earned = riser_places(sections, fx) if rises else impact_places(sections, fx)
            name = one.spec.part_name
            own = frozenset(index for index in earned if name in sections[index].parts)
            places[name] = own or (frozenset({_greatest_rise(sections, rises)}) if one.wished else own)
    return tuple(
        section.model_copy(update={"parts": tuple(
            one.spec.part_name
            for one in cast
            if index in places.get(one.spec.part_name, ())
            or (one.spec.part_name not in places and one.spec.part_name in section.parts)
        )})
        for index, section in enumerate(sections)
    )  # fmt: skip


def _greatest_rise(sections: Sequence[Section], before: bool) -> int:
    """The section before or after the joint at which energy rises most; the only section of a song without joints."""
    if len(sections) < 2:
        return 0
    rises = [second.energy - first.energy for first, second in itertools.pairwise(sections)]
    joint = max(range(len(rises)), key=lambda index: (rises[index], index))
    return joint if before else joint + 1


def _rest_in_returns(
    drafts: Sequence[tuple[str, int, float]], cast: Sequence[Casting], playing: Sequence[set[str]], seed: int
) -> None:
    """Let one part rest wherever a section would return with the very same parts, so that no return is a copy."""
    optional = [one.spec.part_name for one in cast if one.spec.role in RESTING_ROLES and not one.wished]
    seen: set[tuple[str, frozenset[str]]] = set()
    for index, ((name, _, _), names) in enumerate(zip(drafts, playing, strict=True)):
        able = [part for part in optional if part in names]
        if (name, frozenset(names)) in seen and len(able) > 1:
            names.discard(able[int(generator(seed, "rests", index).integers(len(able)))])
        seen.add((name, frozenset(names)))


def _hear_a_tune(
    drafts: Sequence[tuple[str, int, float]], cast: Sequence[Casting], playing: Sequence[set[str]]
) -> None:
    """Add the lead to the most energetic sections without it, until it plays in enough of the song's body."""
    lead = next((one.spec.part_name for one in cast if one.spec.role == "lead"), None)
    body = [index for index, (name, _, _) in enumerate(drafts) if name not in TUNELESS_SECTIONS]
    if lead is None or not body:
        return
    total = sum(drafts[index][1] for index in body)
    heard = sum(drafts[index][1] for index in body if lead in playing[index])
    for index in sorted(body, key=lambda place: (-drafts[place][2], place)):
        if heard >= TUNE_SHARE * total:
            break
        if lead not in playing[index]:
            playing[index].add(lead)
            heard += drafts[index][1]


def _hear_wishes(
    drafts: Sequence[tuple[str, int, float]], cast: Sequence[Casting], playing: Sequence[set[str]]
) -> None:
    """Add wished parts to the loudest sections without them, until they play in enough bars."""
    total = sum(bars for _, bars, _ in drafts)
    for one in cast:
        if not one.wished:
            continue
        name = one.spec.part_name
        heard = sum(bars for (_, bars, _), names in zip(drafts, playing, strict=True) if name in names)
        loudest = sorted(range(len(drafts)), key=lambda index: (-drafts[index][2], index))
        for index in loudest:
            if heard >= WISHED_SHARE * total:
                break
            if name not in playing[index]:
                playing[index].add(name)
                heard += drafts[index][1]


def _fill_silence(cast: Sequence[Casting], playing: Sequence[set[str]]) -> None:
    """Give every section a pitched part; the song's calmest ones come first."""
    pitched = [one for one in cast if one.spec.role in PITCHED_ROLES]
    order: tuple[Role, ...] = ("chords", "pad", "arp", "lead", "counter", "bass")
    pitched.sort(key=lambda one: order.index(one.spec.role))
    for names in playing:
        if not any(one.spec.part_name in names for one in pitched):
            names.add((pitched or list(cast))[0].spec.part_name)
