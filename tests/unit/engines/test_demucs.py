from __future__ import annotations

import random
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders.separator_checkpoints import (
    FOUR,
    SIX,
    save_htdemucs,
    save_tiny_htdemucs,
    save_tiny_htdemucs_ft,
    tiny_htdemucs,
)
from demucs.apply import BagOfModels, apply_model
from demucs.states import save_with_checksum
from safetensors.torch import load_file, save_file

from aurax.audio.waveform import Waveform
from aurax.engines.demucs.bag import read_bag
from aurax.engines.demucs.convert import convert_demucs
from aurax.engines.demucs.demucs_engine import DemucsModel
from aurax.engines.demucs.header import write_header
from aurax.engines.engine import Engine, EngineContext, generate
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.requests import SeparationRequest
from aurax.engines.resampling import resample
from aurax.engines.segments import make_plan, run_segments
from aurax.errors import BadCheckpoint, BadEngineOutput, Cancelled, InvalidOption, MissingExtra, MissingWeights, NoGpu


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_tiny_htdemucs(folder / "htdemucs")
    save_tiny_htdemucs_ft(folder / "htdemucs_ft")
    save_tiny_htdemucs(folder / "htdemucs_6s", sources=6)
    return folder


def _load(weights: Path, name: str = "htdemucs", **options: Any) -> Engine:
    return find_engine(load_engines(), name).load(EngineContext(weights, device="cpu", precision="fp32", **options))


def _mixture(seconds: float = 1.3, seed: int = 0) -> Waveform:
    noise = np.random.default_rng(seed).standard_normal((2, round(48_000 * seconds)))
    return Waveform((0.1 * noise).astype(np.float32))


def _model(members: list[Any], name: str = "htdemucs") -> DemucsModel:
    return DemucsModel(name, members, torch.device("cpu"), "fp32")


def _stems(model: DemucsModel, audio: np.ndarray, **options: Any) -> np.ndarray:
    plan = make_plan(audio.shape[1], model.segment_frames, **options, longest_shift=22_050, seed=3)
    pieces = [piece for piece, _ in run_segments(audio, model.run, plan, len(model.sources), batch=2)]
    return np.concatenate(pieces, axis=-1)


@pytest.mark.parametrize(("frames", "overlap"), [(9_001, 0.25), (22_050, 0.1), (50_007, 0.6)])
def test_stems_equal_those_of_demucs_own_procedure(weights: Path, frames: int, overlap: float) -> None:
    audio = _mixture(2.0).samples[:, :frames]
    model = _model(read_bag("htdemucs", weights / "htdemucs", FOUR, unused="other"))
    expected = apply_model(tiny_htdemucs(), torch.from_numpy(audio)[None], shifts=0, overlap=overlap)[0].numpy()
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(_stems(model, audio, overlap=overlap, shifts=0), expected, atol=2e-6)


