"""Faust programs, compiled once and played many times.

Only spawned worker processes import this module: DawDreamer brings its own LLVM, which must not share a process with
other compilers or threads. One engine holds one program.

Notes are rendered one by one and added up. Faust's own polyphony would compute sample by sample (measured: two to four
times slower), give a voice to the next note as the last one left it, and steal voices. So `button("gate")` is replaced
by a counter that opens for as many frames as the note lasts, and each `render` of an engine starts from a clean state:
a note sounds the same whatever else is played. A reused engine gives the same bytes as a new one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import dawdreamer
import numpy as np

from aurax.audio.waveform import Samples
from aurax.errors import RenderFailed
from aurax.render.clip import Clip, ClipNote
from aurax.render.instrument import GATE_BUTTON, Voice

BLOCK_FRAMES = 512
PROGRAMS_KEPT = 128
"""Compiled programs that stay in memory; the one used longest ago goes first."""
_COUNTED_GATE = 'float(ba.time < hslider("gate_frames", 0, 0, 1000000000, 1))'


class FaustProgram:
    """One compiled Faust source.

    Args:
        instrument: name used in messages.
        voice: the source.
        sample_rate: frames a second.

    Raises:
        RenderFailed: Faust cannot compile the source.
    """

    def __init__(self, instrument: str, voice: Voice, sample_rate: int) -> None:
        self._name = f"{instrument} {voice.name}".rstrip()
        self._sample_rate = sample_rate
        self._engine = dawdreamer.RenderEngine(sample_rate, BLOCK_FRAMES)
        self._processor = self._engine.make_faust_processor("voice")
        try:
            self._processor.set_dsp_string(GATE_BUTTON.sub(_COUNTED_GATE, voice.source))
            self._processor.compile()
        except RuntimeError as error:
            raise RenderFailed(
                f"the Faust source of {self._name} to compile", str(error).strip(), "repair the source"
            ) from error
        self._engine.load_graph([(self._processor, [])])
        descriptions = self._processor.get_parameters_description()
        self._paths = {item["name"].rsplit("/", 1)[-1]: item["name"] for item in descriptions}

    def render(
        self,
        notes: Sequence[ClipNote],
        parameters: Mapping[str, float],
        frames: int,
        frequency_pitch: int | None,
        tail_frames: int | None = None,
    ) -> Samples:
        """Play notes, each from a clean state, and add them up.

        Args:
            notes: times in frames; equal notes are computed once.
            parameters: slider values by name.
            frames: length of the result.
            frequency_pitch: MIDI pitch that sets `freq` instead of each note's own, if any.
            tail_frames: how long a note rings after its gate; until the end of the result if left out.

        Returns:
            Shape (2, frames).
        """
        total = np.zeros((2, frames), dtype=np.float32)
        sounds: dict[tuple[int, int, int], Samples] = {}
        for note in sorted(notes):
            room = frames - note.start_frame
            wanted = room if tail_frames is None else min(room, note.frames + tail_frames)
            if wanted <= 0:
                continue
            key = (note.pitch, note.velocity, note.frames)
            sound = sounds.get(key)
            if sound is None or sound.shape[1] < wanted:
                pitch = note.pitch if frequency_pitch is None else frequency_pitch
                controls = {"freq": _frequency_hz(pitch), "gain": note.velocity / 127, "gate_frames": note.frames}
                sound = sounds[key] = self._play({**parameters, **controls}, wanted)
            total[:, note.start_frame : note.start_frame + wanted] += sound[:, :wanted]
        return total

    def _play(self, controls: Mapping[str, float], frames: int) -> Samples:
        """Run the program from a clean state; the gate opens with the first frame."""
        for name, value in controls.items():
            if name in self._paths:
                self._processor.set_parameter(self._paths[name], float(value))
        # DawDreamer rounds times down to frames; a quarter of a frame more keeps the last one.
        self._engine.render((frames + 0.25) / self._sample_rate)
        samples: Samples = self._engine.get_audio()
        if samples.shape[0] < 2 or samples.shape[1] != frames:
            raise RenderFailed(
                f"2 channels of {frames} frames from {self._name}", f"shape {samples.shape}", "repair the source"
            )
        return samples[:2]


class FaustPrograms:
    """The compiled programs of one process."""

    def __init__(self) -> None:
        self._programs: OrderedDict[tuple[str, int], FaustProgram] = OrderedDict()

    def prepare(self, instrument: str, voice: Voice, sample_rate: int) -> FaustProgram:
        """Return the compiled program of a voice, compiling it at its first use.

        Raises:
            RenderFailed: Faust cannot compile the source.
        """
        key = (voice.program_key, sample_rate)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = FaustProgram(instrument, voice, sample_rate)
            while len(self._programs) > PROGRAMS_KEPT:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return program

    def render(self, clip: Clip) -> Samples:
        """Render one clip.

        Returns:
            Shape (2, clip.frames), finite.

        Raises:
            RenderFailed: the source does not compile, or it gives the wrong length, channels or numbers.
        """
        program = self.prepare(clip.instrument, clip.voice, clip.sample_rate)
        parameters = {**dict(clip.parameters), **clip.voice.parameters}
        samples = program.render(clip.notes, parameters, clip.frames, clip.voice.frequency_pitch, clip.tail_frames)
        if not np.isfinite(samples).all():
            where = f"{clip.instrument} {clip.voice.name}".rstrip() + f", clip {clip.key}"
            raise RenderFailed(
                f"finite samples from {where}", "NaN or infinity", "repair the instrument's Faust source"
            )
        return samples


def _frequency_hz(pitch: int) -> float:
    """Equal temperament, A4 (MIDI 69) at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))
