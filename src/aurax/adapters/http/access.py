"""Who asks: the one person of this machine, by the launch token, or one of many, by their API key."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request, WebSocket
from starlette.requests import HTTPConnection

from aurax.adapters.sql.people import ApiKeys
from aurax.errors import NotAllowed
from aurax.services.people.accounts import authenticate, require
from aurax.services.people.principal import SCOPES, Owner, Principal, Scope

COOKIE: Final = "aurax_token"
_TOKEN_BYTES: Final = 32
_KEY_PROTOCOL: Final = "aurax.key."
"""Browsers cannot set headers on a WebSocket, so a key may travel as a subprotocol of this beginning."""


class NotKnown(NotAllowed):
    """Nobody knows who asks: there is no key, or none that is valid."""


@dataclass(frozen=True)
class Caller:
    """Who asks, and what they may do.

    Args:
        owner: whose songs they reach.
        principal: the person and their key.
    """

    owner: Owner
    principal: Principal

    @property
    def name(self) -> str:
        """For counting their requests."""
        return self.principal.key_id


class Gate(Protocol):
    """Tells who asks."""

    async def caller(self, shown: str) -> Caller:
        """Who shows this.

        Args:
            shown: a token or a key; empty when none came.

        Raises:
            NotKnown: it is not valid.
        """


class LaunchGate:
    """Lets the one person of this machine in, who can read the launch token in the data folder.

    Args:
        token: the token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    async def caller(self, shown: str) -> Caller:
        """The person of this machine."""
        if not hmac.compare_digest(shown.encode(), self._token.encode()):
            raise _unknown("the launch token", "'aurax web token' prints it")
        return Caller(None, Principal(user_id="local", key_id="local", scopes=frozenset(SCOPES)))


class KeyGate:
    """Lets people in by their API keys.

    Args:
        keys: where keys are kept.
    """

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    async def caller(self, shown: str) -> Caller:
        """The person whose key this is."""
        try:
            principal = await authenticate(self._keys, shown, "songs:read")
        except NotAllowed:
            raise _unknown("an API key", "'aurax keys add' makes one") from None
        return Caller(principal.user_id, principal)


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who sends this request.

    Raises:
        NotKnown: nobody that is known.
    """
    gate: Gate = connection.app.state.gate
    caller = await gate.caller(shown_in(connection))
    connection.scope.setdefault("state", {})["caller"] = caller.name
    return caller


def shown_in(connection: HTTPConnection) -> str:
    """The token or key that came with a request; empty when none did."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    for protocol in connection.headers.get("sec-websocket-protocol", "").split(","):
        if protocol.strip().startswith(_KEY_PROTOCOL):
            return protocol.strip().removeprefix(_KEY_PROTOCOL)
    return connection.cookies.get(COOKIE, "")


def launch_token(folder: Path) -> str:
    """The launch token of a data folder, made when it is wanted first; only this user can read the file.

    Args:
        folder: the data folder's `run`.
    """
    file = folder / "web-token"
    try:
        token = file.read_text().strip()
    except OSError:
        token = ""
    if len(token) < _TOKEN_BYTES:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(token)
    return token


def _allowing(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    async def allowed(request: Request) -> Caller:
        caller = await caller_of(request)
        require(caller.principal, scope)
        return caller

    return allowed


async def socket_caller(socket: WebSocket) -> Caller:
    """Who opens a WebSocket, which may change songs.

    Raises:
        NotAllowed: nobody who may.
    """
    caller = await caller_of(socket)
    require(caller.principal, "songs:write")
    return caller


Reader = Annotated[Caller, Depends(_allowing("songs:read"))]
"""Somebody who may read their own songs."""
Writer = Annotated[Caller, Depends(_allowing("songs:write"))]
"""Somebody who may ask for songs and change them."""
Operator = Annotated[Caller, Depends(_allowing("admin"))]
"""Somebody who may do everything."""


def _unknown(what: str, fix: str) -> NotKnown:
    return NotKnown(f"{what} as 'Authorization: Bearer …'", "none, or one that is not valid", fix)
