import gc
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from builders.musicgen_checkpoints import Kind, save_tiny_checkpoint, tiny_model, tiny_tokenizer
from safetensors.torch import load_file, save_file

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.engines.engine import EngineContext, EngineInfo, Never, generate
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.installed.musicgen import ENGINES
from aurax.engines.musicgen.chroma import one_hot_chroma
from aurax.engines.musicgen.musicgen_engine import MusicGenEngine, load_musicgen
from aurax.engines.requests import GenerationRequest, Sampling
from aurax.engines.resampling import resample
from aurax.errors import (
    BadCheckpoint,
    BadEngineOutput,
    Cancelled,
    InvalidOption,
    MissingExtra,
    MissingWeights,
    NoGpu,
    OutOfMemory,
)

torch.set_num_threads(1)

NAMES: dict[Kind, str] = {
    "mono": "musicgen-small",
    "stereo": "musicgen-stereo-small",
    "melody": "musicgen-melody",
    "melody-stereo": "musicgen-stereo-melody",
}
INFOS = {spec.info.name: spec.info for spec in ENGINES}
GREEDY = Sampling(greedy=True)


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for kind, name in NAMES.items():
        save_tiny_checkpoint(folder / name, kind)
    return folder


Load = Callable[..., MusicGenEngine]


@pytest.fixture(scope="module")
def load(weights_dir: Path) -> Load:
    """Loads each engine once; windows are those of the published models if nothing else is said."""

    @cache
    def loaded(kind: Kind = "mono", precision: str = "fp32", **windows: float) -> MusicGenEngine:
        context = EngineContext(
            weights_dir, device="cpu", precision=precision, threads=1, cache_dir=weights_dir / "cache"
        )
        return load_musicgen(INFOS[NAMES[kind]], context, **windows)

    return loaded


def wanted(**changes: object) -> GenerationRequest:
    request = GenerationRequest("lofi techno beat", 0.5, seeds=(3,), sampling=Sampling(top_k=20))
    return replace(request, **changes)


def played(engine: MusicGenEngine, **changes: object) -> Samples:
    return generate(engine, wanted(**changes)).audio["candidate-0"].samples


@cache
def tune(seconds: float = 2.0, pitch_hz: float = 440.0) -> Waveform:
    time_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    slide = pitch_hz * 2 ** (np.floor(4 * time_s) * 5 / 12)
    wave = 0.4 * np.sin(2 * np.pi * slide * time_s)
    return Waveform(np.stack([wave, 0.5 * wave]).astype(np.float32))


