"""Tiny separators with random weights, laid out on disk as the published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import yaml
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file

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