def test_shifted_passes_equal_those_of_demucs_own_procedure(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = _mixture().samples
    model = _model(read_bag("htdemucs", weights / "htdemucs", FOUR, unused="other"))
    leads = iter(make_plan(audio.shape[1], model.segment_frames, 0.25, 2, 22_050, seed=3).leads)
    monkeypatch.setattr(random, "randint", lambda low, high: high - next(leads))
    expected = apply_model(tiny_htdemucs(), torch.from_numpy(audio)[None], shifts=2, overlap=0.25)[0].numpy()
    np.testing.assert_allclose(_stems(model, audio, overlap=0.25, shifts=2), expected, atol=2e-6)


def test_a_bag_equals_demucs_own_but_leaves_out_the_model_of_what_is_not_needed(weights: Path) -> None:
    audio = _mixture().samples
    members = read_bag("htdemucs_ft", weights / "htdemucs_ft", FOUR, unused="other")
    assert len(members) == 3
    rows = [[float(row == column) for column in range(4)] for row in range(4)]
    bag = BagOfModels([tiny_htdemucs(4, seed) for seed in range(4)], rows)
    expected = apply_model(bag, torch.from_numpy(audio)[None], shifts=0, overlap=0.25)[0].numpy()
    wanted = [index for index, source in enumerate(FOUR) if source != "other"]
    found = _stems(_model(members, "htdemucs_ft"), audio, overlap=0.25, shifts=0)
    np.testing.assert_allclose(found[wanted], expected[wanted], atol=2e-6)


def test_a_bag_without_weights_is_the_mean_of_its_models(tmp_path: Path) -> None:
    models = [tiny_htdemucs(4, seed) for seed in (1, 2)]
    for name, model in zip("ab", models, strict=True):
        save_htdemucs(tmp_path / f"{name}.safetensors", model)
    (tmp_path / "htdemucs.yaml").write_text("models: [a, b]")
    audio = _mixture(0.4).samples
    expected = apply_model(BagOfModels(models), torch.from_numpy(audio)[None], shifts=0)[0].numpy()
    model = _model(read_bag("htdemucs", tmp_path, FOUR, unused="other"))
    np.testing.assert_allclose(_stems(model, audio, overlap=0.25, shifts=0), expected, atol=2e-6)


@pytest.mark.parametrize(("name", "outputs"), [("htdemucs", FOUR), ("demucs-ft", FOUR), ("htdemucs_6s", SIX)])
def test_stems_are_named_and_sum_to_the_mixture_within_120_db(
    weights: Path, name: str, outputs: tuple[str, ...]
) -> None:
    mixture = _mixture()
    engine = _load(weights, name)
    audio = generate(engine, SeparationRequest(mixture)).audio
    assert tuple(audio) == outputs == engine.info.outputs
    assert {stem.samples.shape for stem in audio.values()} == {mixture.samples.shape}
    residual = mixture.samples - sum(stem.samples.astype(np.float64) for stem in audio.values())
    assert np.abs(residual).max() < 1e-6


def test_a_whole_separation_equals_demucs_own_with_its_normalization(weights: Path) -> None:
    mixture = Waveform(_mixture().samples + np.float32(0.05))
    audio = torch.from_numpy(resample(mixture.samples, 48_000, 44_100))
    mono = audio.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    stems = apply_model(tiny_htdemucs(), ((audio - mean) / deviation)[None], shifts=0, overlap=0.25)[0]
    expected = resample((stems * deviation + mean)[FOUR.index("vocals")].numpy(), 44_100, 48_000)
    found = generate(_load(weights), SeparationRequest(mixture)).audio["vocals"].samples
    assert expected.std() > 0.001
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_stems_come_while_the_rest_is_still_unheard(weights: Path) -> None:
    mixture = _mixture(3.0)
    chunks = list(_load(weights).stream(SeparationRequest(mixture), threading.Event()))
    frames = [chunk.audio["drums"].shape[1] for chunk in chunks]
    assert len(chunks) == 9
    assert sum(frames) == mixture.frames
    assert max(frames) < mixture.frames / 3
    assert [chunk.progress for chunk in chunks] == sorted(chunk.progress for chunk in chunks)
    assert chunks[-1].progress == 1.0


def test_the_same_request_gives_the_same_bits_and_other_seeds_shift_otherwise(weights: Path) -> None:
    engine = _load(weights)
    one, two, other = (
        generate(engine, SeparationRequest(_mixture(), shifts=1, seed=seed)).audio["bass"].samples for seed in (1, 1, 2)
    )
    assert np.array_equal(one, two)
    assert not np.allclose(one, other, atol=1e-4)


def test_cancelling_ends_the_stream_within_one_segment(weights: Path) -> None:
    cancel = threading.Event()
    stream = _load(weights).stream(SeparationRequest(_mixture(3.0)), cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        next(stream)


@pytest.mark.parametrize("frames", [1, 2, 100])
def test_a_handful_of_frames_and_silence_are_separated(weights: Path, frames: int) -> None:
    mixture = Waveform(np.zeros((2, frames), dtype=np.float32))
    audio = generate(_load(weights), SeparationRequest(mixture)).audio
    assert all(np.abs(stem.samples).max() < 1e-6 and stem.frames == frames for stem in audio.values())


def test_closing_twice_frees_the_model_and_ends_its_use(weights: Path) -> None:
    engine = _load(weights)
    engine.close()
    engine.close()
    with pytest.raises(InvalidOption, match="closed"):
        generate(engine, SeparationRequest(_mixture()))


def test_bfloat16_stays_within_30_db_of_float32(weights: Path) -> None:
    spec = find_engine(load_engines(), "htdemucs")
    request = SeparationRequest(_mixture())
    exact, rough = (
        generate(spec.load(EngineContext(weights, "cpu", precision)), request).audio["vocals"].samples
        for precision in ("fp32", "bf16")
    )
    error = np.sqrt(np.mean((exact - rough) ** 2) / np.mean(exact**2))
    assert 0.0 < error < 10 ** (-30 / 20)


def test_not_a_number_in_the_weights_is_reported(tmp_path: Path) -> None:
    model = save_tiny_htdemucs(tmp_path / "htdemucs")
    with torch.no_grad():
        next(model.parameters()).fill_(torch.nan)
    save_htdemucs(tmp_path / "htdemucs" / "955717e8.safetensors", model)
    with pytest.raises(BadEngineOutput):
        generate(_load(tmp_path), SeparationRequest(_mixture(0.3)))


def test_missing_weights_say_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"htdemucs\.yaml"):
        _load(tmp_path)
    save_tiny_htdemucs(tmp_path / "htdemucs")
    (tmp_path / "htdemucs" / "955717e8.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"955717e8\.safetensors"):
        _load(tmp_path)


def test_a_folder_of_pickles_is_refused_with_the_advice_to_convert(tmp_path: Path) -> None:
    save_tiny_htdemucs(tmp_path / "htdemucs")
    (tmp_path / "htdemucs" / "955717e8.safetensors").rename(tmp_path / "htdemucs" / "955717e8-8726e21a.th")
    with pytest.raises(BadCheckpoint, match="convert"):
        _load(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "models: []", "models: [../955717e8]", "models: 5", "{", "models: [a]\nweights: x"]
)
def test_a_bad_bag_is_refused(tmp_path: Path, text: str) -> None:
    save_tiny_htdemucs(tmp_path / "htdemucs")
    (tmp_path / "htdemucs" / "htdemucs.yaml").write_text(text)
    with pytest.raises(BadCheckpoint, match=r"htdemucs\.yaml"):
        _load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"klass": "os.system"},
        {"klass": "demucs.demucs.Demucs"},
        {"kwargs": '{"samplerate": {"_type": "fraction", "numerator": 1, "denominator": 0}}'},
        {"kwargs": "[]"},
        {"kwargs": '{"depth": "deep"}'},
        {"kwargs": '{"channels": 1000000000}'},
        {"args": "no JSON"},
        {"args": '[["drums", "bass"]]'},
    ],
)
def test_a_header_that_names_another_class_or_bad_arguments_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    model = save_tiny_htdemucs(tmp_path / "htdemucs")
    metadata = write_header("demucs.htdemucs.HTDemucs", *model._init_args_kwargs) | change
    path = tmp_path / "htdemucs" / "955717e8.safetensors"
    save_file(load_file(path), path, metadata=metadata)
    with pytest.raises(BadCheckpoint):
        _load(tmp_path)


