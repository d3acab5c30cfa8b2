"""What every activity goes through: its errors become plain data that says whether a retry can help."""

from __future__ import annotations

import errno
from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from aurax.adapters.temporal.errors import to_application_error
from aurax.errors import AuraxError, CorruptData, StorageFull


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
            raise to_application_error(error) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                full = StorageFull("room on the disk", str(error), "free some disk space and try again")
                raise to_application_error(full) from error
            raise
        except ValueError as error:
            if type(error).__name__ == "ValidationError":
                corrupt = CorruptData("a stored document of this version", str(error)[:500], "make the song again")
                raise to_application_error(corrupt) from error
            raise
