"""How much one person may take, how much they have taken, and the refusal of more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aurax.errors import InvalidOption, LimitReached
from aurax.produce.cost.money import from_micro_usd, to_micro_usd, usd_text

if TYPE_CHECKING:
    from aurax.settings import Settings


class Limits(BaseModel):
    """The most that one person may take; None stands for no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    songs_at_once: int | None = Field(default=None, ge=0)
    """Songs in the making."""
    songs_per_day: int | None = Field(default=None, ge=0)
    """Songs accepted within any 24 hours, whatever became of them."""
    usd_per_month: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Paid calls of a calendar month in UTC, running ones with what is reserved for them."""
    stored_bytes: int | None = Field(default=None, ge=0)
    """Stored objects of their songs; one that several of their songs share counts once."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits of everybody who has none of their own."""
        return cls(
            songs_at_once=settings.limit_songs_at_once,
            songs_per_day=settings.limit_songs_per_day,
            usd_per_month=settings.limit_usd_per_month,
            stored_bytes=settings.limit_stored_bytes,
        )

    def with_own(self, own: dict[str, Any] | None) -> Limits:
        """These limits, with a person's own in their place where they have some.

        Args:
            own: limits by name; None stands for no limit.

        Raises:
            InvalidOption: a name or a number cannot be one.
        """
        try:
            return Limits.model_validate({**self.model_dump(), **(own or {})})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "it"
            raise InvalidOption(
                f"limits among {', '.join(Limits.model_fields)}, 0 or more",
                f"{name} = {first['input']!r}",
                "correct it",
            ) from None


def changed_limits(own: dict[str, Any] | None, changes: dict[str, str]) -> dict[str, Any]:
    """A person's own limits after some of them were changed.

    Args:
        own: those before.
        changes: by name: a number, `none` for no limit, or `default` for what the settings say.

    Raises:
        InvalidOption: a name or a number cannot be one.
    """
    limits = dict(own or {})
    for name, text in changes.items():
        if text == "default":
            limits.pop(name, None)
        else:
            limits[name] = None if text == "none" else text
    checked = Limits().with_own(limits)
    return {name: getattr(checked, name) for name in limits}


class Use(BaseModel):
    """What one person has taken at some moment."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    songs_at_once: int = 0
    songs_per_day: int = 0
    micro_usd_per_month: int = 0
    stored_bytes: int = 0
    day_frees_at: datetime | None = None
    """When another song may be asked for, where the day's limit is reached; None where it is not."""
    month_ends_at: datetime | None = None

    @property
    def usd_per_month(self) -> float:
        """Spent or reserved in this calendar month, in dollars."""
        return from_micro_usd(self.micro_usd_per_month)


def check_limits(limits: Limits, use: Use, *, may_cost: bool) -> None:
    """Refuse another song where a limit is reached.

    Args:
        limits: of the person.
        use: by the person, without the new song.
        may_cost: whether the song may need paid calls; others are not refused for money.

    Raises:
        LimitReached: which limit, how much is used, and when it frees.
    """
    most = limits.songs_at_once
    if most is not None and use.songs_at_once >= most:
        raise LimitReached(
            f"room among {most} {_songs(most)} in the making at once",
            f"{use.songs_at_once} in the making",
            "wait until one is finished, or cancel one",
            limit="songs_at_once",
        )
    most = limits.songs_per_day
    if most is not None and use.songs_per_day >= most:
        raise LimitReached(
            f"room among {most} {_songs(most)} in 24 hours",
            f"{use.songs_per_day} accepted in the last 24 hours",
            _when(use.day_frees_at),
            limit="songs_per_day",
            frees_at=use.day_frees_at,
        )
    most = limits.stored_bytes
    if most is not None and use.stored_bytes >= most:
        raise LimitReached(
            f"room among {_megabytes(most)} of stored files",
            f"{_megabytes(use.stored_bytes)} stored",
            "remove songs that are no longer needed",
            limit="stored_bytes",
        )
    if may_cost and limits.usd_per_month is not None and use.micro_usd_per_month > 0:
        cap = to_micro_usd(limits.usd_per_month)
        if use.micro_usd_per_month >= cap:
            raise LimitReached(
                f"some of {usd_text(limits.usd_per_month)} a month left for paid calls",
                f"{usd_text(use.usd_per_month)} spent or reserved this month",
                f"ask for a song that needs no paid engine; or {_when(use.month_ends_at)}",
                limit="usd_per_month",
                frees_at=use.month_ends_at,
            )


def _songs(number: int) -> str:
    return "song" if number == 1 else "songs"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def _when(moment: datetime | None) -> str:
    return "ask the operator for more" if moment is None else f"ask again after {moment:%Y-%m-%d %H:%M} UTC"
