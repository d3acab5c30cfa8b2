"""Calls on Modal that are interrupted, refused, or too large for the GPU."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders.modal_bench import SECOND, Bench, audio, failing, progress, song
from builders.modal_double import (
    AuthError,
    FunctionTimeoutError,
    InProcess,
    InternalFailure,
    NotFoundError,
    ResourceExhaustedError,
    ServiceError,
    once,
    refusing,
)

from aurax.engines.engine import Never
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import (
    AuraxError,
    EngineTimeout,
    InvalidOption,
    OutOfMemory,
    Preempted,
    QuotaExceeded,
    ServiceUnavailable,
    VersionMismatch,
)
from aurax.version import __version__

from builders.fake_engines import Workshop, info, ramp  # isort: skip


@pytest.mark.parametrize("message", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("trouble", [InternalFailure("worker lost"), ServiceError("unavailable")])
def test_an_interrupted_call_is_repeated_and_goes_on_without_a_seam(
    bench: Bench, message: int, trouble: Exception
) -> None:
    bench.remote.before_message = once(trouble, message)
    items = bench.play(song(3, 4))
    assert len(bench.remote.calls) == 2
    assert np.array_equal(audio(items)["candidate-1"], ramp(4, SECOND))
    assert progress(items) == sorted(progress(items))
    assert progress(items)[-1] == 1.0
    usages = [item for item in items if isinstance(item, Usage)]
    assert usages == [items[-1]]
    # A call of which nothing was heard is not known to have cost anything; one that had begun has.
    assert usages[0].seconds >= (0.0 if message == 0 else 1.0)


def test_interruptions_without_end_are_an_error(bench: Bench) -> None:
    bench.remote.before_message = once(InternalFailure("worker lost"), 1, calls=99)
    failing(bench.runtime().stream(EngineCall("ramp", song()), Never()), Preempted)
    assert len(bench.remote.calls) == 4


def test_a_stream_that_just_ends_counts_as_interrupted(bench: Bench) -> None:
    class Short(InProcess):
        def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
            everything = list(super().stream(function, engine, message))
            yield from everything[: 2 if len(self.calls) == 1 else None]

    bench.remote = Short(bench.settings, bench.workshop.engines)
    assert np.array_equal(audio(bench.play(song()))["candidate-0"], ramp(3, SECOND))
    assert len(bench.remote.calls) == 2


@pytest.mark.parametrize("edit", ["lost", "twice"])
def test_a_chunk_lost_or_given_twice_is_noticed(bench: Bench, edit: str) -> None:
    class Loses(InProcess):
        def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
            everything = list(super().stream(function, engine, message))
            if len(self.calls) == 1:
                everything[2:3] = [] if edit == "lost" else [everything[2]] * 2
            yield from everything

    bench.remote = Loses(bench.settings, bench.workshop.engines)
    items = bench.play(song())
    assert np.array_equal(audio(items)["candidate-0"], ramp(3, SECOND))
    assert len(bench.remote.calls) == 2


@pytest.mark.parametrize(
    ("trouble", "kind", "fix"),
    [
        (ResourceExhaustedError("monthly"), QuotaExceeded, "budget"),
        (RuntimeError("Workspace billing cycle spend limit reached"), QuotaExceeded, "budget"),
        (NotFoundError("App 'aurax' not found"), ServiceUnavailable, "aurax modal deploy"),
        (AuthError("Token missing. Could not authenticate client."), InvalidOption, "modal token new"),
        (KeyError("surprise"), AuraxError, "aurax modal logs"),
    ],
)
def test_trouble_that_stays_is_reported_at_once(
    bench: Bench, trouble: Exception, kind: type[AuraxError], fix: str
) -> None:
    bench.remote.before_message = refusing(trouble)
    seen, error = failing(bench.runtime().stream(EngineCall("ramp", song()), Never()), kind)
    assert fix in error.fix
    assert not error.retryable
    assert len(bench.remote.calls) == 1
    assert seen == []


def test_a_function_that_ran_out_of_time_is_tried_once_more(bench: Bench) -> None:
    bench.remote.before_message = once(FunctionTimeoutError("1800 s"), 1, calls=99)
    failing(bench.runtime().stream(EngineCall("ramp", song()), Never()), EngineTimeout)
    assert len(bench.remote.calls) == 2


def test_a_deployed_app_of_another_version_is_refused(bench: Bench) -> None:
    old = __version__.encode()
    bench.remote.rewrite = lambda message: message.replace(b'"aurax":"' + old, b'"aurax":"9' + old[1:])
    _, error = failing(bench.runtime().stream(EngineCall("ramp", song()), Never()), VersionMismatch)
    assert error.fix == "run 'aurax modal deploy', so that both are the same"
    assert len(bench.remote.calls) == 1


def full_above(most: int) -> Workshop:
    def before_chunk(request: Request, index: int) -> None:
        assert isinstance(request, GenerationRequest)
        if index == 1 and len(request.seeds) > most:
            raise OutOfMemory("room", "none", "ask for less")

    workshop = Workshop()
    workshop.add(info("ramp", extra="neural"), before_chunk)
    return workshop


def test_the_function_itself_halves_a_batch_that_does_not_fit(tmp_path: Path) -> None:
    bench = Bench(tmp_path, full_above(2))
    made = audio(bench.play(song(1, 2, 3, 4, 5)))
    assert all(np.array_equal(made[f"candidate-{seed - 1}"], ramp(seed, SECOND)) for seed in range(1, 6))
    assert len(bench.remote.calls) == 1


def test_memory_too_small_for_one_candidate_is_reported_without_more_calls(tmp_path: Path) -> None:
    bench = Bench(tmp_path, full_above(0))
    seen, _ = failing(bench.runtime().stream(EngineCall("ramp", song(1, 2)), Never()), OutOfMemory)
    assert len(bench.remote.calls) == 1
    assert isinstance(seen[-1], Usage), "what the failed call used is told too"


def test_a_container_that_dies_of_its_batch_gets_a_smaller_one(bench: Bench) -> None:
    bench.remote.before_message = once(RuntimeError("container exited: out of memory"), 2)
    made = audio(bench.play(song(1, 2, 3, 4)))
    assert all(np.array_equal(made[f"candidate-{seed - 1}"], ramp(seed, SECOND)) for seed in range(1, 5))
    sizes = [len(request.seeds) for request in bench.workshop.loaded[0].calls]  # type: ignore[union-attr]
    assert sizes == [4, 2, 2]
