"""Errors of the server as errors of the program that asked it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError

from aurax import errors
from aurax.adapters.http.access import NotKnown
from aurax.adapters.http.problems import Problem, problem_of
from aurax.errors import AuraxError, InvalidOption, NotAllowed, NotFound, ServiceUnavailable

_BY_STATUS: Final[Mapping[int, type[AuraxError]]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    408: ServiceUnavailable,
    429: ServiceUnavailable,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: ServiceUnavailable,
}
"""What an answer means whose problem is no kind of AURA-X's own, such as one of a proxy in between."""


def error_of(status: int, body: bytes) -> AuraxError:
    """The error that an answer of 400 and above stands for.

    Args:
        status: of the answer.
        body: problem details (RFC 9457), or anything else.

    Returns:
        An error of the problem's kind, with its words and its `retryable`.
    """
    try:
        problem = Problem.model_validate_json(body)
    except ValidationError:
        return _of_status(status)(
            "an answer of AURA-X's web interface", _phrase(status), "check the address and the key"
        )
    kind = _KINDS.get(problem.type) or _of_status(status)
    error = kind(
        problem.expected or "a request that the server can answer",
        problem.found or f"{problem.title}: {problem.detail}",
        problem.fix or f"look in the server's log for request {problem.request_id}",
    )
    error.retryable = problem.retryable
    return error


def unreachable(address: str, error: BaseException | str) -> ServiceUnavailable:
    """The error of a server that does not answer.

    Args:
        address: of the server.
        error: what happened.
    """
    reason = error if isinstance(error, str) else str(error) or type(error).__name__
    return ServiceUnavailable(
        f"the web interface at {address} to answer", reason, "start 'aurax up' there, or check the address"
    )


def _of_status(status: int) -> type[AuraxError]:
    return _BY_STATUS.get(status, InvalidOption if status < 500 else AuraxError)


def _phrase(status: int) -> str:
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase}" if known else f"status {status}"


def _type_of(kind: type[AuraxError]) -> str:
    return problem_of(kind("", "", "")).type


_KINDS: Final[Mapping[str, type[AuraxError]]] = {
    _type_of(kind): kind
    for kind in (NotKnown, *vars(errors).values())
    if isinstance(kind, type) and issubclass(kind, AuraxError)
}
