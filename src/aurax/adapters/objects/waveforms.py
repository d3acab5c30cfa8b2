"""The waveforms stored or read last, in memory, so that steps on one machine do not decode twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

from aurax.audio.waveform import Waveform

_STEPS = np.float32(2**23)
"""Steps from 0 to full scale in 24 bits, as `aurax.audio.files` writes them."""


def as_stored(waveform: Waveform) -> Waveform:
    """What reading a 24-bit file of this waveform gives, without the file.

    Args:
        waveform: full scale ±1.0; beyond, it is clipped as in the file.
    """
    samples = waveform.samples * _STEPS
    np.rint(samples, out=samples)
    np.clip(samples, -_STEPS, _STEPS - 1, out=samples)
    samples /= _STEPS
    return Waveform(samples, waveform.sample_rate)


class RecentWaveforms:
    """A bounded memory of waveforms; the one unused for longest goes first.

    Args:
        limit_bytes: room for all of them together.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waveforms: OrderedDict[str, Waveform] = OrderedDict()
        self._lock = threading.Lock()

    def takes(self, waveform: Waveform) -> bool:
        """Whether there is room for a waveform at all."""
        return waveform.samples.nbytes <= self._limit_bytes

    def forget(self, names: Iterable[str]) -> None:
        """Drop waveforms; those that are not here do no harm."""
        with self._lock:
            for name in names:
                self._waveforms.pop(name, None)

    def put(self, name: str, waveform: Waveform) -> None:
        """Remember a waveform; its samples become read-only."""
        if not self.takes(waveform):
            return
        waveform.samples.flags.writeable = False
        with self._lock:
            self._waveforms[name] = waveform
            self._waveforms.move_to_end(name)
            while sum(one.samples.nbytes for one in self._waveforms.values()) > self._limit_bytes:
                self._waveforms.popitem(last=False)

    def get(self, name: str) -> Waveform | None:
        """The waveform of that name, if it is still here."""
        with self._lock:
            waveform = self._waveforms.get(name)
            if waveform is not None:
                self._waveforms.move_to_end(name)
            return waveform
