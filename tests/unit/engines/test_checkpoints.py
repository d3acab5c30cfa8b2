from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from aurax.engines.checkpoints import fill_module, read_safetensors, refuse_pickle, require_folder
from aurax.errors import BadCheckpoint, MissingWeights


def _save(path: Path, metadata: dict[str, str] | None = None) -> Path:
    save_file({"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)}, path, metadata=metadata)
    return path


def test_a_whole_file_comes_back_with_its_header(tmp_path: Path) -> None:
    checkpoint = read_safetensors(_save(tmp_path / "m.safetensors", {"class": "Tiny"}), engine="tiny")
    assert checkpoint.metadata == {"class": "Tiny"}
    assert torch.equal(checkpoint.tensors["weight"], torch.arange(6.0).reshape(2, 3))


def test_a_missing_file_names_the_folder_and_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights) as caught:
        read_safetensors(tmp_path / "m.safetensors", engine="tiny")
    assert str(tmp_path) in caught.value.fix
    assert "m.safetensors" in caught.value.fix


def test_a_missing_folder_is_distinguished_from_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="no such folder"):
        require_folder("tiny", tmp_path / "tiny", ["config.json"])
    (tmp_path / "tiny").mkdir()
    with pytest.raises(MissingWeights, match=r"found no config\.json"):
        require_folder("tiny", tmp_path / "tiny", ["config.json"])
    (tmp_path / "tiny" / "config.json").touch()
    require_folder("tiny", tmp_path / "tiny", ["config.json"])


@pytest.mark.parametrize("kept", [0, 4, 30, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: int) -> None:
    path = _save(tmp_path / "m.safetensors")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadCheckpoint, match=r"fetch m\.safetensors again"):
        read_safetensors(path, engine="tiny")


def test_garbage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"not weights at all, but a web page with an error")
    with pytest.raises(BadCheckpoint):
        read_safetensors(path, engine="tiny")


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 4096]},
        {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]},
        {"dtype": "code", "shape": [4], "data_offsets": [0, 16]},
    ],
)
def test_a_header_with_wrong_sizes_is_refused(tmp_path: Path, entry: dict[str, object]) -> None:
    header = json.dumps({"weight": entry}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    with pytest.raises(BadCheckpoint):
        read_safetensors(path, engine="tiny")


@pytest.mark.parametrize("metadata", [None, {"class": "os.system"}])
def test_a_class_that_is_not_allowed_is_refused_naming_those_that_are(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = _save(tmp_path / "m.safetensors", metadata)
    with pytest.raises(BadCheckpoint, match="class HDemucs or HTDemucs"):
        read_safetensors(path, engine="tiny", allowed_classes=("HTDemucs", "HDemucs"))


@pytest.mark.parametrize("suffix", [".th", ".pt", ".pkl", ".bin", ".ckpt"])
def test_a_pickle_is_refused_by_its_name(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(BadCheckpoint, match="convert"):
        refuse_pickle(tmp_path / f"m{suffix}")


@pytest.mark.parametrize("torch_archive", [True, False])
def test_a_pickle_is_refused_under_a_false_name(tmp_path: Path, torch_archive: bool) -> None:
    path = tmp_path / "m.safetensors"
    if torch_archive:
        torch.save({"weight": torch.zeros(2)}, path)
    else:
        path.write_bytes(pickle.dumps({"weight": 1}))
    with pytest.raises(BadCheckpoint, match="a pickle"):
        read_safetensors(path, engine="tiny")


def test_weights_fill_a_module_of_their_shape(tmp_path: Path) -> None:
    checkpoint = read_safetensors(_save(tmp_path / "m.safetensors"), engine="tiny")
    module = torch.nn.Linear(3, 2)
    fill_module(module, checkpoint.tensors, engine="tiny", file="m.safetensors")
    assert torch.equal(module.weight, checkpoint.tensors["weight"])


def test_weights_of_another_shape_or_name_are_refused(tmp_path: Path) -> None:
    checkpoint = read_safetensors(_save(tmp_path / "m.safetensors"), engine="tiny")
    with pytest.raises(BadCheckpoint, match=r"weight of shape \(2, 3\) instead of \(2, 4\)"):
        fill_module(torch.nn.Linear(4, 2), checkpoint.tensors, engine="tiny", file="m.safetensors")
    with pytest.raises(BadCheckpoint, match="bias unknown"):
        fill_module(torch.nn.Linear(3, 2, bias=False), checkpoint.tensors, engine="tiny", file="m.safetensors")
    with pytest.raises(BadCheckpoint, match="bias missing"):
        fill_module(torch.nn.Linear(3, 2), {"weight": torch.zeros(2, 3)}, engine="tiny", file="m.safetensors")
