"""What a MusicGen checkpoint says about itself: sizes of its language model and rates of its codec."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aurax.engines.checkpoints import require_folder
from aurax.errors import BadCheckpoint

CONFIG_FILE = "config.json"


@dataclass(frozen=True)
class MusicGenConfig:
    """Sizes of a checkpoint.

    Args:
        name: of the folder, for messages.
        is_melody: whether text and chroma are a prefix (MusicGen-Melody) and not cross-attended.
        hidden_size: width of the residual stream.
        layers: of the decoder.
        heads: of attention.
        ffn_size: inner width of the feed-forward blocks.
        activation: `gelu` or `relu`, in the feed-forward blocks.
        vocabulary: tokens of one codebook; one more, `pad_token`, is where there is none.
        codebooks: of all channels together.
        channels: 1, or 2 with left and right interleaved in the codebooks.
        text_size: width of the text encoder's output.
        num_chroma: pitch classes of the melody; 0 where there is none.
        chroma_length: frames of chroma in the prefix; 0 where there is none.
        sample_rate: of the codec, Hz.
        frame_rate: of the codec's tokens, Hz.
        max_positions: length the model was configured for; longer is possible, as positions are sinusoids.
    """

    name: str
    is_melody: bool
    hidden_size: int
    layers: int
    heads: int
    ffn_size: int
    activation: str
    vocabulary: int
    codebooks: int
    channels: int
    text_size: int
    num_chroma: int
    chroma_length: int
    sample_rate: int
    frame_rate: int
    max_positions: int

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.heads

    @property
    def pad_token(self) -> int:
        """The token that opens every codebook and fills the places that the delay pattern leaves empty."""
        return self.vocabulary

    @classmethod
    def read(cls, folder: Path) -> MusicGenConfig:
        """Read `config.json`.

        Args:
            folder: of the checkpoint.

        Raises:
            MissingWeights: there is no such folder or file.
            BadCheckpoint: it is no MusicGen's, or makes no sense.
        """
        require_folder(folder.name, folder, [CONFIG_FILE])
        try:
            values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _bad(folder, f"one that cannot be read: {error}") from error
        if not isinstance(values, dict) or values.get("model_type") not in ("musicgen", "musicgen_melody"):
            model = values.get("model_type") if isinstance(values, dict) else None
            raise _bad(folder, f"one of model_type {model!r}")
        try:
            config = _parse(folder.name, values)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise _bad(folder, f"one whose sizes cannot be read ({type(error).__name__}: {error})") from error
        _check(folder, config)
        return config


def _parse(name: str, values: Mapping[str, Any]) -> MusicGenConfig:
    decoder, text, codec = values["decoder"], values["text_encoder"], values["audio_encoder"]
    melody = values["model_type"] == "musicgen_melody"
    sample_rate = int(codec["sampling_rate"])
    return MusicGenConfig(
        name=name,
        is_melody=melody,
        hidden_size=int(decoder["hidden_size"]),
        layers=int(decoder["num_hidden_layers"]),
        heads=int(decoder["num_attention_heads"]),
        ffn_size=int(decoder["ffn_dim"]),
        activation=str(decoder.get("activation_function", "gelu")),
        vocabulary=int(decoder["vocab_size"]),
        codebooks=int(decoder["num_codebooks"]),
        # The first published checkpoints are older than this key.
        channels=int(decoder.get("audio_channels", 1)),
        text_size=int(text["d_model"]),
        num_chroma=int(values.get("num_chroma", 12)) if melody else 0,
        chroma_length=int(values.get("chroma_length", 235)) if melody else 0,
        sample_rate=sample_rate,
        frame_rate=math.ceil(sample_rate / math.prod(codec["upsampling_ratios"])),
        max_positions=int(decoder.get("max_position_embeddings", 2048)),
    )


def _check(folder: Path, config: MusicGenConfig) -> None:
    sizes = (
        config.hidden_size,
        config.layers,
        config.heads,
        config.ffn_size,
        config.vocabulary,
        config.codebooks,
        config.text_size,
        config.sample_rate,
        config.frame_rate,
    )
    if min(sizes) < 1 or (config.is_melody and min(config.num_chroma, config.chroma_length) < 1):
        raise _bad(folder, "one with a size below 1")
    if config.hidden_size % config.heads or config.hidden_size % 2:
        raise _bad(folder, f"a width of {config.hidden_size}, which {config.heads} heads cannot share")
    if config.channels not in (1, 2) or config.codebooks % config.channels:
        raise _bad(folder, f"{config.codebooks} codebooks for {config.channels} channels")
    if config.activation not in ("gelu", "relu"):
        raise _bad(folder, f"the activation {config.activation!r}, which is neither gelu nor relu")


def _bad(folder: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"the {CONFIG_FILE} of a MusicGen in {folder}", found, "fetch the model again, all files from the same place"
    )
