"""Settings from the environment: embedded when unset, production when set.

Every variable starts with `AURAX_`. Where Temporal is comes from Temporal's own environment configuration
(`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE` and the rest); unset, its development server is started here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from aurax.errors import InvalidOption

_ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}


def _default_data_dir() -> Path:
    return Path(user_data_dir("aurax"))


def _default_render_workers() -> int:
    return min(os.cpu_count() or 1, 4)


class Settings(BaseSettings):
    """Everything that the environment decides."""

    model_config = SettingsConfigDict(env_prefix="AURAX_", env_ignore_empty=True, frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=_default_data_dir)
    """Everything that AURA-X keeps on this machine."""
    database_url: SecretStr | None = None
    """Where the database is; unset, a SQLite file in the data folder. Secret, because it may hold a password."""
    objects_url: str | None = None
    """Where audio and documents go, such as `s3://bucket`; unset, a folder in the data folder."""
    render_workers: int = Field(default_factory=_default_render_workers, ge=1, le=64)
    """Processes that render instruments."""
    clip_cache_bytes: int = Field(default=4 * 1024**3, ge=64 * 1024**2)
    """How much room rendered clips may take; the oldest go first."""
    temporal_namespace: str = "default"
    """Namespace on the development server; elsewhere Temporal's own configuration names it."""
    task_queue: str = "aurax"
    llm: str = "offline"
    """`offline` reads prompts by rules; otherwise the name of a language model."""
    gpu: Literal["local", "modal"] = "local"
    """Where engines run: in this machine's worker, on CPU or CUDA, or on Modal."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """What local engines run on; `auto` takes a GPU where there is one."""
    precision: Literal["auto", "fp64", "fp32", "bf16", "int8"] = "auto"
    """Of the weights of local engines."""
    weights_folder: Path | None = None
    """Where engines find their weights, one folder each; unset, `weights` in the data folder."""
    separator: str = "auto"
    """Engine that takes generated audio apart; `auto` takes the best whose weights are here."""
    monthly_cap_usd: float | None = Field(default=None, ge=0)
    """What all songs of a calendar month may cost together; nothing paid is started beyond it."""
    prices: Path | None = None
    """A file of prices that replace those that come with AURA-X, name by name."""

    minimal_room_bytes: int = Field(default=50_000_000, ge=0)
    """What must be free in the data folder before a song, besides the song's own needs."""
    silence_s: float = Field(default=15.0, gt=0, le=600)
    """A server of this machine that gives no sign of life for so long counts as hung and is started again."""
    start_s: float = Field(default=35.0, gt=0, le=600)
    """A server of this machine must be ready so soon after it was first started."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment.

        Args:
            overrides: values that win over the environment, by field name; None means "not given".

        Raises:
            InvalidOption: a variable holds something that it cannot be.
        """
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = f"AURAX_{first['loc'][0]}".upper() if first["loc"] else "the AURAX_ settings"
            raise InvalidOption(
                f"{name} to be valid ({first['msg'].lower()})", repr(first["input"]), f"correct or unset {name}"
            ) from None

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address with an asynchronous driver."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir / 'aurax.db'}"
        scheme, separator, rest = self.database_url.get_secret_value().partition("://")
        return f"{_ASYNC_DRIVERS.get(scheme, scheme)}{separator}{rest}"

    @property
    def objects_location(self) -> str:
        """The object store's address: a folder's path or a URL."""
        return self.objects_url or str(self.data_dir / "objects")

    @property
    def clips_dir(self) -> Path:
        """Rendered clips, re-creatable."""
        return self.data_dir / "clips"

    @property
    def weights_dir(self) -> Path:
        """Weights of engines, one folder each."""
        return self.weights_folder or self.data_dir / "weights"

    @property
    def cache_dir(self) -> Path:
        """Local copies of remote objects, re-creatable."""
        return self.data_dir / "cache"

    @property
    def staging_dir(self) -> Path:
        """Files in the making; what a crash leaves here may be deleted while nothing runs."""
        return self.data_dir / "staging"

    @property
    def logs_dir(self) -> Path:
        """Logs of the processes started here."""
        return self.data_dir / "logs"

    @property
    def temporal_database(self) -> Path:
        """The development server's file."""
        return self.data_dir / "temporal.db"

    @property
    def run_dir(self) -> Path:
        """Locks, ports and the record of the running servers."""
        return self.data_dir / "run"

    @property
    def claims_dir(self) -> Path:
        """Records of the commands that wait for a song."""
        return self.run_dir / "claims"
