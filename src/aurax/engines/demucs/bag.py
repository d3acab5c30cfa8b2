"""A folder of Demucs weights, and the bag of models that it holds."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from aurax.engines.checkpoints import fill_module, read_safetensors, refuse_pickle, require_folder
from aurax.engines.demucs.header import CLASS_KEY, CLASSES, read_arguments
from aurax.errors import BadCheckpoint

_SIGNATURE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Member:
    """One model of a bag.

    Args:
        model: an `HTDemucs` on the CPU, ready to run.
        weights: how much its estimate of each source counts.
    """

    model: Any
    weights: tuple[float, ...]


def read_bag(engine: str, folder: Path, outputs: tuple[str, ...], unused: str) -> list[Member]:
    """Load the models of a bag.

    Args:
        engine: its name, which is also that of the yaml file, such as `htdemucs`.
        folder: of the weights.
        outputs: the sources that every model must have.
        unused: a source whose estimate is not needed; a model that counts for nothing else is left out.

    Raises:
        MissingWeights: a file is not there.
        BadCheckpoint: a file is not what it should be, or the models do not belong together.
    """
    signatures, weights = _read_yaml(engine, folder)
    files = [folder / f"{signature}.safetensors" for signature in signatures]
    if not all(file.is_file() for file in files):
        for pickle in sorted(folder.glob("*.th")):
            refuse_pickle(pickle)
    require_folder(engine, folder, [file.name for file in files])
    members: list[Member] = []
    shapes = set()
    for position, file in enumerate(files):
        model = _read_model(engine, file)
        sources = tuple(model.sources)
        shapes.add((sources, model.samplerate, int(model.segment * model.samplerate), model.audio_channels))
        if sorted(sources) != sorted(outputs) or model.audio_channels != 2 or len(shapes) > 1:
            raise BadCheckpoint(
                f"models of {engine} that agree: stereo, with the sources {', '.join(outputs)}",
                f"{', '.join(sources)} in {file.name}, {model.audio_channels} channels, {model.segment} s",
                f"fetch all files of {engine} again, from the same place",
            )
        counts = (1.0,) * len(sources) if weights is None else tuple(weights[position])
        if len(counts) != len(sources):
            raise _bad_yaml(engine, f"{len(counts)} weights for {len(sources)} sources")
        if any(count for source, count in zip(sources, counts, strict=True) if source != unused):
            members.append(Member(model, counts))
    if not members:
        raise _bad_yaml(engine, "none that counts for anything")
    return members


def _read_yaml(engine: str, folder: Path) -> tuple[list[str], list[list[float]] | None]:
    """Signatures of the models, and what each counts for; None where all count alike."""
    name = f"{engine}.yaml"
    require_folder(engine, folder, [name])
    try:
        bag = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _bad_yaml(engine, f"no YAML: {type(error).__name__}") from error
    signatures = bag.get("models") if isinstance(bag, dict) else None
    if not isinstance(signatures, list) or not signatures:
        raise _bad_yaml(engine, "no list of models")
    if not all(isinstance(one, str) and _SIGNATURE.fullmatch(one) for one in signatures):
        raise _bad_yaml(engine, "names of models other than letters, digits and dashes")
    weights = bag.get("weights")
    if weights is None:
        return signatures, None
    try:
        rows = [[float(one) for one in row] for row in weights]
    except (TypeError, ValueError) as error:
        raise _bad_yaml(engine, "weights that are no numbers") from error
    if len(rows) != len(signatures) or any(one < 0.0 for row in rows for one in row):
        raise _bad_yaml(engine, "weights that are not one row of numbers from 0 up for each model")
    return signatures, rows


def _read_model(engine: str, file: Path) -> Any:
    checkpoint = read_safetensors(file, engine=engine, allowed_classes=CLASSES, class_key=CLASS_KEY)
    make = CLASSES[checkpoint.metadata[CLASS_KEY]]
    args, kwargs = read_arguments(checkpoint.metadata, file.name)
    known = inspect.signature(make).parameters
    try:
        with torch.device("meta"):
            # Like Demucs itself, leave out arguments of other versions: they concern training.
            model = make(*args, **{name: value for name, value in kwargs.items() if name in known})
        size_s = float(model.segment)
    except Exception as error:
        # Whatever the arguments are, the class fails on the wrong ones in its own ways.
        raise BadCheckpoint(
            f"arguments in the header of {file.name} from which a model can be built",
            f"{type(error).__name__}: {error}",
            f"fetch {file.name} again",
        ) from error
    if not 0.1 <= size_s <= 60.0:
        raise BadCheckpoint(f"segments of 0.1 to 60 s in {file.name}", f"{size_s:g} s", f"fetch {file.name} again")
    fill_module(model, checkpoint.tensors, engine=engine, file=file.name)
    return model.float().eval()


def _bad_yaml(engine: str, found: str) -> BadCheckpoint:
    return BadCheckpoint(f"a bag of models in {engine}.yaml", found, f"fetch {engine}.yaml again")
