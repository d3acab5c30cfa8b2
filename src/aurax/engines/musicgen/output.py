"""One candidate's way from codes to 48 kHz stereo of an exact length, and how given audio opens it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.engines.musicgen.codec import Codec
from aurax.engines.resampling import StreamResampler, resample, resampled_frames
from aurax.errors import InvalidOption

_FADE_S = 0.05


def code_frames(duration_s: float, codec: Codec) -> int:
    """How many frames of codes a piece takes.

    Args:
        duration_s: of the piece.
        codec: tells the rates.
    """
    frames = round(duration_s * SAMPLE_RATE)
    samples = -(-frames * codec.sample_rate // SAMPLE_RATE)
    return -(-samples // codec.hop)


@dataclass(frozen=True)
class Opening:
    """Audio that opens a piece, as it is and as the model takes it.

    Args:
        original: float32, 48 kHz stereo.
        model_input: float32, in the codec's rate and channels, cut to whole frames of codes.
        hop: samples to a frame of codes.
    """

    original: Samples
    model_input: Samples
    hop: int

    @classmethod
    def hear(cls, audio: Waveform, codec: Codec) -> Opening:
        """Bring given audio to the codec's rate and channels.

        Args:
            audio: 48 kHz stereo.
            codec: that will encode it.

        Raises:
            InvalidOption: it is shorter than one frame of codes.
        """
        mixed = audio.samples if codec.channels == 2 else audio.samples.mean(axis=0, keepdims=True, dtype=np.float32)
        model_input = resample(mixed, SAMPLE_RATE, codec.sample_rate)
        whole = model_input.shape[1] // codec.hop * codec.hop
        if not whole:
            raise InvalidOption(
                f"at least {codec.hop / codec.sample_rate:g} s of audio to continue",
                f"{audio.duration_s:g} s",
                "give more of it",
            )
        return cls(audio.samples, model_input[:, :whole], codec.hop)

    @property
    def frames(self) -> int:
        """Frames of codes."""
        return int(self.model_input.shape[1]) // self.hop

    def codes(self, codec: Codec, start: int) -> Tensor:
        """Its codes from a frame on, (codebooks, frames − start); what comes before is not even read."""
        return codec.encode(self.model_input[:, start * self.hop :])


class Output:
    """One candidate's audio, as its codes come.

    Given audio opens the output as it is, untouched by the codec. Over its last 50 ms it fades into what the codec
    makes of that same stretch, so that what follows goes on without a seam. Where it ends within a frame of codes
    (20 ms), the music goes on from the frame's beginning.

    Args:
        codec: decodes.
        duration_s: of the whole output.
        opening: audio that opens it, or None.
        start: the frame of codes, counted from the beginning of the piece, from which on codes are pushed; the
            opening's own codes come first.
    """

    def __init__(self, codec: Codec, duration_s: float, opening: Opening | None = None, start: int = 0) -> None:
        self._decoder = codec.decoder()
        self._resampler = StreamResampler(codec.sample_rate, SAMPLE_RATE, codec.channels)
        self._frames = round(duration_s * SAMPLE_RATE)
        self._original = np.zeros((2, 0), np.float32)
        self._fade = np.zeros(0, np.float32)
        self._skip = 0
        if opening is not None:
            end = resampled_frames(opening.model_input.shape[1], codec.sample_rate, SAMPLE_RATE)
            begin = resampled_frames(start * codec.hop, codec.sample_rate, SAMPLE_RATE)
            end = min(end, opening.original.shape[1], self._frames)
            fade = min(end - begin, round(_FADE_S * SAMPLE_RATE))
            self._original = opening.original[:, :end]
            self._fade = np.linspace(0.0, 1.0, fade + 2, dtype=np.float32)[1:-1]
            self._skip = end - fade - begin
        self._done = self._original.shape[1] - len(self._fade)

    @property
    def opening(self) -> Samples:
        """What of the given audio can be given out before anything is decoded; float32, shape (2, frames), 48 kHz."""
        return np.ascontiguousarray(self._original[:, : self._original.shape[1] - len(self._fade)])

    def push(self, codes: Tensor) -> Samples:
        """Take the next codes.

        Args:
            codes: (codebooks, frames).

        Returns:
            What continues the output; float32, shape (2, frames), 48 kHz.
        """
        return self._take(self._resampler.push(self._decoder.push(codes)))

    def finish(self) -> Samples:
        """The rest of the output, once all codes are pushed."""
        rest = self._resampler.push(self._decoder.flush())
        return self._take(np.concatenate([rest, self._resampler.flush()], axis=1))

    def _take(self, audio: Samples) -> Samples:
        skipped = min(self._skip, audio.shape[1])
        self._skip -= skipped
        audio = audio[:, skipped : skipped + self._frames - self._done]
        stereo = np.ascontiguousarray(np.broadcast_to(audio, (2, audio.shape[1])), dtype=np.float32)
        faded = min(stereo.shape[1], max(0, self._original.shape[1] - self._done))
        if faded:
            stereo = stereo.copy()
            at = len(self._fade) - (self._original.shape[1] - self._done)
            gain = self._fade[at : at + faded]
            original = self._original[:, self._done : self._done + faded]
            stereo[:, :faded] = gain * stereo[:, :faded] + (1 - gain) * original
        self._done += stereo.shape[1]
        return stereo
