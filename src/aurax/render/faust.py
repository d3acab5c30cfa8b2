"""Faust programs, compiled once and played many times.

Only spawned worker processes import this module: DawDreamer brings its own LLVM and hangs when polyphonic programs
are compiled in threads. One engine holds one program. Every `render` of an engine starts from a clean state, so a
reused engine gives the same bytes as a new one. DawDreamer rounds times down to frames, and its notes start on exact
frames whatever the block size; times are therefore sent a quarter of a frame late.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import dawdreamer
import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.errors import RenderFailed
from aurax.render.clip import Clip, ClipNote
from aurax.render.instrument import Instrument, Voice
from aurax.render.parameters import slider_values

BLOCK_FRAMES = 512
PROGRAMS_KEPT = 128
"""Compiled programs that stay in memory; the one used longest ago goes first."""
EXTRA_RELEASE_S = 0.05
"""Faust may stop a quiet voice once its release time is over; the clip has ended by then."""


class FaustProgram:
    """One compiled Faust source.

    Args:
        instrument: name used in messages.
        voice: source, polyphony and tail.
        sample_rate: frames a second.

    Raises:
        RenderFailed: Faust cannot compile the source.
    """

    def __init__(self, instrument: str, voice: Voice, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._engine = dawdreamer.RenderEngine(sample_rate, BLOCK_FRAMES)
        self._processor = self._engine.make_faust_processor("voice")
        # Without an `effect`, Faust floods stderr with complaints about the missing symbol.
        source = voice.source if "effect" in voice.source else f"{voice.source}\neffect = _,_;\n"
        try:
            self._processor.set_dsp_string(source)
            self._processor.num_voices = voice.polyphony
            self._processor.release_length = voice.tail_s + EXTRA_RELEASE_S
            self._processor.compile()
        except RuntimeError as error:
            raise RenderFailed(
                f"the Faust source of {instrument} {voice.name}".rstrip() + " to compile",
                str(error).strip(),
                "repair the source",
            ) from error
        self._engine.load_graph([(self._processor, [])])
        descriptions = self._processor.get_parameters_description()
        self._paths = {item["name"].rsplit("/", 1)[-1]: item["name"] for item in descriptions}

    def render(
        self, notes: Sequence[ClipNote], parameters: Mapping[str, float], frames: int, frequency_pitch: int | None
    ) -> Samples:
        """Play notes from a clean state.

        Args:
            notes: times in frames.
            parameters: slider values by name.
            frames: length of the result.
            frequency_pitch: MIDI pitch sent instead of each note's own, if any.

        Returns:
            Shape (2, frames).
        """
        for name, value in parameters.items():
            self._processor.set_parameter(self._paths[name], float(value))
        self._processor.clear_midi()
        for note in notes:
            pitch = note.pitch if frequency_pitch is None else frequency_pitch
            start_s = (note.start_frame + 0.25) / self._sample_rate
            self._processor.add_midi_note(pitch, note.velocity, start_s, note.frames / self._sample_rate)
        self._engine.render((frames + 0.25) / self._sample_rate)
        # Faust frees a released voice at the first frame on which all its outputs are quiet, even a zero crossing; a
        # source may therefore have a third output that stays up until its sound is over. Nobody hears it.
        return np.ascontiguousarray(self._engine.get_audio()[:2], dtype=np.float32)


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
        fixed = clip.voice.parameters
        samples = program.render(
            clip.notes, {**dict(clip.parameters), **fixed}, clip.frames, clip.voice.frequency_pitch
        )
        _check(clip, samples)
        return samples


def render_notes(
    instrument: Instrument,
    notes: Sequence[tuple[int, int, float, float]],
    *,
    parameters: Mapping[str, float] | None = None,
    sample_rate: int = SAMPLE_RATE,
    programs: FaustPrograms | None = None,
) -> Samples:
    """Render notes of one instrument at once, without clips or cache; for tests and listening to patches.

    Call it only in a process of its own (spawned, never forked), like everything in this module.

    Args:
        instrument: pitched instrument or kit.
        notes: (pitch, velocity, start_s, duration_s).
        parameters: knobs that differ from their defaults.
        sample_rate: frames a second.
        programs: compiled programs to use again.

    Returns:
        Shape (2, frames): from 0 s to the end of the last tail.

    Raises:
        RenderFailed: a pitch or parameter is outside the instrument's range, or the result is unusable.
    """
    programs = programs or FaustPrograms()
    by_voice: dict[str, list[ClipNote]] = {}
    voices = {voice.name: voice for voice in instrument.voices}
    for pitch, velocity, start_s, duration_s in sorted(notes, key=lambda note: (note[2], note[0])):
        note = ClipNote(round(start_s * sample_rate), max(1, round(duration_s * sample_rate)), pitch, velocity)
        by_voice.setdefault(instrument.voice_for(pitch).name, []).append(note)
    values = slider_values(instrument.info, parameters or {})
    parts = []
    for name, played in by_voice.items():
        followed = tuple((key, values[key]) for key in voices[name].parameter_names)
        clip = Clip(instrument.info.name, voices[name], tuple(played), followed, sample_rate)
        parts.append(programs.render(clip))
    result = np.zeros((2, max((part.shape[1] for part in parts), default=0)), dtype=np.float32)
    for part in parts:
        result[:, : part.shape[1]] += part
    return result


def _check(clip: Clip, samples: Samples) -> None:
    where = f"{clip.instrument} {clip.voice.name}".rstrip() + f", clip {clip.key}"
    if samples.shape != (2, clip.frames):
        raise RenderFailed(
            f"2 channels of {clip.frames} frames from {where}", f"shape {samples.shape}", "repair the instrument"
        )
    if not np.isfinite(samples).all():
        raise RenderFailed(f"finite samples from {where}", "NaN or infinity", "repair the instrument's Faust source")
