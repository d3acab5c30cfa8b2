"""Entries: which stem plays in which section.

The energy of a section decides, as an arranger would: intros open without drums or bass, breaks leave the drums out,
what is loudest has everything, and the outro undresses. Every section keeps something that carries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurax.score.role import Role

Draft = tuple[str, int, float]
"""A section's name, bars and energy."""

_ENTERS: dict[Role, float] = {
    "drums": 3.2, "bass": 3.8, "chords": 0.0, "pad": 1.0, "lead": 4.6, "counter": 5.2, "arp": 4.5,
}  # fmt: skip
"""Least energy at which a role plays."""
_SILENT_IN: dict[Role, frozenset[str]] = {
    "drums": frozenset({"intro", "break"}),
    "bass": frozenset({"intro", "break", "outro"}),
    "lead": frozenset({"intro", "outro", "build"}),
    "counter": frozenset({"intro", "outro"}),
}
_FULL_ENERGY = 7.5
"""From here on everything plays."""
_CARRYING: tuple[Role, ...] = ("chords", "pad", "arp", "counter", "lead", "bass", "drums")
"""Who carries a section in which nobody else would play, first choice first."""
_SHORT_BARS = 2
_WISHED_SHARE = 0.6


def plan_entries(
    drafts: Sequence[Draft],
    roles: Mapping[str, Role],
    sounding: Sequence[frozenset[str]],
    wished: frozenset[str] = frozenset(),
) -> tuple[tuple[str, ...], ...]:
    """Say who plays in each section.

    Args:
        drafts: the song's sections.
        roles: of the stems, in the song's order of tracks.
        sounding: for each section, the stems that have sound in the bars of the piece that play there.
        wished: stems that the prompt asks for by name; they play in most of the song.

    Returns:
        Names of the stems that play, one tuple for each section, none of them empty while anything sounds.
    """
    fullest = max(energy for _, _, energy in drafts)
    playing: list[set[str]] = []
    for index, (name, bars, energy) in enumerate(drafts):
        full = energy >= min(_FULL_ENERGY, fullest) or len(drafts) == 1
        # Over a bar or two nobody hears an intro without drums as more than a mistake, unless it opens the song.
        brief = bars <= _SHORT_BARS and 0 < index < len(drafts) - 1
        chosen = {
            stem
            for stem, role in roles.items()
            if full or brief or (energy >= _ENTERS.get(role, 0.0) and name not in _SILENT_IN.get(role, frozenset()))
        }
        playing.append(chosen & sounding[index])
    _hear_wishes(drafts, playing, sounding, wished & set(roles))
    for index, chosen in enumerate(playing):
        if not any(roles[stem] in ("chords", "pad", "lead", "counter", "arp") for stem in chosen):
            chosen |= set(_carrier(roles, sounding[index]))
    return tuple(tuple(stem for stem in roles if stem in chosen) for chosen in playing)


def _carrier(roles: Mapping[str, Role], sounding: frozenset[str]) -> tuple[str, ...]:
    able = sorted((stem for stem in roles if stem in sounding), key=lambda stem: _CARRYING.index(roles[stem]))
    return tuple(able[:1])


def _hear_wishes(
    drafts: Sequence[Draft], playing: Sequence[set[str]], sounding: Sequence[frozenset[str]], wished: frozenset[str]
) -> None:
    """Let what was asked for play in the most energetic sections without it until it is heard enough."""
    total = sum(bars for _, bars, _ in drafts)
    for stem in sorted(wished):
        heard = sum(bars for (_, bars, _), chosen in zip(drafts, playing, strict=True) if stem in chosen)
        for index in sorted(range(len(drafts)), key=lambda place: (-drafts[place][2], place)):
            if heard >= _WISHED_SHARE * total:
                break
            if stem not in playing[index] and stem in sounding[index]:
                playing[index].add(stem)
                heard += drafts[index][1]
