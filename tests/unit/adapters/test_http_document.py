"""The OpenAPI document says what every operation takes, gives and refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aurax import errors
from aurax.adapters.http.app import build_api
from aurax.adapters.http.installation import Installation
from aurax.adapters.http.problems import STATUS, problem_of
from aurax.adapters.http.views import Moment
from aurax.errors import AuraxError, InvalidOption
from aurax.settings import Settings


@asynccontextmanager
async def nowhere() -> AsyncIterator[Installation]:
    raise AssertionError("the document needs no installation")
    yield


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build_api(Settings.load(), nowhere).openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) > 45
    for name, operation in found.items():
        assert operation["summary"], name
        assert operation["description"], name
        if "/api/v1" in name:
            assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys(), name
            refusal = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
            assert refusal == {"$ref": "#/components/schemas/Problem"}, name
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


def test_everything_but_health_and_shared_songs_needs_a_key(document: dict[str, Any]) -> None:
    assert document["security"] == [{"key": []}]
    open_to_all = [name for name, one in operations(document).items() if one.get("security") == []]
    assert sorted(open_to_all) == [
        "GET /api/v1/shared/{link}",
        "GET /api/v1/shared/{link}/{path}",
        "GET /healthz",
        "GET /readyz",
    ]


def test_every_field_of_a_song_is_explained(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["SongRequest"]["properties"]
    assert set(fields) >= {"prompt", "duration_s", "seed", "style", "takes", "budget_usd"}
    assert all(field.get("description") for field in fields.values())
    json.dumps(document)


def test_errors_have_the_status_of_their_nearest_kind() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AuraxError)]
    statuses = {kind.__name__: problem_of(_made(kind)).status for kind in kinds}
    assert statuses["NotFound"] == 404
    assert statuses["InvalidPrompt"] == statuses["InvalidOption"] == 422
    assert statuses["AuraxError"] == statuses["DamagedObject"] == 500
    assert set(STATUS) <= set(kinds)


def _made(kind: type[AuraxError]) -> AuraxError:
    error = kind.__new__(kind)
    AuraxError.__init__(error, "this", "that", "do something")
    return error


def test_a_cursor_leads_to_where_it_came_from() -> None:
    moment = Moment.model_validate({"at": "2026-11-27T01:02:03.456789+00:00", "id": 32 * "a"})
    assert Moment.of(moment.cursor()) == moment
    for nonsense in ("", "x", "////", moment.cursor()[:-10], "ü"):
        with pytest.raises(InvalidOption):
            Moment.of(nonsense)
