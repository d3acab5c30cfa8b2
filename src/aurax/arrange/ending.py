"""Endings: how the stems fall silent after the last bar.

The music goes on from the start of a phrase on the tonic; a hit lets it stop at once, a ring lets it die away, a strip
lets only the harmony ring, and a fade leaves it to the fader.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples
from aurax.score.role import Role

_HIT_S = {"drums": 0.35, "bass": 0.6}
_RING_DRUMS_S = 0.3
_HIT_OTHERS_S = 1.1
_LAST_S = 0.05
_LEAVE_S = 0.03
_DEPTH_DB = 46.0


def end_stem(stem: Samples, role: Role, ending: str, last_bar_frame: int, sample_rate: int) -> None:
    """Let a stem die away after the last bar, in place.

    Args:
        stem: shape (channels, frames), playing to its end.
        role: drums die away sooner than harmony.
        ending: `hit`, `ring`, `strip` or `fade`.
        last_bar_frame: where the last bar ends.
        sample_rate: in hertz.
    """
    tail = stem[:, last_bar_frame:]
    frames = tail.shape[1]
    if not frames:
        return
    if ending == "strip" and role == "drums":
        # They are gone when the last bar ends, so that no attack on the line is heard.
        leaving = stem[:, max(0, last_bar_frame - round(_LEAVE_S * sample_rate)) : last_bar_frame]
        leaving *= _falling(leaving.shape[1])
        tail[:] = 0.0
        return
    if ending == "fade":
        length = frames
        gain = np.ones(frames, np.float32)
    else:
        whole_s = frames / sample_rate
        if ending == "hit":
            length_s = _HIT_S.get(role, _HIT_OTHERS_S)
        elif role == "drums":
            length_s = _RING_DRUMS_S
        else:
            length_s = whole_s
        length = max(1, round(min(length_s, whole_s) * sample_rate))
        place = np.arange(frames, dtype=np.float32) / np.float32(length)
        gain = np.where(place < 1.0, 10.0 ** (-_DEPTH_DB / 20.0 * np.minimum(place, 1.0) ** 1.3), 0.0)
        gain = gain.astype(np.float32)
    closing = min(length, round(_LAST_S * sample_rate))
    gain[length - closing : length] *= _falling(closing)
    tail *= gain


def _falling(frames: int) -> NDArray[np.float32]:
    """From 1 to 0 along half a cosine."""
    fade = 0.5 + 0.5 * np.cos(np.pi * (np.arange(frames, dtype=np.float32) + 1.0) / max(frames, 1))
    return np.asarray(fade, dtype=np.float32)
