"""A prompt in words, read by the checkpoint's T5 encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoTokenizer, T5EncoderModel

from aurax.engines.checkpoints import require_folder
from aurax.engines.musicgen.parts import load_part, part_config, quiet_transformers
from aurax.errors import BadCheckpoint, InvalidOption

_TOKENIZER_FILE = "tokenizer.json"
_USUAL_LIMIT = 512
"""Tokens that T5 was trained on, where a checkpoint does not say."""


class TextEncoder:
    """Reads prompts.

    Args:
        model: T5's encoder, in float32.
        tokenizer: that belongs to it.
        limit: most tokens of a prompt, the one that ends it included.
    """

    def __init__(self, model: T5EncoderModel, tokenizer: Any, limit: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._limit = limit

    @classmethod
    def load(cls, folder: Path, device: str) -> TextEncoder:
        """Load the encoder of a MusicGen checkpoint.

        Args:
            folder: of the checkpoint.
            device: `cpu` or `cuda`.

        Raises:
            MissingWeights: the folder or its files are not there.
            BadCheckpoint: a file is truncated, of another model, or the tokenizer cannot be read.
        """
        if part_config(folder, "text_encoder").get("model_type") != "t5":
            raise BadCheckpoint(
                f"T5 as the text encoder in {folder}",
                repr(part_config(folder, "text_encoder").get("model_type")),
                "fetch one of the published MusicGen models",
            )
        # Without its file, transformers would make an empty tokenizer and say nothing.
        require_folder(folder.name, folder, [_TOKENIZER_FILE])
        model = load_part(folder, "text_encoder", T5EncoderModel)
        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:
            # Tokenizers raise whatever their readers raise, bare exceptions among them.
            raise BadCheckpoint(
                f"a tokenizer in {folder}", str(error).split("\n")[0], "fetch the model again, with all files"
            ) from error
        stated = part_config(folder, "text_encoder").get("n_positions") or _USUAL_LIMIT
        return cls(model.to(device), tokenizer, min(int(stated), int(tokenizer.model_max_length)))

    @torch.inference_mode()
    def encode(self, prompt: str) -> Tensor:
        """The encoder's last hidden states.

        Args:
            prompt: in words. It is never cut off.

        Returns:
            float32, shape (tokens, width), on the encoder's device.

        Raises:
            InvalidOption: the prompt is longer than the encoder can read.
        """
        with quiet_transformers():
            tokens = self._tokenizer(prompt, return_tensors="pt").input_ids
        if tokens.shape[1] > self._limit:
            raise InvalidOption(
                f"a prompt of at most {self._limit} tokens, which is what MusicGen's text encoder reads",
                f"{tokens.shape[1]} tokens",
                "shorten it",
            )
        hidden: Tensor = self._model(input_ids=tokens.to(self._model.device)).last_hidden_state[0]
        return hidden
