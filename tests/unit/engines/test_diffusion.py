"""The diffusers backend on tiny random pipelines: what it plays is noise, but how it plays it is tested."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from builders.diffusion_checkpoints import save_tiny_ace_step, save_tiny_stable_audio

from aurax.engines.diffusion.family import ACE_STEP, STABLE_AUDIO, STABLE_AUDIO_3
from aurax.engines.engine import Engine, EngineContext, Never, generate
from aurax.engines.engine_registry import load_engines
from aurax.engines.requests import GenerationRequest, Sampling
from aurax.errors import BadCheckpoint, BadEngineOutput, Cancelled, InvalidOption, MissingWeights, NoGpu

SPEC = load_engines()["stable-audio-open"]
NAME = SPEC.info.name


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_tiny_stable_audio(folder / NAME)
    return folder


@pytest.fixture
def engine(weights: Path) -> Iterator[Engine]:
    loaded = SPEC.load(EngineContext(weights, device="cpu"))
    yield loaded
    loaded.close()


@pytest.fixture
def damaged(weights: Path, tmp_path: Path) -> Path:
    """A copy to be damaged by the test."""
    shutil.copytree(weights / NAME, tmp_path / NAME)
    return tmp_path / NAME


def request(*seeds: int, steps: int = 3) -> GenerationRequest:
    return GenerationRequest("lofi piano", 0.5, seeds=seeds or (1,), sampling=Sampling(steps=steps))


def test_each_candidate_comes_whole_and_progress_comes_between(engine: Engine) -> None:
    chunks = list(engine.stream(request(1, 2), Never()))
    assert [name for chunk in chunks for name in chunk.audio] == ["candidate-0", "candidate-1"]
    assert len(chunks) >= 6
    assert chunks[-1].audio["candidate-1"].shape == (2, 24_000)


def test_a_stream_that_is_closed_early_stops_its_thread(engine: Engine) -> None:
    before = threading.active_count()
    stream = engine.stream(request(steps=50), Never())
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_set_cancel_ends_the_denoising_at_its_next_step(engine: Engine) -> None:
    stop = threading.Event()
    stream = engine.stream(request(steps=200), stop)
    next(stream)
    stop.set()
    with pytest.raises(Cancelled):
        list(stream)


def test_nan_in_the_weights_is_reported_and_not_played(engine: Engine) -> None:
    with torch.no_grad():
        next(iter(engine._pipeline.vae.decoder.parameters())).fill_(float("nan"))
    with pytest.raises(BadEngineOutput, match=NAME):
        generate(engine, request())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=str(tmp_path / NAME)):
        SPEC.load(EngineContext(tmp_path))


def test_another_pipeline_is_refused_before_it_is_loaded(damaged: Path) -> None:
    index = json.loads((damaged / "model_index.json").read_text())
    (damaged / "model_index.json").write_text(json.dumps({**index, "_class_name": "AudioLDM2Pipeline"}))
    with pytest.raises(BadCheckpoint, match="AudioLDM2Pipeline"):
        SPEC.load(EngineContext(damaged.parent, device="cpu"))


def test_a_component_from_elsewhere_is_refused_before_it_is_imported(damaged: Path) -> None:
    index = json.loads((damaged / "model_index.json").read_text())
    (damaged / "model_index.json").write_text(json.dumps({**index, "tokenizer": ["subprocess", "Popen"]}))
    with pytest.raises(BadCheckpoint, match="subprocess"):
        SPEC.load(EngineContext(damaged.parent, device="cpu"))


def test_a_pickle_is_refused(damaged: Path) -> None:
    (damaged / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(BadCheckpoint, match="pickle"):
        SPEC.load(EngineContext(damaged.parent, device="cpu"))


def test_a_truncated_file_is_reported_with_its_folder(damaged: Path) -> None:
    file = damaged / "transformer" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(BadCheckpoint, match=str(damaged)):
        SPEC.load(EngineContext(damaged.parent, device="cpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_is_refused_where_there_is_none_skipped_with_a_gpu(weights: Path) -> None:
    with pytest.raises(NoGpu):
        SPEC.load(EngineContext(weights, device="cuda"))


def test_each_family_gets_the_wishes_under_its_own_names() -> None:
    wish = GenerationRequest(
        "piano", 12.0, negative_prompt="drums", bpm=82.4, key="A minor", sampling=Sampling(steps=8)
    )
    assert STABLE_AUDIO.arguments(wish) == {
        "prompt": "piano", "audio_end_in_s": 12.0, "num_inference_steps": 8, "negative_prompt": "drums"
    }  # fmt: skip
    assert ACE_STEP.arguments(wish) == {
        "prompt": "piano", "audio_duration": 12.0, "num_inference_steps": 8, "lyrics": "[instrumental]", "bpm": 82,
        "keyscale": "A minor",
    }  # fmt: skip
    assert STABLE_AUDIO_3.arguments(wish) == {"prompt": "piano", "duration": 12.0, "num_inference_steps": 8}


def test_the_same_seed_gives_the_same_bits_after_loading_again(weights: Path) -> None:
    first, second = (SPEC.load(EngineContext(weights, device="cpu")) for _ in range(2))
    one, other = (generate(each, request(7)).audio["candidate-0"].samples for each in (first, second))
    assert np.array_equal(one, other)


def test_a_checkpoint_that_plays_shorter_pieces_says_how_long_they_may_be(engine: Engine) -> None:
    longest_s = 1024 * 32 / 44_100
    assert engine.info.longest_s == pytest.approx(longest_s)
    with pytest.raises(InvalidOption, match=r"at most 0\.74"):
        generate(engine, GenerationRequest("lofi piano", longest_s + 0.01, sampling=Sampling(steps=1)))


def test_progress_follows_the_steps_that_the_checkpoint_takes_by_itself(tmp_path: Path) -> None:
    save_tiny_ace_step(tmp_path / "ace-step")
    turbo = load_engines()["ace-step"].load(EngineContext(tmp_path, device="cpu"))
    chunks = list(turbo.stream(GenerationRequest("lofi", 0.4), Never()))
    assert [chunk.progress for chunk in chunks] == pytest.approx([*(0.99 * step / 8 for step in range(1, 9)), 1.0])


@pytest.mark.parametrize("turbo", [True, False])
def test_guidance_is_computed_only_for_checkpoints_that_need_it(turbo: bool, tmp_path: Path) -> None:
    save_tiny_ace_step(tmp_path / "ace-step", turbo=turbo)
    engine = load_engines()["ace-step"].load(EngineContext(tmp_path, device="cpu"))
    batches: list[int] = []
    engine._pipeline.transformer.register_forward_hook(
        lambda module, arguments, options, output: batches.append(len(options["hidden_states"])), with_kwargs=True
    )
    chunks = list(engine.stream(GenerationRequest("lofi", 0.4), Never()))
    assert batches == ([1] * 8 if turbo else [2] * 50)
    assert len(chunks) == len(batches) + 1


def test_other_words_tempo_and_key_give_other_audio(tmp_path: Path) -> None:
    save_tiny_ace_step(tmp_path / "ace-step")
    engine = load_engines()["ace-step"].load(EngineContext(tmp_path, device="cpu"))
    wishes = [
        GenerationRequest("lofi", 0.4, bpm=82.0, key="A minor"),
        GenerationRequest("lofi", 0.4, bpm=120.0, key="A minor"),
        GenerationRequest("lofi", 0.4, bpm=82.0, key="C major"),
        GenerationRequest("techno", 0.4, bpm=82.0, key="A minor"),
    ]
    heard = [generate(engine, wish).audio["candidate-0"].samples for wish in wishes]
    for other in heard[1:]:
        assert not np.array_equal(heard[0], other)
