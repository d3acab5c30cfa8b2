"""Form: which bar of the generated piece sounds in which bar of the song.

A generated piece is short or without a plan; a song has sections. Every section is laid out in whole phrases of the
piece, chosen so that loud phrases meet energetic sections and neighbours follow each other as they were played; what
returns, returns as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.arrange.hearing import Heard
from aurax.arrange.sections import bar_features, novelty
from aurax.compose.form import fit_tempo, make_form, make_loop_form, section_energies
from aurax.compose.style import Style
from aurax.intent.intent import Intent
from aurax.score.key import Key
from aurax.score.seeds import generator
from aurax.score.time import Meter

Curve = NDArray[np.float64]

_LONG_PHRASE_BARS, _PHRASE_BARS = 8, 4
_LONG_PIECE_BARS = 32
_ENERGY_WEIGHT = 1.4
_JUMP_COST, _UNLIKE_COST, _AGAIN_COST = 0.15, 0.25, 0.12
_EDGE_WEIGHT = 0.2
_CHANCE = 0.04
"""What the seed may turn: less than any musical reason."""
_FULL_SPREAD_LU = 6.0
"""A piece whose phrases differ by so much in loudness has energies of its own to follow."""


@dataclass(frozen=True)
class SongForm:
    """A song laid out over the bars of a piece.

    Args:
        drafts: name, bars and energy of every section.
        sources: the piece's bar that sounds in each bar of the song.
        ending_source: the piece's bar whose start rings after the song's last bar, or begins the next round of a loop.
    """

    drafts: tuple[tuple[str, int, float], ...]
    sources: tuple[int, ...]
    ending_source: int

    @property
    def starts(self) -> tuple[int, ...]:
        """First bar of every section, and the end of the last one."""
        return tuple(int(bar) for bar in np.cumsum([0, *(bars for _, bars, _ in self.drafts)]))


def fit_bars(intent: Intent, style: Style, meter: Meter, tempo_bpm: float) -> tuple[float, int]:
    """Tempo and number of bars that fill the wanted duration.

    The tempo moves (by up to 3 %, to reach whole phrases) only where the prompt leaves it open and the bars that fit
    would be odd. Bars that were asked for are kept.

    Raises:
        InvalidOption: not even one bar fits.
    """
    if intent.bars is not None:
        return tempo_bpm, intent.bars
    tail_s = min(style.form.tail_s, 0.2 * intent.duration_s)
    tempo, bars = fit_tempo(intent.duration_s, tempo_bpm, meter, tail_s, exact=True)
    if intent.tempo_bpm is None and bars % 2 and bars < 32:
        tempo, bars = fit_tempo(intent.duration_s, tempo_bpm, meter, tail_s, exact=False)
    return tempo, bars


def plan_form(intent: Intent, style: Style, heard: Heard, bars: int, key: Key | None, seed: int) -> SongForm:
    """Lay a song out over a piece.

    Args:
        intent: sections asked for, the shape of the energy.
        style: its typical form.
        heard: the piece.
        bars: length of the song.
        key: the song's key, toward whose tonic chord it ends.
        seed: of the song.
    """
    if intent.loop:
        form = make_loop_form(bars, style.form, intent.sections)
    else:
        form = make_form(
            bars, style.form, intent.sections, generator(seed, "form"), section_bars=intent.section_bars,
            refused=intent.refused_sections,
        )  # fmt: skip
    energies = section_energies(form, style.form, intent.energy_shape, intent.character.energy)
    drafts = tuple((name, length, energy) for (name, length), energy in zip(form, energies, strict=True))
    phrase = _phrase_bars(heard.bars)
    sources = _choose_sources(drafts, heard, phrase, seed)
    return SongForm(drafts, sources, sources[0] if intent.loop else _ending(heard, sources, phrase, key))


def _phrase_bars(bars: int) -> int:
    if bars >= _LONG_PIECE_BARS:
        return _LONG_PHRASE_BARS
    return next(size for size in (_PHRASE_BARS, 2, 1) if size <= bars)


def _candidates(heard: Heard, phrase: int) -> list[int]:
    """First bars of the piece's phrases; where they start, most changes happen."""
    step = min(phrase, _PHRASE_BARS)
    changes = novelty(bar_features(heard))
    strengths = [float(changes[start::step].sum()) - 0.3 * (start > 0) for start in range(step)]
    shift = int(np.argmax(strengths))
    return list(range(shift, heard.bars - phrase + 1, step)) or [0]


