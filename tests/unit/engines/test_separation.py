from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aurax.audio.waveform import Waveform
from aurax.engines.engine import EngineInfo, generate
from aurax.engines.licence import Licence
from aurax.engines.requests import GenerationRequest, Request, SeparationRequest
from aurax.engines.segments import Segment, make_plan, run_segments
from aurax.engines.separation import ModelSeparator, with_the_rest
from aurax.errors import InvalidOption, SilentAudio

_INFO = EngineInfo(
    name="half",
    title="Gives half of everything to each of two sources",
    kind="separator",
    licence=Licence(name="CC0-1.0", commercial=True),
    sample_rate=8_000,
    channels=2,
    longest_s=60.0,
    streams=True,
    conditions=frozenset(),
    outputs=("drums", "other"),
    needs_weights=False,
)


class _Half:
    """A model that is linear and knows no time, so that segments must join without a trace."""

    sources = ("drums", "other")
    segment_frames = 1000
    normalizes = False

    def __init__(self, sample_rate: int = 8_000, batch: int = 3) -> None:
        self.sample_rate = sample_rate
        self.batch = batch
        self.heard: list[int] = []

    def run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        self.heard.append(len(windows))
        return np.stack([windows / 2, windows], axis=1)

    def close(self) -> None:
        self.heard.clear()


def _noise(frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-1, 1, (2, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 999, 1000, 1001, 4567])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.9])
@pytest.mark.parametrize("shifts", [0, 3])
def test_segments_of_a_model_without_memory_join_without_a_trace(frames: int, overlap: float, shifts: int) -> None:
    audio = _noise(frames)
    plan = make_plan(frames, 1000, overlap, shifts, longest_shift=400, seed=1)
    stems = np.concatenate([stems for stems, _ in run_segments(audio, _Half().run, plan, 2, batch=4)], axis=-1)
    np.testing.assert_allclose(stems[0], audio / 2, atol=1e-6)
    np.testing.assert_allclose(stems[1], audio, atol=1e-6)


def test_a_plan_covers_the_audio_with_every_pass() -> None:
    plan = make_plan(3000, 1000, 0.25, 2, longest_shift=400, seed=1)
    for index, lead in enumerate(plan.leads):
        assert 0 <= lead <= 400
        starts = [one.start for one in plan.segments() if one.pass_index == index]
        assert starts == list(range(-lead, 3000, 750))
    assert Segment(start=2250, frames=750, pass_index=0) in make_plan(3000, 1000, 0.25, 0, 400, 1).segments()


def test_a_segment_at_the_end_is_heard_in_the_middle_of_its_window() -> None:
    heard: list[NDArray[np.float32]] = []

    def run(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        heard.append(windows)
        return windows[:, None]

    list(run_segments(_noise(1200), run, make_plan(1200, 1000, 0.0, 0, 0, 0), 1, batch=1))
    np.testing.assert_array_equal(heard[1][0, :, 400:600], _noise(1200)[:, 1000:])
    np.testing.assert_array_equal(heard[1][0, :, :400], _noise(1200)[:, 600:1000])
    assert not heard[1][0, :, 600:].any()


def test_what_no_later_segment_touches_is_given_out_at_once() -> None:
    plan = make_plan(4000, 1000, 0.25, 0, 0, 0)
    steps = [(stems.shape[-1], done) for stems, done in run_segments(_noise(4000), _Half().run, plan, 2, batch=2)]
    assert steps == [(1500, 1 / 3), (1500, 2 / 3), (1000, 1.0)]


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("frames", [1, 4801, 48_000])
def test_outputs_have_the_mixtures_length_and_sum_to_it(rate: int, frames: int) -> None:
    mixture = Waveform(_noise(frames))
    audio = generate(ModelSeparator(_INFO, _Half(rate)), SeparationRequest(mixture)).audio
    assert list(audio) == ["drums", "other"]
    assert {stem.frames for stem in audio.values()} == {frames}
    np.testing.assert_allclose(audio["drums"].samples + audio["other"].samples, mixture.samples, atol=1e-6)


def test_stems_are_where_they_sounded_in_the_mixture() -> None:
    time_s = np.arange(48_000) / 48_000
    tone = np.tile(0.5 * np.sin(2 * np.pi * 440 * time_s) * np.hanning(48_000), (2, 1)).astype(np.float32)
    audio = generate(ModelSeparator(_INFO, _Half(44_100)), SeparationRequest(Waveform(tone))).audio
    np.testing.assert_allclose(audio["drums"].samples, tone / 2, atol=1e-4)


def test_a_cancelled_stream_does_not_run_the_model_again() -> None:
    model, cancel = _Half(), threading.Event()
    stream = ModelSeparator(_INFO, model).stream(SeparationRequest(Waveform(_noise(96_000))), cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Exception, match="cancelled"):
        next(stream)
    assert model.heard == [3]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: GenerationRequest("a song", 3.0), InvalidOption),
        (lambda: SeparationRequest(Waveform(_noise(100)[:1])), InvalidOption),
        (lambda: SeparationRequest(Waveform(_noise(100), 44_100)), InvalidOption),
        (lambda: SeparationRequest(Waveform(_noise(0))), SilentAudio),
        (lambda: SeparationRequest(Waveform(_noise(100)), overlap=1.0), InvalidOption),
        (lambda: SeparationRequest(Waveform(_noise(100)), shifts=-1), InvalidOption),
        (lambda: SeparationRequest(Waveform(np.zeros((2, 61 * 48_000), dtype=np.float32))), InvalidOption),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_before_any_work(
    make: Callable[[], Request], error: type[Exception]
) -> None:
    model: Any = _Half()
    with pytest.raises(error):
        generate(ModelSeparator(_INFO, model), make())
    assert model.heard == []


def test_the_rest_goes_to_other() -> None:
    mixture, drums = _noise(100), np.full((2, 100), 0.25, dtype=np.float32)
    stems = with_the_rest(mixture, {"drums": drums})
    np.testing.assert_allclose(stems["other"], mixture - drums, atol=1e-7)
