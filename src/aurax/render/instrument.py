"""One instrument: a folder that holds `instrument.toml` and the Faust sources it names.

The description repeats the fields of `InstrumentInfo`. A one-voice instrument adds `dsp = "<file>.dsp"`; a kit lists
`[[drum_voices]]` instead, each with its own `dsp`, `polyphony` and `tail_s`. A Faust source reads `freq`, `gain`
(velocity / 127) and `gate`, has one slider for each parameter it follows (same name), and puts out two channels;
further outputs are not heard.

Notes are rendered one by one from a clean state and added up, so a source needs no care for what was played before. It
is silent (below −90 dBFS) `tail_s` after the gate falls; the rest is cut off.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from aurax.errors import BrokenPlugin, RenderFailed
from aurax.score.instrument import DrumVoiceInfo, InstrumentInfo

DESCRIPTION = "instrument.toml"
"""The file that makes a folder an instrument."""
GATE_BUTTON = re.compile(r'button\(\s*"\s*gate\s*(\[[^"]*)?"\s*\)')
"""How a Faust source reads its gate."""


class DrumVoiceEntry(DrumVoiceInfo):
    """One `[[drum_voices]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dsp: str
    """Faust source in the same folder."""
    polyphony: int = Field(default=3, ge=1, le=64)
    tail_s: float = Field(gt=0)
    """Longest sound after the gate closes."""
    parameters: dict[str, float] = Field(default_factory=dict)
    """Sliders of the source that this drum fixes."""
    frequency_pitch: int | None = Field(default=None, ge=0, le=127)
    """MIDI pitch that sets the source's `freq`; the drum's own key if left out."""


class InstrumentFile(InstrumentInfo):
    """The whole of `instrument.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dsp: str | None = None
    """Faust source in the same folder; left out by kits."""
    drum_voices: tuple[DrumVoiceEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """One Faust program and how it is played.

    Args:
        name: `""` for the only voice of an instrument, else the drum's name.
        pitch: the drum key that plays it; none if it plays every pitch in the instrument's range.
        source: Faust source text.
        polyphony: how many notes it is meant to sound at once; rendering sets no limit.
        tail_s: longest sound after the gate closes.
        parameters: sliders that are fixed for this voice.
        parameter_names: parameters of the instrument that this source follows.
        frequency_pitch: MIDI pitch sent to Faust instead of the note's own.
    """

    name: str
    pitch: int | None
    source: str
    polyphony: int
    tail_s: float
    parameters: dict[str, float] = field(default_factory=dict)
    parameter_names: tuple[str, ...] = ()
    frequency_pitch: int | None = None

    @property
    def program_key(self) -> str:
        """Hash of what has to be compiled."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument that can be rendered.

    Args:
        info: its description.
        voices: one for each drum of a kit, else exactly one.
    """

    info: InstrumentInfo
    voices: tuple[Voice, ...]

    def voice_for(self, pitch: int) -> Voice:
        """The voice that plays a pitch.

        Raises:
            RenderFailed: the pitch is outside the instrument's range, or no drum of the kit answers to it.
        """
        for voice in self.voices:
            if voice.pitch == pitch:
                return voice
            if voice.pitch is None and self.info.lowest_pitch <= pitch <= self.info.highest_pitch:
                return voice
        if self.info.is_kit:
            allowed = "one of the drum keys " + ", ".join(f"{drum.pitch} {drum.name}" for drum in self.info.drum_voices)
        else:
            allowed = f"a pitch from {self.info.lowest_pitch} to {self.info.highest_pitch}"
        raise RenderFailed(
            f"{allowed} for the instrument {self.info.name}",
            f"pitch {pitch}",
            "keep the track inside the instrument's range or choose another instrument",
        )


def load_instrument(folder: Path) -> Instrument:
    """Read an instrument's folder.

    Args:
        folder: holds `instrument.toml` and the Faust sources named there.

    Raises:
        BrokenPlugin: the description or a source is missing, unreadable or contradicts itself.
    """
    path = folder / DESCRIPTION
    try:
        entry = InstrumentFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _broken(folder, f"{DESCRIPTION} to be a readable TOML file", str(error)) from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise _broken(folder, f"{DESCRIPTION} to describe an instrument", faults) from error
    _check(folder, entry)
    voices = _drum_voices(folder, entry) if entry.drum_voices else (_only_voice(folder, entry),)
    followed = {name for voice in voices for name in voice.parameter_names}
    for parameter in entry.parameters:
        if parameter.name not in followed:
            raise _broken(folder, f"a slider named {parameter.name!r} in a Faust source", "no such slider")
    return Instrument(info=_info(entry), voices=voices)


def _info(entry: InstrumentFile) -> InstrumentInfo:
    values: dict[str, Any] = {name: getattr(entry, name) for name in InstrumentInfo.model_fields}
    values["drum_voices"] = tuple(
        DrumVoiceInfo(name=drum.name, pitch=drum.pitch, role=drum.role) for drum in entry.drum_voices
    )
    return InstrumentInfo(**values)


def _check(folder: Path, entry: InstrumentFile) -> None:
    if entry.name != folder.name:
        raise _broken(folder, f"the name {folder.name!r}, which is the folder's", repr(entry.name))
    if entry.lowest_pitch > entry.highest_pitch:
        raise _broken(folder, "lowest_pitch not above highest_pitch", f"{entry.lowest_pitch} > {entry.highest_pitch}")
    if bool(entry.dsp) == bool(entry.drum_voices):
        raise _broken(folder, "either `dsp` or `[[drum_voices]]`", "both" if entry.dsp else "neither")
    for parameter in entry.parameters:
        if not parameter.low <= parameter.default <= parameter.high:
            raise _broken(folder, f"low ≤ default ≤ high for the parameter {parameter.name!r}", str(parameter))
    for what, values in (
        ("parameter names", [parameter.name for parameter in entry.parameters]),
        ("drum names", [drum.name for drum in entry.drum_voices]),
        ("drum keys", [drum.pitch for drum in entry.drum_voices]),
    ):
        if len(set(values)) != len(values):
            raise _broken(folder, f"{what} that differ from each other", str(values))


def _only_voice(folder: Path, entry: InstrumentFile) -> Voice:
    source = _source(folder, entry.dsp or "")
    return Voice("", None, source, entry.polyphony, entry.tail_s, {}, _followed(entry, source))


def _drum_voices(folder: Path, entry: InstrumentFile) -> tuple[Voice, ...]:
    voices = []
    for drum in entry.drum_voices:
        source = _source(folder, drum.dsp)
        for name in drum.parameters:
            if not _has_slider(source, name):
                raise _broken(folder, f"a slider named {name!r} in {drum.dsp}", "no such slider")
        followed = tuple(name for name in _followed(entry, source) if name not in drum.parameters)
        voices.append(
            Voice(
                drum.name,
                drum.pitch,
                source,
                drum.polyphony,
                drum.tail_s,
                drum.parameters,
                followed,
                drum.frequency_pitch,
            )
        )
    return tuple(voices)


def _source(folder: Path, name: str) -> str:
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise _broken(folder, "every `dsp` to name a Faust source in the same folder", repr(name))
    source = path.read_text(encoding="utf-8")
    if not GATE_BUTTON.search(source):
        raise _broken(folder, f'`button("gate")` in {name}', "no such button")
    if not _has_slider(source, "gain"):
        raise _broken(folder, f"a slider named 'gain' in {name}", "no such slider")
    return source


def _followed(entry: InstrumentFile, source: str) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in entry.parameters if _has_slider(source, parameter.name))


def _has_slider(source: str, name: str) -> bool:
    return re.search(rf'"\s*{re.escape(name)}\s*["\[]', source) is not None


def _broken(folder: Path, expected: str, found: str) -> BrokenPlugin:
    return BrokenPlugin(
        f"instrument {folder.name}: {expected}", found, f"repair the files in that folder ({DESCRIPTION})"
    )
