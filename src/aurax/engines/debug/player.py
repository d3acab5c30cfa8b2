"""What the debug engine plays: drums, bass, chords and a lead over four bars that repeat with other leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.engines.debug.voices import Tone, hat, kick, snare, tone
from aurax.engines.requests import GenerationRequest
from aurax.errors import InvalidOption
from aurax.judge.chroma import chroma
from aurax.score.key import MODES, PITCH_CLASSES, Key
from aurax.score.seeds import generator

_PROGRESSIONS = ((0, 5, 2, 6), (0, 3, 5, 4), (0, 5, 3, 4), (5, 3, 0, 4))
_TAIL_S = 1.0
_TEMPO_BPM = 100.0


@dataclass(frozen=True)
class Feel:
    """Tempo and key that were asked for, or the usual ones.

    Args:
        bpm: beats a minute.
        key: tonic and mode.
    """

    bpm: float
    key: Key

    @classmethod
    def read(cls, request: GenerationRequest) -> Feel:
        """From the request's own fields, else from its prompt."""
        tempo = re.search(r"(\d{2,3}(?:\.\d+)?)\s*bpm", request.prompt, re.IGNORECASE)
        bpm = request.bpm or (float(tempo[1]) if tempo else _TEMPO_BPM)
        if not 30.0 <= bpm <= 300.0:
            raise InvalidOption("a tempo from 30 to 300 bpm", f"{bpm:g}", "ask for another")
        return cls(bpm, Key.parse(request.key) if request.key else _key_in(request.prompt))


def _key_in(prompt: str) -> Key:
    for tonic, mode in re.findall(r"\b([A-G][#b]?)\s+(\w+)", prompt):
        if tonic in PITCH_CLASSES and mode.lower() in MODES:
            return Key(tonic, mode.lower())
    return Key("A", "minor")


class Player:
    """Plays bar after bar.

    Args:
        request: what is wanted.
        seed: draws progression and leads.
    """

    def __init__(self, request: GenerationRequest, seed: int) -> None:
        self._feel, self._seed, self._request = Feel.read(request), seed, request
        self._bar = 0
        self._progression = _PROGRESSIONS[int(generator(seed, "progression").integers(len(_PROGRESSIONS)))]
        self._ahead = np.zeros((2, 0), np.float32)
        self._ready = np.zeros((2, 0), np.float32)

    def read(self, frames: int) -> Samples:
        """The next frames; float32, shape (2, frames)."""
        while self._ready.shape[1] < frames:
            self._ready = np.concatenate([self._ready, self._play_bar()], axis=1)
        taken, self._ready = self._ready[:, :frames], self._ready[:, frames:]
        return np.ascontiguousarray(taken)

    def _play_bar(self) -> Samples:
        beat_s = 60.0 / self._feel.bpm
        start, stop = (round(4 * beat_s * bar * SAMPLE_RATE) for bar in (self._bar, self._bar + 1))
        sheet = np.zeros((2, stop - start + round(_TAIL_S * SAMPLE_RATE)), np.float32)
        sheet[:, : self._ahead.shape[1]] += self._ahead
        self._drums(sheet, beat_s)
        degree = self._progression[self._bar % 4]
        _add(sheet, 0.0, tone(self._feel.key.degree_pitch(degree, 1), round(3.6 * beat_s, 4), 5, 1.2, 0.4), 0.5, 0.3)
        if self._request.melody is None:
            self._chords(sheet, beat_s, degree)
            self._lead(sheet, beat_s)
        else:
            self._follow(sheet, beat_s)
        self._bar += 1
        self._ahead = sheet[:, stop - start :]
        return sheet[:, : stop - start]

    def _drums(self, sheet: Samples, beat_s: float) -> None:
        for beat in range(4):
            if beat % 2 == 0 or self._bar % 2:
                _add(sheet, beat * beat_s, kick(), 0.5, 0.8)
            if beat % 2:
                _add(sheet, beat * beat_s, snare(), 0.5, 0.5)
            for half in (0.0, 0.5):
                _add(sheet, (beat + half) * beat_s, hat(), 0.6, 0.5 if half else 0.35)

    def _chords(self, sheet: Samples, beat_s: float, degree: int) -> None:
        for step, place in ((0, 0.15), (2, 0.5), (4, 0.85)):
            pitch = self._feel.key.degree_pitch(degree + step, 3)
            for beat in (0, 2.5):
                _add(sheet, beat * beat_s, tone(pitch, round(1.4 * beat_s, 4), 8, 1.1, 1.5), place, 0.12)

    def _lead(self, sheet: Samples, beat_s: float) -> None:
        rng = generator(self._seed, "lead", self._bar % 8)
        for eighth in range(8):
            if rng.random() < 0.45:
                pitch = self._feel.key.degree_pitch(int(rng.integers(0, 8)), 4)
                _add(sheet, eighth / 2 * beat_s, tone(pitch, round(0.45 * beat_s, 4), 6, 1.6, 3.0), 0.45, 0.14)

    def _follow(self, sheet: Samples, beat_s: float) -> None:
        """Each beat, the pitch class that is strongest in the melody at that time."""
        melody = self._request.melody
        if melody is None:
            return
        for beat in range(4):
            start_s = (4 * self._bar + beat) * beat_s
            first, last = round(start_s * SAMPLE_RATE), round((start_s + beat_s) * SAMPLE_RATE)
            heard = chroma(melody.samples[:, first:last].mean(axis=0), SAMPLE_RATE)
            if heard.any():
                note = tone(60 + int(heard.argmax()), round(0.9 * beat_s, 4), 6, 1.2, 1.0)
                _add(sheet, beat * beat_s, note, 0.4 + 0.2 * (beat % 2), 0.25)


def _add(sheet: Samples, at_s: float, sound: Tone, place: float, gain: float) -> None:
    """Add a sound at a time, panned from 0 (left) to 1 (right)."""
    start = round(at_s * SAMPLE_RATE)
    stop = min(sheet.shape[1], start + sound.size)
    heard = sound[: stop - start] * np.float32(gain)
    sheet[0, start:stop] += heard * np.float32(np.cos(place * np.pi / 2))
    sheet[1, start:stop] += heard * np.float32(np.sin(place * np.pi / 2))
