import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders.fake_engines import CHUNKS, Clock, Workshop, info, ramp

from aurax.audio.waveform import Samples, Waveform
from aurax.engines.engine import Cancel, Chunk, EngineContext, Never
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import (
    BadCheckpoint,
    BadEngineOutput,
    Cancelled,
    EngineTimeout,
    InvalidOption,
    OutOfMemory,
    UnknownPlugin,
)

SECOND = 48_000
NOISE = Waveform(np.random.default_rng(1).normal(0, 0.1, (2, 10_001)).astype(np.float32))


def runtime(workshop: Workshop, clock: Clock | None = None, keep: int = 2, device: str = "auto") -> LocalRuntime:
    context = EngineContext(Path("/nowhere"), device=device)  # type: ignore[arg-type]
    return LocalRuntime(context, workshop.engines, keep=keep, clock=clock or Clock())


def song(*seeds: int) -> GenerationRequest:
    return GenerationRequest("rain", 1.0, seeds or (3,))


def collect(items: Iterator[Chunk | Usage]) -> tuple[dict[str, Samples], list[Chunk], Usage]:
    everything = list(items)
    chunks = [item for item in everything if isinstance(item, Chunk)]
    usages = [item for item in everything if isinstance(item, Usage)]
    assert everything[-1] is usages[0]
    assert len(usages) == 1
    names = dict.fromkeys(name for chunk in chunks for name in chunk.audio)
    audio = {name: np.concatenate([c.audio[name] for c in chunks if name in c.audio], axis=1) for name in names}
    return audio, chunks, usages[0]


