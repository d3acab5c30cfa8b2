"""The weights of MusicGen's language model, read from safetensors and put together as decoding wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from aurax.engines.checkpoints import read_safetensors, require_folder
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.errors import BadCheckpoint

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
_PREFIXES = ("decoder.", "enc_to_dec_proj.", "audio_enc_to_dec_proj.")
"""Of the language model; the text encoder and the codec are in the same files."""


@dataclass(frozen=True)
class Affine:
    """A matrix of shape (outputs, inputs), or a norm's gains of shape (width,), with a bias."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class CrossWeights:
    """Cross-attention to the text; each matrix has shape (hidden, hidden) and no bias."""

    norm: Affine
    query: Tensor
    key: Tensor
    value: Tensor
    out: Tensor


@dataclass(frozen=True)
class LayerWeights:
    """One layer, in the order of its work.

    Args:
        norm: before self-attention.
        qkv: (3 × hidden, hidden): the rows of query, key and value below each other.
        out: (hidden, hidden), of self-attention.
        cross: None in the melody models.
        ffn_norm: before the feed-forward block.
        ffn_in: (ffn, hidden).
        ffn_out: (hidden, ffn).
    """

    norm: Affine
    qkv: Tensor
    out: Tensor
    cross: CrossWeights | None
    ffn_norm: Affine
    ffn_in: Tensor
    ffn_out: Tensor


@dataclass(frozen=True)
class DecoderWeights:
    """The language model, on the CPU, in the precision in which it was written.

    Args:
        embeddings: (codebooks, vocabulary + 1, hidden).
        layers: from the input up.
        norm: after the last layer.
        heads: (codebooks × vocabulary, hidden): the codebooks' heads below each other.
        text_projection: (hidden, text) from the text encoder; None where the widths agree.
        chroma_projection: (hidden, chroma); None where the widths agree or there is no melody.
    """

    embeddings: Tensor
    layers: tuple[LayerWeights, ...]
    norm: Affine
    heads: Tensor
    text_projection: Affine | None
    chroma_projection: Affine | None


def load_weights(folder: Path, config: MusicGenConfig) -> DecoderWeights:
    """Read the language model; the text encoder and the codec are left alone.

    Args:
        folder: holds `model.safetensors`, or shards and their index.
        config: of the same folder.

    Raises:
        MissingWeights: there are no weights.
        BadCheckpoint: a file is missing, truncated or a pickle, or a tensor is missing or of another shape.
    """
    return _Reader(folder, _read_tensors(folder)).decoder(config)


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for file in weight_files(folder, _PREFIXES, _bad):
        for prefix in _PREFIXES:
            tensors.update(read_safetensors(folder / file, engine=folder.name, prefix=prefix).tensors)
    return tensors


def weight_files(folder: Path, prefixes: str | tuple[str, ...], bad: Callable[[Path, str], BadCheckpoint]) -> list[str]:
    """The files of a checkpoint, one or several shards, that hold tensors whose names begin so.

    Args:
        folder: of the checkpoint.
        prefixes: beginnings of names.
        bad: makes the error from the folder and what was found.

    Raises:
        MissingWeights: there is neither the single file nor an index.
        BadCheckpoint: the index is unreadable, leads elsewhere, or names a file that is not there.
    """
    if not (folder / INDEX_FILE).is_file():
        require_folder(folder.name, folder, [SINGLE_FILE])
        return [SINGLE_FILE]
    try:
        shards = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))["weight_map"]
        files = sorted({str(file) for name, file in shards.items() if name.startswith(prefixes)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad(folder, f"an unreadable {INDEX_FILE}: {error}") from error
    for file in files:
        # A shard is a neighbour of its index: no path in a downloaded file may lead elsewhere.
        if Path(file).name != file:
            raise bad(folder, f"an {INDEX_FILE} that points to {file!r}")
        if not (folder / file).is_file():
            raise bad(folder, f"no {file}, which {INDEX_FILE} names")
    return files


class _Reader:
    """Takes tensors by name and checks their shapes."""

    def __init__(self, folder: Path, tensors: Mapping[str, Tensor]) -> None:
        self._folder = folder
        self._tensors = tensors

    def decoder(self, config: MusicGenConfig) -> DecoderWeights:
        hidden, vocabulary = config.hidden_size, config.vocabulary
        books, stem = range(config.codebooks), "decoder.model.decoder"
        return DecoderWeights(
            embeddings=torch.stack(
                [self._take(f"{stem}.embed_tokens.{book}.weight", vocabulary + 1, hidden) for book in books]
            ),
            layers=tuple(self._layer(f"{stem}.layers.{index}", config) for index in range(config.layers)),
            norm=self._affine(f"{stem}.layer_norm", hidden),
            heads=torch.cat([self._take(f"decoder.lm_heads.{book}.weight", vocabulary, hidden) for book in books]),
            text_projection=self._projection("enc_to_dec_proj", hidden, config.text_size),
            chroma_projection=(
                self._projection("audio_enc_to_dec_proj", hidden, config.num_chroma) if config.is_melody else None
            ),
        )

    def _layer(self, stem: str, config: MusicGenConfig) -> LayerWeights:
        hidden = config.hidden_size
        attention = f"{stem}.self_attn"
        return LayerWeights(
            norm=self._affine(f"{attention}_layer_norm", hidden),
            qkv=torch.cat([self._take(f"{attention}.{part}_proj.weight", hidden, hidden) for part in "qkv"]),
            out=self._take(f"{attention}.out_proj.weight", hidden, hidden),
            cross=None if config.is_melody else self._cross(f"{stem}.encoder_attn", hidden),
            ffn_norm=self._affine(f"{stem}.final_layer_norm", hidden),
            ffn_in=self._take(f"{stem}.fc1.weight", config.ffn_size, hidden),
            ffn_out=self._take(f"{stem}.fc2.weight", hidden, config.ffn_size),
        )

    def _cross(self, stem: str, hidden: int) -> CrossWeights:
        query, key, value, out = (
            self._take(f"{stem}.{part}.weight", hidden, hidden) for part in ("q_proj", "k_proj", "v_proj", "out_proj")
        )
        return CrossWeights(self._affine(f"{stem}_layer_norm", hidden), query, key, value, out)

    def _projection(self, stem: str, outputs: int, inputs: int) -> Affine | None:
        return None if inputs == outputs else self._affine(stem, outputs, inputs)

    def _affine(self, stem: str, *shape: int) -> Affine:
        return Affine(self._take(f"{stem}.weight", *shape), self._take(f"{stem}.bias", shape[0]))

    def _take(self, name: str, *shape: int) -> Tensor:
        tensor = self._tensors.get(name)
        if tensor is None:
            raise _bad(self._folder, f"no tensor {name}")
        if tensor.shape != shape or not tensor.is_floating_point():
            raise _bad(
                self._folder, f"{name} of shape {tuple(tensor.shape)} and type {tensor.dtype} instead of {shape}"
            )
        return tensor


def _bad(folder: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"the whole language model of {folder.name} in {folder}",
        found,
        "fetch the model again, all files from the same place",
    )
