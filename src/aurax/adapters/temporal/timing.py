"""How long each stage took."""

from __future__ import annotations

import time
from collections.abc import Iterable

from aurax.adapters.temporal.payloads import ROAD_STAGES, Road, Stage, Work


class Stopwatch:
    """Notes when a piece of work began.

    Args:
        stage: the stage it belongs to.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._start_s = time.time()

    def stop(self) -> Work:
        """The work from the beginning until now."""
        return Work(stage=self._stage, start_s=self._start_s, end_s=time.time())


def timings_s(work: Iterable[Work], total_s: float, road: Road = "symbolic") -> dict[str, float]:
    """Seconds in which each stage of a road was at work, and the total.

    Where activities of a stage overlap, their common time counts once.

    Args:
        work: every piece of work.
        total_s: from the request to the delivery.
        road: names the stages.
    """
    pieces = tuple(work)
    timings: dict[str, float] = {
        stage: round(_covered_s((piece.start_s, piece.end_s) for piece in pieces if piece.stage == stage), 4)
        for stage in ROAD_STAGES[road]
    }
    return {**timings, "total": round(total_s, 4)}


def _covered_s(spans: Iterable[tuple[float, float]]) -> float:
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered
