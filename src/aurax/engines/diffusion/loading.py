"""Loading a diffusers pipeline from a folder: safetensors only, known classes only, nothing from the network."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from aurax.engines.checkpoints import refuse_pickle, require_folder
from aurax.engines.diffusion.family import Family
from aurax.engines.engine import EngineContext
from aurax.engines.memory import pick_device, translated
from aurax.errors import BadCheckpoint

_INDEX = "model_index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def load_pipeline(engine: str, family: Family, context: EngineContext) -> Any:
    """Load a pipeline onto its device.

    Args:
        engine: names the folder of weights.
        family: which pipeline it must be.
        context: weights folder, device and precision.

    Raises:
        MissingWeights: the folder is not there.
        BadCheckpoint: it holds another pipeline, classes from elsewhere, pickles, or unreadable files.
        NoGpu: a GPU was asked for where there is none.
        OutOfMemory: the model does not fit.
    """
    folder = context.folder(engine)
    require_folder(engine, folder, [_INDEX])
    check_index(engine, family, folder)
    device = pick_device(context.device)
    from diffusers import DiffusionPipeline

    # Its noise asks for times that differ from the ends of its interval by rounding, and warns of each.
    warnings.filterwarnings("ignore", module="torchsde")
    with translated(engine):
        try:
            pipeline = DiffusionPipeline.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=_dtype(context, device),
                low_cpu_mem_usage=find_spec("accelerate") is not None,
            )
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            raise BadCheckpoint(
                f"a whole {family.pipeline} in {folder}",
                f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}",
                f"fetch the weights of {engine} again",
            ) from error
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(device)


def check_index(engine: str, family: Family, folder: Path) -> None:
    """Refuse a folder that is not what it should be, before anything in it is loaded.

    Raises:
        BadCheckpoint: see `load_pipeline`.
    """
    try:
        index = json.loads((folder / _INDEX).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadCheckpoint(
            f"a readable {_INDEX} in {folder}", str(error), f"fetch the weights of {engine} again"
        ) from None
    found = index.get("_class_name") if isinstance(index, dict) else None
    if found != family.pipeline:
        raise BadCheckpoint(f"a {family.pipeline} in {folder}", repr(found), f"put the weights of {engine} there")
    for name, origin in index.items():
        if isinstance(origin, list) and origin and origin[0] is not None and origin[0] not in family.libraries:
            raise BadCheckpoint(
                f"component {name} in {folder} to come from {', '.join(sorted(family.libraries))}",
                repr(origin[0]),
                "get the weights from their publisher",
            )
    for path in sorted(folder.rglob("*")):
        if path.suffix in _PICKLES:
            refuse_pickle(path)


def _dtype(context: EngineContext, device: torch.device) -> torch.dtype:
    wanted = {"fp64": torch.float64, "fp32": torch.float32, "bf16": torch.bfloat16}
    if context.precision in wanted:
        return wanted[context.precision]
    return torch.bfloat16 if device.type == "cuda" else torch.float32
