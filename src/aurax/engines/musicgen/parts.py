"""The text encoder and the codec inside a MusicGen checkpoint, without its language model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig
from transformers.utils import logging

from aurax.engines.checkpoints import read_safetensors, require_folder
from aurax.engines.musicgen.config import CONFIG_FILE
from aurax.engines.musicgen.weights import weight_files
from aurax.errors import BadCheckpoint


def load_part(folder: Path, part: str, model_class: Any) -> Any:
    """Load one of the models that a checkpoint is made of, on the CPU, in float32.

    Args:
        folder: of the checkpoint.
        part: `text_encoder` or `audio_encoder`.
        model_class: its class in transformers.

    Raises:
        MissingWeights: the folder or its files are not there.
        BadCheckpoint: a file is truncated, or a tensor is missing or of another shape.
    """
    try:
        values = dict(part_config(folder, part))
        config = AutoConfig.for_model(values.pop("model_type"), **values)
    except (KeyError, ValueError, TypeError) as error:
        raise _bad(folder, f"a {part} that cannot be configured: {error}") from error
    tensors = _read(folder, f"{part}.")
    try:
        with quiet_transformers():
            model, report = model_class.from_pretrained(
                None,
                config=config,
                state_dict=tensors,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise _bad(folder, f"a {part} that cannot be built: {error}") from error
    for wrong, what in (("missing_keys", "no"), ("mismatched_keys", "another shape of")):
        if report[wrong]:
            raise _bad(folder, f"{what} {part}.{_first_name(report[wrong])}")
    return model.eval()


def part_config(folder: Path, part: str) -> dict[str, Any]:
    """What `config.json` says about a part.

    Raises:
        BadCheckpoint: it says nothing.
    """
    require_folder(folder.name, folder, [CONFIG_FILE])
    try:
        values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))[part]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _bad(folder, f"a {CONFIG_FILE} without a usable {part}: {error}") from error
    if not isinstance(values, dict):
        raise _bad(folder, f"a {CONFIG_FILE} whose {part} is {values!r}")
    return values


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' reports and progress bars off the terminal; what matters of them becomes an error here."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _read(folder: Path, prefix: str) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for file in weight_files(folder, prefix, _bad):
        read = read_safetensors(folder / file, engine=folder.name, prefix=prefix).tensors
        tensors.update((name.removeprefix(prefix), value) for name, value in read.items())
    if not tensors:
        raise _bad(folder, f"no tensor of {prefix.rstrip('.')}")
    return tensors


def _first_name(keys: set[Any]) -> str:
    first = min(keys, key=str)
    return str(first[0] if isinstance(first, tuple) else first)


def _bad(folder: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"a whole MusicGen with text encoder and codec in {folder}",
        found,
        "fetch the model again, all files from the same place",
    )
