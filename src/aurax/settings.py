"""Settings from the environment: embedded when unset, production when set.

Every variable starts with `AURAX_`. Where Temporal is comes from Temporal's own environment configuration
(`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE` and the rest); unset, its development server is started here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from aurax.addresses import (
    ASYNC_DRIVERS,
    LOOPBACKS,
    check_database_url,
    check_objects_url,
    check_origin,
    endpoint,
    expanded,
    is_unicode,
)
from aurax.engines.runtime_registry import LOCAL, load_runtimes
from aurax.errors import InvalidOption

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
_DeploymentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
_LONGEST_DATA_DIR_BYTES = 480
"""SQLite opens paths of up to 512 bytes, and its files have names of their own."""
_WEB_PORT = "8420"
_SECRETS = frozenset({"database_url", "payload_key", "codec_token", "api_key"})


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
    database_pool_size: int = Field(default=5, ge=1, le=1000)
    """Connections to PostgreSQL that each process keeps open."""
    database_pool_overflow: int = Field(default=10, ge=0, le=1000)
    """Connections beyond these, while there is more to do at once."""
    database_pool_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """How long work waits for a free connection."""
    database_pool_recycle_s: float = Field(default=1800.0, gt=0)
    """A connection of this age is replaced before it is used again."""
    database_pool_pre_ping: bool = True
    """Whether an open connection is asked for a sign of life before it is used."""
    database_connect_timeout_s: float = Field(default=10.0, gt=0, le=600)
    """How long PostgreSQL may take to let a connection in."""
    database_statement_timeout_s: float = Field(default=30.0, ge=0, le=86_400)
    """How long a statement may run; 0 for as long as it likes."""
    database_lock_timeout_s: float = Field(default=10.0, ge=0, le=86_400)
    """How long a statement may wait for others; 0 for as long as it likes."""
    database_retry_s: float = Field(default=10.0, ge=0, le=600)
    """How long the program itself tries again when a database that has answered before goes away."""
    objects_url: str | None = None
    """Where audio and documents go, such as `s3://bucket/folder`; unset, a folder in the data folder. Keys, region and
    endpoint are taken from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and `AWS_ENDPOINT_URL`."""
    objects_allow_http: bool = False
    """Whether the object store's endpoint may be without TLS elsewhere than on this machine."""
    objects_retry_s: float = Field(default=60.0, ge=0, le=280)
    """For how long a request to the object store is tried again while the store fails or does not answer."""
    objects_silence_s: float = Field(default=60.0, gt=0, le=600)
    """A request to the object store that gives no byte for so long has failed."""
    cache_bytes: int = Field(default=10 * 1024**3, ge=64 * 1024**2)
    """How much room copies of remote objects may take on this machine; the one unused for longest goes first."""
    render_workers: int = Field(default_factory=_default_render_workers, ge=1, le=64)
    """Processes that render instruments."""
    clip_cache_bytes: int = Field(default=4 * 1024**3, ge=64 * 1024**2)
    """How much room rendered clips may take; the oldest go first."""
    keep_songs: int = Field(default=1000, ge=1)
    """How many songs are remembered; the oldest are forgotten first. Delivered folders are never touched. With a
    database of its own address (`AURAX_DATABASE_URL`) there is no bound unless this is set."""
    keep_bytes: int = Field(default=10 * 1024**3, ge=64 * 1024**2)
    """How much room the stored files of songs may take; the oldest songs that were delivered to a folder lose theirs
    first, and can be made again. Unset as above."""
    temporal_namespace: _Name = "default"
    """Namespace on the development server; elsewhere Temporal's own configuration names it."""
    task_queue: _Name = "aurax"
    """The task queue on which clients ask and workers answer; the embedded server's is derived from its key as well."""
    render_slots: int | None = Field(default=None, ge=1, le=1000)
    """Activities of the task queue `render` that a worker carries out at once; unset, two more than the render
    processes."""
    gpu_slots: int = Field(default=4, ge=1, le=1000)
    """Activities of the task queue `gpu` that a worker carries out at once; engines of this machine take turns."""
    light_slots: int = Field(default=16, ge=1, le=10_000)
    """Light activities, beside workflows, that a worker carries out at once."""
    workflow_slots: int = Field(default=100, ge=2, le=10_000)
    """Steps of workflows that a worker carries out at once."""
    cached_workflows: int = Field(default=500, ge=0, le=100_000)
    """Workflows that a worker keeps in memory between their steps; others are read again from their history."""
    pollers: int = Field(default=5, ge=2, le=1000)
    """Requests for work that a worker keeps open at each of its task queues."""
    deployment: _DeploymentName | None = None
    """Name of the worker deployment on a server of our own: workers then have versions, and a song stays on the build
    on which it began. Unset, and on the embedded server, they have none."""
    build_id: _Name | None = None
    """Version of this worker in its deployment; unset, the package's version and a hash of its code."""
    embedded_temporal: bool = False
    """Set by the supervisor for its worker: the address in the environment is that of the embedded server."""
    payload_key: SecretStr | None = None
    """Keys that seal what goes through Temporal, `[id:]base64` of 32 bytes each, separated by commas: the first seals,
    all open. Unset, the embedded server's key is a file in the data folder."""
    codec_token: SecretStr | None = None
    """What a request to the codec server must carry; unset, it answers this machine only, and seals nothing."""
    llm: Literal["offline"] = "offline"
    """`offline` reads prompts by rules; there is nothing else yet."""
    gpu: str = LOCAL
    """Where engines run: `local` (in this machine's worker, on CPU or CUDA), or the name of an installed host."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """What local engines run on; `auto` takes a GPU where there is one."""
    precision: Literal["auto", "fp64", "fp32", "bf16", "int8"] = "auto"
    """Of the weights of local engines."""
    weights_folder: Path | None = None
    """Where engines find their weights, one folder each; unset, `weights` in the data folder."""
    separator: str = "auto"
    """Engine that takes generated audio apart; `auto` takes the best whose weights are here."""
    monthly_cap_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What all songs of a calendar month may cost together; nothing paid is started beyond it."""
    limit_songs_at_once: int | None = Field(default=None, ge=0)
    """How many songs of one person may be in the making at once. This and the next three hold for people who have no
    limits of their own (`aurax users limits`); unset, there is none. They never concern one person who works alone."""
    limit_songs_per_day: int | None = Field(default=None, ge=0)
    """How many songs of one person are accepted within 24 hours."""
    limit_usd_per_month: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What paid calls for one person may cost in a calendar month (UTC)."""
    limit_stored_bytes: int | None = Field(default=None, ge=0)
    """How much room the stored files of one person may take before no more songs are accepted."""
    prices: Path | None = None
    """A file of prices that replace those that come with AURA-X, name by name."""

    log_format: Literal["text", "json"] = "text"
    """How a worker writes its log, on standard error: `text` for people, `json` for machines, one document a line."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are written."""
    log_private: bool = False
    """Whether logs may hold the messages of all errors, which can quote prompts; otherwise their types and places."""

    health_address: str | None = None
    """Where a worker answers `/healthz`, `/readyz` and `/metrics`: `host:port`, or the port alone for the loopback
    interface. Unset, it answers nowhere. It has no login, so let only probes and scrapers reach it."""
    web_address: str | None = None
    """Where the web interface listens: `host:port`, or the port alone for the loopback interface; port 0 for any free
    one. Elsewhere than on loopback only with `AURAX_WEB_ACCESS=keys`. Unset, it is port 8420 of the loopback interface,
    or any free one where that is taken."""
    web_access: Literal["local", "keys"] = "local"
    """Who may use the web interface: `local`, the one person of this machine by the launch token (`aurax web token`),
    or `keys`, people by their API keys."""
    web_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names under which the web interface is reached, comma between them; requests for others are refused. Unset, all
    are answered where people have keys, and only those of the loopback interface where access is local."""
    web_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Pages elsewhere that may use the web interface, such as `https://studio.example.org`, comma between them."""
    web_requests_per_s: float = Field(default=50.0, gt=0, allow_inf_nan=False)
    """How many requests a second one key, or one address without a key, may send in the long run."""
    web_burst: int = Field(default=200, ge=1)
    """How many requests one key, or one address without a key, may send at once."""
    web_url: str | None = None
    """Where programs that use the web interface (`aurax mcp`) find it, such as `https://music.example.org`; unset, it
    is the one of this data folder."""
    api_key: SecretStr | None = None
    """With which these programs show who asks; unset, by the launch token of this data folder."""
    shutdown_grace_s: float = Field(default=5.0, ge=0, le=3600)
    """When a worker is told to stop, what runs gets so long to finish before it is handed to another worker."""

    minimal_room_bytes: int = Field(default=50_000_000, ge=0)
    """What must be free in the data folder before a song, besides the song's own needs."""
    silence_s: float = Field(default=15.0, gt=0, le=600)
    """A server of this machine that gives no sign of life for so long counts as hung and is started again."""
    start_s: float = Field(default=35.0, gt=0, le=600)
    """A server of this machine must be ready so soon after it was first started."""

    @field_validator("*")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str | Path) and not is_unicode(str(text)):
            raise ValueError("it must be UTF-8 text without a null character")
        return value

    @field_validator("web_hosts", "web_origins", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(one.strip().rstrip("/").lower() for one in value.split(",") if one.strip())

    @field_validator("web_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            check_origin(origin)
        return origins

    @model_validator(mode="after")
    def _local_stays_local(self) -> Self:
        if self.web_access == "local" and self.web_endpoint[0] not in LOOPBACKS:
            raise ValueError("AURAX_WEB_ADDRESS may leave the loopback interface only with AURAX_WEB_ACCESS=keys")
        return self

    @field_validator("health_address", "web_address")
    @classmethod
    def _host_and_port(cls, address: str | None) -> str | None:
        if address is not None:
            endpoint(address)
        return address

    @field_validator("gpu")
    @classmethod
    def _installed_runtime(cls, name: str) -> str:
        if name != LOCAL and name not in (hosts := load_runtimes()):
            raise ValueError(f"where engines run must be {' or '.join((LOCAL, *hosts))}")
        return name

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        whole = expanded(folder).absolute()
        if len(os.fsencode(whole)) > _LONGEST_DATA_DIR_BYTES:
            raise ValueError(f"its path may have {_LONGEST_DATA_DIR_BYTES} bytes at most")
        return whole

    @field_validator("weights_folder", "prices")
    @classmethod
    def _from_home(cls, place: Path | None) -> Path | None:
        return None if place is None else expanded(place)

    @field_validator("database_url")
    @classmethod
    def _database_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_database_url(url.get_secret_value())
        return url

    @field_validator("objects_url")
    @classmethod
    def _objects_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if "://" not in url:
            return str(expanded(Path(url)))
        check_objects_url(url)
        return url

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
            secret = (first["loc"][:1] and first["loc"][0] in _SECRETS) or "@" in str(first["input"])
            found = "another value" if secret else repr(first["input"])
            reason = first["msg"].removeprefix("Value error, ")
            raise InvalidOption(f"{name} to be valid ({reason})", found, f"correct or unset {name}") from None

    @property
    def database_location(self) -> Path | str:
        """The database: a SQLite file, or an address with an asynchronous driver.

        A file stays a path, because in an address some characters of its name would mean something else.
        """
        if self.database_url is None:
            return self.data_dir / "aurax.db"
        scheme, separator, rest = self.database_url.get_secret_value().partition("://")
        return f"{ASYNC_DRIVERS.get(scheme, scheme)}{separator}{rest}"

    @property
    def objects_location(self) -> str:
        """The object store's address: a folder's path or a URL."""
        return self.objects_url or str(self.data_dir / "objects")

    @property
    def health_endpoint(self) -> tuple[str, int] | None:
        """Host and port of a worker's health server; port 0 for any free one."""
        return None if self.health_address is None else endpoint(self.health_address)

    @property
    def web_endpoint(self) -> tuple[str, int]:
        """Host and port of the web interface; port 0 for any free one."""
        return endpoint(self.web_address or _WEB_PORT)

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
        """Half-made files; what a crash leaves here may be deleted while nothing runs."""
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
    def payload_key_file(self) -> Path:
        """The key that seals what goes through the embedded Temporal server; private to its owner."""
        return self.data_dir / "payload.key"

    @property
    def run_dir(self) -> Path:
        """Locks, ports and the record of the running servers."""
        return self.data_dir / "run"

    @property
    def claims_dir(self) -> Path:
        """Records of the commands that wait for a song."""
        return self.run_dir / "claims"
