"""What a song is asked for with: the one place where an option is written down.

The options of `aurax make` and `aurax estimate`, their help and their page in `docs/`, the arguments of `make_song`,
the input of the workflow and the record by which an unfinished song is resumed are all made from the fields below. A
new option is a new field; code that needs its value reads it from the request.
"""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from aurax.deliver.project_audio import ProjectAudio
from aurax.errors import InvalidOption, InvalidPrompt
from aurax.produce.stages import Mode

AudioFormat = Literal["flac", "wav", "mp3", "ogg"]
"""What a master can be delivered as; FLAC always is."""

SYMBOLIC = "symbolic"
"""What stands in the place of an engine where notes are played by synthesised instruments."""

_LARGEST_SEED = 2**63 - 1
_UNITS = {"_usd": "dollars", "_s": "seconds"}
_LENGTH = re.compile(
    r"(?:(?P<hours>\d+(?:\.\d+)?)\s*h(?:ours?)?)?\s*(?:(?P<minutes>\d+(?:\.\d+)?)\s*m(?:in(?:ute)?s?)?)?\s*"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)\s*(?:s(?:ec(?:ond)?s?)?)?)?"
)
_CLOCK = re.compile(r"(?P<minutes>\d+):(?P<seconds>[0-5]\d)")


class Metavar(NamedTuple):
    """How the command takes the value of an option."""

    name: str
    """What its help calls the value, as `TIME` in `--duration TIME`."""
    typed_as_text: bool = False
    """Whether people write it as text that `SongRequest` reads, although it is a number."""


class SongRequest(BaseModel):
    """A song that is wanted. `of` builds one from whatever a person or a program gave."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    prompt: str
    """What you want to hear, in your own words."""
    duration_s: Annotated[float | None, Metavar("TIME", typed_as_text=True)] = None
    """Length, such as 2m, 90s or 1:45; wins over the prompt."""
    seed: int = Field(default_factory=lambda: secrets.randbelow(2**31), ge=0, le=_LARGEST_SEED)
    """The same prompt and seed give the same song; drawn at random without."""
    style: Annotated[str | None, Metavar("NAME")] = None
    """A style from 'aurax styles'."""
    takes: int = Field(default=3, ge=1, le=9)
    """The most attempts to make, 1 to 9."""
    candidates: int = Field(default=3, ge=1, le=8)
    """How many scores, or pieces of generated audio, compete in each attempt, 1 to 8."""
    formats: Annotated[tuple[AudioFormat, ...], Metavar("LIST")] = ()
    """Of the master, besides FLAC: wav,mp3,ogg."""
    project_audio: Annotated[ProjectAudio, Metavar("NAME")] = "auto"
    """Stems in the DAW project: wav, flac or auto (WAV if not too large)."""
    engine: Annotated[str | None, Metavar("NAME")] = None
    """A generator from 'aurax engines'; without, notes are composed."""
    dual: bool = False
    """Compose notes, and let the engine add a layer that follows them."""
    commercial: bool = False
    """Refuse engines whose weights forbid commercial use."""
    budget_usd: Annotated[float | None, Metavar("USD")] = Field(default=None, ge=0, allow_inf_nan=False)
    """The most that paid calls for the song may cost."""

    @property
    def mode(self) -> Mode:
        """How the song comes to its sound."""
        if self.engine is None:
            return "symbolic"
        return "dual" if self.dual else "neural"

    @classmethod
    def of(cls, **options: Any) -> Self:
        """Check what was given.

        Args:
            options: values by field name, as a program has them or as a person types them; None for the default.

        Raises:
            InvalidOption: a value is out of range, or there is no such option.
            InvalidPrompt: the prompt is no text.
        """
        try:
            return cls(**{name: value for name, value in options.items() if value is not None})
        except ValidationError as error:
            raise _refusal(error.errors()[0]) from None

    @field_validator("duration_s", mode="before")
    @classmethod
    def _length(cls, value: Any) -> Any:
        return parse_duration(value) if isinstance(value, str) else value

    @field_validator("formats", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        if not isinstance(names, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in names):
            return value
        found = {name.strip().lower() for name in names} - {"", "flac"}
        known: tuple[str, ...] = get_args(AudioFormat)
        return (*(name for name in known if name in found), *sorted(found.difference(known)))

    @field_validator("project_audio", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("engine")
    @classmethod
    def _no_engine(cls, value: str | None) -> str | None:
        return None if value == SYMBOLIC else value


def option_names() -> tuple[str, ...]:
    """Every field that is an option: all but the prompt."""
    return tuple(name for name in SongRequest.model_fields if name != "prompt")


def option_words(name: str) -> str:
    """How a field is called where people read: `budget` for `budget_usd`, `project audio` for `project_audio`."""
    for suffix in _UNITS:
        name = name.removesuffix(suffix)
    return name.replace("_", " ")


def parse_duration(text: str) -> float:
    """Seconds in a length such as `2m`, `90s`, `1:45`, `2m30s` or `90`.

    Raises:
        InvalidOption: the text is no length.
    """
    plain = text.strip().lower()
    try:
        return float(plain)
    except ValueError:
        found = _CLOCK.fullmatch(plain) or _LENGTH.fullmatch(plain)
    parts = {} if found is None else {unit: float(number) for unit, number in found.groupdict().items() if number}
    if not parts:
        raise InvalidOption("a length such as 2m, 90s, 1:45 or 2m30s", repr(text), "write it like one of these")
    return 3600.0 * parts.get("hours", 0.0) + 60.0 * parts.get("minutes", 0.0) + parts.get("seconds", 0.0)


def _refusal(error: ErrorDetails) -> InvalidOption | InvalidPrompt:
    """A refusal in the words of the option, from what pydantic found."""
    name = str(error["loc"][0]) if error["loc"] else ""
    found = repr(error["input"])[:200]
    if name == "prompt":
        return InvalidPrompt("a prompt: a text in plain words", found, "describe the song in a sentence")
    if name not in SongRequest.model_fields:
        known = ", ".join(option_names())
        return InvalidOption(f"an option among {known}", repr(name), "choose one of these")
    words, choices = option_words(name), _choices(name)
    if choices:
        return InvalidOption(f"{words} among {', '.join(choices)}", found, "choose among these")
    unit = next((f" {unit}" for suffix, unit in _UNITS.items() if name.endswith(suffix)), "")
    limits = {type(one).__name__: one for one in SongRequest.model_fields[name].metadata}
    low, high = getattr(limits.get("Ge"), "ge", None), getattr(limits.get("Le"), "le", None)
    if low is not None and high is not None:
        return InvalidOption(f"{words} from {low} to {high}{unit}", found, "choose a number in that range")
    if low is not None:
        return InvalidOption(f"{words} of {low}{unit} or more", found, "choose such a number")
    return InvalidOption(f"valid {words} ({error['msg']})", found, "correct it")


def _choices(name: str) -> tuple[str, ...]:
    """The words that an option accepts; none where it is not a choice."""
    kind = SongRequest.model_fields[name].annotation
    inner = [one for one in get_args(kind) if one is not Ellipsis]
    if inner and all(isinstance(one, str) for one in inner):
        return tuple(inner)
    return tuple(word for one in inner for word in get_args(one) if isinstance(word, str))
