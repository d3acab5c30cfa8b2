"""The pool of render processes: tracks in, stems out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aurax import observing
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import AuraxError, CorruptData, RenderFailed, UnknownPlugin
from aurax.render.cache import ClipCache
from aurax.render.clip import Clip
from aurax.render.instrument import Instrument
from aurax.render.messages import CompileVoice, Done, RenderClip
from aurax.render.process import WorkerDied, WorkerProcess
from aurax.render.slicing import clip_cost_s, slice_track
from aurax.render.stem import ClipStem, Placement, assemble
from aurax.render.watchdog import OrderLimits
from aurax.score.score import Score, Track

ATTEMPTS = 3
"""A clip whose worker dies is rendered again, up to twice."""
WORTH_COMPILING_S = 0.3
"""Rendering that must be queued for a program before a second worker compiles it too."""
_CANCEL_POLL_S = 0.1


@dataclass(eq=False)
class _Job:
    """One clip to render, perhaps wanted by several tracks."""

    clip: Clip
    program: str
    cost_s: float
    waiting: int = 0
    done: Future[None] = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)
    """Of who asked first; what is told of the rendering belongs there."""


class RenderPool:
    """Long-lived worker processes that render clips into a cache.

    Thread-safe: several tracks may be rendered at once, and equal clips are rendered once. Each worker has one thread
    here, which feeds it and replaces it when it dies; processes start with the first order.

    Args:
        instruments: what can be played, by name.
        cache_dir: folder of rendered clips, created if missing.
        workers: number of processes.
        sample_rate: frames a second.
        cache_limit_bytes: size above which the clips used longest ago are removed.
        limits: when a worker counts as hung and is replaced.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        cache_dir: Path,
        workers: int = 2,
        *,
        sample_rate: int = SAMPLE_RATE,
        cache_limit_bytes: int = 4_000_000_000,
        limits: OrderLimits | None = None,
    ) -> None:
        self._instruments = dict(instruments)
        self._sample_rate = sample_rate
        self._cache = ClipCache(cache_dir, cache_limit_bytes)
        self._changed = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._jobs: dict[str, _Job] = {}
        self._to_compile: deque[CompileVoice] = deque()
        self._closed = False
        self._processes = tuple(WorkerProcess(limits) for _ in range(max(1, workers)))
        self._compiled: dict[WorkerProcess, set[str]] = {process: set() for process in self._processes}
        self._threads = tuple(
            threading.Thread(target=self._serve, args=(process,), name=f"render-{index}", daemon=True)
            for index, process in enumerate(self._processes)
        )
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Ids of the worker processes that run now."""
        return tuple(pid for process in self._processes if (pid := process.pid) is not None)

    def close(self) -> None:
        """Finish the clips in work, drop the waiting ones, end every process. Further calls do nothing."""
        with self._changed:
            self._closed = True
            while self._queue:
                self._queue.popleft().done.set_exception(CancelledError("the pool is closed"))
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def prepare(self, instrument_names: Iterable[str]) -> None:
        """Compile instruments in the background, each program in one of the workers; clips go first.

        Raises:
            UnknownPlugin: no such instrument.
        """
        orders = [
            CompileVoice(name, voice, self._sample_rate)
            for name in dict.fromkeys(instrument_names)
            for voice in self._instrument(name).voices
        ]
        with self._changed:
            self._to_compile.extend(orders)
            self._changed.notify_all()

    def render_track(
        self,
        track: Track,
        score: Score,
        *,
        cancelled: threading.Event | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> ClipStem:
        """Render what is missing of a track's clips.

        Args:
            track: one of the score's tracks, or a changed one of the same length.
            score: tempo, meter, sections, length.
            cancelled: set it to give up before the next clip.
            on_progress: called in this thread with (clips ready, all different clips).

        Raises:
            UnknownPlugin: the instrument is not installed.
            RenderFailed: a note is outside the instrument's range, or the instrument gives no usable audio.
            StorageFull: no room for the clips.
            concurrent.futures.CancelledError: `cancelled` was set, or the pool was closed.
        """
        placed = slice_track(track, score, self._instrument(track.instrument), sample_rate=self._sample_rate)
        clips = {item.clip.key: item.clip for item in placed}
        missing = [clip for key, clip in clips.items() if not self._cache.has(key, clip.frames)]
        ready = len(clips) - len(missing)
        observing.count("clips", ready, outcome="hit")
        observing.count("clips", len(missing), outcome="miss")
        jobs = [self._submit(clip) for clip in sorted(missing, key=clip_cost_s, reverse=True)]
        if on_progress is not None:
            on_progress(ready, len(clips))
        pending = {job.done for job in jobs}
        try:
            while pending:
                if cancelled is not None and cancelled.is_set():
                    raise CancelledError
                finished, pending = wait(pending, timeout=_CANCEL_POLL_S, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                ready += len(finished)
                if finished and on_progress is not None:
                    on_progress(ready, len(clips))
        finally:
            self._release(jobs)
        if missing:
            self._cache.evict()
        return ClipStem(
            track=track.name,
            role=track.role,
            sample_rate=self._sample_rate,
            frames=round(score.plan.duration_s * self._sample_rate),
            placements=tuple(Placement(item.clip.key, item.start_frame, item.clip.frames) for item in placed),
            loops=score.plan.is_loop,
        )

    def assemble(self, stem: ClipStem) -> Waveform:
        """Add up a stem's clips; renders nothing.

        Raises:
            CorruptData: a clip is no longer in the cache; render the track again.
        """
        return assemble(stem, self._load)

    def _load(self, key: str, frames: int) -> Samples:
        samples = self._cache.load(key, frames)
        if samples is None:
            raise CorruptData(
                f"clip {key} of {frames} frames in the cache", "none that can be read", "render the track again"
            )
        return samples

    def _instrument(self, name: str) -> Instrument:
        try:
            return self._instruments[name]
        except KeyError:
            raise UnknownPlugin(
                f"one of the instruments {', '.join(self._instruments)}", repr(name), "install it or choose another"
            ) from None

    def _submit(self, clip: Clip) -> _Job:
        with self._changed:
            if self._closed:
                raise CancelledError("the pool is closed")
            job = self._jobs.get(clip.key)
            if job is None:
                job = self._jobs[clip.key] = _Job(clip, clip.voice.program_key, clip_cost_s(clip))
                self._queue.append(job)
                self._changed.notify_all()
            job.waiting += 1
            return job

    def _release(self, jobs: Iterable[_Job]) -> None:
        """Give up interest in jobs; one that nobody waits for any more leaves the queue."""
        with self._changed:
            for job in jobs:
                job.waiting -= 1
                if job.waiting == 0 and job in self._queue:
                    self._queue.remove(job)
                    self._forget(job)

    def _forget(self, job: _Job) -> None:
        if self._jobs.get(job.clip.key) is job:
            del self._jobs[job.clip.key]

    def _serve(self, process: WorkerProcess) -> None:
        """Feed one worker until the pool closes."""
        compiled = self._compiled[process]
        try:
            while (order := self._next(compiled)) is not None:
                if isinstance(order, CompileVoice):
                    self._compile(process, order)
                else:
                    self._render(process, order)
        finally:
            process.close()

    def _next(self, compiled: set[str]) -> _Job | CompileVoice | None:
        """Wait for work that suits a worker, clips first."""
        with self._changed:
            while not self._closed:
                job = self._suitable(compiled)
                if job is not None:
                    self._queue.remove(job)
                    compiled.add(job.program)
                    return job
                if self._to_compile:
                    order = self._to_compile.popleft()
                    if not any(order.voice.program_key in programs for programs in self._compiled.values()):
                        compiled.add(order.voice.program_key)
                        return order
                else:
                    self._changed.wait()
            return None

    def _suitable(self, compiled: set[str]) -> _Job | None:
        """A clip whose program the worker has, else one that no worker has, else one of a long queue."""
        elsewhere: dict[str, float] = {}
        free: _Job | None = None
        for job in self._queue:
            if job.program in compiled:
                return job
            if any(job.program in programs for programs in self._compiled.values()):
                elsewhere[job.program] = elsewhere.get(job.program, 0.0) + job.cost_s
            elif free is None:
                free = job
        if free is not None:
            return free
        return next((job for job in self._queue if elsewhere[job.program] >= WORTH_COMPILING_S), None)

    def _died(self, process: WorkerProcess) -> None:
        """A worker's programs are gone; others may now want to compile them."""
        with self._changed:
            self._compiled[process].clear()
            self._changed.notify_all()

    def _compile(self, process: WorkerProcess, order: CompileVoice) -> None:
        """Compile ahead; a failure shows, with its reason, when a clip needs the program."""
        try:
            process.do(order)
        except WorkerDied:
            self._died(process)
        except AuraxError:
            return

    def _render(self, process: WorkerProcess, job: _Job) -> None:
        clip = job.clip
        failure: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                done = process.do(RenderClip(clip, self._cache.path(clip.key)))
                job.context.run(_tell, clip, done, process.pid)
                failure = None
                break
            except WorkerDied:
                observing.count("render_deaths")
                self._died(process)
                failure = RenderFailed(
                    f"a worker to render {clip.instrument} {clip.voice.name}, clip {clip.key}",
                    f"{ATTEMPTS} workers that died over it",
                    "try again with more memory, or repair the instrument",
                )
            except Exception as error:
                failure = error
                break
        with self._changed:
            self._forget(job)
            if failure is None:
                self._compiled[process].add(job.program)
        if failure is None:
            job.done.set_result(None)
        else:
            job.done.set_exception(failure)


def _tell(clip: Clip, done: Done, pid: int | None) -> None:
    about: dict[str, observing.Attribute] = {"aurax.instrument": clip.instrument, "process.pid": pid or 0}
    observing.past_span("render.clip", done.start_ns, done.end_ns, **about)
