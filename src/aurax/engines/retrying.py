"""Going on after an error: which errors deserve another try, and how a stream continues where it broke off.

An engine gives the same bits for the same request, so a second try repeats what was already handed over; that part is
compared and left out, and the reader sees one unbroken stream. If it is not the same after all (another kind of GPU
may round otherwise), the call fails with `Preempted` rather than joining two different pieces of music.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from aurax.audio.waveform import Samples
from aurax.engines.engine import Cancel, Chunk, cancelled
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.runtime import Usage
from aurax.errors import AuraxError, EngineTimeout, OutOfMemory, Preempted, ServiceUnavailable


@dataclass(frozen=True)
class Patience:
    """How often, and after what pauses, to try again.

    Args:
        retries: tries after the first.
        first_pause_s: before the first of them.
        growth: factor from one pause to the next.
        longest_pause_s: no pause is longer.
    """

    retries: int
    first_pause_s: float = 0.0
    growth: float = 2.0
    longest_pause_s: float = 30.0

    def pause_s(self, failures: int) -> float | None:
        """The pause after so many failures, the last one included; None when patience is at its end."""
        if failures > self.retries:
            return None
        return min(self.first_pause_s * self.growth ** (failures - 1), self.longest_pause_s)


PATIENCE: Mapping[type[AuraxError], Patience] = {
    Preempted: Patience(retries=3, first_pause_s=1.0),
    ServiceUnavailable: Patience(retries=2, first_pause_s=1.0),
    EngineTimeout: Patience(retries=1),
}
"""For engines elsewhere. `QuotaExceeded` and every other error are final; `OutOfMemory` calls for a smaller batch."""

Policy = Callable[[AuraxError, int], float | None]
"""From an error, and how often it came, to the pause in seconds before the next try; None for no other try."""


def patient(error: AuraxError, failures: int) -> float | None:
    """The policy for engines elsewhere: what `PATIENCE` says."""
    patience = PATIENCE.get(type(error))
    return None if patience is None or not error.retryable else patience.pause_s(failures)


def persist(
    engine: str,
    request: Request,
    run: Callable[[Request], Iterator[Chunk | Usage]],
    policy: Policy,
    pause: Callable[[float], None],
    cancel: Cancel,
    divisible: Callable[[AuraxError], bool] = lambda error: isinstance(error, OutOfMemory),
) -> Iterator[Chunk | Usage]:
    """Stream a request through errors that another try, or a smaller batch, can overcome.

    When memory does not suffice for several candidates, the batch is halved and the rest is done in turn. Each new try
    is in the measurements as `retries/<name of the error>`. One `Usage` comes last, the sum over all tries; when
    the call fails in the end, it comes before the error.

    Args:
        engine: its name, for messages.
        request: what is asked.
        run: one try at a request that has some of the candidates, named from `candidate-0` on. May give a `Usage`,
            also before it raises.
        policy: asked first.
        pause: waits so many seconds, or less when `cancel` is set.
        cancel: ends the pauses.
        divisible: whether a smaller batch may succeed after an error for which the policy has no other try.

    Raises:
        AuraxError: those of `run` that remain.
    """
    waiting: Sequence[int] = range(len(request.seeds)) if isinstance(request, GenerationRequest) else range(1)
    delivered = _Story(total=len(waiting))
    batch = len(waiting)
    failures: Counter[str] = Counter()
    failed: AuraxError | None = None
    while waiting and failed is None:
        group = waiting[:batch]
        delivered.start(group)
        try:
            with closing(_closable(run(_only(request, group)))) as items:
                for item in items:
                    if isinstance(item, Usage):
                        delivered.usages.append(item)
                    else:
                        yield delivered.give(item)
        except _Different:
            failed = Preempted(
                f"{engine} to go on where it was interrupted",
                "audio that differs from what it had given before",
                "ask for all of it again",
            )
        except AuraxError as error:
            kind = type(error).__name__
            failures[kind] += 1
            pause_s = policy(error, failures[kind])
            if pause_s is not None:
                delivered.retries[kind] += 1
            elif len(group) > 1 and divisible(error):
                batch = len(group) // 2
                delivered.retries[kind] += 1
            else:
                failed = error
        else:
            pause_s = None
            failures.clear()
            waiting = waiting[len(group) :]
            delivered.done += len(group)
        if failed is None and pause_s:
            pause(pause_s)
            if cancel.is_set():
                failed = cancelled(engine)
    if delivered.usages:
        yield total_usage(delivered.usages)
    if failed is not None:
        raise failed


def total_usage(usages: Sequence[Usage]) -> Usage:
    """The sum of what several tries, or several calls at once, used.

    Args:
        usages: at least one, all of one engine and runtime.
    """
    return usages[-1].model_copy(
        update={
            "seconds": sum(usage.seconds for usage in usages),
            "cold": any(usage.cold for usage in usages),
            "load_s": sum(usage.load_s for usage in usages),
            "audio_s": sum(usage.audio_s for usage in usages),
        }
    )


def renamed(chunk: Chunk, group: Sequence[int]) -> Chunk:
    """A chunk of some of the candidates, under the names that they have among all.

    Args:
        chunk: outputs and measurements named `candidate-0` …, or `candidate-0/<more>`, from zero on.
        group: the candidate's number among all, for each of these.
    """
    names = {f"candidate-{inner}": f"candidate-{outer}" for inner, outer in enumerate(group)}

    def rename(name: str) -> str:
        first, slash, rest = name.partition("/")
        return f"{names.get(first, first)}{slash}{rest}"

    return Chunk(
        {rename(name): samples for name, samples in chunk.audio.items()},
        chunk.progress,
        {rename(name): value for name, value in chunk.measurements.items()},
    )


class _Different(Exception):
    """A new try gave other audio than the one before it."""


@dataclass
class _Output:
    """What was handed over of one output, and how far the present try has come."""

    frames: int = 0
    checksum: int = 0
    position: int = 0
    repeated_checksum: int = 0

    def rest(self, samples: Samples) -> Samples:
        repeated = min(self.frames - self.position, samples.shape[1])
        if repeated > 0:
            self.repeated_checksum = _checksum(samples[:, :repeated], self.repeated_checksum)
            self.position += repeated
            if self.position == self.frames and self.repeated_checksum != self.checksum:
                raise _Different
            samples = samples[:, repeated:]
        if samples.shape[1]:
            self.checksum = _checksum(samples, self.checksum)
            self.frames += samples.shape[1]
            self.position = self.frames
        return samples


@dataclass
class _Story:
    """What the reader has been given."""

    total: int
    done: int = 0
    progress: float = 0.0
    retries: Counter[str] = field(default_factory=Counter)
    usages: list[Usage] = field(default_factory=list)
    _outputs: dict[str, _Output] = field(default_factory=dict)
    _group: Sequence[int] = ()

    def start(self, group: Sequence[int]) -> None:
        self._group = group
        for output in self._outputs.values():
            output.position = output.repeated_checksum = 0

    def give(self, chunk: Chunk) -> Chunk:
        chunk = renamed(chunk, self._group)
        share = (self.done + chunk.progress * len(self._group)) / self.total
        self.progress = max(self.progress, share)
        audio = {name: self._outputs.setdefault(name, _Output()).rest(one) for name, one in chunk.audio.items()}
        retries = {f"retries/{kind}": float(count) for kind, count in self.retries.items()}
        return Chunk(audio, self.progress, {**chunk.measurements, **retries})


def _only(request: Request, group: Sequence[int]) -> Request:
    if not isinstance(request, GenerationRequest):
        return request
    return replace(request, seeds=tuple(request.seeds[index] for index in group))


def _checksum(samples: Samples, before: int) -> int:
    """Running checksum over frames, however they are cut into pieces."""
    return zlib.crc32(samples.T.tobytes(), before)


def _closable(items: Iterator[Chunk | Usage]) -> Generator[Chunk | Usage]:
    """A generator, whose `close` reaches the innermost one at once rather than when memory is tidied up."""
    yield from items
