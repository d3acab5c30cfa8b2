"""Weights on disk: safetensors only, whole, and of a class that is allowed.

A pickle can run any code when it is read, so none is ever read here: safetensors hold nothing but numbers and a header.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aurax.audio.replacing import new_file_next_to
from aurax.errors import BadCheckpoint, MissingExtra, MissingWeights

if TYPE_CHECKING:
    import torch

_PICKLE_SUFFIXES = frozenset({".th", ".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt"})
_PICKLE_MAGIC = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""Of torch's zip archives and of bare pickles. As the length of a safetensors header they would mean absurd sizes."""


@dataclass(frozen=True)
class Checkpoint:
    """What a safetensors file holds.

    Args:
        tensors: by name, on the CPU, in the precision in which they were written.
        metadata: of the header; empty where there is none.
    """

    tensors: dict[str, torch.Tensor]
    metadata: dict[str, str]


def require_folder(engine: str, folder: Path, needed: Sequence[str]) -> None:
    """Make sure that an engine's weights are here.

    Args:
        engine: for the message.
        folder: where they should be.
        needed: names of files, relative to the folder.

    Raises:
        MissingWeights: the folder or one of the files is not there.
    """
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing or not folder.is_dir():
        raise MissingWeights(
            f"the weights of {engine} in {folder}" + (f": {', '.join(needed)}" if needed else ""),
            f"no {', '.join(missing)}" if folder.is_dir() else "no such folder",
            f"put {', '.join(needed) or 'them'} into {folder}, or set AURAX_WEIGHTS_FOLDER to the folder "
            f"that holds {folder.name}/",
        )


def refuse_pickle(path: Path) -> None:
    """Refuse a file that is, or calls itself, a pickle.

    Raises:
        BadCheckpoint: its suffix or its first bytes are those of a pickle.
    """
    pickled = path.suffix.lower() in _PICKLE_SUFFIXES
    if not pickled and path.is_file():
        with path.open("rb") as file:
            pickled = file.read(4).startswith(_PICKLE_MAGIC)
    if pickled:
        raise BadCheckpoint(
            "weights as safetensors",
            f"{path.name}, a pickle, which could run any code when it is read",
            "fetch the safetensors version, or convert the file once "
            "(aurax.engines.demucs.convert for Demucs' .th files, aurax.engines.bs_roformer.convert for .ckpt files)",
        )


def read_safetensors(
    path: Path, *, engine: str, allowed_classes: Collection[str] = (), class_key: str = "class", prefix: str = ""
) -> Checkpoint:
    """Read a file. Whether the numbers are finite is not checked.

    Args:
        path: of the file.
        engine: for the message.
        allowed_classes: where given, the header must name one of these as the class of the model.
        class_key: the header's name for it.
        prefix: only tensors whose names begin so are read.

    Raises:
        MissingWeights: there is no such file.
        BadCheckpoint: it is a pickle, truncated or no safetensors at all, or its class is not allowed.
        MissingExtra: torch or safetensors is not installed.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise MissingExtra(
            f"the packages that {engine} needs", str(error), "install them: pip install 'aurax[neural]'"
        ) from error
    require_folder(engine, path.parent, [path.name])
    refuse_pickle(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            if allowed_classes:
                _require_class(engine, path, metadata.get(class_key), allowed_classes)
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (it is no mapping)
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCheckpoint(
            f"a whole safetensors file of {engine}", f"{path.name}: {error}", f"fetch {path.name} again"
        ) from error
    return Checkpoint(tensors, metadata)


def write_safetensors(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write a file, which appears complete or not at all.

    Args:
        path: its folder is made where it does not exist.
        tensors: by name; such as share memory are written each for itself.
        metadata: of the header.
    """
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = new_file_next_to(path)
    mode = stat.S_IMODE(temporary.stat().st_mode)
    try:
        whole = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
        save_file(whole, temporary, metadata=dict(metadata))
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def fill_module(module: torch.nn.Module, tensors: Mapping[str, torch.Tensor], *, engine: str, file: str) -> None:
    """Give a module its weights; every name and shape must agree.

    Args:
        module: freshly built; numbers are converted to its precision. One built on torch's `meta` device, which takes
            no memory, takes the tensors themselves and their precision.
        tensors: by the names of its state.
        engine: for the message.
        file: name of the file they come from, for the message.

    Raises:
        BadCheckpoint: a tensor is missing, unknown or of another shape.
    """
    wanted = module.state_dict()
    wrong = [f"{name} missing" for name in wanted if name not in tensors]
    wrong += [f"{name} unknown" for name in tensors if name not in wanted]
    wrong += [
        f"{name} of shape {tuple(tensors[name].shape)} instead of {tuple(value.shape)}"
        for name, value in wanted.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise BadCheckpoint(
            f"the weights of {engine} in {file}",
            f"those of another model: {'; '.join(wrong[:3])}{more}",
            f"fetch {file} and its configuration again, from the same place",
        )
    module.load_state_dict(dict(tensors), assign=any(value.is_meta for value in wanted.values()))


def _require_class(engine: str, path: Path, found: str | None, allowed: Collection[str]) -> None:
    if found not in allowed:
        raise BadCheckpoint(
            f"a model of class {' or '.join(sorted(allowed))} for {engine}",
            f"{'no class' if found is None else repr(found)} in the header of {path.name}",
            "fetch the weights that belong to this engine",
        )