class Switch:
    """A `Cancel` that is set from the given look on."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def full_above(most: int) -> Workshop:
    """A generator whose memory holds so many candidates, which it notices after its first chunk."""

    def before_chunk(request: Request, index: int) -> None:
        assert isinstance(request, GenerationRequest)
        if index == 1 and len(request.seeds) > most:
            raise OutOfMemory("room", "none", "ask for less")

    workshop = Workshop()
    workshop.add(info("ramp"), before_chunk)
    return workshop


def test_chunks_come_in_order_and_one_usage_comes_last() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    audio, chunks, usage = collect(runtime(workshop).stream(EngineCall("ramp", song(3, 4)), Never()))
    assert np.array_equal(audio["candidate-0"], ramp(3, SECOND))
    assert np.array_equal(audio["candidate-1"], ramp(4, SECOND))
    assert [chunk.progress for chunk in chunks] == [0.25, 0.5, 0.75, 1.0]
    assert (usage.engine, usage.runtime, usage.device, usage.audio_s) == ("ramp", "local", "cpu", 2.0)


def test_loading_is_measured_and_only_the_first_call_is_cold() -> None:
    clock = Clock()

    def load() -> None:
        clock.now += 5.0

    def work(request: Request, index: int) -> None:
        clock.now += 0.5

    workshop = Workshop()
    workshop.add(info("ramp"), work, load)
    local = runtime(workshop, clock)
    _, _, first = collect(local.stream(EngineCall("ramp", song()), Never()))
    _, _, second = collect(local.stream(EngineCall("ramp", song()), Never()))
    assert (first.cold, first.load_s, first.seconds) == (True, 5.0, 5.0 + CHUNKS * 0.5)
    assert (second.cold, second.load_s, second.seconds) == (False, 0.0, CHUNKS * 0.5)


def test_the_readers_own_time_counts_neither_as_usage_nor_toward_the_timeout() -> None:
    clock = Clock()
    workshop = Workshop()
    workshop.add(info("ramp"))
    usage = None
    for item in runtime(workshop, clock).stream(EngineCall("ramp", song(), timeout_s=10.0), Never()):
        clock.now += 100.0
        usage = item
    assert isinstance(usage, Usage)
    assert usage.seconds == 0.0


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("separator", SeparationRequest(NOISE)),
        ("discriminator", DiscriminationRequest(NOISE)),
        ("masterer", MasteringRequest(NOISE)),
    ],
)
def test_work_on_given_audio_is_counted_by_the_audio_given(kind: str, request_: Request) -> None:
    workshop = Workshop()
    workshop.add(info("worker", kind))  # type: ignore[arg-type]
    audio, _, usage = collect(runtime(workshop).stream(EngineCall("worker", request_), Never()))
    assert usage.audio_s == NOISE.duration_s
    if audio:
        assert np.allclose(sum(audio.values()), NOISE.samples, atol=1e-6)


def test_engines_used_longest_ago_are_closed_first() -> None:
    workshop = Workshop()
    for name in ("a", "b", "c"):
        workshop.add(info(name))
    local = runtime(workshop, keep=2)
    for name in ("a", "b", "a", "c"):
        collect(local.stream(EngineCall(name, song()), Never()))
    assert workshop.open() == ["a", "c"]
    assert [engine.info.name for engine in workshop.loaded] == ["a", "b", "c"]
    local.close()
    local.close()
    assert workshop.open() == []
    assert all(engine.closed == 1 for engine in workshop.loaded)


def test_a_prepared_engine_is_warm() -> None:
    workshop = Workshop()
    workshop.add(info("ramp", aliases=("r",)))
    local = runtime(workshop)
    local.prepare("r")
    assert workshop.open() == ["ramp"]
    _, _, usage = collect(local.stream(EngineCall("ramp", song()), Never()))
    assert not usage.cold
    with pytest.raises(UnknownPlugin):
        local.prepare("nobody")


def test_an_engine_in_use_is_closed_only_when_its_call_ends() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    local = runtime(workshop)
    stream = local.stream(EngineCall("ramp", song()), Never())
    next(stream)
    local.close()
    assert workshop.open() == ["ramp"]
    collect(stream)
    assert workshop.open() == []


def test_an_alias_finds_the_same_loaded_engine() -> None:
    workshop = Workshop()
    workshop.add(info("ramp", aliases=("r",)))
    local = runtime(workshop)
    collect(local.stream(EngineCall("r", song()), Never()))
    _, _, usage = collect(local.stream(EngineCall("ramp", song()), Never()))
    assert not usage.cold
    assert usage.engine == "ramp"


def test_calls_of_one_engine_take_turns() -> None:
    together: list[int] = []
    inside = threading.Semaphore(1)

    def work(request: Request, index: int) -> None:
        together.append(0 if inside.acquire(blocking=False) else 1)
        inside.release()

    workshop = Workshop()
    workshop.add(info("ramp"), work)
    local = runtime(workshop)
    streams = [
        threading.Thread(target=lambda: collect(local.stream(EngineCall("ramp", song()), Never()))) for _ in range(4)
    ]
    for thread in streams:
        thread.start()
    for thread in streams:
        thread.join()
    assert together == [0] * 4 * CHUNKS
    assert len(workshop.loaded) == 1


def test_a_call_that_waits_for_its_turn_can_be_cancelled() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    local = runtime(workshop)
    first = local.stream(EngineCall("ramp", song()), Never())
    next(first)
    with pytest.raises(Cancelled):
        collect(local.stream(EngineCall("ramp", song()), Switch(looks=2)))
    collect(first)


def test_a_stream_closed_early_frees_the_engine() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    local = runtime(workshop)
    stream = local.stream(EngineCall("ramp", song()), Never())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert workshop.loaded[0].streams_ended == 1
    audio, _, _ = collect(local.stream(EngineCall("ramp", song()), Never()))
    assert np.array_equal(audio["candidate-0"], ramp(3, SECOND))


def test_cancelling_ends_the_stream_and_keeps_the_engine() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    local = runtime(workshop)
    cancel = threading.Event()
    seen: list[Chunk | Usage] = []
    stream = local.stream(EngineCall("ramp", song()), cancel)
    seen.append(next(stream))
    cancel.set()
    with pytest.raises(Cancelled):
        seen.extend(stream)
    assert [type(item) for item in seen] == [Chunk, Usage]
    assert workshop.open() == ["ramp"]


def test_a_call_that_takes_too_long_ends_with_a_timeout() -> None:
    clock = Clock()

    def work(request: Request, index: int) -> None:
        clock.now += 4.0

    workshop = Workshop()
    workshop.add(info("ramp"), work)
    seen: list[Chunk | Usage] = []
    with pytest.raises(EngineTimeout) as caught:
        seen.extend(runtime(workshop, clock).stream(EngineCall("ramp", song(), timeout_s=10.0), Never()))
    assert [type(item) for item in seen] == [Chunk, Chunk, Usage]
    assert seen[-1].seconds == 12.0  # type: ignore[union-attr]
    assert caught.value.expected == "ramp to finish within 10 s"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_batch_too_large_for_memory_is_done_in_smaller_ones(most: int) -> None:
    workshop = full_above(most)
    seeds = (5, 6, 7, 8, 9)
    audio, chunks, usage = collect(runtime(workshop).stream(EngineCall("ramp", song(*seeds)), Never()))
    for place, seed in enumerate(seeds):
        assert np.array_equal(audio[f"candidate-{place}"], ramp(seed, SECOND))
    progress = [chunk.progress for chunk in chunks]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    last = {name: value for chunk in chunks for name, value in chunk.measurements.items()}
    assert [last[f"candidate-{place}/seed"] for place in range(5)] == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert last["retries/OutOfMemory"] >= 1.0
    sizes = [len(request.seeds) for request in workshop.loaded[0].calls]  # type: ignore[union-attr]
    assert sum(size for size in sizes if size <= most) == len(seeds)
    assert usage.audio_s > 5.0, "the tries that failed used the device too"


def test_memory_too_small_for_one_candidate_is_an_error() -> None:
    workshop = full_above(0)
    with pytest.raises(OutOfMemory):
        collect(runtime(workshop).stream(EngineCall("ramp", song(1, 2)), Never()))
    assert [len(request.seeds) for request in workshop.loaded[0].calls] == [2, 1]  # type: ignore[union-attr]


def test_engines_not_in_use_make_room_before_a_batch_is_halved() -> None:
    workshop = Workshop()
    workshop.add(info("other"))

    def before_chunk(request: Request, index: int) -> None:
        if "other" in workshop.open():
            raise OutOfMemory("room", "none", "ask for less")

    workshop.add(info("ramp"), before_chunk)
    local = runtime(workshop)
    collect(local.stream(EngineCall("other", song()), Never()))
    collect(local.stream(EngineCall("ramp", song(1, 2)), Never()))
    assert workshop.open() == ["ramp"]
    assert [len(request.seeds) for request in workshop.loaded[1].calls] == [2, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory. Tried"), RuntimeError("can't allocate memory: 8 bytes")]
)
def test_full_memory_is_known_by_any_name(error: Exception) -> None:
    def work(request: Request, index: int) -> None:
        raise error

    workshop = Workshop()
    workshop.add(info("ramp"), work)
    with pytest.raises(OutOfMemory):
        collect(runtime(workshop).stream(EngineCall("ramp", song()), Never()))


def test_an_error_holds_no_frames_of_the_engine() -> None:
    """Else the audio and weights that these frames point to would stay in the device's memory."""

    def work(request: Request, index: int) -> None:
        try:
            raise MemoryError
        except MemoryError as error:
            raise OutOfMemory("room", "none", "ask for less") from error

    workshop = Workshop()
    workshop.add(info("ramp"), work)
    with pytest.raises(OutOfMemory) as caught:
        collect(runtime(workshop).stream(EngineCall("ramp", song()), Never()))
    assert "work" not in [entry.name for entry in caught.traceback]
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__traceback__ is None


