"""Engines on Modal, called from here: cancelled, timed, retried, and several at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from aurax.adapters.modal.calling import Ended, RunningCall
from aurax.adapters.modal.failures import typed_failure
from aurax.adapters.modal.functions import HOST, function_for
from aurax.adapters.modal.merge_streams import StreamMerger
from aurax.adapters.modal.messages import CallMessage, ChunkReply, ErrorReply, Reply, StartedReply, UsageReply
from aurax.adapters.modal.remote import ModalRemote, Remote, missing
from aurax.adapters.modal.sound import is_shared
from aurax.adapters.modal.wire import checksum, pack_call, unpack_reply
from aurax.adapters.objects.store import ObjectStore
from aurax.engines.checking import check_request
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled, require_finite
from aurax.engines.limit import Clock
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.retrying import patient, persist
from aurax.engines.runtime import EngineCall, EngineRuntime, Usage
from aurax.errors import AuraxError, EngineTimeout, OutOfMemory, Preempted, ServiceUnavailable


@dataclass(frozen=True)
class CallSettings:
    """How calls are made.

    Args:
        candidates_per_call: how many candidates one call decodes together; the rest goes in calls at the same time.
            A batch costs least; one candidate a call is fastest.
        start_s: how long a container may take to start.
        grace_s: how long after a call's own timeout its last message may come.
        heartbeat_s: an empty chunk is given when nothing else came for so long.
        poll_s: how often it is asked whether the call is still wanted.
    """

    candidates_per_call: int = 8
    start_s: float = 900.0
    grace_s: float = 30.0
    heartbeat_s: float = 5.0
    poll_s: float = 0.1


class ModalRuntime:
    """An `EngineRuntime` on Modal; it may be used from several threads.

    Engines of the base install need no GPU and run here. A call that fails after it used a GPU gives its `Usage`
    before its error, where it got to know it.

    Args:
        objects: where songs are kept; audio too large for a message goes through it if Modal can reach it too.
        local: runs what needs no GPU.
        remote: where the functions are.
        call_settings: how calls are made.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        objects: ObjectStore | None,
        local: EngineRuntime,
        *,
        remote: Remote | None = None,
        call_settings: CallSettings | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._local = local
        self._shared = objects if objects is not None and is_shared(objects.location) else None
        self._remote = remote or ModalRemote()
        self._call_settings = call_settings or CallSettings()
        self._clock = clock

    @property
    def name(self) -> str:
        """`modal`."""
        return HOST

    def info(self, engine: str) -> EngineInfo:
        """What an engine is.

        Raises:
            UnknownPlugin: no such engine.
        """
        return self._local.info(engine)

    def available(self, engine: str) -> str | None:
        """None where the engine can run now; else, in one sentence, what is missing. Asks Modal, but starts nothing."""
        info = self.info(engine)
        if info.extra is None:
            return self._local.available(engine)
        problem = missing(self._remote, function_for(info).name)
        if problem is not None or not info.needs_weights:
            return problem
        try:
            stored = self._remote.weights()
        except AuraxError as error:
            return f"expected {error.expected}; found {error.found}; {error.fix}"
        return (
            None if info.name in stored else f"{info.name} has no weights on Modal: run 'aurax modal fetch {info.name}'"
        )

    def stream(self, call: EngineCall, cancel: Cancel) -> Iterator[Chunk | Usage]:
        """Run an engine; see `EngineRuntime.stream`.

        Candidates beyond what one call takes are made by calls at the same time. Interrupted calls are repeated as
        `aurax.engines.retrying` says; what was already given is not given again.
        """
        info = self.info(call.engine)
        if info.extra is None:
            yield from self._local.stream(call, cancel)
            return
        check_request(info, call.request)
        parts = _parts(call.request, self._call_settings.candidates_per_call)
        if len(parts) == 1:
            yield from self._persistent(info, call, cancel)
            return
        yield from StreamMerger(cancel).run(
            [(group, self._maker(info, replace(call, request=one))) for group, one in parts]
        )

    def close(self) -> None:
        """Free what is loaded here; containers on Modal end by themselves."""
        self._local.close()

    def _maker(self, info: EngineInfo, call: EngineCall) -> Callable[[Cancel], Iterator[Chunk | Usage]]:
        return lambda cancel: self._persistent(info, call, cancel)

    def _persistent(self, info: EngineInfo, call: EngineCall, cancel: Cancel) -> Iterator[Chunk | Usage]:
        def pause(seconds: float) -> None:
            until = self._clock() + seconds
            while self._clock() < until and not cancel.is_set():
                time.sleep(min(self._call_settings.poll_s, seconds))

        reported: list[AuraxError] = []
        return persist(
            info.name,
            call.request,
            lambda request: self._attempt(info, replace(call, engine=info.name, request=request), cancel, reported),
            patient,
            pause,
            cancel,
            # The function itself goes down to single candidates; only where it died of it is there more to try.
            divisible=lambda error: isinstance(error, OutOfMemory) and error not in reported,
        )

    def _attempt(
        self, info: EngineInfo, call: EngineCall, cancel: Cancel, reported: list[AuraxError]
    ) -> Iterator[Chunk | Usage]:
        message, sent = pack_call(call, self._shared)
        running = RunningCall(
            self._remote, function_for(info).name, info.name, message, done=lambda: self._forget(sent)
        )
        try:
            with closing(self._replies(info, call, running, cancel, reported)) as replies:
                yield from replies
        finally:
            running.abandon()

    def _replies(
        self, info: EngineInfo, call: EngineCall, running: RunningCall, cancel: Cancel, reported: list[AuraxError]
    ) -> Generator[Chunk | Usage]:
        progress, before = 0.0, 0
        last_message = self._clock()
        deadline = last_message + self._call_settings.start_s
        begun: float | None = None
        usage: Usage | None = None
        problem: AuraxError | None = None
        while problem is None:
            message = running.next(self._call_settings.poll_s)
            now = self._clock()
            if cancel.is_set():
                problem = cancelled(info.name)
            elif message is None and now > deadline:
                problem = self._late(info, call, begun is not None)
            elif message is None:
                if now - last_message > self._call_settings.heartbeat_s:
                    last_message = now
                    yield Chunk({}, progress)
            elif isinstance(message, Ended):
                if usage is not None:
                    break
                problem = self._ended(info, message)
            else:
                last_message = now
                try:
                    reply, chunk = self._read(info, message, before)
                except AuraxError as error:
                    problem = error
                    continue
                if isinstance(reply, StartedReply):
                    begun, deadline = now, now + call.timeout_s + self._call_settings.grace_s
                elif isinstance(reply, UsageReply):
                    usage = reply.usage
                elif isinstance(reply, ErrorReply):
                    problem = reply.error()
                    reported.append(problem)
                elif chunk is not None:
                    before, progress = checksum(chunk.audio, before), chunk.progress
                    yield chunk
        if usage is None and begun is not None:
            usage = _lost(info, self._clock() - begun)
        if usage is not None:
            yield usage
        if problem is not None:
            raise problem

    def _read(self, info: EngineInfo, message: bytes, before: int) -> tuple[Reply, Chunk | None]:
        reply, chunk = unpack_reply(message, self._shared)
        if isinstance(reply, ChunkReply) and chunk is not None:
            if reply.before != before:
                raise Preempted(
                    f"the stream of {info.name} to go on where it was", "a gap, or a start over", "ask again"
                )
            for samples in chunk.audio.values():
                require_finite(info.name, samples)
            self._delete([part.ref.key for part in reply.sounds if part.ref is not None])
        return reply, chunk

    def _ended(self, info: EngineInfo, ended: Ended) -> AuraxError:
        if ended.error is None:
            return Preempted(f"{info.name} on Modal to finish", "the end of its messages", "ask again")
        return typed_failure(ended.error, function_for(info).name)

    def _late(self, info: EngineInfo, call: EngineCall, begun: bool) -> AuraxError:
        if begun:
            return EngineTimeout(
                f"{info.name} to finish within {call.timeout_s:g} s",
                "no end on Modal",
                "ask for less audio or fewer candidates, or allow more time",
            )
        return ServiceUnavailable(
            f"a container for {function_for(info).name} within {self._call_settings.start_s:g} s",
            "none that started",
            "see 'aurax modal logs'; GPUs of this kind may be scarce for the moment",
        )

    def _forget(self, sent: CallMessage) -> None:
        self._delete([part.ref.key for part in sent.sounds if part.ref is not None])

    def _delete(self, keys: list[str]) -> None:
        if self._shared is not None and keys:
            # What stays in the store does no harm, and a fault of the store will show where it matters.
            with suppress(AuraxError):
                self._shared.delete(keys)


def _lost(info: EngineInfo, seconds: float) -> Usage:
    """What a call used that ended without telling: the time since it began, as far as can be seen from here."""
    device = function_for(info).device
    return Usage(engine=info.name, runtime=HOST, device=device, seconds=max(seconds, 0.0), cold=False)


def _parts(request: Request, most: int) -> list[tuple[range, Request]]:
    if not isinstance(request, GenerationRequest) or len(request.seeds) <= most:
        return [(range(1), request)]
    starts = range(0, len(request.seeds), most)
    groups = [range(start, min(start + most, len(request.seeds))) for start in starts]
    return [(group, replace(request, seeds=request.seeds[group.start : group.stop])) for group in groups]
