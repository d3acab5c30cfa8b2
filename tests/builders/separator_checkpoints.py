"""Tiny separators with random weights, laid out on disk as the published ones are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file

from aurax.engines.bs_roformer.config import ModelConfig
from aurax.engines.bs_roformer.network import BsRoformer
from aurax.engines.demucs.header import write_header

FOUR = ("drums", "bass", "other", "vocals")
SIX = (*FOUR, "guitar", "piano")
TINY_SEGMENT_S = 0.5


def tiny_htdemucs(sources: int = 4, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return HTDemucs(
        list(SIX[:sources]),
        channels=8,
        bottom_channels=16,
        t_layers=1,
        t_heads=2,
        dconv_mode=3,
        samplerate=44_100,
        segment=TINY_SEGMENT_S,
    ).eval()


def save_htdemucs(path: Path, model: Any) -> None:
    metadata = write_header("demucs.htdemucs.HTDemucs", *model._init_args_kwargs)
    save_file({name: value.clone() for name, value in model.state_dict().items()}, path, metadata=metadata)


def save_tiny_htdemucs(folder: Path, sources: int = 4) -> Any:
    """`htdemucs` (4 sources) or `htdemucs_6s` (6); the folder's name becomes that of the bag."""
    folder.mkdir(parents=True, exist_ok=True)
    model = tiny_htdemucs(sources)
    save_htdemucs(folder / "955717e8.safetensors", model)
    (folder / f"{folder.name}.yaml").write_text(yaml.safe_dump({"models": ["955717e8"]}))
    return model


def save_tiny_htdemucs_ft(folder: Path) -> list[Any]:
    """A bag of four, one for each source."""
    folder.mkdir(parents=True, exist_ok=True)
    signatures = ["f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"]
    models = [tiny_htdemucs(4, seed) for seed in range(4)]
    for signature, model in zip(signatures, models, strict=True):
        save_htdemucs(folder / f"{signature}.safetensors", model)
    weights = [[float(row == column) for column in range(4)] for row in range(4)]
    (folder / f"{folder.name}.yaml").write_text(yaml.safe_dump({"models": signatures, "weights": weights}))
    return models


TINY_ROFORMER: dict[str, Any] = {
    "dim": 16,
    "depth": 2,
    "stereo": True,
    "num_stems": 4,
    "time_transformer_depth": 1,
    "freq_transformer_depth": 1,
    "freqs_per_bands": [2, 3, 4, 8, 16, 96],
    "dim_head": 8,
    "heads": 2,
    "stft_n_fft": 256,
    "stft_hop_length": 64,
    "stft_win_length": 256,
    "mask_estimator_depth": 2,
}


def roformer_weights(shapes: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights that depend on nothing but their names and shapes."""
    weights = {}
    for place, name in enumerate(sorted(shapes)):
        count = shapes[name].numel()
        wave = torch.sin(torch.arange(count, dtype=torch.float64) * (1.7 + 0.01 * place) + place)
        scale = 1.0 if name.endswith("gamma") else 2.0 * shapes[name].shape[-1] ** -0.5
        weights[name] = ((wave * 0.5 + name.endswith("gamma")) * scale).reshape(shapes[name].shape).float()
    return weights


def roformer_audio() -> torch.Tensor:
    """Two tones, shape (1, 2, 2048)."""
    time = torch.arange(2048, dtype=torch.float64)
    return torch.stack([torch.sin(0.05 * time), torch.cos(0.31 * time)])[None].float()


def save_tiny_bs_roformer(folder: Path, **changes: Any) -> None:
    """Four stems in segments of 2048 frames; `changes` go into the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "audio": {"chunk_size": 2048, "sample_rate": 44_100},
        "model": TINY_ROFORMER,
        "training": {"instruments": ["vocals", "bass", "drums", "other"], "target_instrument": None},
    }
    for section, values in changes.items():
        config[section] = {**config.get(section, {}), **values} if isinstance(values, dict) else values
    (folder / "config.json").write_text(json.dumps(config))
    network = BsRoformer(ModelConfig.model_validate(config["model"]))
    save_file(roformer_weights(network.state_dict()), folder / "model.safetensors", metadata={"class": "BSRoformer"})