def _choose_sources(drafts: Sequence[tuple[str, int, float]], heard: Heard, phrase: int, seed: int) -> tuple[int, ...]:
    """Viterbi over the phrases of all sections that come for the first time; the others repeat theirs."""
    starts = np.array(_candidates(heard, phrase))
    units: list[tuple[str, float]] = []
    first_unit: dict[str, int] = {}
    for name, length, energy in drafts:
        if name not in first_unit:
            longest = max(bars for other, bars, _ in drafts if other == name)
            first_unit[name] = len(units)
            units += [(name, energy)] * -(-max(length, longest) // phrase)
    wanted = _relative(np.array([energy for _, energy in units]))
    given, trust = _phrase_energies(heard, starts, phrase)
    rng = generator(seed, "phrases").uniform(0.0, _CHANCE, (len(units), len(starts)))
    joints = _joint_costs(bar_features(heard), starts, phrase)
    places = starts / max(1, heard.bars - phrase)
    score = np.zeros(len(starts))
    before = np.zeros((len(units), len(starts)), np.intp)
    for index, (name, _) in enumerate(units):
        unary = rng[index] + _ENERGY_WEIGHT * trust * np.abs(given - wanted[index])
        if name == "intro":
            unary += _EDGE_WEIGHT * places
        elif name == "outro":
            unary += _EDGE_WEIGHT * (1.0 - places)
        if index:
            total = score[:, None] + joints
            before[index] = np.argmin(total, axis=0)
            score = total.min(axis=0)
        score = score + unary
    path = [int(np.argmin(score))]
    for index in range(len(units) - 1, 0, -1):
        path.append(int(before[index, path[-1]]))
    path.reverse()
    sources: list[int] = []
    for name, length, _ in drafts:
        for bar in range(length):
            start = int(starts[path[first_unit[name] + bar // phrase]])
            sources.append(start + bar % phrase)
    return tuple(sources)


def _phrase_energies(heard: Heard, starts: NDArray[np.intp], phrase: int) -> tuple[Curve, float]:
    """Each phrase's place between the softest and the loudest (0 to 1), and how much that means."""
    power = 10.0 ** (heard.loudness_by_bar / 10.0)
    levels = np.array([10.0 * np.log10(power[start : start + phrase].mean()) for start in starts])
    return _relative(levels), float(min(1.0, np.ptp(levels) / _FULL_SPREAD_LU))


def _relative(values: Curve) -> Curve:
    spread = float(np.ptp(values)) if len(values) else 0.0
    return (values - values.min()) / spread if spread > 1e-9 else np.full(len(values), 0.5)


def _joint_costs(features: Curve, starts: NDArray[np.intp], phrase: int) -> Curve:
    """Cost of going from one phrase to the next: nothing as it was played, else by how foreign the next bar is."""
    costs = np.zeros((len(starts), len(starts)))
    for row, first in enumerate(starts):
        follows = first + phrase
        expected = features[min(follows, len(features) - 1)]
        for column, second in enumerate(starts):
            if second != follows:
                unlike = 1.0 - float(np.exp(-np.linalg.norm(expected - features[second])))
                costs[row, column] = _JUMP_COST + _UNLIKE_COST * unlike + _AGAIN_COST * (second == first)
    return costs


def _ending(heard: Heard, sources: Sequence[int], phrase: int, key: Key | None) -> int:
    """The bar that closes the song: the start of a phrase on the tonic, near what was played last."""
    starts = _candidates(heard, phrase)
    last = sources[-1]
    home = [
        start
        for start in starts
        if key is not None
        and heard.chords_by_bar
        and heard.chords_by_bar[start].root_pitch_class == key.tonic_pitch_class
    ]
    return min(home or starts, key=lambda start: (abs(start - last - 1), start))
