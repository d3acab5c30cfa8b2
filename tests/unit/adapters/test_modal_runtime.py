"""Calls on Modal: what arrives, what is cancelled, what goes side by side."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders.modal_bench import LONG_S, SECOND, Bench, audio, failing, progress, song
from builders.modal_double import (
    InProcess,
    InternalFailure,
    ResourceExhaustedError,
    once,
)

from aurax.adapters.modal import sound
from aurax.adapters.modal.modal_runtime import CallSettings
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.waveform import Waveform
from aurax.engines.engine import Cancel, Chunk, Never
from aurax.engines.requests import GenerationRequest, SeparationRequest
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import (
    AuraxError,
    BadEngineOutput,
    Cancelled,
    EngineTimeout,
    InvalidOption,
    QuotaExceeded,
    ServiceUnavailable,
    UnknownPlugin,
)

from builders.fake_engines import Clock, Workshop, info, ramp  # isort: skip


def test_audio_arrives_bit_for_bit_and_usage_comes_last(bench: Bench) -> None:
    items = bench.play(song(3, 4))
    made = audio(items)
    assert np.array_equal(made["candidate-0"], ramp(3, SECOND))
    assert np.array_equal(made["candidate-1"], ramp(4, SECOND))
    assert progress(items) == [0.25, 0.5, 0.75, 1.0]
    usage = items[-1]
    assert isinstance(usage, Usage)
    assert (usage.runtime, usage.device, usage.cold, usage.audio_s) == ("modal", "A100-40GB", True, 2.0)
    assert bench.remote.calls == [("Generate", "ramp")]


def test_only_the_first_call_of_a_container_is_cold(bench: Bench) -> None:
    runtime = bench.runtime()
    cold = [
        item.cold
        for _ in range(2)
        for item in runtime.stream(EngineCall("ramp", song()), Never())
        if isinstance(item, Usage)
    ]
    assert cold == [True, False]


def test_engines_that_need_no_gpu_run_here(bench: Bench) -> None:
    bench.workshop.add(info("plain"))
    items = bench.play(song(), engine="plain")
    assert np.array_equal(audio(items)["candidate-0"], ramp(3, SECOND))
    assert isinstance(items[-1], Usage)
    assert items[-1].runtime == "local"
    assert bench.remote.calls == []


def test_each_kind_of_engine_has_its_function(tmp_path: Path) -> None:
    workshop = Workshop()
    workshop.add(info("htdemucs_ft", "separator", extra="neural"))
    workshop.add(info("bs-roformer", "separator", extra="neural"))
    bench = Bench(tmp_path, workshop)
    mixture = SeparationRequest(Waveform(ramp(1, 5000) / np.float32(4)))
    for engine in ("htdemucs_ft", "bs-roformer"):
        made = audio(bench.play(mixture, engine=engine))
        assert np.array_equal(made["vocals"] + made["other"], mixture.mixture.samples)
    assert bench.remote.calls == [("Separate", "htdemucs_ft"), ("SeparateHq", "bs-roformer")]


def test_cancelling_ends_the_call_on_modal(bench: Bench) -> None:
    cancel = threading.Event()
    go_on = threading.Event()

    def before_message(call: int, message: int) -> None:
        if message == 2:
            assert go_on.wait(LONG_S)

    bench.remote.before_message = before_message
    stream = bench.runtime().stream(EngineCall("ramp", song()), cancel)
    next(stream)
    cancel.set()
    seen, _ = failing(stream, Cancelled)
    go_on.set()
    assert bench.remote.cancelled == ["fc-0"]
    assert [type(item) for item in seen] == [Usage]


def test_cancelling_before_the_container_has_started_ends_the_call_once_it_does(bench: Bench) -> None:
    cancel = threading.Event()
    started = threading.Event()

    def before_message(call: int, message: int) -> None:
        cancel.set()
        assert started.wait(LONG_S)

    bench.remote.before_message = before_message
    seen, _ = failing(bench.runtime().stream(EngineCall("ramp", song()), cancel), Cancelled)
    assert seen == []
    assert bench.remote.cancelled == []
    started.set()
    assert bench.remote.something_cancelled.wait(LONG_S)
    assert bench.remote.cancelled == ["fc-0"]


def test_a_stream_closed_early_ends_the_call_on_modal(bench: Bench) -> None:
    go_on = threading.Event()

    def before_message(call: int, message: int) -> None:
        if message == 3:
            assert go_on.wait(LONG_S)

    bench.remote.before_message = before_message
    stream = bench.runtime().stream(EngineCall("ramp", song()), Never())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert bench.remote.cancelled == ["fc-0"]
    go_on.set()


def test_a_call_that_has_ended_is_not_cancelled(bench: Bench) -> None:
    bench.play(song())
    assert bench.remote.cancelled == []


@pytest.mark.parametrize(("silent_from", "kind"), [(0, ServiceUnavailable), (2, EngineTimeout)])
def test_silence_ends_with_a_timeout(bench: Bench, silent_from: int, kind: type[AuraxError]) -> None:
    go_on = threading.Event()

    def before_message(call: int, message: int) -> None:
        if message == silent_from:
            assert go_on.wait(LONG_S)

    bench.remote.before_message = before_message
    call_settings = CallSettings(poll_s=0.001, grace_s=5.0, start_s=30.0, heartbeat_s=4.0)
    seen, error = failing(
        bench.runtime(call_settings).stream(EngineCall("ramp", song(), timeout_s=20.0), Never()), kind
    )
    go_on.set()
    assert error.retryable
    beats = [item for item in seen if isinstance(item, Chunk) and not item.audio]
    assert beats, "the caller hears that the call still runs"
    assert len(bench.remote.calls) == (3 if kind is ServiceUnavailable else 2)


def test_candidates_beyond_one_call_are_made_at_the_same_time(bench: Bench) -> None:
    all_there = threading.Barrier(3, timeout=LONG_S)

    def before_message(call: int, message: int) -> None:
        if message == 0:
            all_there.wait()

    bench.remote.before_message = before_message
    items = bench.play(song(1, 2, 3, 4, 5), CallSettings(candidates_per_call=2, poll_s=0.01))
    made = audio(items)
    assert sorted(made) == [f"candidate-{place}" for place in range(5)]
    assert all(np.array_equal(made[f"candidate-{seed - 1}"], ramp(seed, SECOND)) for seed in range(1, 6))
    assert progress(items) == sorted(progress(items))
    assert progress(items)[-1] == 1.0
    usage = items[-1]
    assert isinstance(usage, Usage)
    assert usage.audio_s == 5.0
    last = {name: value for item in items if isinstance(item, Chunk) for name, value in item.measurements.items()}
    assert [last[f"candidate-{place}/seed"] for place in range(5)] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_one_part_that_fails_ends_the_others(bench: Bench) -> None:
    def before_message(call: int, message: int) -> None:
        if call == 1:
            raise ResourceExhaustedError("quota")
        if message == 1:
            assert bench.remote.something_cancelled.wait(LONG_S)

    bench.remote.before_message = before_message
    call_settings = CallSettings(candidates_per_call=1, poll_s=0.01)
    failing(bench.runtime(call_settings, Clock()).stream(EngineCall("ramp", song(1, 2)), Never()), QuotaExceeded)
    assert bench.remote.something_cancelled.wait(LONG_S)
    assert bench.remote.cancelled == ["fc-0"]


def test_large_audio_goes_through_the_shared_store_and_nothing_stays_there(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "INLINE_BYTES", 2000)
    store = ObjectStore("memory:///", tmp_path / "cache")
    bench.workshop.add(info("htdemucs", "separator", extra="neural"))
    bench.remote.store = store
    mixture = Waveform(np.random.default_rng(5).normal(0, 0.2, (2, 20_000)).astype(np.float32))
    seen: list[int] = []
    bench.remote.before_message = lambda call, message: seen.append(len(store.keys()))
    items = list(bench.runtime(objects=store).stream(EngineCall("htdemucs", SeparationRequest(mixture)), Never()))
    made = audio(items)
    assert np.array_equal(made["vocals"] + made["other"], mixture.samples)
    assert seen[0] == 1, "the mixture"
    assert max(seen) > 1, "and stems"
    assert store.keys() == ()
    copies = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.parent.name != ".locks"]
    assert copies == []


def test_another_object_store_than_the_deployed_one_is_refused(bench: Bench, tmp_path: Path) -> None:
    store = ObjectStore("memory:///", tmp_path)
    _, error = failing(bench.runtime(objects=store).stream(EngineCall("ramp", song()), Never()), InvalidOption)
    assert "aurax modal deploy" in error.fix


def test_audio_that_is_not_finite_is_refused_here_too(bench: Bench) -> None:
    class Broken(InProcess):
        def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
            from aurax.adapters.modal.messages import StartedReply
            from aurax.adapters.modal.wire import pack_chunk, pack_reply

            yield pack_reply(StartedReply())
            yield pack_chunk(Chunk({"candidate-0": np.full((2, 9), np.nan, np.float32)}, 0.5), 0, None)

    bench.remote = Broken(bench.settings, bench.workshop.engines)
    seen, _ = failing(bench.runtime().stream(EngineCall("ramp", song()), Never()), BadEngineOutput)
    assert [type(item) for item in seen] == [Usage]


def test_bad_requests_call_nothing(bench: Bench) -> None:
    failing(bench.runtime().stream(EngineCall("ramp", GenerationRequest("", 1.0)), Never()), InvalidOption)
    failing(bench.runtime().stream(EngineCall("nobody", song()), Never()), UnknownPlugin)
    assert bench.remote.calls == []


def test_available_asks_modal_without_starting_anything(bench: Bench) -> None:
    bench.workshop.add(info("here", extra="neural", needs_weights=True))
    bench.workshop.add(info("absent", extra="neural", needs_weights=True))
    runtime = bench.runtime()
    assert runtime.available("ramp") is None
    assert runtime.available("here") is None
    assert runtime.available("absent") == "absent has no weights on Modal: run 'aurax modal fetch absent'"
    assert bench.remote.calls == []


def test_available_says_what_is_missing_on_modal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def require(function: str) -> None:
        raise ServiceUnavailable("Generate on Modal", "nothing of that name", "run 'aurax modal deploy'")

    monkeypatch.setattr(bench.remote, "require", require)
    assert "run 'aurax modal deploy'" in (bench.runtime().available("ramp") or "")


def test_cancel_is_asked_while_a_repeat_is_awaited(bench: Bench) -> None:
    class Later(Never):
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            return len(bench.remote.calls) == 1 and bench.remote.ended == 1 and self.looks > 50

    cancel: Cancel = Later()
    bench.remote.before_message = once(InternalFailure("lost"), 1, calls=99)
    failing(bench.runtime(clock=Clock()).stream(EngineCall("ramp", song()), cancel), Cancelled)
    assert len(bench.remote.calls) == 1
