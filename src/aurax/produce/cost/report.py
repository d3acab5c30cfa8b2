"""What a three-minute song costs: estimated from prices and figures, next to what the ledger measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from aurax.produce.cost.estimate import Estimate, total
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.produce.cost.money import MICRO_PER_USD
from aurax.produce.cost.span import Span
from aurax.produce.stages import COST_ROWS, Charge

SONG_S = 180.0
"""Length of the song that the table speaks of."""
SONGS_A_MONTH = 100
CAP_USD = 0.60
"""What a song may cost at the very most."""
TARGETS_USD = {"ace-step": 0.01, "musicgen": 0.10}
"""What a song by engines whose names begin so should cost in practice."""
NOTABLE_DIFFERENCE = 0.30
"""Share by which measurement and estimate may differ without a word."""


class Measured(BaseModel):
    """What the ledger says about a row, for a song of three minutes."""

    model_config = ConfigDict(frozen=True)

    usd: float
    calls: int
    cold_calls: int
    expected_usd: float
    """The estimate for the share of cold calls that there really was."""

    @property
    def difference(self) -> float | None:
        """By what share more (or, negative, less) was measured than expected; None where nothing was expected."""
        return None if self.expected_usd == 0 else self.usd / self.expected_usd - 1


class CostRow(BaseModel):
    """One row: an estimate for warm and for cold engines, and what was measured."""

    model_config = ConfigDict(frozen=True)

    name: str
    warm_usd: Span
    cold_usd: Span
    measured: Measured | None = None
    """None where the ledger has no paid call."""


class CostTable(BaseModel):
    """What a song of three minutes by one engine costs."""

    model_config = ConfigDict(frozen=True)

    engine: str
    rows: tuple[CostRow, ...]
    total: CostRow
    songs: int
    """How many songs were measured."""
    cap_usd: float = CAP_USD
    target_usd: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PaidSong:
    """A song and its lines in the ledger.

    Args:
        duration_s: its length.
        lines: of the ledger.
    """

    duration_s: float
    lines: tuple[LedgerLine, ...]

    @property
    def engine(self) -> str | None:
        """The generator that was paid for it."""
        return next((line.engine for line in self.lines if line.stage == "generation" and _is_paid(line)), None)


def cost_table(engine: str, warm: Estimate, cold: Estimate, songs: Sequence[PaidSong]) -> CostTable:
    """Lay estimates and measurements side by side.

    Measured sums are scaled to three minutes by the length of the songs. Of songs by other engines, unpaid calls and
    calls that still run nothing is counted.

    Args:
        engine: the generator.
        warm: of a song of three minutes, engines loaded.
        cold: the same, the first call of every engine cold.
        songs: that were made, by any engine.
    """
    mine = [song for song in songs if song.engine == engine and song.duration_s > 0]
    rows = tuple(_row(name, stages, warm, cold, mine) for name, stages in COST_ROWS.items())
    whole = _sum(rows)
    target = next((usd for start, usd in TARGETS_USD.items() if engine.startswith(start)), None)
    return CostTable(
        engine=engine,
        rows=rows,
        total=whole,
        songs=len(mine),
        target_usd=target,
        warnings=tuple(_warnings(rows, whole, target)),
    )


def engines_paid(songs: Iterable[PaidSong]) -> tuple[str, ...]:
    """The generators that songs were paid for, by name."""
    return tuple(sorted({song.engine for song in songs if song.engine is not None}))


def _row(name: str, stages: frozenset[Charge], warm: Estimate, cold: Estimate, songs: Sequence[PaidSong]) -> CostRow:
    warm_usd, cold_usd = (
        total(line.usd for line in estimate.lines if line.stage in stages) for estimate in (warm, cold)
    )
    lines = [line for song in songs for line in song.lines if line.stage in stages and _is_paid(line)]
    if not lines:
        return CostRow(name=name, warm_usd=warm_usd, cold_usd=cold_usd)
    per_song = SONG_S / sum(song.duration_s for song in songs)
    cold_calls = sum(line.cold for line in lines)
    engines = len({line.engine for line in lines})
    # The cold estimate has one cold call of every engine in a song.
    cold_share = cold_calls / (engines * len(songs))
    measured = Measured(
        usd=sum(line.micro_usd for line in lines) / MICRO_PER_USD * per_song,
        calls=len(lines),
        cold_calls=cold_calls,
        expected_usd=warm_usd.typical + cold_share * (cold_usd.typical - warm_usd.typical),
    )
    return CostRow(name=name, warm_usd=warm_usd, cold_usd=cold_usd, measured=measured)


def _sum(rows: Sequence[CostRow]) -> CostRow:
    parts = [row.measured for row in rows if row.measured is not None]
    measured = Measured(
        usd=sum(part.usd for part in parts),
        calls=sum(part.calls for part in parts),
        cold_calls=sum(part.cold_calls for part in parts),
        expected_usd=sum(part.expected_usd for part in parts),
    )
    return CostRow(
        name="total",
        warm_usd=total(row.warm_usd for row in rows),
        cold_usd=total(row.cold_usd for row in rows),
        measured=measured if parts else None,
    )


def _is_paid(line: LedgerLine) -> bool:
    return line.status != "reserved" and line.micro_usd > 0


def _warnings(rows: Sequence[CostRow], whole: CostRow, target_usd: float | None) -> Iterable[str]:
    for row in (*rows, whole):
        measured = row.measured
        if measured is None or measured.difference is None or abs(measured.difference) <= NOTABLE_DIFFERENCE:
            continue
        yield (
            f"{row.name}: measured ${measured.usd:.4f} where ${measured.expected_usd:.4f} was estimated "
            f"({measured.difference:+.0%}); the figures or the prices need a look"
        )
    for what, usd in (("warm", whole.warm_usd.typical), ("cold", whole.cold_usd.typical)):
        if usd > CAP_USD:
            yield f"a {what} song is estimated at ${usd:.2f}, above the cap of ${CAP_USD:.2f}"
    if whole.measured is not None and whole.measured.usd > CAP_USD:
        yield f"a song cost ${whole.measured.usd:.2f} on average, above the cap of ${CAP_USD:.2f}"
    if target_usd is not None and whole.warm_usd.typical > target_usd:
        yield f"a warm song is estimated at ${whole.warm_usd.typical:.3f}, above the aim of ${target_usd:.2f}"
