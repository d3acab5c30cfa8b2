"""EnCodec, the codec of MusicGen: codes to audio as a stream, and audio to codes.

The decoder of EnCodec is a convolution (the stem), an LSTM, and a stack of transposed convolutions that brings each
frame of codes up to the sample rate. None of it is causal, yet a stream can be exact: the stem waits for the few
frames that it looks ahead, the LSTM carries its state, and the stack is run over each piece with the few frames of
context that can reach into it. How many these are follows from the kernels (`_reach`).

Shapes: codes are int64 (codebooks, frames); audio is float32 (channels, samples) at the codec's own rate. A stereo
MusicGen has two mono streams whose codebooks alternate, left first.

Source: A. Défossez et al., "High Fidelity Neural Audio Compression" (2022); the interleaving of stereo codebooks as in
transformers' `MusicgenForConditionalGeneration`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import EncodecModel

from aurax.audio.waveform import Samples
from aurax.engines.musicgen.parts import load_part, part_config
from aurax.errors import BadCheckpoint


class Codec:
    """The codec of one checkpoint.

    Args:
        model: in float32, with its weights; it is changed (its weight norms are folded).
        channels: 1, or 2 for two mono streams.

    Raises:
        BadCheckpoint: it is not of MusicGen's kind: it is causal, normalises, or works in blocks.
    """

    def __init__(self, model: EncodecModel, channels: int) -> None:
        config = model.config
        if config.use_causal_conv or config.normalize or config.chunk_length_s or config.norm_type != "weight_norm":
            raise BadCheckpoint(
                "MusicGen's codec: not causal, weight norms, neither normalising nor working in blocks",
                f"use_causal_conv={config.use_causal_conv}, norm_type={config.norm_type!r}, "
                f"normalize={config.normalize}, chunk_length_s={config.chunk_length_s}",
                "fetch the checkpoint again, or choose one of MusicGen",
            )
        self._model = model.eval()
        self._channels = channels
        _fold_weight_norms(model)

    @classmethod
    def load(cls, folder: Path, channels: int, device: str) -> Codec:
        """Load the codec of a MusicGen checkpoint.

        Args:
            folder: of the checkpoint.
            channels: that its language model makes.
            device: `cpu` or `cuda`.

        Raises:
            MissingWeights: the folder or its files are not there.
            BadCheckpoint: a file is truncated or of another model, or the codec is not of MusicGen's kind.
        """
        if part_config(folder, "audio_encoder").get("model_type") != "encodec":
            raise BadCheckpoint(
                f"EnCodec as the codec in {folder}",
                repr(part_config(folder, "audio_encoder").get("model_type")),
                "fetch one of the published MusicGen models",
            )
        return cls(load_part(folder, "audio_encoder", EncodecModel).to(device), channels)

    @property
    def sample_rate(self) -> int:
        """Of the audio, in hertz."""
        return int(self._model.config.sampling_rate)

    @property
    def channels(self) -> int:
        """Of the audio."""
        return self._channels

    @property
    def hop(self) -> int:
        """Samples to a frame of codes."""
        return int(self._model.config.hop_length)

    @property
    def codebooks(self) -> int:
        """Of all channels together."""
        return int(self._model.quantizer.num_quantizers) * self._channels

    def decoder(self) -> StreamingDecoder:
        """A new stream."""
        return StreamingDecoder(self._model, self._channels)

    def decode(self, codes: Tensor) -> Samples:
        """Decode a whole piece.

        Args:
            codes: (codebooks, frames).
        """
        stream = self.decoder()
        return np.concatenate([stream.push(codes), stream.flush()], axis=1)

    @torch.inference_mode()
    def encode(self, samples: Samples) -> Tensor:
        """The codes of audio, on the codec's device.

        Args:
            samples: float32, shape (channels, samples). What is left over after the last whole frame is not encoded.

        Returns:
            int64, shape (codebooks, samples // hop).
        """
        frames = samples.shape[1] // self.hop
        if frames == 0:
            return torch.zeros((self.codebooks, 0), dtype=torch.long, device=self._model.device)
        rows = torch.from_numpy(np.ascontiguousarray(samples[:, None, : frames * self.hop])).to(self._model.device)
        with _repeatable():
            codes: Tensor = self._model.encode(rows).audio_codes[0]
        return codes.transpose(0, 1).reshape(self.codebooks, frames)


class StreamingDecoder:
    """Decode one piece as its codes come.

    A stream decodes alone, not together with others, so that its bits do not depend on them.

    Args:
        model: the codec.
        channels: 1, or 2 for two mono streams.
    """

    def __init__(self, model: EncodecModel, channels: int) -> None:
        stem, lstm, *stack = model.decoder.layers
        self._stem = stem
        self._lstm = lstm.lstm
        self._stack = stack
        self._quantizer = model.quantizer
        self._device = model.device
        self._channels = channels
        self._hop = int(model.config.hop_length)
        self._stem_reach = _reach([stem])
        self._stack_reach = _reach(stack)
        self._state: tuple[Tensor, Tensor] | None = None
        self._embedded = _Buffer()
        self._features = _Buffer()

    def push(self, codes: Tensor) -> Samples:
        """Take the next frames.

        Args:
            codes: (codebooks, frames), as many frames as there are.

        Returns:
            The samples that no later frame can change: a few frames fewer than went in.
        """
        return self._advance(codes, last=False)

    def flush(self) -> Samples:
        """Give out the rest; nothing may be pushed afterwards."""
        return self._advance(None, last=True)

    @torch.inference_mode()
    def _advance(self, codes: Tensor | None, *, last: bool) -> Samples:
        with _repeatable():
            if codes is not None and codes.shape[1]:
                rows = codes.to(self._device).reshape(-1, self._channels, codes.shape[1])
                self._embedded.append(self._quantizer.decode(rows))
            self._run_stem(last)
            return self._run_stack(last)

    def _run_stem(self, last: bool) -> None:
        piece = self._embedded.take(*self._stem_reach, last=last)
        if piece is None:
            return
        hidden = piece.of(self._stem(piece.context)).permute(2, 0, 1)
        through, self._state = self._lstm(hidden, self._state)
        self._features.append((through + hidden).permute(1, 2, 0))

    def _run_stack(self, last: bool) -> Samples:
        piece = self._features.take(*self._stack_reach, last=last)
        if piece is None:
            return np.zeros((self._channels, 0), dtype=np.float32)
        hidden = piece.context
        for layer in self._stack:
            hidden = layer(hidden)
        audio: Samples = piece.of(hidden, self._hop)[:, 0].float().cpu().numpy()
        return audio


class _Piece:
    """Frames to be computed now, with the frames around them.

    Args:
        context: (rows, features, frames), what to compute on.
        before: frames of it that come before those wanted.
        wanted: frames of it that are wanted.
    """

    def __init__(self, context: Tensor, before: int, wanted: int) -> None:
        self.context = context
        self._before = before
        self._wanted = wanted

    def of(self, computed: Tensor, hop: int = 1) -> Tensor:
        """The wanted part of what was computed, with `hop` samples to each frame."""
        return computed[..., self._before * hop : (self._before + self._wanted) * hop]


class _Buffer:
    """Frames that are still needed: those not computed yet, and those that reach into them from before."""

    def __init__(self) -> None:
        self._frames: Tensor | None = None
        self._done = 0

    def append(self, frames: Tensor) -> None:
        """Add what came, (rows, features, frames)."""
        self._frames = frames if self._frames is None else torch.cat([self._frames, frames], dim=-1)

    def take(self, left: int, right: int, *, last: bool) -> _Piece | None:
        """All that can be computed now, given how far one frame's output depends on its neighbours."""
        if self._frames is None:
            return None
        ready = self._frames.shape[-1] - (0 if last else right)
        if ready <= self._done:
            return None
        piece = _Piece(self._frames, self._done, ready - self._done)
        # One frame more than the reach keeps the reflection at the cut edge from being longer than what it reflects.
        drop = max(0, ready - left - 1)
        self._frames = self._frames[..., drop:]
        self._done = ready - drop
        return piece


def _reach(layers: Iterable[Any]) -> tuple[int, int]:
    """How many frames before and after it an output of these layers depends on, in frames of their input."""
    left = right = 0
    for layer in reversed(list(layers)):
        name = type(layer).__name__
        if name == "EncodecConv1d":
            width = (layer.conv.kernel_size[0] - 1) * layer.conv.dilation[0]
            left, right = left + width - width // 2, right + width // 2
        elif name == "EncodecResnetBlock":
            inner_left, inner_right = _reach(layer.block)
            left, right = left + inner_left, right + inner_right
        elif name == "EncodecConvTranspose1d":
            # Input i reaches the outputs i·stride − cut … i·stride − cut + kernel − 1.
            stride, kernel = layer.conv.stride[0], layer.conv.kernel_size[0]
            cut = (kernel - stride) - (kernel - stride) // 2
            left, right = (left + kernel - 1 - cut) // stride, (right + cut + stride - 1) // stride
    return left, right


def _fold_weight_norms(model: nn.Module) -> None:
    """Compute every normalised weight once instead of in every call."""
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)


def _repeatable() -> AbstractContextManager[None]:
    """Convolutions whose result is the same in every call, at full float32 precision."""
    flags: Any = torch.backends.cudnn.flags
    context: AbstractContextManager[None] = flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    return context
