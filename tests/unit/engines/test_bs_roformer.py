from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from builders.separator_checkpoints import TINY_ROFORMER, roformer_audio, roformer_weights, save_tiny_bs_roformer
from safetensors.torch import load_file, save_file

from aurax.audio.waveform import Waveform
from aurax.engines.bs_roformer.attention import Transformer
from aurax.engines.bs_roformer.config import ModelConfig, read_config
from aurax.engines.bs_roformer.convert import convert_bs_roformer
from aurax.engines.bs_roformer.network import BsRoformer
from aurax.engines.engine import Engine, EngineContext, generate
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.requests import SeparationRequest
from aurax.errors import BadCheckpoint, Cancelled, MissingWeights

FOLDER = "bs-roformer"

# Of the widely published implementation (ZFTurbo/Music-Source-Separation-Training at ccc011a) with the weights and the
# audio of `separator_checkpoints`: by stem, frames 0, 500, 1000 and 2047 of the left, then of the right channel.
PUBLISHED = [
    [0.080445, -0.129343, -0.12675, 0.01318, 0.015612, 0.00731, -0.003421, -0.012274],
    [0.170432, 0.082518, 0.094826, 0.021524, 0.098152, -0.075139, -0.057839, 0.15459],
    [0.044074, -0.056316, -0.038256, -0.098022, 0.155452, -0.044417, -0.088657, 0.173322],
    [-0.021534, 0.138388, 0.155445, -0.218526, 0.438372, -0.137213, -0.302842, 0.291006],
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_tiny_bs_roformer(folder / FOLDER)
    return folder


def _load(weights: Path) -> Engine:
    return find_engine(load_engines(), FOLDER, "separator").load(EngineContext(weights, "cpu", "fp32"))


def _network(**changes: Any) -> BsRoformer:
    network = BsRoformer(ModelConfig.model_validate(TINY_ROFORMER | changes))
    network.load_state_dict(roformer_weights(network.state_dict()))
    return network.eval()


def _mixture(frames: int = 9000) -> Waveform:
    return Waveform((0.2 * np.random.default_rng(0).standard_normal((2, frames))).astype(np.float32))


def test_stems_equal_those_of_the_published_implementation() -> None:
    with torch.inference_mode():
        stems = _network()(roformer_audio())
    np.testing.assert_allclose(stems[0, :, :, [0, 500, 1000, 2047]].reshape(4, 8), PUBLISHED, atol=3e-6)


def test_weights_are_named_as_in_the_published_checkpoints() -> None:
    names = set(_network().state_dict())
    block = {"0.norm.gamma", "0.to_qkv.weight", "0.to_gates.weight", "0.to_gates.bias", "0.to_out.0.weight"}
    block |= {"1.net.0.gamma", "1.net.1.weight", "1.net.1.bias", "1.net.4.weight", "1.net.4.bias"}
    expected = {f"layers.{layer}.{axis}.layers.0.{name}" for layer in (0, 1) for axis in (0, 1) for name in block}
    for band in range(6):
        expected |= {f"band_split.to_features.{band}.{name}" for name in ("0.gamma", "1.weight", "1.bias")}
        for stem in range(4):
            masks = f"mask_estimators.{stem}.to_freqs.{band}.0"
            expected |= {f"{masks}.{step}.{name}" for step in (0, 2) for name in ("weight", "bias")}
    assert names == expected | {"final_norm.gamma"}


def test_the_order_of_a_sequence_matters_and_other_sequences_do_not() -> None:
    torch.manual_seed(0)
    transformer = Transformer(16, depth=1, heads=2, head_width=8).eval()
    features = torch.randn(1, 12, 16)
    with torch.inference_mode():
        alone = transformer(features)
        apart = transformer(torch.cat([features[:, :6], features[:, 6:].flip(1)], dim=1))
        twice = transformer(torch.cat([features, features]))
    assert not torch.allclose(alone[:, :6], apart[:, :6], atol=1e-4)
    torch.testing.assert_close(twice, torch.cat([alone, alone]))


def test_silencing_the_lowest_bin_takes_away_nothing_above_it() -> None:
    audio = roformer_audio() + 0.5
    with torch.inference_mode():
        difference = _network(zero_dc=False)(audio) - _network()(audio)
    power = torch.fft.rfft(difference * torch.hann_window(2048)).abs() ** 2
    assert difference.abs().max() > 0.01
    assert power[..., : 3 * 2048 // 256].sum() > 0.999 * power.sum()


def test_skip_connections_are_heard() -> None:
    with torch.inference_mode():
        plain, skipping = _network()(roformer_audio()), _network(skip_connection=True)(roformer_audio())
    assert not torch.allclose(plain, skipping, atol=1e-3)


def test_stems_are_those_of_the_configuration_and_sum_to_the_mixture(weights: Path) -> None:
    engine = _load(weights)
    audio = generate(engine, SeparationRequest(_mixture())).audio
    assert tuple(audio) == engine.info.outputs == ("drums", "bass", "other", "vocals")
    residual = _mixture().samples - sum(stem.samples for stem in audio.values())
    assert np.abs(residual).max() < 1e-6
    assert all(np.abs(stem.samples).max() > 0.01 for stem in audio.values())


def test_a_model_of_one_source_leaves_the_rest_to_other(tmp_path: Path) -> None:
    save_tiny_bs_roformer(
        tmp_path / FOLDER,
        model={"num_stems": 1},
        training={"instruments": ["Vocals", "Instrumental"], "target_instrument": "Vocals"},
    )
    engine = _load(tmp_path)
    assert engine.info.outputs == ("other", "vocals")
    assert tuple(generate(engine, SeparationRequest(_mixture())).audio) == ("other", "vocals")


def test_stems_come_segment_by_segment_until_cancelled(weights: Path) -> None:
    cancel = threading.Event()
    stream = _load(weights).stream(SeparationRequest(_mixture(48_000)), cancel)
    first = next(stream)
    assert 0 < first.audio["vocals"].shape[1] < 4096
    cancel.set()
    with pytest.raises(Cancelled):
        next(stream)


def test_the_published_form_of_the_configuration_is_read(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    save_tiny_bs_roformer(folder)
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= {"attn_dropout": 0.1, "flash_attn": True, "dim_freqs_in": 129, "multi_stft_hop_size": 147}
    text = yaml.safe_dump(config).replace("freqs_per_bands:", "freqs_per_bands: !!python/tuple")
    (folder / "config.yaml").write_text(text)
    (folder / "config.json").unlink()
    assert read_config(FOLDER, folder).model.freqs_per_bands == (2, 3, 4, 8, 16, 96)
    assert _load(tmp_path).info.outputs == ("drums", "bass", "other", "vocals")


def test_nothing_but_plain_values_is_made_from_a_configuration(tmp_path: Path) -> None:
    save_tiny_bs_roformer(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.yaml").write_text("!!python/object/apply:os.system ['exit 1']")
    with pytest.raises(BadCheckpoint, match=r"config\.yaml"):
        read_config(FOLDER, tmp_path)


@pytest.mark.parametrize(
    ("section", "values", "what"),
    [
        ("model", {"stereo": False}, "stereo"),
        ("model", {"freqs_per_bands": [64, 64]}, "129 bins"),
        ("model", {"linear_transformer_depth": 1}, "linear_transformer_depth"),
        ("model", {"num_bands": 60}, "num_bands"),
        ("model", {"use_pope": True}, "use_pope"),
        ("model", {"dim": "wide"}, "dim"),
        ("model", {"depth": 10**9}, "depth"),
        ("model", {"num_stems": 3}, "3 stems"),
        ("training", {"instruments": ["drums", "Drums", "bass", "other"]}, "differ"),
        ("training", {"instruments": []}, "instruments"),
        ("audio", {"sample_rate": 1}, "sample_rate"),
    ],
)
def test_a_configuration_of_another_model_is_refused(
    tmp_path: Path, section: str, values: dict[str, Any], what: str
) -> None:
    save_tiny_bs_roformer(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config[section] |= values
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadCheckpoint, match=what):
        read_config(FOLDER, tmp_path)


def test_a_model_that_gives_only_the_rest_is_refused(tmp_path: Path) -> None:
    save_tiny_bs_roformer(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["model"]["num_stems"], config["training"]["target_instrument"] = 1, "other"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadCheckpoint, match="separates nothing"):
        read_config(FOLDER, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"config"'])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadCheckpoint):
        read_config(FOLDER, tmp_path)


@pytest.mark.parametrize(
    ("stated", "name", "commercial"),
    [
        (None, "unknown", False),
        ({"commercial": True}, "unknown", False),
        ({"name": "MIT", "commercial": True}, "MIT", True),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", False),
    ],
)
def test_the_licence_is_what_the_folder_states_and_forbids_commercial_use_where_it_states_none(
    tmp_path: Path, stated: Any, name: str, commercial: bool
) -> None:
    save_tiny_bs_roformer(tmp_path / FOLDER, **({} if stated is None else {"LICENSE": stated}))
    licence = _load(tmp_path).info.licence
    assert (licence.name, licence.commercial) == (name, commercial)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"config\.json"):
        _load(tmp_path)
    save_tiny_bs_roformer(tmp_path / FOLDER)
    (tmp_path / FOLDER / "model.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"model\.safetensors"):
        _load(tmp_path)


@pytest.mark.parametrize("damage", ["class", "truncated", "shape", "missing"])
def test_other_weights_are_refused(tmp_path: Path, damage: str) -> None:
    save_tiny_bs_roformer(tmp_path / FOLDER)
    path = tmp_path / FOLDER / "model.safetensors"
    tensors = load_file(path)
    if damage == "class":
        save_file(tensors, path, metadata={"class": "MelBandRoformer"})
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "shape":
        save_file(tensors | {"final_norm.gamma": torch.ones(17)}, path)
    else:
        tensors.pop("final_norm.gamma")
        save_file(tensors, path)
    with pytest.raises(BadCheckpoint):
        _load(tmp_path)


def test_a_published_checkpoint_converts_and_loads_without_its_constants(tmp_path: Path) -> None:
    save_tiny_bs_roformer(tmp_path / FOLDER)
    target = tmp_path / FOLDER / "model.safetensors"
    tensors = load_file(target)
    shared = torch.arange(4.0)
    state = tensors | {f"layers.{index}.0.layers.0.0.rotary_embed.freqs": shared for index in (0, 1)}
    target.unlink()
    source = tmp_path / FOLDER / "model_bs_roformer_ep_317.ckpt"
    torch.save({"state_dict": state, "epoch": 317}, source)
    with pytest.raises(BadCheckpoint, match="convert"):
        _load(tmp_path)
    convert_bs_roformer(source, target)
    engine = _load(tmp_path)
    assert tuple(generate(engine, SeparationRequest(_mixture(3000))).audio) == engine.info.outputs


class _Exploit:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('code of the file was run')",))


@pytest.mark.parametrize("content", [{"weight": _Exploit()}, {"weight": 3}, [1, 2], {}])
def test_a_checkpoint_that_holds_anything_but_tensors_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(BadCheckpoint):
        convert_bs_roformer(tmp_path / "a.ckpt", tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()
