"""What went wrong, as RFC 9457 problem details: what was expected, what was found, what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from aurax import errors
from aurax.adapters.http.access import NotKnown
from aurax.errors import AuraxError, LimitReached

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = 2
_LONGEST_FOUND = 200

_log = logging.getLogger(__name__)

STATUS: Mapping[type[AuraxError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.Cancelled: 409,
    errors.InvalidPrompt: 422,
    errors.InvalidOption: 422,
    errors.UnknownPlugin: 422,
    errors.LicenceForbids: 422,
    errors.BudgetExceeded: 402,
    errors.QuotaExceeded: 402,
    errors.LimitReached: 429,
    errors.MissingExtra: 501,
    errors.MissingWeights: 501,
    errors.NoGpu: 501,
    errors.StorageFull: 507,
    errors.ServiceUnavailable: 503,
    errors.ServiceFailed: 503,
    errors.Preempted: 503,
    errors.EngineTimeout: 503,
}
"""The status of each kind of error; of its nearest ancestor where it is not here itself, 500 where neither is."""


class Problem(BaseModel):
    """An error as every answer of 400 and above has it (`application/problem+json`)."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/invalid-option",
                    "title": "Invalid option",
                    "status": 422,
                    "detail": "expected takes from 1 to 9; found 12; choose a number in that range",
                    "expected": "takes from 1 to 9",
                    "found": "12",
                    "fix": "choose a number in that range",
                    "retryable": False,
                    "request_id": "2f0c5c0e7b1d4b2e8a0d7e1b8f5b2a11",
                }
            ]
        },
    )

    type: str
    """Names the kind of error: `/problems/` and the kind's name."""
    title: str
    """The kind of error in words."""
    status: int
    """The HTTP status."""
    detail: str
    """Everything in one sentence."""
    expected: str = ""
    """What would have been right."""
    found: str = ""
    """What was there instead."""
    fix: str = ""
    """What to do about it."""
    retryable: bool = False
    """Whether the same request may succeed later without any change."""
    request_id: str = ""
    """Names the request; the server's log has the same."""


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of the errors that an operation may answer with.

    Args:
        statuses: which, besides those that every operation may have.
    """
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase}
        for status in sorted({400, 401, 403, 422, 429, 503, *statuses})
    }


def add_problem_handlers(app: FastAPI) -> None:
    """Have every error answered as problem details."""
    app.add_exception_handler(AuraxError, _of_ours)
    app.add_exception_handler(NotKnown, _of_a_stranger)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_a_bug)


def problem_of(error: AuraxError, request_id: str = "", *, status: int | None = None) -> Problem:
    """Problem details of an error of ours.

    Args:
        error: the error.
        request_id: of the request that it is the answer to.
        status: another than the error's own.
    """
    kind = type(error).__name__
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind)
    return Problem(
        type=f"/problems/{words.lower().replace(' ', '-')}",
        title=words.capitalize(),
        status=status or _status(error),
        detail=str(error),
        expected=error.expected,
        found=error.found,
        fix=error.fix,
        retryable=error.retryable,
        request_id=request_id,
    )


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries a problem."""
    return JSONResponse(
        problem.model_dump(), status_code=problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def request_id_of(request: Request) -> str:
    """The id that the guard gave the request."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _status(error: AuraxError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


async def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AuraxError)
    problem = problem_of(error, request_id_of(request))
    headers = {}
    if problem.status == 503 or isinstance(error, LimitReached):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    if problem.status >= 500:
        _log.error("request %s failed: %s", problem.request_id, type(error).__name__, exc_info=error)
    return answer(problem, headers)


async def _of_a_stranger(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotKnown)
    problem = problem_of(error, request_id_of(request), status=401)
    return answer(problem, {"WWW-Authenticate": 'Bearer realm="aurax"'})


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    found = repr(first.get("input"))[:_LONGEST_FOUND]
    expected = f"a valid {place} ({first['msg']})"
    fix = "see /api/v1/openapi.json for what it takes"
    problem = Problem(
        type="/problems/invalid-request",
        title="Invalid request",
        status=422,
        detail=f"expected {expected}; found {found}; {fix}",
        expected=expected,
        found=found,
        fix=fix,
        request_id=request_id_of(request),
    )
    return answer(problem)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    problem = Problem(
        type=f"/problems/{title.lower().replace(' ', '-')}",
        title=title,
        status=error.status_code,
        detail=error.detail,
        request_id=request_id_of(request),
    )
    return answer(problem, error.headers)


async def _of_a_bug(request: Request, error: Exception) -> Response:
    request_id = request_id_of(request)
    _log.error("request %s failed", request_id, exc_info=error)
    problem = Problem(
        type="/problems/internal-error",
        title="Internal error",
        status=500,
        detail="something is wrong inside AURA-X; the server's log has it under this request's id",
        request_id=request_id,
    )
    return answer(problem)
