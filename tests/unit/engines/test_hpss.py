from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from aurax.audio.waveform import Samples, Waveform
from aurax.engines.engine import Engine, EngineContext, generate
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.hpss import hpss_engine
from aurax.engines.hpss.masks import FFT_FRAMES, masks
from aurax.engines.requests import SeparationRequest
from aurax.errors import Cancelled

RATE = 48_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return find_engine(load_engines(), "hpss", "separator").load(EngineContext(tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="module")
def band() -> dict[str, Samples]:
    """Four bars at 120 beats a minute: kick, snare and hats; a bass line; chords."""
    seconds = 8
    time_s = np.arange(RATE) / RATE
    stroke_s = time_s[: RATE // 4]
    rng = np.random.default_rng(0)
    kick = 0.8 * np.sin(2 * np.pi * (50 * stroke_s - 3.3 * np.exp(-30 * stroke_s))) * np.exp(-14 * stroke_s)
    snare = 0.25 * rng.standard_normal(len(stroke_s)) * np.exp(-25 * stroke_s)
    hat = 0.1 * np.diff(rng.standard_normal(len(stroke_s)), prepend=0.0) * np.exp(-60 * stroke_s)
    drums = np.tile(np.concatenate([kick + hat, hat, snare + hat, hat]), seconds)
    envelope = np.minimum(1.0, np.minimum(time_s / 0.01, (1.0 - time_s) / 0.02))
    bass, chords = [], []
    for second in range(seconds):
        root_hz = (55.0, 41.2, 65.4, 49.0)[second % 4]
        bass.append(0.3 * envelope * (_sine(root_hz, time_s) + 0.3 * _sine(2 * root_hz, time_s)))
        tones = [_sine(root_hz * ratio * partial, time_s) / partial for ratio in (4, 5, 6) for partial in range(1, 6)]
        chords.append(0.08 * envelope * np.sum(tones, axis=0))
    mono = {"drums": drums, "bass": np.concatenate(bass), "other": np.concatenate(chords)}
    return {name: np.stack([part, 0.8 * part]).astype(np.float32) for name, part in mono.items()}


def _sine(hz: float, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * time_s)


def _si_sdr_db(estimate: Samples, truth: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019)."""
    found, wanted = estimate.ravel().astype(np.float64), truth.ravel().astype(np.float64)
    target = found @ wanted / (wanted @ wanted) * wanted
    return float(10 * np.log10(np.sum(target**2) / np.sum((found - target) ** 2)))


@pytest.mark.parametrize(("name", "at_least_db"), [("drums", 10.0), ("bass", 8.0), ("other", 15.0)])
def test_every_stem_is_nearer_to_its_source_than_the_mixture_is(
    engine: Engine, band: dict[str, Samples], name: str, at_least_db: float
) -> None:
    mixture = sum(band.values())
    stems = generate(engine, SeparationRequest(Waveform(mixture))).audio
    improvement_db = _si_sdr_db(stems[name].samples, band[name]) - _si_sdr_db(mixture, band[name])
    assert improvement_db > at_least_db


@pytest.mark.parametrize("frames", [1, 1000, RATE, 10 * RATE + 1])
def test_stems_have_the_mixtures_length_and_sum_to_it(engine: Engine, frames: int) -> None:
    mixture = np.random.default_rng(1).uniform(-1, 1, (2, frames)).astype(np.float32)
    stems = generate(engine, SeparationRequest(Waveform(mixture))).audio
    assert tuple(stems) == engine.info.outputs == ("drums", "bass", "other")
    assert {stem.frames for stem in stems.values()} == {frames}
    np.testing.assert_allclose(sum(stem.samples for stem in stems.values()), mixture, atol=1e-6)


def test_where_blocks_begin_changes_nothing(
    engine: Engine, band: dict[str, Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SeparationRequest(Waveform(sum(band.values())))
    whole = generate(engine, request).audio
    monkeypatch.setattr(hpss_engine, "_BLOCK_COLUMNS", 37)
    pieces = generate(engine, request).audio
    for name, stem in whole.items():
        np.testing.assert_allclose(pieces[name].samples, stem.samples, atol=2e-6)


def test_a_sustained_tone_is_no_drum_and_a_click_is_no_tone(engine: Engine) -> None:
    tone = np.tile(0.5 * _sine(440.0, np.arange(3 * RATE) / RATE), (2, 1)).astype(np.float32)
    click = np.zeros_like(tone)
    click[:, RATE] = 1.0
    middle = slice(RATE // 2, 5 * RATE // 2)
    for source, name in ((tone, "other"), (click, "drums")):
        stems = generate(engine, SeparationRequest(Waveform(source))).audio
        energy = {key: float(np.sum(stem.samples[:, middle].astype(np.float64) ** 2)) for key, stem in stems.items()}
        assert energy[name] > 0.98 * sum(energy.values())


def test_one_sided_sounds_stay_on_their_side(engine: Engine, band: dict[str, Samples]) -> None:
    mixture = sum(band.values()).copy()
    mixture[1] = 0.0
    stems = generate(engine, SeparationRequest(Waveform(mixture))).audio
    assert all(not stem.samples[1].any() for stem in stems.values())


def test_masks_share_every_bin_and_silence_is_nobodys() -> None:
    magnitudes = np.abs(np.random.default_rng(2).standard_normal((40, FFT_FRAMES // 2 + 1))).astype(np.float32)
    drums, bass = masks(magnitudes)
    assert drums.min() >= 0.0
    assert bass.min() >= 0.0
    assert (drums + bass).max() <= 1.0 + 1e-6
    assert all(np.isfinite(mask).all() for mask in masks(np.zeros_like(magnitudes)))


def test_memory_does_not_grow_with_the_length(engine: Engine) -> None:
    def peak_bytes(seconds: int) -> int:
        mixture = Waveform(np.full((2, seconds * RATE), 0.1, dtype=np.float32))
        tracemalloc.start()
        for _ in engine.stream(SeparationRequest(mixture), threading.Event()):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak_bytes(40) < 1.1 * peak_bytes(20)


def test_a_set_cancel_ends_the_stream(engine: Engine) -> None:
    cancel = threading.Event()
    stream = engine.stream(SeparationRequest(Waveform(np.zeros((2, 20 * RATE), dtype=np.float32))), cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        next(stream)


def test_it_may_be_used_commercially_and_closed_twice(engine: Engine) -> None:
    assert engine.info.licence.commercial
    engine.close()
    engine.close()
