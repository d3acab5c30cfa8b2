"""Measures an instrument's sound for its contract. Runs in a spawned process, as everything that renders must."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from aurax.audio.waveform import SAMPLE_RATE
from aurax.render.clip import Clip, ClipNote
from aurax.render.instrument import Instrument, Voice
from aurax.render.instrument_registry import load_instruments
from aurax.render.parameters import slider_values

Sound = npt.NDArray[np.float32]
Note = tuple[int, int, float, float]
"""Pitch, velocity, start_s, duration_s."""

STEADY = {"vibrato": 0.0, "tremolo": 0.0, "breath": 0.0}
"""Knobs that move the pitch or add noise; turned down where tuning and aliasing are measured."""
EXTRA_S = 0.3
"""Rendered beyond the tail, where nothing may sound."""


@dataclass
class VoiceReport:
    """What was measured of one voice.

    Args:
        label: instrument, drum or pitch.
        finite: whether every sample is a number.
        peak_100: highest sample at velocity 100.
        peak_127: highest sample at velocity 127.
        level_db: velocity 120 over velocity 40, by peak.
        brightening_octaves: spectral centroid of velocity 120 over that of velocity 40.
        dc_db: constant part relative to the peak.
        after_tail_db: loudest sample from the end of the tail on, relative to the peak.
        start_ratio: loudest of the first three samples relative to the peak.
        correlation: between left and right.
        repeat_db: difference of a note and its repetition, relative to the peak.
        clips_db: difference of a sequence and the sum of its one-note clips, relative to the peak.
        end_drop_db: level of the 2 ms after the gate closes relative to the 20 ms before.
    """

    label: str
    finite: bool
    peak_100: float
    peak_127: float
    level_db: float
    brightening_octaves: float
    dc_db: float
    after_tail_db: float
    start_ratio: float
    correlation: float
    repeat_db: float
    clips_db: float
    end_drop_db: float


@dataclass
class InstrumentReport:
    """What was measured of one instrument."""

    voices: list[VoiceReport] = field(default_factory=list)
    tuning_cents: dict[int, float] = field(default_factory=dict)
    tuning_44100_cents: float = 0.0
    alias_db: float = -200.0
    """Energy below the highest pitch's fundamental, relative to the whole, at velocity 120."""


class Player:
    """Renders notes of one voice from a clean state."""

    def __init__(self, instrument: Instrument, voice: Voice, sample_rate: int = SAMPLE_RATE) -> None:
        from aurax.render.faust import FaustPrograms

        self._instrument = instrument
        self._voice = voice
        self._rate = sample_rate
        self._programs = FaustPrograms()

    def play(self, notes: list[Note], parameters: dict[str, float] | None = None, extra_s: float = 0.0) -> Sound:
        """Render notes, each starting on an exact frame; `extra_s` is added after the last tail."""
        values = slider_values(self._instrument.info, parameters or {})
        followed = tuple((name, values[name]) for name in self._voice.parameter_names)
        placed = tuple(
            ClipNote(round(start * self._rate), round(length * self._rate), pitch, velocity)
            for pitch, velocity, start, length in notes
        )
        voice = replace(self._voice, tail_s=self._voice.tail_s + extra_s)
        return self._programs.render(Clip(self._instrument.info.name, voice, placed, followed, self._rate))


