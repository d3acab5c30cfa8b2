"""A person's session: takes requests for an hour and more, and has songs made."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.calls import INSPECTION, call
    from aurax.adapters.temporal.search import note_status
    from aurax.adapters.temporal.session_life import SessionActivities, SessionLife
    from aurax.adapters.temporal.song import SongWorkflow
    from aurax.errors import InvalidOption
    from aurax.intent.revision import Revision
    from aurax.services import session_steps as steps
    from aurax.services.revise import NoteRequest
    from aurax.services.session import (
        Answer,
        Ask,
        CloseAsked,
        NameAsked,
        NoteAsked,
        RatingAsked,
        SessionState,
        SongAsked,
        UndoAsked,
        Version,
        VersionAsked,
    )

_NOTES_AT_ONCE = 20
"""How many notes may wait to be read, or to be taken up by one song; more are refused, which costs no history."""
_MADE_LATER = frozenset({"waiting", "making"})


@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class SessionWorkflow(SessionLife):
    """Holds a session: its versions, its requests, its songs. Survives restarts, upgrades and its own history."""

    @workflow.init
    def __init__(self, state: SessionState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: SessionState) -> SessionState:
        """Live until closed or idle.

        Args:
            state: an empty session, one that is opened again, or the state of the run before.
        """
        if state.opened_at is None:
            self._state = self._state.model_copy(update={"opened_at": workflow.now()})
        keeping = asyncio.create_task(self._keep_up())
        try:
            await workflow.wait_condition(lambda: self._is_kept)
            self._start_waiting()
            await self._until_closed()
            await self._close()
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.ensure_future(self._cancelled()))
            note_status("cancelled")
            raise
        finally:
            keeping.cancel()
        note_status("closed")
        return self._state

    # What a client asks ------------------------------------------------------------------------------------------

    @workflow.query
    def state(self) -> SessionState:
        """The session as it stands."""
        return self._state

    @workflow.signal
    def touch(self) -> None:
        """Somebody is there; the session is not idle."""
        self._touched_at = workflow.now()

    @workflow.update
    async def request_song(self, ask: SongAsked) -> Answer:
        """Have a song made."""
        async with self._order:
            known = steps.answer_to(self._state, ask.request_id)
            if known is not None:
                return known
            version, task = self._draft(ask.request, intent=ask.intent)
            await self._admit(task)
            self._add(version, task)
            return self._answer(
                Answer(request_id=ask.request_id, done="asked", version=version.name, song_id=version.song_id)
            )

    @request_song.validator
    def _may_request(self, ask: SongAsked) -> None:
        if self._is_open_for(ask):
            steps.require_room(self._state)

    @workflow.update
    async def steer(self, ask: NoteAsked) -> Answer:
        """Change a version by a note: one in the making at its next safe point, a delivered one as a new version."""
        self._notes_waiting += 1
        try:
            async with self._order:
                known = steps.answer_to(self._state, ask.request_id)
                return known or self._answer(await self._steer(ask))
        finally:
            self._notes_waiting -= 1

    @steer.validator
    def _may_steer(self, ask: NoteAsked) -> None:
        if not self._is_open_for(ask):
            return
        steps.require_note(ask.note)
        steps.require_steerable(steps.require_version(self._state, ask.version))
        steps.require_room(self._state)
        version = steps.require_version(self._state, ask.version)
        taken_up = 0 if version.is_ended else len(version.revisions)
        if self._notes_waiting + taken_up >= _NOTES_AT_ONCE:
            raise InvalidOption(
                f"at most {_NOTES_AT_ONCE} notes at a time", "more", "wait until the song has taken the others up"
            )

    @workflow.update
    async def undo(self, ask: UndoAsked) -> Answer:
        """Take the last note back: the version before is the current one again."""
        async with self._order:
            known = steps.answer_to(self._state, ask.request_id)
            return known or self._answer(await self._undo(ask))

    @undo.validator
    def _may_undo(self, ask: UndoAsked) -> None:
        if self._is_open_for(ask) and not self._has_note_to_take_back():
            steps.undone(self._state)

    @workflow.update
    async def select(self, ask: VersionAsked) -> Answer:
        """Make another version the current one."""
        known = steps.answer_to(self._state, ask.request_id)
        if known is not None:
            return known
        self._state = self._state.model_copy(update={"current": ask.version})
        self._unkept.add("")
        return self._answer(Answer(request_id=ask.request_id, done="selected", version=ask.version))

    @select.validator
    def _may_select(self, ask: VersionAsked) -> None:
        if self._is_open_for(ask):
            steps.require_steerable(steps.require_version(self._state, ask.version))

    @workflow.update
    async def cancel(self, ask: VersionAsked) -> Answer:
        """Cancel a song that waits or is being made."""
        known = steps.answer_to(self._state, ask.request_id)
        if known is not None:
            return known
        version = steps.require_version(self._state, ask.version)
        self._cancel_song(version)
        return self._answer(
            Answer(request_id=ask.request_id, done="cancelled", version=version.name, song_id=version.song_id)
        )

    @cancel.validator
    def _may_cancel(self, ask: VersionAsked) -> None:
        if self._is_open_for(ask):
            version = steps.require_version(self._state, ask.version)
            if version.is_ended:
                raise InvalidOption(
                    "a version that waits or is being made", f"{version.name}, {version.status}", "let it be"
                )

    @workflow.update
    async def rate(self, ask: RatingAsked) -> Answer:
        """Note what a person thinks of a version."""
        known = steps.answer_to(self._state, ask.request_id)
        if known is not None:
            return known
        version = steps.require_version(self._state, ask.version)
        self._change(version.name, rating=ask.stars, rating_words=ask.words)
        return self._answer(Answer(request_id=ask.request_id, done="rated", version=version.name))

    @rate.validator
    def _may_rate(self, ask: RatingAsked) -> None:
        if not self._is_open_for(ask):
            return
        steps.require_stars(ask.stars)
        if ask.words:
            steps.require_note(ask.words)
        version = steps.require_version(self._state, ask.version)
        if version.status != "delivered":
            raise InvalidOption("a version that is delivered", f"{version.name}, {version.status}", "wait for it")

    @workflow.update
    async def name(self, ask: NameAsked) -> Answer:
        """Give a version another name."""
        known = steps.answer_to(self._state, ask.request_id)
        if known is not None:
            return known
        self._state = steps.named(self._state, ask.version, ask.name)
        self._unkept.update(one.name for one in self._state.versions if ask.name in (one.name, one.parent))
        return self._answer(Answer(request_id=ask.request_id, done="named", version=ask.name))

    @name.validator
    def _may_name(self, ask: NameAsked) -> None:
        if self._is_open_for(ask):
            steps.require_version(self._state, ask.version)
            steps.require_free_name(self._state, ask.name)

    @workflow.update
    async def close(self, ask: CloseAsked) -> Answer:
        """Close the session; songs in the making are finished, or cancelled, first."""
        known = steps.answer_to(self._state, ask.request_id)
        if known is not None:
            return known
        self._closing = ask
        return self._answer(Answer(request_id=ask.request_id, done="closed"))

    @close.validator
    def _may_close(self, ask: CloseAsked) -> None:
        self._is_open_for(ask)

    def _is_open_for(self, ask: Ask) -> bool:
        """Whether a request is new, and may change something; one that is known gets its answer again.

        Raises:
            InvalidOption: the session is closed.
        """
        if steps.answer_to(self._state, ask.request_id) is not None:
            return False
        if self._closing is not None:
            raise InvalidOption("an open session", "one that is being closed", "open it again, or open a new one")
        return True

    def _answer(self, answer: Answer) -> Answer:
        self._touched_at = workflow.now()
        whole = answer.model_copy(update={"current": self._state.current})
        self._state = steps.answered(self._state, whole)
        return whole

    async def _steer(self, ask: NoteAsked) -> Answer:
        version = steps.require_version(self._state, ask.version)
        heard_of = version if version.intent is not None else self._state.version(version.parent or "")
        revision = await call(
            SessionActivities.read_note,
            NoteRequest(
                note=ask.note,
                intent=heard_of.intent if heard_of is not None else None,
                score=heard_of.score if heard_of is not None else None,
            ),
            INSPECTION,
        )
        version = steps.require_version(self._state, self._name_of(version.song_id))  # it may have ended meanwhile
        if revision.is_undo:
            undone = await self._undo(UndoAsked(request_id=ask.request_id))
            return undone.model_copy(update={"revision": revision})
        if not revision.asked:
            return Answer(request_id=ask.request_id, done="nothing", version=version.name, revision=revision)
        steps.require_steerable(version)
        if version.status in _MADE_LATER:
            await self._pass_on(version, revision)
            return Answer(
                request_id=ask.request_id,
                done="steered",
                version=version.name,
                song_id=version.song_id,
                revision=revision,
            )
        new, task = self._draft(version.request, parent=version, revisions=(revision,))
        await self._admit(task)
        self._add(new, task)
        return Answer(
            request_id=ask.request_id, done="version", version=new.name, song_id=new.song_id, revision=revision
        )

    async def _pass_on(self, version: Version, revision: Revision) -> None:
        """Let a song that waits or is being made take up a note."""
        self._change(version.name, revisions=(*version.revisions, revision))
        waiting = tuple(
            task.model_copy(update={"revisions": (*task.revisions, revision)})
            if task.song_id == version.song_id
            else task
            for task in self._state.waiting
        )
        if waiting != self._state.waiting:
            self._state = self._state.model_copy(update={"waiting": waiting})
            return
        await workflow.wait_condition(lambda: version.song_id in self._handles or version.song_id not in self._running)
        handle = self._handles.get(version.song_id)
        if handle is None:
            return
        try:
            await handle.signal(SongWorkflow.take_note, revision)
        except FailureError:
            # It ended in this moment; what it did not take up becomes a version of its own.
            workflow.logger.info("a note came after the song had ended")

    def _has_note_to_take_back(self) -> bool:
        """Whether the current version is still in the making, and took up notes since it was asked for."""
        now = self._state.now
        return now is not None and not now.is_ended and len(now.revisions) > (0 if now.parent is None else 1)

    async def _undo(self, ask: UndoAsked) -> Answer:
        current = steps.require_current(self._state)
        if self._has_note_to_take_back():
            self._cancel_song(current)
            if self._state.owner is not None:  # the limit of songs at once counts it until it has ended
                await workflow.wait_condition(lambda: current.song_id not in self._running)
            parent = self._state.version(current.parent) if current.parent is not None else None
            again, task = self._draft(current.request, parent=parent, revisions=current.revisions[:-1])
            await self._admit(task)
            self._add(again, task)
            return Answer(request_id=ask.request_id, done="undone", version=again.name, song_id=again.song_id)
        self._state = steps.undone(self._state)
        self._unkept.add("")
        if not current.is_ended:
            self._cancel_song(current)
        now = steps.require_current(self._state)
        return Answer(request_id=ask.request_id, done="undone", version=now.name, song_id=now.song_id)
