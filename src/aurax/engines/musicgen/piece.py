"""One request on its way through MusicGen: conditions, windows of codes, and the audio of all candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.engines.engine import Cancel, Chunk, cancelled
from aurax.engines.musicgen.chroma import melody_from, one_hot_chroma
from aurax.engines.musicgen.codec import Codec
from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.output import Opening, Output, code_frames
from aurax.engines.musicgen.tokens import TokenDecoder
from aurax.engines.musicgen.windows import Window, decode_windows, plan_windows
from aurax.engines.requests import GenerationRequest
from aurax.engines.resampling import resample

_FIRST_PUSH = 12
"""Frames of codes until the first audio: a quarter of a second of music, so that it comes early."""
_PUSH = 50
"""Frames of codes between chunks afterwards: so many that the codec's context costs little."""


class Piece:
    """What is made for one request.

    Args:
        request: already checked.
        config: of the checkpoint.
        codec: of the same checkpoint.
        text: the prompt as the text encoder reads it, (tokens, width).
        window: frames of codes that the model takes at once.
        keep: how many of these are from before, in a piece of several windows.

    Raises:
        InvalidOption: the audio to continue is too short.
    """

    def __init__(
        self, request: GenerationRequest, config: MusicGenConfig, codec: Codec, text: Tensor, window: int, keep: int
    ) -> None:
        opening = None if request.continuation is None else Opening.hear(request.continuation, codec)
        given = 0 if opening is None else opening.frames
        self._request = request
        self._config = config
        self._codec = codec
        self._text = text
        self._windows = plan_windows(code_frames(request.duration_s, codec), given, window=window, keep=keep)
        start = self._windows[0].start
        self._given = None if opening is None else opening.codes(codec, start).cpu()
        self._outputs = [Output(codec, request.duration_s, opening, start) for _ in request.seeds]
        self._melody = None if request.melody is None else self._heard(request.melody.samples)
        self._frames = round(request.duration_s * SAMPLE_RATE)
        self._played = 0

    def play(self, decoder: TokenDecoder, cancel: Cancel) -> Iterator[Chunk]:
        """Make it.

        Args:
            decoder: of the language model.
            cancel: asked at every frame of codes.

        Yields:
            Audio of all candidates; the last chunk has progress 1.

        Raises:
            Cancelled: `cancel` was set.
            BadEngineOutput: the language model gave NaN or infinity.
        """
        if self._given is not None and self._outputs[0].opening.shape[1]:
            yield self._chunk([output.opening for output in self._outputs])
        waiting: list[Tensor] = []
        wanted = _FIRST_PUSH
        for codes in self._codes(decoder, cancel):
            waiting.append(codes)
            if len(waiting) == wanted:
                yield self._chunk(self._push(waiting))
                waiting, wanted = [], _PUSH
        if cancel.is_set():
            raise cancelled(self._config.name)
        rest = self._push(waiting) if waiting else [np.zeros((2, 0), np.float32)] * len(self._outputs)
        ends = [output.finish() for output in self._outputs]
        yield self._chunk([np.concatenate(parts, axis=1) for parts in zip(rest, ends, strict=True)])

    def _codes(self, decoder: TokenDecoder, cancel: Cancel) -> Iterator[Tensor]:
        """The new frames of codes, each (candidates, codebooks)."""

        def decode(window: Window, opening: Tensor | None, seeds: tuple[int, ...]) -> Iterator[Tensor]:
            return decoder.frames(
                self._conditions(window),
                frames=window.new,
                seeds=seeds,
                sampling=self._request.sampling,
                opening=opening,
                cancel=cancel,
            )

        return decode_windows(self._windows, self._given, self._request.seeds, decode)

    def _conditions(self, window: Window) -> Conditions:
        if self._melody is None:
            return Conditions(self._text)
        hop = self._codec.hop
        stretch = melody_from(self._melody, window.start * hop, (window.end - window.start) * hop)
        return Conditions(self._text, one_hot_chroma(stretch, self._codec.sample_rate, self._config.num_chroma))

    def _heard(self, melody: Samples) -> Samples:
        mono = melody.mean(axis=0, keepdims=True, dtype=np.float32)
        return resample(mono, SAMPLE_RATE, self._codec.sample_rate)

    def _push(self, frames: Sequence[Tensor]) -> list[Samples]:
        """Decode frames that came, after the given ones where these were not decoded yet."""
        codes = torch.stack(list(frames), dim=-1)
        if self._given is not None:
            codes = torch.cat([self._given.expand(len(codes), -1, -1), codes], dim=-1)
            self._given = None
        # In pieces, because many frames at once would take much memory.
        return [
            np.concatenate([output.push(part) for part in own.split(_PUSH, dim=-1)], axis=1)
            for output, own in zip(self._outputs, codes, strict=True)
        ]

    def _chunk(self, pieces: Sequence[Samples]) -> Chunk:
        self._played += pieces[0].shape[1]
        audio = {f"candidate-{index}": piece for index, piece in enumerate(pieces)}
        return Chunk(audio, self._played / self._frames)
