"""One session over one WebSocket: what happens goes out, requests come in, each with an answer of its own."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from aurax.adapters.http.desk import Desk
from aurax.adapters.http.problems import problem_of
from aurax.adapters.http.streams import events_of
from aurax.adapters.temporal.session_client import SessionClient
from aurax.errors import AuraxError, InvalidOption
from aurax.services.session import LONGEST_NOTE, Answer, SessionState

_LOOK_EVERY_S: Final = 0.3
_LOOK_IDLY_EVERY_S: Final = 5.0
_MOST_WAITING: Final = 500
"""Messages that the other side has not taken; with more the connection is closed, so that memory stays bounded."""
_MOST_REQUESTS: Final = 20
"""Requests of one connection that are being answered at the same time; others wait."""
_BUSY: Final = 1013


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,100}$")


class SaidSteer(_Said):
    """A note."""

    type: Literal["steer"]
    note: str = Field(min_length=1, max_length=LONGEST_NOTE)
    version: str | None = None


class SaidUndo(_Said):
    """Go back one version."""

    type: Literal["undo"]


class SaidSelect(_Said):
    """Go to a version."""

    type: Literal["select"]
    version: str


class SaidCancel(_Said):
    """Stop making a version."""

    type: Literal["cancel"]
    version: str


class SaidRate(_Said):
    """Rate a version."""

    type: Literal["rate"]
    stars: int = Field(ge=1, le=5)
    words: str = Field(default="", max_length=2000)
    version: str | None = None


Said = Annotated[SaidSteer | SaidUndo | SaidSelect | SaidCancel | SaidRate, Field(discriminator="type")]
"""What a client may say."""

_SAID: Final[TypeAdapter[Said]] = TypeAdapter(Said)


class SessionSocket:
    """Serves one connection until either side ends it.

    Args:
        socket: not accepted yet.
        desk: of the person.
        state: the session as it is.
    """

    def __init__(self, socket: WebSocket, desk: Desk, state: SessionState) -> None:
        self._socket = socket
        self._desk = desk
        self._state = state
        self._out: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._old = {version.song_id for version in state.versions if version.is_ended}
        self._too_slow = asyncio.Event()
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_REQUESTS)

    async def serve(self) -> None:
        """Accept, and pass messages on until somebody leaves."""
        offered = self._socket.headers.get("sec-websocket-protocol", "")
        protocol = "aurax" if "aurax" in [one.strip() for one in offered.split(",")] else None
        await self._socket.accept(subprotocol=protocol)
        self._say(type="state", state=self._state.model_dump(mode="json"))
        self._follow()
        with self._desk.watching(self._state.session_id) as nudged:
            await self._work(nudged)

    async def _work(self, nudged: asyncio.Event) -> None:
        looking = partial(self._look, nudged)
        work = [asyncio.create_task(one()) for one in (self._listen, self._speak, looking, self._too_slow.wait)]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks = [*work, *self._followed.values(), *self._answering]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(_BUSY if self._too_slow.is_set() else 1000)

    async def _listen(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except (WebSocketDisconnect, KeyError):
                return
            await self._slots.acquire()
            task = asyncio.create_task(self._take(text))
            self._answering.add(task)
            task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._slots.release()

    async def _take(self, text: str) -> None:
        try:
            said = _SAID.validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            refusal = InvalidOption(
                "a message of a known type with its fields",
                f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:200],
                "see docs/api.md",
            )
            self._say(type="problem", request_id=None, problem=problem_of(refusal).model_dump())
            return
        try:
            answer = await self._desk.ask(self._state.session_id, lambda session: _do(session, said))
            self._say(type="answer", request_id=said.request_id, answer=answer.model_dump(mode="json"))
        except AuraxError as error:
            self._say(type="problem", request_id=said.request_id, problem=problem_of(error).model_dump())

    async def _speak(self) -> None:
        try:
            while True:
                await self._socket.send_text(await self._out.get())
        except (RuntimeError, WebSocketDisconnect):
            return

    async def _look(self, nudged: asyncio.Event) -> None:
        """Say what changed in the session."""
        while True:
            busy = any(not version.is_ended for version in self._state.versions)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(nudged.wait(), _LOOK_EVERY_S if busy else _LOOK_IDLY_EVERY_S)
            nudged.clear()
            with contextlib.suppress(AuraxError):  # the servers may be starting again
                state = await self._desk.state(self._state.session_id)
                if state != self._state:
                    self._state = state
                    self._say(type="state", state=state.model_dump(mode="json"))
                    self._follow()

    def _follow(self) -> None:
        for version in self._state.versions:
            if version.song_id not in self._old and version.song_id not in self._followed:
                self._followed[version.song_id] = asyncio.create_task(self._pass_on(version.song_id))

    async def _pass_on(self, song_id: str) -> None:
        with contextlib.suppress(AuraxError):
            async for event in events_of(self._desk.library.songs, song_id):
                self._say(type="event", event=event.model_dump(mode="json"))

    def _say(self, **message: Any) -> None:
        try:
            self._out.put_nowait(_TEXT.dump_json(message).decode())
        except asyncio.QueueFull:
            self._too_slow.set()


_TEXT: Final[TypeAdapter[dict[str, Any]]] = TypeAdapter(dict[str, Any])


async def _do(session: SessionClient, said: Said) -> Answer:
    match said:
        case SaidSteer():
            return await session.steer(said.note, version=said.version, request_id=said.request_id)
        case SaidUndo():
            return await session.undo(request_id=said.request_id)
        case SaidSelect():
            return await session.select(said.version, request_id=said.request_id)
        case SaidCancel():
            return await session.cancel(said.version, request_id=said.request_id)
        case SaidRate():
            return await session.rate(said.stars, said.words, version=said.version, request_id=said.request_id)
