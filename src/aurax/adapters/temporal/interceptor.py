"""What every activity goes through: its errors become plain data that says whether a retry can help."""

from __future__ import annotations

from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from aurax.adapters.temporal.errors import to_application_error
from aurax.errors import AuraxError, CorruptData, StorageFull, is_disk_full


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
            raise to_application_error(_plain(error)) from error
        except Exception as error:
            if is_disk_full(error):
                raise to_application_error(_full(error)) from error
            if type(error).__name__ == "ValidationError":
                corrupt = CorruptData("a stored document of this version", str(error)[:500], "make the song again")
                raise to_application_error(corrupt) from error
            raise


def _plain(error: AuraxError) -> AuraxError:
    """The error, unless it only says what a full disk led to."""
    return _full(error) if not isinstance(error, StorageFull) and is_disk_full(error) else error


def _full(error: Exception) -> StorageFull:
    return StorageFull("room on the disk", str(error)[:500], "free some disk space and try again")