def by_transformers(kind: Kind, new_frames: int, **inputs: torch.Tensor) -> Samples:
    """Greedily decoded and decoded whole by transformers, then brought to 48 kHz stereo."""
    inputs |= tiny_tokenizer()("lofi techno beat", return_tensors="pt")
    with torch.inference_mode():
        # The last codebook of a frame comes three positions after the first.
        audio = tiny_model(kind).generate(**inputs, do_sample=False, guidance_scale=3.0, max_new_tokens=new_frames + 3)
    return np.broadcast_to(resample(audio[0].numpy(), 32_000, 48_000), (2, audio.shape[-1] * 3 // 2))


@pytest.mark.parametrize("kind", NAMES)
def test_greedy_streams_equal_what_transformers_makes_as_a_whole(kind: Kind, load: Load):
    np.testing.assert_allclose(played(load(kind), sampling=GREEDY), by_transformers(kind, 25), atol=1e-5)


@pytest.mark.parametrize("kind", ["melody", "melody-stereo"])
def test_a_melody_enters_as_it_does_in_transformers(kind: Kind, load: Load):
    heard = resample(tune().samples.mean(axis=0, keepdims=True), 48_000, 32_000)[:, : 25 * 640]
    chroma = one_hot_chroma(heard, 32_000)[None]
    audio = played(load(kind), sampling=GREEDY, melody=tune())
    np.testing.assert_allclose(audio, by_transformers(kind, 25, input_features=chroma), atol=1e-5)
    assert np.abs(audio - played(load(kind), sampling=GREEDY)).max() > 1e-3


@pytest.mark.parametrize("kind", ["mono", "stereo"])
def test_audio_is_continued_as_in_transformers_after_opening_untouched(kind: Kind, load: Load):
    given = Waveform(np.ascontiguousarray(tune().samples[:, : 15 * 960]))
    heard = given.samples if kind == "stereo" else given.samples.mean(axis=0, keepdims=True)
    values = torch.from_numpy(resample(heard, 48_000, 32_000))[None]
    audio = played(load(kind), sampling=GREEDY, continuation=given)
    untouched, opening = 15 * 960 - 2400, 15 * 960
    assert np.array_equal(audio[:, :untouched], given.samples[:, :untouched])
    whole = by_transformers(kind, 10, input_values=values)
    assert whole.shape == audio.shape
    np.testing.assert_allclose(audio[:, opening:], whole[:, opening:], atol=1e-5)


def test_mono_models_give_two_equal_channels_and_stereo_models_two_different_ones(load: Load):
    mono, stereo = played(load("mono")), played(load("stereo"))
    assert np.array_equal(mono[0], mono[1])
    assert not np.array_equal(stereo[0], stereo[1])


@pytest.mark.parametrize("duration_s", [0.01, 0.5, 0.512345, 1.5])
def test_the_length_is_exact(duration_s: float, load: Load):
    assert played(load(), duration_s=duration_s).shape == (2, round(duration_s * SAMPLE_RATE))


def test_the_first_audio_comes_early_and_the_rest_by_the_second(load: Load):
    chunks = list(load().stream(wanted(duration_s=2.5), Never()))
    lengths = [chunk.audio["candidate-0"].shape[1] for chunk in chunks]
    assert 0.1 * SAMPLE_RATE < lengths[0] < 0.2 * SAMPLE_RATE
    assert 0.9 * SAMPLE_RATE < lengths[1] < 1.1 * SAMPLE_RATE
    assert [chunk.progress for chunk in chunks] == pytest.approx(np.cumsum(lengths) / (2.5 * SAMPLE_RATE))


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
@pytest.mark.parametrize("kind", ["mono", "melody-stereo"])
def test_the_same_request_gives_the_same_bits_and_another_seed_others(precision: str, kind: Kind, load: Load):
    engine = load(kind, precision)
    first = played(engine)
    other = played(engine, seeds=(4,))
    assert np.array_equal(played(engine), first)
    assert np.abs(other - first).max() > 1e-3


WINDOWS = {"window_s": 0.5, "keep_s": 0.2}


@pytest.mark.parametrize(("kind", "precision"), [("mono", "fp32"), ("mono", "int8"), ("melody", "int8")])
def test_candidates_do_not_depend_on_the_others(kind: Kind, precision: str, load: Load):
    engine = load(kind, precision, **WINDOWS)
    together = generate(engine, wanted(duration_s=1.3, seeds=(5, 3, 9))).audio
    for index, seed in enumerate((5, 3, 9)):
        alone = played(engine, duration_s=1.3, seeds=(seed,))
        assert np.array_equal(together[f"candidate-{index}"].samples, alone)


def test_a_piece_of_several_windows_begins_like_one_of_a_single_window(load: Load):
    short, long = played(load(), duration_s=0.5), played(load(**WINDOWS), duration_s=1.3)
    assert long.shape == (2, round(1.3 * SAMPLE_RATE))
    # The last frames of the short piece lack what follows them.
    same = 20 * 960
    np.testing.assert_allclose(long[:, :same], short[:, :same], atol=1e-6)
    assert np.abs(long[:, 24_000:]).max() > 1e-3


def test_a_window_goes_on_from_the_codes_before_it_and_one_codec_decodes_all(load: Load):
    model, heard = tiny_model("mono"), []
    decode = model.audio_encoder.decode
    model.audio_encoder.decode = lambda codes, **scales: (heard.append(codes[0, 0]), decode(codes, **scales))[1]
    inputs = {**tiny_tokenizer()("lofi techno beat", return_tensors="pt"), "do_sample": False, "guidance_scale": 3.0}
    model.generate(**inputs, max_new_tokens=25 + 3)
    model.generate(**inputs, max_new_tokens=15 + 3, decoder_input_ids=heard[0][:, -10:])
    codes = torch.cat([heard[0], heard[1][:, 10:]], dim=1)
    with torch.inference_mode():
        whole = resample(decode(codes[None, None], [None]).audio_values[0].numpy(), 32_000, 48_000)
    audio = played(load(**WINDOWS), duration_s=0.8, sampling=GREEDY)
    np.testing.assert_allclose(audio, np.broadcast_to(whole, audio.shape), atol=1e-5)


def test_every_window_follows_its_own_stretch_of_the_melody(load: Load):
    engine = load("melody", **WINDOWS)
    first, second = tune(2.0), tune(2.0, pitch_hz=370.0)
    changed = first.samples.copy()
    # The second window hears the melody from 0.3 s on, the first only up to 0.5 s.
    changed[:, 24_000:] = second.samples[:, 24_000:]
    one = played(engine, duration_s=0.8, melody=first)
    other = played(engine, duration_s=0.8, melody=Waveform(changed))
    same = 20 * 960
    np.testing.assert_allclose(one[:, :same], other[:, :same], atol=1e-6)
    assert np.abs(one[:, 25 * 960 :] - other[:, 25 * 960 :]).max() > 1e-3


def test_long_audio_can_be_continued_of_which_the_model_takes_the_end(load: Load):
    given, engine = tune(2.0), load(**WINDOWS)
    chunks = list(engine.stream(wanted(duration_s=2.6, continuation=given), Never()))
    opening = given.frames - 2400
    assert chunks[0].audio["candidate-0"].shape == (2, opening)
    whole = np.concatenate([chunk.audio["candidate-0"] for chunk in chunks], axis=1)
    assert whole.shape == (2, round(2.6 * SAMPLE_RATE))
    assert np.array_equal(whole[:, :opening], given.samples[:, :opening])
    earlier = given.samples.copy()
    earlier[:, :SAMPLE_RATE] *= 0.5
    again = played(engine, duration_s=2.6, continuation=Waveform(earlier))
    np.testing.assert_allclose(again[:, given.frames :], whole[:, given.frames :], atol=1e-6)


def test_a_cancelled_stream_ends_within_a_step_and_leaves_nothing_behind(load: Load):
    engine, stop = load(), threading.Event()
    before = played(engine, duration_s=2.0)
    stream = engine.stream(wanted(duration_s=2.0), stop)
    next(stream)
    stop.set()
    with pytest.raises(Cancelled):
        next(stream)
    assert np.array_equal(played(engine, duration_s=2.0), before)


def test_a_stream_that_is_left_leaves_nothing_behind(load: Load):
    before = played(load())
    stream = load().stream(wanted(duration_s=2.0), Never())
    next(stream)
    stream.close()
    assert np.array_equal(played(load()), before)


def test_a_second_stream_ends_the_first_rather_than_mixing_with_it(load: Load):
    before = played(load())
    first = load().stream(wanted(duration_s=2.0), Never())
    next(first)
    assert np.array_equal(played(load()), before)
    with pytest.raises(InvalidOption, match="one stream"):
        next(first)


def test_too_little_memory_is_reported_and_the_next_request_works(load: Load, monkeypatch: pytest.MonkeyPatch):
    engine = load()
    before = played(engine)
    assert engine._parts is not None
    backend, steps = engine._parts[0], []
    step = backend.step

    def failing(tokens: torch.Tensor, position: int) -> torch.Tensor:
        steps.append(position)
        if position == 20:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return step(tokens, position)

    monkeypatch.setattr(backend, "step", failing)
    with pytest.raises(OutOfMemory, match="musicgen-small"):
        played(engine)
    monkeypatch.undo()
    assert steps == list(range(21))
    assert np.array_equal(played(engine), before)


def test_a_codec_without_memory_is_reported_too(load: Load, monkeypatch: pytest.MonkeyPatch):
    def failing(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr("aurax.engines.musicgen.output.Output.push", failing)
    with pytest.raises(OutOfMemory, match="musicgen-small"):
        played(load())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_reported_before_anything_is_loaded(weights_dir: Path):
    with pytest.raises(NoGpu):
        load_musicgen(INFOS["musicgen-small"], EngineContext(weights_dir, device="cuda"))


def test_closing_frees_the_models_and_can_be_done_twice(weights_dir: Path):
    engine = load_musicgen(INFOS["musicgen-small"], EngineContext(weights_dir, device="cpu", precision="fp32"))
    assert engine._parts is not None
    models = [weakref.ref(part) for part in (engine._parts[1]._model, engine._parts[2]._model)]
    played(engine)
    engine.close()
    engine.close()
    gc.collect()
    assert [model() for model in models] == [None, None]
    with pytest.raises(InvalidOption, match="closed"):
        played(engine)


def test_nothing_is_written_to_the_terminal(weights_dir: Path, capfd: pytest.CaptureFixture[str]):
    context = EngineContext(weights_dir, device="cpu", cache_dir=weights_dir / "cache")
    played(load_musicgen(INFOS["musicgen-melody"], context))
    assert capfd.readouterr() == ("", "")


def test_a_prompt_over_the_encoders_length_is_refused(load: Load):
    with pytest.raises(InvalidOption, match=r"at most 512 tokens.*found \d+ tokens"):
        played(load(), prompt="123 " * 151)


def test_a_melody_is_refused_by_a_model_that_cannot_follow_one(load: Load):
    with pytest.raises(InvalidOption, match="melody"):
        played(load("mono"), melody=tune())


def context_of(tmp_path: Path, name: str, kind: Kind) -> EngineContext:
    save_tiny_checkpoint(tmp_path / name, kind)
    return EngineContext(tmp_path, device="cpu", precision="fp32", threads=1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("musicgen-small", "stereo"), ("musicgen-stereo-large", "mono"), ("musicgen-melody", "mono")],
)
def test_weights_of_another_kind_are_refused(name: str, kind: Kind, tmp_path: Path):
    with pytest.raises(BadCheckpoint, match=f"for {name}"):
        load_musicgen(INFOS[name], context_of(tmp_path, name, kind))


def test_truncated_weights_are_refused(tmp_path: Path):
    context = context_of(tmp_path, "musicgen-small", "mono")
    file = tmp_path / "musicgen-small" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(BadCheckpoint, match=r"model\.safetensors"):
        load_musicgen(INFOS["musicgen-small"], context)


def test_a_pickle_in_their_place_is_not_read(tmp_path: Path):
    context = context_of(tmp_path, "musicgen-small", "mono")
    file = tmp_path / "musicgen-small" / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in load_file(file).items()}
    torch.save(tensors, file)
    with pytest.raises(BadCheckpoint, match="pickle"):
        load_musicgen(INFOS["musicgen-small"], context)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize(
    "name",
    [
        "decoder.model.decoder.layers.0.fc1.weight",
        "text_encoder.shared.weight",
        "audio_encoder.decoder.layers.0.conv.bias",
    ],
)
def test_weights_that_are_nan_give_an_error_and_no_audio(name: str, precision: str, tmp_path: Path, weights_dir: Path):
    context = context_of(tmp_path, "musicgen-small", "mono")
    context = replace(context, precision=precision, cache_dir=weights_dir / "cache")
    file = tmp_path / "musicgen-small" / "model.safetensors"
    tensors = load_file(file)
    tensors[name] = torch.full_like(tensors[name], torch.nan)
    save_file(tensors, file)
    engine = load_musicgen(INFOS["musicgen-small"], context)
    with pytest.raises(BadEngineOutput, match="NaN"):
        list(engine.stream(wanted(), Never()))


def test_missing_weights_say_where_they_belong_and_how_to_get_them(tmp_path: Path):
    spec = find_engine(load_engines(), "musicgen")
    with pytest.raises(MissingWeights) as caught:
        spec.load(EngineContext(tmp_path))
    assert str(tmp_path / "musicgen-small") in caught.value.expected
    assert "aurax fetch musicgen-small" in caught.value.fix


def test_a_missing_package_is_named_with_the_extra_that_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "musicgen-small").mkdir()
    (tmp_path / "musicgen-small" / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "aurax.engines.musicgen.musicgen_engine", None)
    with pytest.raises(MissingExtra, match=r"aurax\[neural\]"):
        find_engine(load_engines(), "musicgen").load(EngineContext(tmp_path))


def test_all_ten_published_models_are_installed_and_none_may_be_used_commercially():
    assert len(ENGINES) == 10
    for spec in ENGINES:
        info: EngineInfo = spec.info
        assert (info.channels == 2) == ("stereo" in info.name)
        assert ("melody" in info.conditions) == ("melody" in info.name)
        assert (info.licence.name, info.licence.commercial) == ("CC-BY-NC-4.0", False)
