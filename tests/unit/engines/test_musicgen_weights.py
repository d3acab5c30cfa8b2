from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from builders.musicgen_checkpoints import CHROMA_LENGTH, KINDS, Kind, save_tiny_checkpoint, tiny_model
from safetensors.torch import load_file, save_file

from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.weights import load_weights
from aurax.errors import BadCheckpoint, MissingWeights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_checkpoint(tmp_path / "musicgen-tiny", "mono")


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    values = json.loads(path.read_text())
    for name, value in changes.items():
        where, _, key = name.rpartition("__")
        (values[where] if where else values)[key] = value
    path.write_text(json.dumps(values))


def load(folder: Path) -> Any:
    return load_weights(folder, MusicGenConfig.read(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_says_what_it_is(kind: Kind, tmp_path: Path) -> None:
    config = MusicGenConfig.read(save_tiny_checkpoint(tmp_path / "musicgen-tiny", kind))
    stereo, melody = "stereo" in kind, "melody" in kind
    assert config == MusicGenConfig(
        name="musicgen-tiny",
        is_melody=melody,
        hidden_size=64,
        layers=2,
        heads=4,
        ffn_size=128,
        activation="gelu",
        vocabulary=64,
        codebooks=8 if stereo else 4,
        channels=2 if stereo else 1,
        text_size=16,
        num_chroma=12 if melody else 0,
        chroma_length=CHROMA_LENGTH if melody else 0,
        sample_rate=32000,
        frame_rate=50,
        max_positions=2048,
    )
    assert (config.head_size, config.pad_token) == (16, 64)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_put_together_in_the_order_of_the_work(kind: Kind, tmp_path: Path) -> None:
    weights = load(save_tiny_checkpoint(tmp_path / "x", kind))
    model = tiny_model(kind)
    layer = model.decoder.model.decoder.layers[1]
    attention = layer.self_attn
    assert torch.equal(weights.layers[1].qkv[64:128], attention.k_proj.weight)
    assert torch.equal(weights.layers[1].ffn_out, layer.fc2.weight)
    assert torch.equal(weights.heads[64:128], model.decoder.lm_heads[1].weight)
    assert torch.equal(weights.embeddings[2], model.decoder.model.decoder.embed_tokens[2].weight)
    assert (weights.layers[0].cross is None) == ("melody" in kind)
    assert (weights.chroma_projection is None) == ("melody" not in kind)


def test_shards_are_found_through_their_index(folder: Path, tmp_path: Path) -> None:
    whole = load(folder)
    tiny_model("mono").save_pretrained(tmp_path / "sharded", max_shard_size="100KB")
    assert len(list((tmp_path / "sharded").glob("model-*.safetensors"))) > 1
    sharded = load(tmp_path / "sharded")
    assert torch.equal(sharded.heads, whole.heads)
    assert torch.equal(sharded.layers[1].qkv, whole.layers[1].qkv)


def test_no_folder_is_missing_weights(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="musicgen-none"):
        MusicGenConfig.read(tmp_path / "musicgen-none")


def test_no_weights_file_is_missing_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"model\.safetensors"):
        load(folder)


def test_a_pickle_in_their_place_is_not_read(folder: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "model.safetensors")
    with pytest.raises(BadCheckpoint, match="pickle"):
        load(folder)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_a_bad_checkpoint(folder: Path, share: float) -> None:
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadCheckpoint, match=r"model\.safetensors"):
        load(folder)


def test_a_missing_tensor_is_named(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    del tensors["decoder.model.decoder.layers.1.fc1.weight"]
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(BadCheckpoint, match=r"layers\.1\.fc1\.weight"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "value"), [("decoder__hidden_size", 32), ("decoder__ffn_dim", 256), ("decoder__vocab_size", 63)]
)
def test_a_configuration_of_other_weights_is_a_bad_checkpoint(folder: Path, name: str, value: int) -> None:
    change_config(folder, **{name: value})
    with pytest.raises(BadCheckpoint, match="instead of"):
        load(folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    tiny_model("mono").save_pretrained(tmp_path / "sharded", max_shard_size="100KB")
    shards = json.loads((tmp_path / "sharded" / "model.safetensors.index.json").read_text())["weight_map"]
    gone = shards["decoder.lm_heads.3.weight"]
    (tmp_path / "sharded" / gone).unlink()
    with pytest.raises(BadCheckpoint, match=gone):
        load(tmp_path / "sharded")


@pytest.mark.parametrize("content", ["", "[1]", "{}", '{"weight_map": {"decoder.x": "../model.safetensors"}}'])
def test_an_index_that_makes_no_sense_is_a_bad_checkpoint(folder: Path, content: str) -> None:
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(BadCheckpoint):
        load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "llama"},
        {"decoder": None},
        {"decoder__num_attention_heads": 5},
        {"decoder__num_attention_heads": 0},
        {"decoder__num_hidden_layers": "many"},
        {"decoder__audio_channels": 3},
        {"decoder__activation_function": "swish"},
        {"audio_encoder__upsampling_ratios": [0]},
    ],
)
def test_a_configuration_that_makes_no_sense_is_a_bad_checkpoint(folder: Path, changes: dict[str, Any]) -> None:
    change_config(folder, **changes)
    with pytest.raises(BadCheckpoint, match=r"config\.json"):
        MusicGenConfig.read(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", b"\xff\xfe".decode("latin1")])
def test_a_configuration_that_is_no_json_object_is_a_bad_checkpoint(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content, encoding="latin1")
    with pytest.raises(BadCheckpoint, match=r"config\.json"):
        MusicGenConfig.read(folder)


def test_the_first_checkpoints_name_no_channels_and_are_mono(folder: Path) -> None:
    values = json.loads((folder / "config.json").read_text())
    del values["decoder"]["audio_channels"]
    (folder / "config.json").write_text(json.dumps(values))
    assert MusicGenConfig.read(folder).channels == 1
