"""How long each stage took."""

from __future__ import annotations

from collections.abc import Iterable

from aurax.produce.stages import Mode, StageName, stages_of
from aurax.services.clock import Stretch, covered_s, elapsed_s, extent_s, now
from aurax.services.payload import Work


class Stopwatch:
    """Notes when a piece of work began.

    Args:
        stage: the stage it belongs to.
    """

    def __init__(self, stage: StageName) -> None:
        self._stage = stage
        self._began = now()

    def stop(self) -> Work:
        """The work from the beginning until now; how long it took is not moved by changes of the wall clock."""
        began = self._began
        took_s = elapsed_s(began, now())
        return Work(
            stage=self._stage,
            start_s=began.wall_s,
            end_s=began.wall_s + took_s,
            clock=began.clock,
            began_s=began.steady_s,
        )


def timings_s(work: Iterable[Work], mode: Mode = "symbolic") -> dict[str, float]:
    """Seconds in which each stage of a mode was at work, and the total from the first work to the end of the last.

    Where activities of a stage overlap, their common time counts once. Time in which no machine of the song was on does
    not count, and nothing here follows the wall clock where the work was done on one machine.

    Args:
        work: every piece of work.
        mode: names the stages.
    """
    pieces = tuple(work)
    timings: dict[str, float] = {
        stage.name: round(covered_s(_stretch(piece) for piece in pieces if piece.stage == stage.name), 4)
        for stage in stages_of(mode)
    }
    total_s = round(extent_s(map(_stretch, pieces)), 4)
    return {**timings, "total": max(total_s, *timings.values())}


def _stretch(work: Work) -> Stretch:
    took_s = max(0.0, work.end_s - work.start_s)
    start_s = work.began_s if work.clock else work.start_s
    return Stretch(work.clock, start_s, start_s + took_s, work.start_s)
