"""Every installed engine, whoever wrote it, keeps the contract of `aurax.engines.engine`.

Engines that need weights get tiny random ones, made here; what they play is noise, but how they play it is tested.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.engines.engine import Chunk, Engine, EngineContext, EngineResult, EngineSpec, Never, generate
from aurax.engines.engine_registry import load_engines
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    Sampling,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import Cancelled, InvalidOption, MissingWeights

ENGINES = load_engines()
NAMES = tuple(ENGINES)
GENERATORS = tuple(name for name, spec in ENGINES.items() if spec.info.kind == "generator")
SEPARATORS = tuple(name for name, spec in ENGINES.items() if spec.info.kind == "separator")
WEIGHTED = tuple(name for name, spec in ENGINES.items() if spec.info.needs_weights)

GENERATED_S = 0.6
RESIDUAL_DBFS = -90.0


def _weights() -> dict[str, Callable[[Path], object]]:
    """How to make tiny weights for each engine that needs some."""
    from builders.diffusion_checkpoints import save_tiny_ace_step, save_tiny_stable_audio, save_tiny_stable_audio_3
    from builders.musicgen_checkpoints import save_tiny_checkpoint
    from builders.separator_checkpoints import save_tiny_bs_roformer, save_tiny_htdemucs, save_tiny_htdemucs_ft

    makers: dict[str, Callable[[Path], object]] = {
        "htdemucs": save_tiny_htdemucs,
        "htdemucs_ft": save_tiny_htdemucs_ft,
        "htdemucs_6s": lambda folder: save_tiny_htdemucs(folder, sources=6),
        "bs-roformer": save_tiny_bs_roformer,
        "ace-step": save_tiny_ace_step,
        "stable-audio-open": save_tiny_stable_audio,
        "stable-audio-3": save_tiny_stable_audio_3,
    }
    for name in NAMES:
        if name.startswith("musicgen"):
            kind = "melody" if "melody" in name else "mono"
            kind = {"mono": "stereo", "melody": "melody-stereo"}[kind] if "stereo" in name else kind
            makers[name] = lambda folder, kind=kind: save_tiny_checkpoint(folder, kind)
    return makers


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> EngineContext:
    folder = tmp_path_factory.mktemp("weights")
    return EngineContext(folder, device="cpu", precision="fp32", threads=1, cache_dir=folder / "cache")


@pytest.fixture(scope="module")
def loaded(context: EngineContext) -> Callable[[str], Engine]:
    """Loads each engine once."""

    @cache
    def load(name: str) -> Engine:
        make_weights(name, context)
        return ENGINES[name].load(context)

    return load


def make_weights(name: str, context: EngineContext) -> None:
    if ENGINES[name].info.needs_weights and not context.folder(name).exists():
        _weights()[name](context.folder(name))


@cache
def sound(duration_s: float = 2.5) -> Waveform:
    """A beat with a chord, stereo."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hertz * time_s) for hertz in (220.0, 277.2, 329.6)) * 0.08
    beat = np.sin(2 * np.pi * 60.0 * time_s) * np.exp(-12.0 * (time_s % 0.5)) * 0.4
    hiss = np.random.default_rng(0).standard_normal((2, time_s.size)) * 0.01
    return Waveform((np.stack([chord + beat, 0.8 * chord + beat]) + hiss).astype(np.float32))


def request_for(spec: EngineSpec, **changes: object) -> Request:
    requests: dict[str, Request] = {
        "generator": GenerationRequest(
            "lofi beat with piano 120 bpm", GENERATED_S, seeds=(3,), sampling=Sampling(top_k=20, steps=2)
        ),
        "separator": SeparationRequest(sound()),
        "discriminator": DiscriminationRequest(sound()),
        "masterer": MasteringRequest(sound()),
    }
    return replace(requests[spec.info.kind], **changes)