def test_a_model_with_other_sources_is_refused(tmp_path: Path) -> None:
    save_tiny_htdemucs(tmp_path / "htdemucs", sources=6)
    with pytest.raises(BadCheckpoint, match="guitar"):
        _load(tmp_path)


def test_a_published_pickle_converts_to_the_same_model(tmp_path: Path) -> None:
    model = tiny_htdemucs()
    model._init_args_kwargs[1].update(segment=Fraction(1, 2), t_an_argument_of_another_version=3)
    package = {
        "klass": type(model),
        "args": model._init_args_kwargs[0],
        "kwargs": model._init_args_kwargs[1],
        "state": {name: value.half() for name, value in model.state_dict().items()},
        "training_args": {"epochs": 3},
    }
    save_with_checksum(package, tmp_path / "955717e8.th")
    (pickle,) = tmp_path.glob("*.th")
    folder = tmp_path / "htdemucs"
    convert_demucs(pickle, folder / "955717e8.safetensors")
    (folder / "htdemucs.yaml").write_text("models: ['955717e8']")
    (member,) = read_bag("htdemucs", folder, FOUR, unused="other")
    assert member.model.segment == Fraction(1, 2)
    for name, value in model.state_dict().items():
        assert torch.equal(member.model.state_dict()[name], value.half().float())
    assert sorted(path.name for path in folder.iterdir()) == ["955717e8.safetensors", "htdemucs.yaml"]


class _Exploit:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('code of the file was run')",))


@pytest.mark.parametrize("damage", ["code", "class", "quantized", "truncated", "checksum", "argument"])
def test_a_pickle_with_anything_else_in_it_is_refused(tmp_path: Path, damage: str) -> None:
    model = tiny_htdemucs()
    package: dict[str, Any] = {
        "klass": type(model),
        "args": (list(FOUR),),
        "kwargs": {},
        "state": dict(model.state_dict()),
    }
    if damage == "code":
        package["training_args"] = _Exploit()
    elif damage == "class":
        package["klass"] = threading.Event
    elif damage == "quantized":
        package["state"] = {"__quantized": True}
    elif damage == "argument":
        package["kwargs"] = {"depth": torch.zeros(1)}
    path = tmp_path / ("a-00000000.th" if damage == "checksum" else "a.th")
    torch.save(package, path)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BadCheckpoint):
        convert_demucs(path, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def test_a_gpu_asked_for_where_there_is_none_is_reported(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NoGpu):
        find_engine(load_engines(), "htdemucs").load(EngineContext(weights, device="cuda"))


def test_without_the_packages_loading_says_what_to_install(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("aurax.engines.demucs")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "demucs.htdemucs", None)
    with pytest.raises(MissingExtra, match=r"pip install 'aurax\[neural\]'"):
        find_engine(load_engines(), "htdemucs").load(EngineContext(weights))


def test_weights_that_are_for_science_only_are_not_called_commercial() -> None:
    infos = [spec.info for name, spec in load_engines().items() if name.startswith("htdemucs")]
    assert len(infos) == 3
    assert not any(info.licence.commercial for info in infos)
