"""Prices as dated data: what a second, a token or an action costs, since when, and where that is stated."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aurax.errors import CorruptData, InvalidOption

STALE_AFTER = timedelta(days=120)
"""Prices that nobody has looked up for longer than this are reported."""

Unit = Literal["second", "core second", "GiB second", "million tokens", "million actions", "GB month", "million writes"]


class Price(BaseModel):
    """What one unit costs from a day on, until a later price of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Whose and of what, such as `modal/T4`."""
    usd: Decimal = Field(ge=0)
    per: Unit
    valid_from: date
    """The day from which calls are charged with it; earlier calls too where no older price is known."""
    checked: date
    """When it was last looked up."""
    source: str
    """The page that states it, by name."""


class Container(BaseModel):
    """What a GPU function takes besides its GPU; cores and memory are charged as well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    """As `Usage.device` has it: `cpu`, or the platform's name of the GPU."""
    cores: Decimal = Field(ge=0)
    ram_gib: Decimal = Field(ge=0)


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    price: tuple[Price, ...] = ()
    container: tuple[Container, ...] = ()


@dataclass(frozen=True)
class Prices:
    """A price table.

    Args:
        prices: in any order; several of one name hold one after the other.
        containers: by device.
    """

    prices: tuple[Price, ...]
    containers: dict[str, Container]

    @classmethod
    def load(cls, own: Path | None = None) -> Self:
        """Read the table that comes with AURA-X.

        Args:
            own: a TOML file of the same form whose names replace those of the table, dates and all.

        Raises:
            InvalidOption: the file does not exist or cannot be read.
            CorruptData: the file is not of that form.
        """
        built_in = _PriceFile.model_validate(read_toml(None, "prices.toml"))
        mine = _PriceFile() if own is None else _checked(own)
        replaced = {price.name for price in mine.price}
        containers = {one.device: one for one in (*built_in.container, *mine.container)}
        return cls((*(one for one in built_in.price if one.name not in replaced), *mine.price), containers)

    def price_at(self, name: str, on: date) -> Price:
        """The price that holds on a day: the latest that began by then, else the oldest that is known.

        Raises:
            InvalidOption: no price of that name.
        """
        known = sorted((price for price in self.prices if price.name == name), key=lambda price: price.valid_from)
        if not known:
            raise InvalidOption(
                "a price in the table", f"none for {name!r}", "add it to a file of prices and name that in AURAX_PRICES"
            )
        return next((price for price in reversed(known) if price.valid_from <= on), known[0])

    def container(self, device: str) -> Container:
        """What a device's function takes in cores and memory.

        Raises:
            InvalidOption: no such device is in the table.
        """
        try:
            return self.containers[device]
        except KeyError:
            raise InvalidOption(
                f"a device among {', '.join(self.containers)}",
                repr(device),
                "add its container and price to a file of prices and name that in AURAX_PRICES",
            ) from None

    def stale(self, on: date, names: Iterable[str] | None = None) -> tuple[Price, ...]:
        """The prices in force on a day that nobody has looked up for longer than `STALE_AFTER`.

        Args:
            on: the day.
            names: only these; None for all.
        """
        wanted = sorted({price.name for price in self.prices}) if names is None else sorted(set(names))
        current = (self.price_at(name, on) for name in wanted)
        return tuple(price for price in current if on - price.checked > STALE_AFTER)

    def warning(self, on: date, names: Iterable[str] | None = None) -> str | None:
        """What to tell about prices that are too old; None where none is."""
        old = self.stale(on, names)
        if not old:
            return None
        oldest = min(price.checked for price in old)
        listed = ", ".join(price.name for price in old[:4]) + (" …" if len(old) > 4 else "")
        return (
            f"{len(old)} prices were last looked up more than {STALE_AFTER.days} days ago "
            f"(the oldest on {oldest}): {listed}; look them up and name a file with the new ones in AURAX_PRICES"
        )


def read_toml(path: Path | None, name: str) -> dict[str, Any]:
    """Read a table with exact decimal numbers.

    Args:
        path: a user's file; None for the one that comes with AURA-X.
        name: of the latter.

    Raises:
        InvalidOption: the user's file does not exist or cannot be read.
        CorruptData: it is not TOML.
    """
    try:
        text = (files(__package__) / name).read_text("utf-8") if path is None else path.read_text("utf-8")
        return tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise InvalidOption(
            "AURAX_PRICES to name a readable file", f"{path}: {error.strerror}", "correct or unset it"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorruptData(f"{path or name} to be TOML", str(error), "correct that line") from None


def _checked(path: Path) -> _PriceFile:
    try:
        return _PriceFile.model_validate(read_toml(path, path.name))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CorruptData(f"a valid {place} in {path} ({first['msg']})", repr(first["input"]), "correct it") from None
