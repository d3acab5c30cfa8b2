"""Generator B: riffs on sampled instruments, played by FluidSynth. Held out: used for measuring only."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import symusic
from numpy.typing import NDArray

Rng = np.random.Generator
RATE = 48_000
TICKS = 480
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_BASSES, _COMPS, _LEADS, _PADS = (32, 33, 34, 36, 38), (0, 4, 5, 24, 25, 27), (11, 22, 56, 65, 73, 80), (48, 49, 52, 89)
_DRIVEN_GUITARS = (29, 30)
_CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 3, 7, 10))


def riff(rng: Rng, duration_s: float, jitter_ms: float, *, driven: bool = False) -> NDArray[np.float32]:
    """A band of General MIDI instruments that plays a riff.

    Args:
        rng: decides everything.
        duration_s: length.
        jitter_ms: standard deviation of every note's timing error.
        driven: the chords are played by a distorted guitar, which is wanted there.

    Returns:
        float32, shape (2, frames), 48 kHz, peak 0.5 to 0.9.

    Raises:
        RuntimeError: FluidSynth or its sound font (Debian: fluidsynth, fluid-soundfont-gm) is not installed.
    """
    if shutil.which("fluidsynth") is None or not SOUNDFONT.exists():
        raise RuntimeError(f"expected fluidsynth and {SOUNDFONT}; install fluidsynth and fluid-soundfont-gm")
    score = symusic.Score(TICKS)
    bpm = rng.uniform(72, 138)
    score.tempos.append(symusic.Tempo(0, bpm))
    triplet = bool(rng.random() < 0.3)
    bars = int(np.ceil(duration_s * bpm / 240)) + 1
    tonic, roots = int(rng.integers(45, 57)), [int(root) for root in rng.choice([0, 2, 3, 5, 7, 8, 10, -2], 4)]
    chords = [_CHORDS[i] for i in rng.integers(0, 4, 4)]
    tune = [(int(place), int(rng.integers(0, 5))) for place in sorted(rng.choice(16, 7, replace=False))]

    def ticks(sixteenth: float) -> int:
        late = 40 if triplet and int(sixteenth) % 2 else 0
        return max(0, int(sixteenth * TICKS / 4 + late + rng.normal(0, jitter_ms / 1e3) * bpm / 60 * TICKS))

    def part(program: int, *, drums: bool = False) -> symusic.Track:
        track = symusic.Track("", program, drums)
        score.tracks.append(track)
        return score.tracks[-1]

    def note(track: symusic.Track, sixteenth: float, length: float, pitch: int, velocity: float) -> None:
        shaped = int(np.clip(velocity + rng.normal(0, 6), 1, 127))
        track.notes.append(symusic.Note(ticks(sixteenth), int(length * TICKS / 4), pitch, shaped))

    comp = part(int(rng.choice(_DRIVEN_GUITARS if driven else _COMPS)))
    bass, lead, pad = (part(int(rng.choice(programs))) for programs in (_BASSES, _LEADS, _PADS))
    kit = part(0, drums=True)
    with_drums, with_pad, strummed = rng.random(3) < (0.8, 0.4, 0.5)
    for bar in range(bars):
        at, root, chord = bar * 16, tonic + roots[bar % 4], chords[bar % 4]
        for hit in (0, 4, 8, 12) if strummed else (0, 7):
            for interval in chord:
                note(comp, at + hit, 3.5 if strummed else 6, root + interval + 12, 72)
        for hit in (0, 6, 8, 14):
            note(bass, at + hit, 2, root - 12, 88)
        for place, degree in tune:
            note(lead, at + place, 2, root + 24 + (*chord, 12, 14)[degree], 80)
        if with_pad:
            for interval in chord:
                note(pad, at, 16, root + interval + 12, 60)
        if with_drums:
            for hit in (0, 8, 10):
                note(kit, at + hit, 1, 36, 100)
            for hit in (4, 12):
                note(kit, at + hit, 1, 38, 96)
            for hit in range(0, 16, 2):
                note(kit, at + hit, 1, 42, 66)
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder, "riff.mid"), Path(folder, "riff.wav")
        score.dump_midi(midi)
        subprocess.run(
            ["fluidsynth", "-niq", "-g", "0.5", "-r", str(RATE), "-F", str(wav), str(SOUNDFONT), str(midi)],
            check=True,
            capture_output=True,
        )
        played, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    played = played.T[:, : int(duration_s * RATE)]
    return np.ascontiguousarray(played / np.abs(played).max() * rng.uniform(0.5, 0.9))
