"""The client side of a session: its requests, each with an id of its own, and its state."""

from __future__ import annotations

import asyncio
import random
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from aurax.adapters.temporal.converter import task_queue
from aurax.adapters.temporal.errors import from_failure
from aurax.adapters.temporal.names import session_workflow_id
from aurax.adapters.temporal.queues import priority_of
from aurax.adapters.temporal.refusal import untrusted
from aurax.adapters.temporal.search import attributes_of, where_known
from aurax.errors import AuraxError, InvalidOption, ServiceUnavailable
from aurax.services.prepare import PreparedSong
from aurax.services.session import (
    REQUEST_ID,
    Answer,
    Ask,
    CloseAsked,
    NameAsked,
    NoteAsked,
    RatingAsked,
    SessionState,
    SongAsked,
    UndoAsked,
    VersionAsked,
)
from aurax.settings import Settings

SESSION_WORKFLOW = "SessionWorkflow"
"""By name, so that clients need not load what the workflow and its activities work with."""

_ANSWER_WITHIN = timedelta(seconds=30)
_AGAIN_S = 0.2
_LONGEST_PAUSE_S = 2.0
_CROWDED_FOR_S = 6.0
"""A server takes few updates of one workflow at a time; for so long a request waits for its turn."""
_TRANSIENT = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
)

T = TypeVar("T")


def new_request_id() -> str:
    """An id for a request."""
    return uuid.uuid4().hex


