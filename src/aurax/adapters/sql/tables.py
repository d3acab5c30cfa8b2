"""The tables, one model for SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so they are taken off before and put back after."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC, without its zone where the database has none."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of all tables; constraints have names, so that migrations can change them."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), dict[str, Any]: JSON()}


_COUNTER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in columns of type INTEGER, which hold 64 bits there."""


class DeploymentRow(Table):
    """The one row that tells this database from every other."""

    __tablename__ = "deployment"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)


class UserRow(Table):
    """A person."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    """Since when nothing may be done in this person's name."""
    limits: Mapped[dict[str, Any] | None]
    """Limits of their own, by name; what is not named follows the settings, what is null has no limit."""


class ApiKeyRow(Table):
    """A user's key; only its hash is kept."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(200), default="")
    """What it may be used for, separated by blanks."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SessionRow(Table):
    """A person's stay, in which songs are asked for and steered."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[dict[str, Any] | None]
    """Its versions as they stood last, so that it can be looked at, and opened again, after its workflow is gone."""
    updated_at: Mapped[datetime | None]


class ProjectRow(Table):
    """Songs that belong together."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]


class SongRow(Table):
    """A song: wanted, being made, or delivered."""

    __tablename__ = "songs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(String(32), index=True)
    """Whose it is; none where one person works alone."""
    parent_id: Mapped[str | None] = mapped_column(String(32), index=True)
    """The song that this one is a version of; it may have been forgotten meanwhile."""
    version: Mapped[str | None] = mapped_column(String(64))
    """Its name in its session."""
    note: Mapped[str | None]
    """The note that led from the parent to it."""
    rating: Mapped[int | None]
    """1 to 5."""
    rating_words: Mapped[str | None]
    prompt: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16), index=True)
    title: Mapped[str | None] = mapped_column(String(200))
    style: Mapped[str | None] = mapped_column(String(64))
    duration_s: Mapped[float | None]
    passed: Mapped[bool | None]
    score: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Small values that no query needs: the request's options, the error, the timings."""
    request: Mapped[dict[str, Any] | None]
    """What was asked, whole, so that the song can be made again."""
    result: Mapped[dict[str, Any] | None]
    """The files that were made, so that they can be collected; none while there are none."""
    collected_to: Mapped[str | None]
    """The folder that got the files; empty where an older AURA-X did not note it, none while nobody has them."""


class AdmissionRow(Table):
    """One acceptance of a song of a person; it outlives the song, so that deleting songs makes no room in a day."""

    __tablename__ = "admissions"
    __table_args__ = (Index("ix_admissions_user_id_at", "user_id", "at"),)
    id: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    song_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(default=now)


class TakeRow(Table):
    """One attempt at a song."""

    __tablename__ = "takes"
    song_id: Mapped[str] = mapped_column(ForeignKey("songs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    parent: Mapped[int | None]
    redo_layer: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str]
    passed: Mapped[bool]
    score: Mapped[float]
    accepted: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class AssetRow(Table):
    """One object that belongs to a song; objects without any row are orphans."""

    __tablename__ = "assets"
    song_id: Mapped[str] = mapped_column(ForeignKey("songs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Path among the deliverables, or what it is within a take, such as `take 1/stem/bass`."""
    key: Mapped[str] = mapped_column(String(300), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    delivered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class EventRow(Table):
    """One event of a song; only ever appended."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_song_id_id", "song_id", "id"),)
    id: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    song_id: Mapped[str] = mapped_column(ForeignKey("songs.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    once: Mapped[str] = mapped_column(String(200), unique=True)
    """Names the happening, so that a repeated attempt does not tell it twice."""


class LedgerRow(Table):
    """One call that may cost money; its price is reserved before it. Whole micro-dollars, so that sums are exact."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_key_status", "key", "status"),)
    id: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    reservation: Mapped[str] = mapped_column(String(32), unique=True)
    """Names the attempt that holds this line; a later attempt at the same call takes an open line over."""
    key: Mapped[str] = mapped_column(String(200))
    """Names the call, given by the caller."""
    status: Mapped[str] = mapped_column(String(16))
    """`reserved`, `settled`, or `failed`."""
    song_id: Mapped[str | None] = mapped_column(ForeignKey("songs.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(String(32), index=True)
    """Whose song it was for; stays when the song is forgotten, and goes when the person does."""
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    """When it was reserved; decides to which month it belongs."""
    settled_at: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(String(100))
    engine: Mapped[str | None] = mapped_column(String(100))
    runtime: Mapped[str | None] = mapped_column(String(32))
    device: Mapped[str | None] = mapped_column(String(64))
    seconds: Mapped[float] = mapped_column(default=0.0)
    cold: Mapped[bool] = mapped_column(default=False)
    load_s: Mapped[float] = mapped_column(default=0.0)
    audio_s: Mapped[float] = mapped_column(default=0.0)
    estimate_micro_usd: Mapped[int] = mapped_column(BigInteger)
    """What was expected before the call."""
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    """What counts against budgets: the estimate while reserved, then what it really cost."""
    tokens_in: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_out: Mapped[int] = mapped_column(BigInteger, default=0)
    priced_on: Mapped[date | None]
    """Since when the price that was applied is valid."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
