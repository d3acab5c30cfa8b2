"""The web application, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from aurax.adapters.http.access import Gate, KeyGate, LaunchGate
from aurax.adapters.http.guard import LOOPBACK_NAMES, Guard, GuardRules
from aurax.adapters.http.installation import Installation
from aurax.adapters.http.problems import MEDIA_TYPE, add_problem_handlers
from aurax.adapters.http.routes import estimates, events, files, health, installed, intent, people, projects, shares
from aurax.adapters.http.routes import sessions as session_routes
from aurax.adapters.http.routes import songs as song_routes
from aurax.adapters.http.studio import add_studio
from aurax.adapters.sql.people import ApiKeys
from aurax.services.request import SongRequest
from aurax.services.understand import understand
from aurax.settings import Settings
from aurax.version import __version__

PREFIX = "/api/v1"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ROUTERS = (intent, song_routes, files, events, session_routes, projects, installed, estimates, people, shares)
_DESCRIPTION = """
AURA-X makes a song from a sentence. Ask for one with `POST /api/v1/songs`, follow its events, steer it with notes in
its session, download its files. Every request but `/healthz` and `/readyz` shows a key as `Authorization: Bearer …`:
the launch token of one person's machine, or an API key. Errors are `application/problem+json`.
"""

Open = Callable[[], AbstractAsyncContextManager[Installation]]


def build_app(settings: Settings, open_installation: Open, *, token: str = "", studio: Path | None = None) -> ASGIApp:
    """The application, behind its guard.

    Args:
        settings: what the environment decided.
        open_installation: opens what handlers work with when the server starts.
        token: the launch token, where access is local.
        studio: folder of the exported studio; None for none.
    """
    app = build_api(settings, open_installation, token=token)
    add_studio(app, studio, token if settings.web_access == "local" else "")
    outside: ASGIApp = app
    if settings.web_origins:
        outside = CORSMiddleware(
            outside,
            allow_origins=list(settings.web_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-ID"],
            expose_headers=["ETag", "Location", "X-Request-ID", "Retry-After"],
        )
    return Guard(outside, rules_of(settings))


def build_api(settings: Settings, open_installation: Open, *, token: str = "") -> FastAPI:
    """The interface alone, for its OpenAPI document.

    Args:
        settings: what the environment decided.
        open_installation: opens what handlers work with when the server starts.
        token: the launch token, where access is local.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_installation() as installation:
            app.state.installation = installation
            app.state.gate = _gate(settings, installation, token)
            warming = asyncio.create_task(asyncio.to_thread(_warm))
            yield
            warming.cancel()

    app = FastAPI(
        title="AURA-X",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    add_problem_handlers(app)
    for room in _ROUTERS:
        app.include_router(room.router, prefix=PREFIX)
    app.include_router(health.router)
    _document_the_rest(app)
    return app


def rules_of(settings: Settings) -> GuardRules:
    """What the guard lets through."""
    return GuardRules(
        hosts=settings.web_hosts or (LOOPBACK_NAMES if settings.web_access == "local" else ()),
        origins=settings.web_origins,
        requests_per_s=settings.web_requests_per_s,
        burst=settings.web_burst,
    )


def _warm() -> None:
    """Load what the first prompt would wait for."""
    understand(SongRequest.of(prompt="warm lo-fi beat"))


def _gate(settings: Settings, installation: Installation, token: str) -> Gate:
    if settings.web_access == "local":
        return LaunchGate(token)
    return KeyGate(ApiKeys(installation.database))


def _document_the_rest(app: FastAPI) -> None:
    """Say in the OpenAPI document what needs a key, and of which media type errors are."""
    plain = app.openapi

    def documented() -> dict[str, Any]:
        schema = plain()
        schema.setdefault("components", {})["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "The launch token, or an API key."}
        }
        schema["security"] = [{"key": []}]
        for path, operations in schema["paths"].items():
            if path in ("/healthz", "/readyz") or path.startswith(f"{PREFIX}/shared/"):
                for operation in operations.values():
                    operation["security"] = []
            for operation in operations.values():
                _document_problems(operation["responses"])
        return schema

    app.openapi = documented  # type: ignore[method-assign]


def _document_problems(responses: dict[str, Any]) -> None:
    """Give errors their media type, which the framework takes for that of other answers."""
    for status, response in responses.items():
        content = response.get("content", {})
        found = content.get("application/json")
        if int(status) >= HTTPStatus.BAD_REQUEST and found is not None and found["schema"] == _PROBLEM:
            response["content"] = {MEDIA_TYPE: found}
