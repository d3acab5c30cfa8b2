"""The life of a session: its state, the songs that it has made, its idleness, its continuing as new, its end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.calls import CLEANUP, QUICK, call
    from aurax.adapters.temporal.errors import from_failure
    from aurax.adapters.temporal.names import song_workflow_id
    from aurax.adapters.temporal.search import attributes_of, attributes_of_child
    from aurax.adapters.temporal.song import SongActivities, SongWorkflow
    from aurax.errors import AuraxError, Cancelled
    from aurax.intent.intent import Intent
    from aurax.intent.revision import Revision
    from aurax.services import session_steps as steps
    from aurax.services.context import WorkerContext
    from aurax.services.discard import EndRequest
    from aurax.services.keep_session import keep_session
    from aurax.services.people.admit_song import admit_song
    from aurax.services.request import SongRequest
    from aurax.services.revise import NoteRequest, read_note
    from aurax.services.session import (
        CloseAsked,
        KeepRequest,
        SessionState,
        Version,
    )
    from aurax.services.song import Song
    from aurax.services.task import SongTask

_KEEP = {
    "start_to_close_timeout": timedelta(minutes=1),
    # A session outlives a database that is away.
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
}
_KEEP_AGAIN_S = 60.0


class SessionActivities:
    """What a session needs besides its songs.

    Args:
        context: what the use cases work with.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    @activity.defn
    async def read_note(self, request: NoteRequest) -> Revision:
        """Understand a note."""
        return await read_note(self._context, request)

    @activity.defn
    async def admit_song(self, task: SongTask) -> None:
        """Accept a song in its owner's name, or refuse it."""
        await admit_song(self._context.admissions, task)

    @activity.defn
    async def keep_session(self, request: KeepRequest) -> None:
        """Write what changed in a session into the database."""
        await keep_session(self._context, request)


