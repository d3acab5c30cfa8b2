"""Errors on their way through Temporal: out of activities as plain data, back into AURA-X's own types."""

from __future__ import annotations

import asyncio

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TerminatedError,
    TimeoutError,
)

from aurax import errors
from aurax.errors import AuraxError, Cancelled, ServiceUnavailable

PROGRAMMING_ERRORS = ["TypeError", "KeyError", "AttributeError", "IndexError", "ValueError", "NameError", "ImportError"]
"""Repeating the same call would fail the same way."""

DEATHS_AT_MOST = 12
"""How often a step is begun, where workers die under it or what it needs is away; with pauses, for about a minute of
absence. Killing workers must not cost a song, but a step that kills them must not do so for ever."""
ERRORS_AT_MOST = 3
"""How often a step may end with an error of its own before the error counts."""

DAMAGED = "DamagedObject"
"""Type of a failure that goes away once the damaged object was made again."""

_LONGEST_TYPE = 60

_TYPES: dict[str, type[AuraxError]] = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, AuraxError)
}


def to_application_error(error: AuraxError, *, final: bool = False) -> ApplicationError:
    """Pack an error so that Temporal knows whether a retry can help and clients get it back whole.

    Args:
        error: to be packed.
        final: whether it is not to be retried although a retry could help.
    """
    return ApplicationError(
        str(error),
        error.expected,
        error.found,
        error.fix,
        type=type(error).__name__,
        non_retryable=final or not error.retryable,
    )


def from_failure(failure: BaseException) -> AuraxError:
    """Unpack the error behind a failed workflow, activity or child workflow."""
    cause = root_cause(failure)
    if isinstance(cause, AuraxError):
        return cause
    if isinstance(cause, ApplicationError):
        kind, details = _TYPES.get(cause.type or ""), tuple(str(detail) for detail in cause.details)
        if kind is not None and len(details) == 3:
            return kind(*details)
        # The type is not sealed, so anybody can write it.
        name = cause.type if cause.type and cause.type.isidentifier() and len(cause.type) <= _LONGEST_TYPE else "Error"
        return AuraxError("the work to succeed", f"{name}: {cause.message}", "see the worker's log")
    if isinstance(cause, TerminatedError):
        # Its reason is whatever the other program wrote.
        return Cancelled(
            "the song to be finished", "another program ended its workflow", "'aurax resume' makes it again"
        )
    if isinstance(cause, CancelledError | asyncio.CancelledError):
        return Cancelled("the song to be finished", "it was cancelled", "ask for it again")
    if isinstance(cause, TimeoutError):
        return ServiceUnavailable(
            "the work to finish in its time",
            str(cause),
            "try again when the machine is less busy; if it is not, another program may take the song's steps: see "
            "docs/security.md",
        )
    return AuraxError("the work to succeed", f"{type(cause).__name__}: {cause}", "see the worker's log")


def root_cause(failure: BaseException) -> BaseException:
    """The innermost failure that says what went wrong."""
    cause = failure
    while cause.__cause__ is not None and not isinstance(cause, AuraxError):
        if isinstance(cause, ApplicationError) and cause.type in _TYPES:
            break
        cause = cause.__cause__
    return cause


def is_failure_of_work(error: BaseException) -> bool:
    """Whether an activity or child workflow failed by itself, rather than by a cancellation."""
    return isinstance(error, ActivityError | ChildWorkflowError) and not isinstance(root_cause(error), CancelledError)


def failure_type(failure: BaseException) -> str:
    """Name of the error type behind a failure, such as `StorageFull`."""
    cause = root_cause(failure)
    return (cause.type or "") if isinstance(cause, ApplicationError) else type(cause).__name__
