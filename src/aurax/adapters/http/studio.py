"""The studio's exported pages, and the way in for the one person of a machine."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from aurax.adapters.http.access import COOKIE

_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
_NO_STUDIO: Final = (
    "<!doctype html><title>AURA-X</title><h1>AURA-X</h1><p>The interface is at "
    '<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>. The studio is not installed here.</p>'
)


def add_studio(app: FastAPI, folder: Path | None, token: str) -> None:
    """Serve the studio where it is there, and let in who opens the page with the launch token.

    Args:
        app: gets the routes.
        folder: of the export; None for none.
        token: the launch token; empty where people have keys.
    """

    @app.get("/enter", include_in_schema=False)
    async def enter(request: Request, shown: Annotated[str, Query(alias="token")] = "") -> Response:
        """Keep the launch token in a cookie that scripts cannot read, and go to the studio."""
        response = RedirectResponse("/", status_code=303)
        if token and hmac.compare_digest(shown.encode(), token.encode()):
            response.set_cookie(
                COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
            )
        return response

    if folder is None or not (folder / "index.html").is_file():

        @app.get("/", include_in_schema=False)
        async def home() -> Response:
            """Say where the interface is."""
            return HTMLResponse(_NO_STUDIO)

        return
    app.mount("/", _Pages(directory=folder, html=True), name="studio")


class _Pages(StaticFiles):
    """Static files with a policy that lets them load only what is theirs."""

    def file_response(self, *arguments: object, **options: object) -> Response:
        """The response with the policy."""
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type]
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response
