"""What the configuration next to the weights says: the shape of the model, its sources, and its licence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aurax.engines.checkpoints import require_folder
from aurax.engines.licence import Licence
from aurax.engines.separation import OTHER
from aurax.errors import BadCheckpoint

JSON_FILE = "config.json"
YAML_FILE = "config.yaml"

# 62 bands, finer where music is denser: the published models' own.
_BANDS = (2,) * 24 + (4,) * 12 + (12,) * 8 + (24,) * 8 + (48,) * 8 + (128, 129)
_ORDER = ("drums", "bass", OTHER, "vocals", "guitar", "piano")
_SAME_SOURCE = {"instrumental": OTHER, "drum": "drums", "vocal": "vocals", "voice": "vocals"}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ModelConfig(_Section):
    """The model, by the names that the published configurations use."""

    dim: int = Field(ge=1, le=4096)
    """Width of the features of a band."""
    depth: int = Field(ge=1, le=64)
    """How often the transformers over time and over bands take turns."""
    stereo: Literal[True]
    num_stems: int = Field(default=1, ge=1, le=64)
    time_transformer_depth: int = Field(default=1, ge=1, le=16)
    freq_transformer_depth: int = Field(default=1, ge=1, le=16)
    linear_transformer_depth: Literal[0] = 0
    freqs_per_bands: tuple[int, ...] = _BANDS
    """How many bins of the spectrum each band takes, from the lowest up."""
    dim_head: int = Field(default=64, ge=2, le=512, multiple_of=2)
    heads: int = Field(default=8, ge=1, le=64)
    stft_n_fft: int = Field(default=2048, ge=16, le=65_536)
    stft_hop_length: int = Field(default=512, ge=1)
    stft_win_length: int = Field(default=2048, ge=16)
    stft_normalized: bool = False
    zero_dc: bool = True
    """Whether the lowest bin of every stem is silenced."""
    mask_estimator_depth: int = Field(default=2, ge=1, le=8)
    mlp_expansion_factor: int = Field(default=4, ge=1, le=16)
    skip_connection: bool = False
    """Whether each layer takes the sum of all layers before it."""
    use_pope: Literal[False] = False
    num_bands: None = None
    """That of another architecture, with overlapping mel bands."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        bins = self.stft_n_fft // 2 + 1
        if sum(self.freqs_per_bands) != bins or min(self.freqs_per_bands) < 1:
            raise ValueError(f"the bands must take {bins} bins together")
        if not self.stft_hop_length <= self.stft_win_length <= self.stft_n_fft:
            raise ValueError("the hop must not be longer than the window, nor the window than the transform")
        return self


class AudioConfig(_Section):
    """What the model takes as input."""

    chunk_size: int = Field(default=352_800, ge=1024, le=60 * 192_000)
    """Frames of a segment."""
    sample_rate: int = Field(default=44_100, ge=8_000, le=192_000)


class TrainingConfig(_Section):
    """Of the training, only which sources the model gives."""

    instruments: tuple[str, ...] = Field(min_length=1)
    target_instrument: str | None = None


class LicenceConfig(_Section):
    """Licence of the weights, an addition of AURA-X to the published configurations."""

    name: str = "unknown"
    commercial: bool = False
    notice: str = ""
    source: str = ""


class RoformerConfig(_Section):
    """A whole configuration."""

    model: ModelConfig
    audio: AudioConfig = AudioConfig()
    training: TrainingConfig
    licence: LicenceConfig = LicenceConfig()

    @model_validator(mode="before")
    @classmethod
    def _plain_licence(cls, values: Any) -> Any:
        """Take `license`, in any case of letters, and its bare name as well."""
        if not isinstance(values, dict):
            return values
        plain = {str(key).lower().replace("license", "licence"): value for key, value in values.items()}
        if isinstance(plain.get("licence"), str):
            plain["licence"] = {"name": plain["licence"]}
        return plain

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        sources = self.sources
        if len(sources) != self.model.num_stems:
            raise ValueError(f"{self.model.num_stems} stems need as many instruments; there are {', '.join(sources)}")
        if len(set(sources)) != len(sources):
            raise ValueError(f"instruments must differ; there are {', '.join(sources)}")
        if set(sources) == {OTHER}:
            raise ValueError("a model that gives nothing but the rest separates nothing")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """What the model gives, in order."""
        target = self.training.target_instrument
        names = self.training.instruments if target is None or self.model.num_stems > 1 else (target,)
        return tuple(_SAME_SOURCE.get(name.lower(), name.lower()) for name in names)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the separator gives: the sources and the rest, in the order that all separators keep."""
        names = dict.fromkeys((*self.sources, OTHER))
        return (*(name for name in _ORDER if name in names), *(name for name in names if name not in _ORDER))

    @property
    def weights_licence(self) -> Licence:
        """Licence of the weights; where none is stated, commercial use is not allowed."""
        stated = self.licence
        known = stated.name != "unknown"
        return Licence(
            name=stated.name,
            commercial=stated.commercial and known,
            notice=stated.notice or ("" if known else "Nobody says what these weights may be used for."),
            source=stated.source or f"{JSON_FILE} next to the weights",
        )


def read_config(engine: str, folder: Path) -> RoformerConfig:
    """Read `config.json`, or `config.yaml` where there is none.

    Args:
        engine: for messages.
        folder: of the weights.

    Raises:
        MissingWeights: there is no configuration.
        BadCheckpoint: it cannot be read, or describes a model that is not a BS-RoFormer.
    """
    path = folder / (YAML_FILE if (folder / YAML_FILE).is_file() and not (folder / JSON_FILE).is_file() else JSON_FILE)
    require_folder(engine, folder, [path.name])
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.name == JSON_FILE else yaml.load(text, _PlainLoader)
        return RoformerConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise _bad(engine, path, f"{where}: {first['msg']}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _bad(engine, path, f"{type(error).__name__} while reading it") from error


def _bad(engine: str, path: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"the configuration of a stereo BS-RoFormer in {path.name} of {engine}",
        found,
        "take the configuration that was published with the weights",
    )


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain values, and the tuples that the published files write as Python's; nothing else can be made."""


_PlainLoader.add_constructor("tag:yaml.org,2002:python/tuple", _PlainLoader.construct_sequence)