def test_an_error_in_loading_keeps_nothing() -> None:
    bad = [True]

    def load() -> None:
        if bad.pop():
            raise BadCheckpoint("whole weights", "half of them", "fetch them again")

    workshop = Workshop()
    workshop.add(info("ramp"), before_load=load)
    local = runtime(workshop)
    with pytest.raises(BadCheckpoint):
        collect(local.stream(EngineCall("ramp", song()), Never()))
    bad.append(False)
    audio, _, usage = collect(local.stream(EngineCall("ramp", song()), Never()))
    assert usage.cold
    assert list(audio) == ["candidate-0"]


def test_audio_that_is_not_finite_never_leaves() -> None:
    workshop = Workshop()
    workshop.add(info("ramp", "masterer"))
    mix = Waveform(np.full((2, 100), np.nan, np.float32))
    with pytest.raises(BadEngineOutput):
        collect(runtime(workshop).stream(EngineCall("ramp", MasteringRequest(mix)), Never()))


def test_bad_requests_load_nothing() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    local = runtime(workshop)
    with pytest.raises(InvalidOption):
        collect(local.stream(EngineCall("ramp", GenerationRequest("rain", 61.0)), Never()))
    with pytest.raises(InvalidOption):
        collect(local.stream(EngineCall("ramp", SeparationRequest(NOISE)), Never()))
    with pytest.raises(UnknownPlugin):
        collect(local.stream(EngineCall("rump", song()), Never()))
    assert workshop.loaded == []


def test_an_engine_that_ends_by_itself_when_cancelled_is_cancelled_not_late() -> None:
    workshop = Workshop()
    workshop.add(info("ramp"))
    cancel: Cancel = Switch(looks=3)
    with pytest.raises(Cancelled):
        collect(runtime(workshop).stream(EngineCall("ramp", song()), cancel))
