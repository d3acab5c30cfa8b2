"""What every activity goes through: its errors become plain data that says whether a retry can help."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from aurax.adapters.temporal.errors import ERRORS_AT_MOST, to_application_error
from aurax.errors import AuraxError, CorruptData, ServiceUnavailable, StorageFull, is_disk_full

_PATIENT = frozenset({"end_song", "discard_attempt", "keep_session"})
"""Steps that clear up or write down, which are repeated as long as their policies say."""


class TypedErrors(Interceptor):
    """Packs the errors of every activity."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activities."""
        return _PackErrors(super().intercept_activity(next))


class _PackErrors(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except AuraxError as error:
            plain = _plain(error)
            raise to_application_error(plain, final=_is_final(plain)) from error
        except Exception as error:
            if is_disk_full(error):
                raise to_application_error(_full(error)) from error
            if type(error).__name__ == "ValidationError":
                corrupt = CorruptData("a stored document of this version", str(error)[:500], "make the song again")
                raise to_application_error(corrupt) from error
            if not isinstance(error, FailureError) and _is_final(error):
                raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from error
            raise


def _is_final(error: Exception) -> bool:
    """Whether an error counts, after as many attempts as this one.

    Attempts that ended because a worker died are counted too, but never end anything; a service that is away is waited
    for as long as Temporal's own policy says.
    """
    if not activity.in_activity():
        return False
    info = activity.info()
    if isinstance(error, ServiceUnavailable) or info.activity_type in _PATIENT:
        return False
    return info.attempt >= ERRORS_AT_MOST


def _plain(error: AuraxError) -> AuraxError:
    """The error, unless it only says what a full disk led to."""
    return _full(error) if not isinstance(error, StorageFull) and is_disk_full(error) else error


def _full(error: Exception) -> StorageFull:
    return StorageFull("room on the disk", str(error)[:500], "free some disk space and try again")
