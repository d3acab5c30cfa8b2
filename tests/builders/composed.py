"""Composed songs of every style, each once per test process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from aurax.compose.composer import compose
from aurax.compose.style_registry import load_styles
from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.intent.revision_reader import read_revision
from aurax.mix.settings import MixSettings
from aurax.produce.changes.song import Tools
from aurax.produce.revising import CarriedOut, carry_out
from aurax.render.instrument_registry import load_instruments
from aurax.score.instrument import InstrumentInfo
from aurax.score.score import Score

STYLES = ("lofi", "deep-house", "synthwave", "ambient")


@cache
def tools() -> Tools:
    return Tools({name: style.info for name, style in load_styles().items()}, instruments())


@cache
def instruments() -> dict[str, InstrumentInfo]:
    return {name: instrument.info for name, instrument in load_instruments().items()}


@dataclass(frozen=True)
class Composed:
    """A song with its notes."""

    intent: Intent
    score: Score
    seed: int


@cache
def composed(prompt: str, seed: int = 7) -> Composed:
    intent = tools().read(prompt)
    return Composed(intent, compose(intent, seed, load_styles(), instruments()), seed)


def in_style(style: str, seed: int = 7) -> Composed:
    return composed(f"{style.replace('-', ' ')}, 1 minute", seed)


def read_note(note: str) -> Revision:
    return read_revision(note, list(tools().styles.values()), list(instruments().values()))


def revised(song: Composed, *notes: str, mix: MixSettings | None = None) -> CarriedOut:
    return carry_out(
        [read_note(one) for one in notes], song.intent, song.score, mix or MixSettings(), song.seed, tools()
    )


def score_of(song: CarriedOut) -> Score:
    """The edited notes, or those that are composed in their place."""
    return song.score or compose(song.intent, song.seed, load_styles(), instruments())


__all__ = ["STYLES", "Composed", "composed", "in_style", "instruments", "read_note", "revised", "score_of"]
