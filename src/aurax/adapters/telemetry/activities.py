"""What every activity tells while it runs: whose it is, how long it waited and took, and how it ended."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from aurax import observing
from aurax.adapters.telemetry.fields import Field, bound
from aurax.adapters.telemetry.redaction import private
from aurax.adapters.telemetry.session_ids import session_of
from aurax.produce.stages import StageName
from aurax.services.payload import Work

_LOG = logging.getLogger("aurax.activities")
_STAGES: Final = frozenset(get_args(StageName))
_FIRST_WORDS: Final = {"analyze": "intent"}
"""Activities are named after their stage, but for these."""
_DEEPEST: Final = 3


class ObservedActivities(Interceptor):
    """Binds ids to what activities log, and counts and times them."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activities."""
        return _Observe(super().intercept_activity(next))


@dataclass(frozen=True)
class Subject:
    """What a piece of work is about, as far as its argument tells.

    Args:
        song: id of the song.
        session: id of the session that asked for it.
        take: number of the take.
        words: what must not be logged.
    """

    song: str | None = None
    session: str | None = None
    take: int | None = None
    words: tuple[str, ...] = ()


def subject_of(arguments: Sequence[Any]) -> Subject:
    """What the arguments of an activity tell of whom it works for."""
    song = _find(arguments, "song_id", str)
    session = _find(arguments, "session_id", str)
    take = _find(arguments, "take_number", int)
    if take is None:
        settings = _find(arguments, "take", object)
        take = settings if isinstance(settings, int) else getattr(settings, "number", None)
    words = [_find(arguments, name, str) for name in ("prompt", "title", "text", "note")]
    return Subject(song or None, session or None, take or None, tuple(word for word in words if word))


def stage_of(activity_type: str) -> str:
    """The stage that an activity belongs to; empty for those outside of the table of stages."""
    first = activity_type.partition("_")[0]
    stage = _FIRST_WORDS.get(activity_type, first)
    return stage if stage in _STAGES else ""


class _Observe(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info, about = activity.info(), subject_of(input.args)
        stage = stage_of(info.activity_type)
        waited_s = max(0.0, (info.started_time - info.current_attempt_scheduled_time).total_seconds())
        fields: dict[str, Field | None] = {
            "song": about.song,
            "session": about.session or session_of(input.headers),
            "take": about.take,
            "stage": stage or None,
            "workflow": info.workflow_id,
            "run": info.workflow_run_id,
            "activity": info.activity_type,
            "attempt": info.attempt,
        }
        observing.measure("queue_wait_seconds", waited_s, activity=info.activity_type)
        with bound(**fields), private(*about.words):
            observing.mark(**{f"aurax.{name}": value for name, value in fields.items() if value is not None})
            _LOG.debug("activity began", extra={"fields": {"waited_s": round(waited_s, 3)}})
            observing.change("activities_running", 1, activity=info.activity_type)
            began_s, outcome = time.perf_counter(), "failed"
            try:
                result = await super().execute_activity(input)
                outcome = "done"
            except asyncio.CancelledError:
                outcome = "handed back" if activity.is_worker_shutdown() else "cancelled"
                raise
            except Exception as error:
                _failed(error, time.perf_counter() - began_s)
                raise
            finally:
                took_s = time.perf_counter() - began_s
                observing.change("activities_running", -1, activity=info.activity_type)
                observing.measure("activity_seconds", took_s, activity=info.activity_type, outcome=outcome)
                if outcome != "failed":
                    ended = {"outcome": outcome, "waited_s": round(waited_s, 3), "took_s": round(took_s, 3)}
                    _LOG.info("activity ended", extra={"fields": ended})
            _tell_result(info.activity_type, stage, input.args, result, took_s)
            return result


def _failed(error: Exception, took_s: float) -> None:
    kind = error.type if isinstance(error, ApplicationError) and error.type else type(error).__name__
    final = isinstance(error, ApplicationError) and error.non_retryable
    fields = {"outcome": "failed", "kind": kind, "retry_helps": not final, "took_s": round(took_s, 3)}
    _LOG.warning("activity failed", exc_info=error, extra={"fields": fields})


def _tell_result(name: str, stage: str, arguments: Sequence[Any], result: Any, took_s: float) -> None:
    work = getattr(result, "work", None)
    if isinstance(work, Work):
        observing.measure("stage_seconds", max(0.0, work.end_s - work.start_s), stage=work.stage)
    elif stage:
        observing.measure("stage_seconds", took_s, stage=stage)
    if name == "deliver_song":
        passed = bool(getattr(result, "passed", False))
        _ended("delivered", passed)
    elif name == "end_song":
        _ended(_find(arguments, "status", str) or "failed", False)


def _ended(outcome: str, passed: bool) -> None:
    observing.count("songs", outcome=outcome, passed=str(passed).lower())
    _LOG.info("song ended", extra={"fields": {"outcome": outcome, "passed": passed}})


def _find(values: Sequence[Any], name: str, kind: type, depth: int = 0) -> Any:
    """The first attribute of that name and kind, looked for in the values and in what they hold."""
    for value in values:
        found = getattr(value, name, None)
        if isinstance(found, kind) and found not in ("", None):
            return found
    if depth == _DEEPEST:
        return None
    inner = [getattr(value, one) for value in values for one in getattr(type(value), "model_fields", ())]
    return _find(inner, name, kind, depth + 1) if inner else None
