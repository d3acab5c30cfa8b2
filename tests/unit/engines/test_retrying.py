from collections.abc import Callable, Iterator

import numpy as np
import pytest
from builders.fake_engines import ramp

from aurax.engines.engine import Chunk, Never
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.retrying import PATIENCE, Patience, patient, persist, renamed, total_usage
from aurax.engines.runtime import Usage
from aurax.errors import (
    AuraxError,
    BudgetExceeded,
    Cancelled,
    EngineTimeout,
    OutOfMemory,
    Preempted,
    QuotaExceeded,
    ServiceUnavailable,
)

FRAMES = 1000
REQUEST = GenerationRequest("rain", 1.0, (1,))
USAGE = Usage(engine="ramp", runtime="modal", device="A100", seconds=2.0, cold=False, audio_s=1.0)
Run = Callable[[Request], Iterator[Chunk | Usage]]


def error(kind: type[AuraxError]) -> AuraxError:
    return kind("this", "that", "do it")


def interrupted(*ends: tuple[int, type[AuraxError] | None], sizes: tuple[int, ...] = (300, 700, 1000)) -> Run:
    """A run that gives so many chunks and then fails, once for each end; the chunks are cut otherwise each time."""
    left = list(ends)

    def run(request: Request) -> Iterator[Chunk | Usage]:
        chunks, problem = left.pop(0)
        edges = (0, *(size - 7 * len(left) for size in sizes[:-1]), sizes[-1])
        for index in range(chunks):
            piece = ramp(1, FRAMES)[:, edges[index] : edges[index + 1]]
            yield Chunk({"candidate-0": piece}, (index + 1) / len(sizes), {"steps": float(index)})
        yield USAGE
        if problem is not None:
            raise error(problem)

    return run


def play(run: Run, cancel: Never | None = None, request: Request = REQUEST) -> tuple[list[Chunk | Usage], list[float]]:
    pauses: list[float] = []
    return list(persist("ramp", request, run, patient, pauses.append, cancel or Never())), pauses


def audio(items: list[Chunk | Usage]) -> np.ndarray:
    return np.concatenate([item.audio["candidate-0"] for item in items if isinstance(item, Chunk)], axis=1)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", [Preempted, ServiceUnavailable, EngineTimeout])
def test_an_interrupted_stream_goes_on_where_it_broke_off(chunks: int, kind: type[AuraxError]) -> None:
    items, pauses = play(interrupted((chunks, kind), (3, None)))
    assert np.array_equal(audio(items), ramp(1, FRAMES))
    progress = [item.progress for item in items if isinstance(item, Chunk)]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert pauses == ([] if kind is EngineTimeout else [1.0])
    last = [item for item in items if isinstance(item, Chunk)][-1]
    assert last.measurements == {"steps": 2.0, f"retries/{kind.__name__}": 1.0}


def test_pauses_grow() -> None:
    _, pauses = play(interrupted((1, Preempted), (2, Preempted), (0, Preempted), (3, None)))
    assert pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("kind", PATIENCE)
def test_patience_ends(kind: type[AuraxError]) -> None:
    tries = PATIENCE[kind].retries + 1
    run = interrupted(*[(1, kind)] * tries)
    with pytest.raises(kind):
        play(run)


@pytest.mark.parametrize("kind", [QuotaExceeded, BudgetExceeded, OutOfMemory])
def test_some_errors_are_final_and_their_usage_comes_before_them(kind: type[AuraxError]) -> None:
    items: list[Chunk | Usage] = []
    with pytest.raises(kind):
        items.extend(persist("ramp", REQUEST, interrupted((2, kind)), patient, lambda _: None, Never()))
    assert items[-1] == USAGE


def test_what_the_tries_used_is_added_up() -> None:
    items, _ = play(interrupted((1, Preempted), (3, None)))
    assert items[-1] == USAGE.model_copy(update={"seconds": 4.0, "audio_s": 2.0})
    assert sum(isinstance(item, Usage) for item in items) == 1


def test_another_piece_is_never_joined_to_the_first() -> None:
    seeds = iter([1, 2])

    def run(request: Request) -> Iterator[Chunk | Usage]:
        seed = next(seeds)
        yield Chunk({"candidate-0": ramp(seed, FRAMES)[:, :400]}, 0.4)
        if seed == 1:
            raise error(Preempted)
        yield Chunk({"candidate-0": ramp(seed, FRAMES)[:, 400:]}, 1.0)

    given: list[Chunk | Usage] = []
    with pytest.raises(Preempted, match="differs"):
        given.extend(persist("ramp", REQUEST, run, patient, lambda _: None, Never()))
    assert np.array_equal(audio(given), ramp(1, FRAMES)[:, :400])


def test_cancelling_ends_a_pause() -> None:
    class Set(Never):
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        play(interrupted((1, Preempted), (3, None)), Set())


def test_candidates_keep_their_names_within_a_part_of_the_batch() -> None:
    one = np.zeros((2, 1), np.float32)
    chunk = renamed(Chunk({"candidate-1": one}, 0.5, {"candidate-0/bpm": 90.0, "steps": 7.0}), (4, 10))
    assert list(chunk.audio) == ["candidate-10"]
    assert chunk.measurements == {"candidate-4/bpm": 90.0, "steps": 7.0}


def test_closing_the_stream_closes_the_run_at_once() -> None:
    closed: list[bool] = []

    def run(request: Request) -> Iterator[Chunk | Usage]:
        try:
            yield Chunk({}, 0.5)
            yield Chunk({}, 1.0)
        finally:
            closed.append(True)

    stream = persist("ramp", REQUEST, run, patient, lambda _: None, Never())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_a_pause_is_never_longer_than_its_limit() -> None:
    patience = Patience(retries=20, first_pause_s=1.0, longest_pause_s=30.0)
    assert patience.pause_s(20) == 30.0
    assert patience.pause_s(21) is None


def test_the_sum_of_usages_is_cold_if_one_was() -> None:
    cold = USAGE.model_copy(update={"cold": True, "load_s": 1.5})
    assert total_usage([cold, USAGE]) == USAGE.model_copy(
        update={"seconds": 4.0, "cold": True, "load_s": 1.5, "audio_s": 2.0}
    )


def test_an_error_that_says_no_retry_can_help_gets_none() -> None:
    error = ServiceUnavailable("this", "that", "do it")
    assert patient(error, 1) == 1.0
    error.retryable = False
    assert patient(error, 1) is None


def test_a_batch_is_halved_only_where_that_may_help() -> None:
    calls: list[int] = []

    def run(request: Request) -> Iterator[Chunk | Usage]:
        assert isinstance(request, GenerationRequest)
        calls.append(len(request.seeds))
        raise error_of_memory
        yield

    error_of_memory = error(OutOfMemory)
    request = GenerationRequest("rain", 1.0, (1, 2, 3, 4))
    with pytest.raises(OutOfMemory):
        list(persist("ramp", request, run, patient, lambda _: None, Never()))
    assert calls == [4, 2, 1]
    calls.clear()
    with pytest.raises(OutOfMemory):
        list(persist("ramp", request, run, patient, lambda _: None, Never(), divisible=lambda _: False))
    assert calls == [4]