def mute_native_stderr() -> None:
    """Point the process's stderr at nothing: Faust reports every reused voice there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def measure(name: str) -> InstrumentReport:
    """Measure one installed instrument."""
    instrument = load_instruments()[name]
    report = InstrumentReport()
    for voice in instrument.voices:
        player = Player(instrument, voice)
        if voice.pitch is not None:
            report.voices.append(_voice_report(player, voice, f"{name} {voice.name}", voice.pitch, 0.1))
            continue
        low, high = instrument.info.lowest_pitch, instrument.info.highest_pitch
        gate_s = 1.0 if instrument.info.pitched else 3.0
        for pitch in sorted({low, (low + high) // 2, high}):
            report.voices.append(_voice_report(player, voice, f"{name} pitch {pitch}", pitch, gate_s))
        if instrument.info.pitched:
            steady = {key: value for key, value in STEADY.items() if key in voice.parameter_names}
            for pitch in sorted({*range(low, high, 4), high}):
                report.tuning_cents[pitch] = _cents(player.play([(pitch, 90, 0, 4.0)], steady), pitch, SAMPLE_RATE)
            middle = (low + high) // 2
            other = Player(instrument, voice, 44_100).play([(middle, 90, 0, 4.0)], steady)
            report.tuning_44100_cents = _cents(other, middle, 44_100)
            report.alias_db = _alias_db(player.play([(high, 120, 0, 1.5)], steady), high)
    return report


def riser_ends(length_s: float) -> tuple[float, float]:
    """Times at which the riser is loudest and at which it falls silent, with its gate open one second longer."""
    instrument = load_instruments()["riser"]
    sound = Player(instrument, instrument.voices[0]).play([(60, 100, 0, length_s + 1)], {"length_s": length_s})
    level = np.abs(sound).max(axis=0)
    return float(level.argmax()) / SAMPLE_RATE, float(np.flatnonzero(level > level.max() * 1e-3)[-1]) / SAMPLE_RATE


def drum_length_s(name: str, drum: str, gate_s: float) -> float:
    """How long a drum sounds (to −60 dB) when its gate lasts `gate_s`."""
    instrument = load_instruments()[name]
    voice = next(voice for voice in instrument.voices if voice.name == drum)
    level = np.abs(Player(instrument, voice).play([(voice.pitch or 0, 100, 0, gate_s)])).max(axis=0)
    return float(np.flatnonzero(level > level.max() * 1e-3)[-1]) / SAMPLE_RATE


def fall_db_per_s(name: str, pitch: int, velocity: float, from_s: float = 0.5, to_s: float = 2.5) -> float:
    """How fast a held note falls between two times after its start, from the power of 200 ms around each."""
    instrument = load_instruments()[name]
    sound = Player(instrument, instrument.voices[0]).play([(pitch, velocity, 0, to_s + 0.5)]).astype(np.float64)
    powers = [
        float((sound[:, round((time_s - 0.1) * SAMPLE_RATE) : round((time_s + 0.1) * SAMPLE_RATE)] ** 2).mean())
        for time_s in (from_s, to_s)
    ]
    return _db(powers[0] / powers[1]) / 2.0 / (to_s - from_s)


def _voice_report(player: Player, voice: Voice, label: str, pitch: int, gate_s: float) -> VoiceReport:
    sounds = {velocity: player.play([(pitch, velocity, 0, gate_s)], None, EXTRA_S) for velocity in (40, 100, 120, 127)}
    typical = sounds[100]
    peak = float(np.abs(typical).max())
    gate = round(gate_s * SAMPLE_RATE)
    tail_end = round((gate_s + voice.tail_s) * SAMPLE_RATE)
    window = np.hanning(typical.shape[1]) if gate_s >= 1 else np.ones(typical.shape[1])
    constant = np.abs((typical * window).sum(axis=1) / window.sum()).max()
    before, after = typical[:, gate - 960 : gate], typical[:, gate : gate + 96]
    return VoiceReport(
        label=label,
        finite=all(bool(np.isfinite(sound).all()) for sound in sounds.values()),
        peak_100=peak,
        peak_127=float(np.abs(sounds[127]).max()),
        level_db=_db(float(np.abs(sounds[120]).max()) / float(np.abs(sounds[40]).max())),
        brightening_octaves=float(np.log2(_centroid_hz(sounds[120]) / _centroid_hz(sounds[40]))),
        dc_db=_db(float(constant) / peak),
        after_tail_db=_db(float(np.abs(typical[:, tail_end - 2 :]).max()) / peak),
        start_ratio=float(np.abs(typical[:, :3]).max()) / peak,
        correlation=float(np.corrcoef(typical.astype(np.float64))[0, 1]),
        repeat_db=_repeat_db(player, voice, pitch, gate_s),
        clips_db=_clips_db(player, voice, pitch, gate_s),
        end_drop_db=_db(float(np.sqrt((after**2).mean()) / (np.sqrt((before**2).mean()) + 1e-12))),
    )


def _repeat_db(player: Player, voice: Voice, pitch: int, gate_s: float) -> float:
    period_s = round(gate_s + voice.tail_s + 0.237, 4)
    frames = round(period_s * SAMPLE_RATE)
    both = player.play([(pitch, 100, 0, gate_s), (pitch, 100, period_s, gate_s)], None, EXTRA_S)
    first, second = both[:, :frames], both[:, frames : 2 * frames]
    length = min(first.shape[1], second.shape[1])
    return _db(float(np.abs(first[:, :length] - second[:, :length]).max() / np.abs(both).max()))


def _clips_db(player: Player, voice: Voice, pitch: int, gate_s: float) -> float:
    """Three overlapping notes (the third repeats the first's pitch) against the sum of three clips."""
    other = pitch if voice.pitch is not None or voice.polyphony < 4 else pitch + (7 if pitch < 60 else -7)
    step_s = 0.8137 * gate_s if other != pitch else 1.5 * gate_s
    notes: list[Note] = [(pitch, 100, 0, gate_s), (other, 60, step_s, gate_s), (pitch, 110, 2 * step_s, gate_s)]
    whole = player.play(notes, None, EXTRA_S)
    total = np.zeros_like(whole)
    for note_pitch, velocity, start_s, duration_s in notes:
        clip = player.play([(note_pitch, velocity, 0, duration_s)])
        start = round(start_s * SAMPLE_RATE)
        total[:, start : start + clip.shape[1]] += clip
    return _db(float(np.abs(total - whole).max() / np.abs(whole).max()))


def _centroid_hz(sound: Sound) -> float:
    """Centre of the magnitude spectrum."""
    magnitude = np.abs(np.fft.rfft(sound.mean(axis=0)))
    frequencies = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    return float((magnitude * frequencies).sum() / magnitude.sum())


def _cents(sound: Sound, pitch: int, rate: int) -> float:
    """Distance of the fundamental from its equal-tempered place: the centre of the power within 1.2 semitones."""
    wanted = 440.0 * 2 ** ((pitch - 69) / 12)
    sustained = sound.mean(axis=0)[rate // 10 : 4 * rate]
    power = np.abs(np.fft.rfft(sustained * np.blackman(sustained.size), 1 << 19)) ** 2
    frequencies = np.fft.rfftfreq(1 << 19, 1 / rate)
    near = np.abs(np.log2(np.maximum(frequencies, 1.0) / wanted)) < 0.1
    return float(1200 * np.log2((power[near] * frequencies[near]).sum() / power[near].sum() / wanted))


def _alias_db(sound: Sound, pitch: int) -> float:
    """Energy from 60 Hz to 0.8 of the fundamental, where only aliases can be, relative to the whole."""
    sustained = sound.mean(axis=0)[SAMPLE_RATE * 3 // 10 : SAMPLE_RATE * 3 // 2]
    power = np.abs(np.fft.rfft(sustained * np.blackman(sustained.size))) ** 2
    frequencies = np.fft.rfftfreq(sustained.size, 1 / SAMPLE_RATE)
    below = (frequencies > 60) & (frequencies < 0.8 * 440 * 2 ** ((pitch - 69) / 12))
    return float(10 * np.log10(power[below].sum() / power.sum() + 1e-20))


def _db(ratio: float) -> float:
    return float(20 * np.log10(ratio + 1e-12))