class SessionLife:
    """What a session is, apart from what it is asked.

    Args:
        state: as it stands.
    """

    def __init__(self, state: SessionState) -> None:
        self._state = state
        self._order = asyncio.Lock()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._handles: dict[str, ChildWorkflowHandle[Any, Song]] = {}
        self._notes_waiting = 0
        self._is_kept = state.run > 0
        self._keeping = False
        # What a session that is opened again knows of its versions may be newer than what was written down of them.
        self._unkept = {version.name for version in state.versions} if state.run == 0 else set()
        self._continuing = False
        self._closing: CloseAsked | None = None
        self._touched_at = workflow.now()

    def _change(self, version_name: str, **known: Any) -> None:
        self._state = steps.changed(self._state, version_name, **known)
        self._unkept.add(version_name)

    def _draft(
        self,
        request: SongRequest,
        *,
        parent: Version | None = None,
        revisions: tuple[Revision, ...] = (),
        intent: Intent | None = None,
    ) -> tuple[Version, SongTask]:
        """A new version, and its song; nothing of it counts yet but its name."""
        self._state, name = steps.with_next_name(self._state)
        version = Version(
            name=name,
            song_id=workflow.uuid4().hex,
            parent=parent.name if parent is not None else None,
            note="; ".join(revision.note for revision in revisions),
            request=request,
            revisions=revisions,
            asked_at=workflow.now(),
        )
        return version, steps.task_of(self._state, version, parent, intent)

    async def _admit(self, task: SongTask) -> None:
        """Have a person's song accepted before anybody counts on it.

        Raises:
            ActivityError: one of the person's limits is reached, or the person may not ask.
        """
        if task.lineage.owner is not None:
            await workflow.wait_condition(lambda: self._is_kept)
            await call(SessionActivities.admit_song, task, QUICK)

    def _add(self, version: Version, task: SongTask) -> Version:
        """Put a new version among those that wait."""
        self._state = steps.with_version(self._state, version)
        self._state = self._state.model_copy(update={"waiting": (*self._state.waiting, task)})
        self._unkept.add(version.name)
        self._start_waiting()
        return version

    def _cancel_song(self, version: Version) -> None:
        waiting = tuple(task for task in self._state.waiting if task.song_id != version.song_id)
        if waiting != self._state.waiting:
            self._state = self._state.model_copy(update={"waiting": waiting})
            self._running[version.song_id] = asyncio.create_task(self._withdraw(version))
            return
        running = self._running.get(version.song_id)
        if running is not None:
            running.cancel()

    # Songs -------------------------------------------------------------------------------------------------------

    def _start_waiting(self) -> None:
        """Start as many of the waiting songs as may be made at once."""
        while (
            self._state.waiting
            and self._is_kept
            and not self._continuing
            and len(self._running) < self._state.songs_at_once
        ):
            task, *rest = self._state.waiting
            self._state = self._state.model_copy(update={"waiting": tuple(rest)})
            self._running[task.song_id] = asyncio.create_task(self._make(task))

    async def _withdraw(self, version: Version) -> None:
        """Take note that a song will not be made that was accepted and not started."""
        try:
            if self._state.owner is not None:
                ending = EndRequest(song_id=version.song_id, status="cancelled")
                await call(SongActivities.end_song, ending, CLEANUP, even_cancelled=True)
        finally:
            self._end(version.song_id, "cancelled", "")
            self._running.pop(version.song_id, None)

    async def _make(self, task: SongTask) -> None:
        """Have one song made, and take note of how it ends."""
        try:
            handle = await workflow.start_child_workflow(
                SongWorkflow.run,
                task,
                id=song_workflow_id(task.song_id),
                search_attributes=attributes_of_child(
                    attributes_of(owner=self._state.owner, session_id=self._state.session_id, song_id=task.song_id)
                ),
                # A session that is terminated takes its songs along, and each of them clears up after itself.
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                task_timeout=timedelta(seconds=10),
            )
            self._handles[task.song_id] = handle
            self._change(self._name_of(task.song_id), status="making")
            song = await handle
        except (FailureError, AuraxError, asyncio.CancelledError) as error:
            if not workflow.in_workflow():
                raise  # the worker forgets this workflow; it comes back from its history
            if is_cancelled_exception(error):
                self._end(task.song_id, "cancelled", "")
            else:
                cause = from_failure(error)
                self._end(task.song_id, "cancelled" if isinstance(cause, Cancelled) else "failed", str(cause))
        else:
            self._deliver(task.song_id, song)
        finally:
            self._handles.pop(task.song_id, None)
            self._running.pop(task.song_id, None)
            if workflow.in_workflow():
                self._touched_at = workflow.now()
                self._start_waiting()

    def _deliver(self, song_id: str, song: Song) -> None:
        version = steps.require_version(self._state, self._name_of(song_id))
        left = version.revisions[len(song.revisions) :]
        self._state = steps.delivered(self._state, version.name, song, workflow.now())
        self._unkept.add(version.name)
        if left and self._closing is None:
            now = steps.require_version(self._state, version.name)
            stays, current = self._state.current != version.name, self._state.current
            self._add(*self._draft(now.request, parent=now, revisions=left))
            if stays:
                self._state = self._state.model_copy(update={"current": current})

    def _end(self, song_id: str, status: str, error: str) -> None:
        name = self._name_of(song_id)
        self._state = steps.not_delivered(self._state, name, status, error, workflow.now())
        self._unkept.add(name)

    def _name_of(self, song_id: str) -> str:
        """A version's name now; it may have been given another one."""
        return next(one.name for one in self._state.versions if one.song_id == song_id)

    # Its own life ------------------------------------------------------------------------------------------------

    async def _until_closed(self) -> None:
        """Wait until the session is closed or idle; continue as new when the history grows large."""
        while self._closing is None:
            try:
                await workflow.wait_condition(
                    lambda: self._closing is not None or workflow.info().is_continue_as_new_suggested(),
                    timeout=self._idle_in(),
                )
            except TimeoutError:
                if self._idle_in() <= timedelta(0):
                    self._state = self._state.model_copy(update={"close_reason": "idle"})
                    return
                continue
            if self._closing is None:
                await self._continue_as_new()

    async def _continue_as_new(self) -> None:
        """Hand everything to a fresh history once no song is being made; what is asked meanwhile waits."""
        self._continuing = True
        await workflow.wait_condition(
            lambda: not self._running and workflow.all_handlers_finished() and not self._unkept and not self._keeping
        )
        if self._closing is None:
            workflow.continue_as_new(self._state.model_copy(update={"run": self._state.run + 1}))
        self._continuing = False
        self._start_waiting()

    def _idle_in(self) -> timedelta:
        """How long until the session is idle."""
        if self._running or self._state.waiting:
            return timedelta(seconds=self._state.idle_s)
        return self._touched_at + timedelta(seconds=self._state.idle_s) - workflow.now()

    async def _close(self) -> None:
        if self._closing is not None:
            self._state = self._state.model_copy(update={"close_reason": "asked"})
            if self._closing.cancel:
                self._cancel_all()
        else:
            self._closing = CloseAsked(request_id="idle")
        await workflow.wait_condition(
            lambda: not self._running and not self._state.waiting and workflow.all_handlers_finished()
        )
        await self._write_end()

    async def _cancelled(self) -> None:
        """Another program cancelled the workflow: the songs are cancelled, and what there is, is written down."""
        self._closing = self._closing or CloseAsked(request_id="cancelled", cancel=True)
        self._cancel_all()
        await workflow.wait_condition(lambda: not self._running)
        await self._write_end()

    def _cancel_all(self) -> None:
        for version in self._state.versions:
            if not version.is_ended:
                self._cancel_song(version)

    async def _write_end(self) -> None:
        self._state = self._state.model_copy(update={"closed_at": workflow.now()})
        self._unkept.add("")
        await workflow.wait_condition(lambda: not self._unkept and not self._keeping)

    async def _keep_up(self) -> None:
        """Write changes into the database as they come, several at a time."""
        while True:
            await workflow.wait_condition(lambda: bool(self._unkept) or not self._is_kept)
            names, self._unkept, self._keeping = self._unkept, set(), True
            try:
                await call(SessionActivities.keep_session, self._keep_request(names), _KEEP, even_cancelled=True)
                if not self._is_kept:
                    self._is_kept = True
            except (FailureError, AuraxError):
                self._unkept |= names
                await workflow.sleep(_KEEP_AGAIN_S)
            finally:
                self._keeping = False

    def _keep_request(self, names: set[str]) -> KeepRequest:
        state = self._state
        return KeepRequest(
            session_id=state.session_id,
            owner=state.owner,
            title=state.title,
            opened_at=state.opened_at or workflow.now(),
            closed_at=state.closed_at,
            current=state.current,
            idle_s=state.idle_s,
            order=tuple(version.song_id for version in state.versions),
            versions=tuple(version for version in state.versions if version.name in names),
        )
