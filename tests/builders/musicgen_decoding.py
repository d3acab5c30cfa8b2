"""What the tests of MusicGen's decoding share: a tiny checkpoint, loaded twice, by AURA-X and by transformers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aurax.engines.engine import Never, Precision
from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.decoder import TorchStep
from aurax.engines.musicgen.tokens import TokenDecoder
from aurax.engines.musicgen.weights import DecoderWeights, load_weights
from aurax.engines.requests import Sampling
from builders.musicgen_checkpoints import Kind, save_tiny_checkpoint, tiny_model, tiny_tokenizer

CPU = torch.device("cpu")
SHORT, LONG = "lofi piano", "lofi piano in the dark, 120 bpm, the calm and warm drum and bass"


@dataclass(frozen=True)
class Tiny:
    """A tiny checkpoint.

    Args:
        oracle: transformers' model, in fp64.
        config: as AURA-X reads it.
        weights: as AURA-X reads them.
    """

    oracle: Any
    config: MusicGenConfig
    weights: DecoderWeights

    def backend(self, precision: Precision = "fp64", buckets: bool | None = None) -> TorchStep:
        return TorchStep(self.weights, self.config, CPU, precision, buckets)

    def decoder(self, precision: Precision = "fp64") -> TokenDecoder:
        return TokenDecoder(self.backend(precision), self.config)

    def prompt(self, text: str) -> dict[str, Tensor]:
        """What transformers takes."""
        encoded = tiny_tokenizer()([text], return_tensors="pt")
        return {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"]}

    def conditions(self, text: str = SHORT, melody: Tensor | None = None) -> Conditions:
        with torch.inference_mode():
            states = self.oracle.text_encoder(input_ids=self.prompt(text)["input_ids"]).last_hidden_state[0]
        return Conditions(states, melody)


@lru_cache(maxsize=4)
def tiny(kind: Kind) -> Tiny:
    """A checkpoint of that kind, saved and read again."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = save_tiny_checkpoint(Path(name) / f"musicgen-{kind}", kind)
        config = MusicGenConfig.read(folder)
        weights = load_weights(folder, config)
    return Tiny(tiny_model(kind).double(), config, weights)


def melody(frames: int = 7) -> Tensor:
    """One-hot chroma."""
    generator = torch.Generator().manual_seed(5)
    return torch.nn.functional.one_hot(torch.randint(0, 12, (frames,), generator=generator), 12).double()


def codes(config: MusicGenConfig, frames: int) -> Tensor:
    """Random tokens, shape (codebooks, frames)."""
    generator = torch.Generator().manual_seed(6)
    return torch.randint(0, config.vocabulary, (config.codebooks, frames), generator=generator)


def decode(
    decoder: TokenDecoder,
    conditions: Conditions,
    frames: int,
    sampling: Sampling,
    seeds: Sequence[int] = (0,),
    opening: Tensor | None = None,
) -> Tensor:
    """All frames at once, shape (candidates, codebooks, frames)."""
    found = decoder.frames(
        conditions, frames=frames, seeds=tuple(seeds), sampling=sampling, opening=opening, cancel=Never()
    )
    return torch.stack(list(found), dim=-1)