def samples(result: EngineResult) -> dict[str, bytes]:
    return {name: wave.samples.tobytes() for name, wave in result.audio.items()}


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_says_what_it_is_without_being_loaded(name: str) -> None:
    info = ENGINES[name].info
    assert info.name == name
    assert info.licence.name
    assert info.title
    assert info.sample_rate >= 8_000
    assert info.channels in (1, 2)
    assert (info.kind in ("separator", "masterer")) == bool(info.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_gives_stereo_pieces_without_gaps_and_ends_at_progress_one(
    name: str, loaded: Callable[[str], Engine]
) -> None:
    engine = loaded(name)
    request = request_for(ENGINES[name])
    chunks: list[Chunk] = list(engine.stream(request, Never()))
    progress = [chunk.progress for chunk in chunks]
    assert progress == sorted(progress)
    assert progress[-1] == pytest.approx(1.0)
    frames: dict[str, int] = {}
    for chunk in chunks:
        for output, piece in chunk.audio.items():
            assert piece.dtype == np.float32
            assert piece.shape[0] == 2
            assert np.isfinite(piece).all()
            frames[output] = frames.get(output, 0) + piece.shape[1]
    if isinstance(request, GenerationRequest):
        assert frames == {"candidate-0": round(GENERATED_S * SAMPLE_RATE)}
    elif isinstance(request, DiscriminationRequest):
        assert frames == {}
        assert 0.0 <= chunks[-1].measurements["quality"] <= 1.0
    else:
        assert frames == dict.fromkeys(ENGINES[name].info.outputs, sound().frames)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_request_gives_the_same_bits_even_after_a_cancelled_one(
    name: str, loaded: Callable[[str], Engine]
) -> None:
    engine, request = loaded(name), request_for(ENGINES[name])
    first = generate(engine, request)
    stop = threading.Event()
    broken = engine.stream(request, stop)
    next(broken)
    stop.set()
    with contextlib.suppress(Cancelled):  # where the rest was there already, it just ends
        list(broken)
    again = generate(engine, request)
    assert samples(again) == samples(first)
    assert again.measurements == first.measurements


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_is_cancelled_before_it_begins_gives_nothing(name: str, loaded: Callable[[str], Engine]) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        list(loaded(name).stream(request_for(ENGINES[name]), stop))


@pytest.mark.parametrize("name", NAMES)
def test_a_request_of_another_kind_is_refused(name: str, loaded: Callable[[str], Engine]) -> None:
    other = "separator" if ENGINES[name].info.kind != "separator" else "generator"
    wrong = request_for(next(spec for spec in ENGINES.values() if spec.info.kind == other))
    with pytest.raises(InvalidOption, match=name):
        list(loaded(name).stream(wrong, Never()))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_piece_longer_than_an_engine_plays_is_refused(name: str, loaded: Callable[[str], Engine]) -> None:
    request = request_for(ENGINES[name], duration_s=ENGINES[name].info.longest_s + 1.0)
    with pytest.raises(InvalidOption, match="at most"):
        list(loaded(name).stream(request, Never()))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_candidate_depends_on_its_own_seed_and_not_on_the_batch(name: str, loaded: Callable[[str], Engine]) -> None:
    engine = loaded(name)
    both = generate(engine, request_for(ENGINES[name], seeds=(5, 3))).audio
    alone = generate(engine, request_for(ENGINES[name])).audio["candidate-0"]
    assert list(both) == ["candidate-0", "candidate-1"]
    assert np.abs(both["candidate-1"].samples - alone.samples).max() < 1e-3
    assert np.abs(both["candidate-0"].samples - alone.samples).max() > 1e-3


@pytest.mark.parametrize("name", SEPARATORS)
def test_stems_sum_to_the_mixture(name: str, loaded: Callable[[str], Engine]) -> None:
    stems = generate(loaded(name), request_for(ENGINES[name])).audio
    total = np.sum([stem.samples.astype(np.float64) for stem in stems.values()], axis=0)
    residual = np.abs(total - sound().samples).max()
    assert 20.0 * np.log10(residual + 1e-12) < RESIDUAL_DBFS
    assert tuple(stems) == ENGINES[name].info.outputs


@pytest.mark.parametrize("name", WEIGHTED)
def test_missing_weights_are_named_with_the_folder_they_belong_to(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=str(tmp_path / name)):
        ENGINES[name].load(EngineContext(tmp_path, device="cpu"))


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_runs_in_the_local_runtime_and_tells_what_it_used(name: str, context: EngineContext) -> None:
    make_weights(name, context)
    runtime = LocalRuntime(context)
    *chunks, usage = runtime.stream(EngineCall(name, request_for(ENGINES[name])), Never())
    runtime.close()
    runtime.close()
    assert chunks
    assert isinstance(usage, Usage)
    assert (usage.engine, usage.runtime, usage.device, usage.cold) == (name, "local", "cpu", True)
    assert usage.seconds > 0.0
    assert usage.audio_s == pytest.approx(GENERATED_S if name in GENERATORS else sound().duration_s, abs=0.01)