class SessionClient:
    """Talks to one session. A request that gets no answer is sent again, with its id, for a while.

    Args:
        client: a connected client.
        settings: names the task queue.
        session_id: the session.
        patience_s: how long a request is sent again while Temporal does not answer.
    """

    def __init__(self, client: Client, settings: Settings, session_id: str, *, patience_s: float = 60.0) -> None:
        self.session_id = session_id
        self._client = client
        self._queue = task_queue(client, settings)
        self._handle = client.get_workflow_handle(session_workflow_id(session_id))
        self._patience_s = patience_s

    async def open(self, state: SessionState, *, again: bool = False) -> None:
        """Open the session; one that is open already stays as it is.

        Args:
            state: an empty session, or what was kept of one that ended.
            again: whether a session that has ended is opened again, from that state.

        Raises:
            InvalidOption: it was closed, and is not to be opened again.
            ServiceUnavailable: Temporal does not answer.
        """

        async def start() -> None:
            try:
                await self._client.start_workflow(
                    SESSION_WORKFLOW,
                    state,
                    id=session_workflow_id(self.session_id),
                    task_queue=self._queue,
                    id_reuse_policy=_reuse(again=again),
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    task_timeout=timedelta(seconds=10),
                    priority=priority_of(state.owner),
                    search_attributes=await self._attributes(state),
                )
            except WorkflowAlreadyStartedError:
                raise self._closed() from None

        await self._patiently(start)

    async def request_song(
        self, song: PreparedSong, *, request_id: str | None = None, opening: SessionState | None = None
    ) -> Answer:
        """Ask for a song.

        Args:
            song: what to make, checked.
            request_id: names the request; the same id again makes no second song.
            opening: open the session with this state in the same step, if it is not there yet.

        Raises:
            InvalidOption: the session is closed, or full.
            ServiceUnavailable: Temporal does not answer.
        """
        ask = SongAsked(request_id=_checked(request_id), request=song.request, intent=song.intent)
        return await self._update("request_song", ask, opening)

    async def steer(self, note: str, *, version: str | None = None, request_id: str | None = None) -> Answer:
        """Change a version by a note.

        Args:
            note: in plain words, such as "slower, and without drums".
            version: which one; the current one when None.
            request_id: names the request.

        Raises:
            InvalidOption: there is no such version, it cannot be changed, or too many notes wait.
            ServiceUnavailable: Temporal does not answer.
        """
        ask = NoteAsked(request_id=_checked(request_id), note=note, version=version)
        return await self._update("steer", ask)

    async def undo(self, *, request_id: str | None = None) -> Answer:
        """Make the version before the current one the current one.

        Raises:
            InvalidOption: there is none.
            ServiceUnavailable: Temporal does not answer.
        """
        return await self._update("undo", UndoAsked(request_id=_checked(request_id)))

    async def select(self, version: str, *, request_id: str | None = None) -> Answer:
        """Make a version the current one.

        Raises:
            InvalidOption: there is no such version, or it failed.
            ServiceUnavailable: Temporal does not answer.
        """
        return await self._update("select", VersionAsked(request_id=_checked(request_id), version=version))

    async def cancel(self, version: str, *, request_id: str | None = None) -> Answer:
        """Cancel a version that waits or is being made.

        Raises:
            InvalidOption: there is no such version, or it has ended.
            ServiceUnavailable: Temporal does not answer.
        """
        return await self._update("cancel", VersionAsked(request_id=_checked(request_id), version=version))

    async def rate(
        self, stars: int, words: str = "", *, version: str | None = None, request_id: str | None = None
    ) -> Answer:
        """Rate a version.

        Args:
            stars: 1 to 5.
            words: why.
            version: which one; the current one when None.
            request_id: names the request.

        Raises:
            InvalidOption: there is no such version, it is not delivered, or the stars are none from 1 to 5.
            ServiceUnavailable: Temporal does not answer.
        """
        ask = RatingAsked(request_id=_checked(request_id), stars=stars, words=words, version=version)
        return await self._update("rate", ask)

    async def name(self, version: str, name: str, *, request_id: str | None = None) -> Answer:
        """Give a version another name.

        Raises:
            InvalidOption: there is no such version, or the name is taken or none.
            ServiceUnavailable: Temporal does not answer.
        """
        ask = NameAsked(request_id=_checked(request_id), version=version, name=name)
        return await self._update("name", ask)

    async def close(self, *, cancel: bool = False, request_id: str | None = None) -> Answer:
        """Close the session.

        Args:
            cancel: whether songs in the making are cancelled instead of finished.
            request_id: names the request.

        Raises:
            InvalidOption: it is closed already.
            ServiceUnavailable: Temporal does not answer.
        """
        return await self._update("close", CloseAsked(request_id=_checked(request_id), cancel=cancel))

    async def touch(self) -> None:
        """Say that somebody is there, so that the session does not count as idle."""
        await self._patiently(lambda: self._handle.signal("touch"))

    async def state(self) -> SessionState:
        """The session as it stands, also after it was closed, while Temporal remembers it.

        Raises:
            InvalidOption: Temporal knows of no such session.
            UntrustedPayload: the answer does not come from a worker with our key.
            ServiceUnavailable: Temporal, or every worker, does not answer.
        """

        async def ask() -> SessionState:
            try:
                state = await self._handle.query("state", result_type=SessionState, rpc_timeout=_ANSWER_WITHIN)
            except (ValidationError, WorkflowQueryRejectedError) as error:
                raise untrusted("a state that is none") from error
            if not isinstance(state, SessionState):
                raise untrusted("an empty state")
            return state

        return await self._patiently(ask)

    async def is_open(self) -> bool:
        """Whether the session takes requests.

        Raises:
            ServiceUnavailable: Temporal does not answer.
        """

        async def look() -> bool:
            try:
                return (await self._handle.describe()).status == WorkflowExecutionStatus.RUNNING
            except RPCError as error:
                if error.status == RPCStatusCode.NOT_FOUND:
                    return False
                raise

        return await self._patiently(look)

    async def _attributes(self, state: SessionState) -> TypedSearchAttributes:
        attributes = attributes_of(owner=state.owner, session_id=state.session_id, status="open")
        return await where_known(self._client, attributes)

    async def _update(self, name: str, ask: Ask, opening: SessionState | None = None) -> Answer:
        async def send() -> Answer:
            try:
                answer = await self._send(name, ask, opening)
            except WorkflowUpdateFailedError as error:
                raise from_failure(error.cause) from error
            except WorkflowAlreadyStartedError:
                raise self._closed() from None
            except ValidationError as error:
                raise untrusted("an answer that is none") from error
            if not isinstance(answer, Answer):
                raise untrusted("an empty answer")
            return answer

        return await self._patiently(send)

    async def _send(self, name: str, ask: Ask, opening: SessionState | None) -> Answer | None:
        answer: Answer | None
        if opening is None:
            answer = await self._handle.execute_update(
                name, ask, id=ask.request_id, result_type=Answer, rpc_timeout=_ANSWER_WITHIN
            )
            return answer
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            SESSION_WORKFLOW,
            opening,
            id=session_workflow_id(self.session_id),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=timedelta(seconds=10),
            priority=priority_of(opening.owner),
            search_attributes=await self._attributes(opening),
        )
        answer = await self._client.execute_update_with_start_workflow(
            name,
            ask,
            start_workflow_operation=start,
            id=ask.request_id,
            result_type=Answer,
            rpc_timeout=_ANSWER_WITHIN,
        )
        return answer

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what may be repeated until Temporal answers."""
        began, pause_s = time.monotonic(), _AGAIN_S
        failure: Exception
        while True:
            try:
                return await work()
            except RPCError as error:
                if error.status == RPCStatusCode.NOT_FOUND or "already completed" in error.message:
                    raise self._closed() from error
                found, failure = f"{error.status.name}: {error.message}", error
                if error.status not in _TRANSIENT:
                    raise _unavailable(found) from error
                if _is_crowded(error) and time.monotonic() - began > _CROWDED_FOR_S:
                    raise InvalidOption(
                        "fewer requests of one session at a time", "too many", "wait for the answers to the others"
                    ) from error
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                found, failure = "no answer in time", error
            if time.monotonic() - began > self._patience_s:
                raise _unavailable(found) from failure
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # so that many clients do not come back at once
            pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)

    def _closed(self) -> AuraxError:
        return InvalidOption(
            "an open session",
            f"{self.session_id[:8]}, which is closed or was never opened",
            "'aurax session list' shows them; 'aurax session open ID' opens one again",
        )


def _is_crowded(error: RPCError) -> bool:
    return error.status == RPCStatusCode.RESOURCE_EXHAUSTED and "in-flight updates" in error.message


def _checked(request_id: str | None) -> str:
    if request_id is not None and not re.fullmatch(REQUEST_ID, request_id):
        raise InvalidOption(
            "a request id of 1 to 100 letters, digits, '.', ':', '_' or '-'",
            repr(request_id[:120]),
            "choose another id",
        )
    return request_id or new_request_id()


def _reuse(*, again: bool) -> WorkflowIDReusePolicy:
    return WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE


def _unavailable(found: str) -> ServiceUnavailable:
    return ServiceUnavailable("Temporal, and a worker, to answer", found, "check that both run: 'aurax doctor'")
