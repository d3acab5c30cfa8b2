"""Prices as dated data: what a second, a token or an action costs, since when, and where that is stated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aurax.engines.runtime_registry import LOCAL
from aurax.errors import CorruptData, InvalidOption
from aurax.produce.cost.tables import built_in_table, free_runtimes, host_tables, own_table

STALE_AFTER = timedelta(days=120)
"""Prices that nobody has looked up for longer than this are reported."""

Unit = Literal["second", "core second", "GiB second", "million actions", "GB month", "million writes"]


class Price(BaseModel):
    """What one unit costs from a day on, until a later price of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Whose and of what: `host/device`, `host/core`, `host/ram`, `storage/r2` …"""
    usd: Decimal = Field(ge=0)
    per: Unit
    valid_from: date
    """The day from which calls are charged with it; earlier calls too where no older price is known."""
    checked: date
    """When it was last looked up."""
    source: str
    """The page that states it, by name."""


class Container(BaseModel):
    """What an engine's container takes besides its GPU; cores and memory are charged as well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: str = "*"
    """The host; `*` for any."""
    device: str
    """As `Usage.device` has it: `cpu`, or the host's name of the GPU."""
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
        containers: the first that fits a runtime and a device counts.
        free: runtimes whose calls cost nothing.
    """

    prices: tuple[Price, ...]
    containers: tuple[Container, ...] = ()
    free: frozenset[str] = frozenset({LOCAL})

    @classmethod
    def load(cls, own: Path | None = None) -> Self:
        """Read the table that comes with AURA-X and those of the installed hosts.

        Args:
            own: a TOML file of the same form whose names replace those of the tables, dates and all.

        Raises:
            InvalidOption: the file does not exist or cannot be read.
            CorruptData: the file is not of that form.
        """
        parts = [_PriceFile.model_validate(built_in_table("prices.toml"))]
        parts += [_checked(table, path) for path, table in host_tables()]
        mine = _PriceFile() if own is None else _checked(own_table(own), str(own))
        replaced = {price.name for price in mine.price}
        listed = tuple(price for part in parts for price in part.price if price.name not in replaced)
        containers = tuple(one for part in (mine, *parts) for one in part.container)
        return cls((*listed, *mine.price), containers, frozenset({LOCAL}) | free_runtimes())

    def is_free(self, runtime: str) -> bool:
        """Whether a runtime's calls cost nothing."""
        return runtime in self.free

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

    def container(self, runtime: str, device: str) -> Container:
        """What a container with a device takes in cores and memory.

        Args:
            runtime: the host.
            device: as `Usage.device` has it.

        Raises:
            InvalidOption: no such device is in the table.
        """
        fitting = [one for one in self.containers if one.runtime in (runtime, "*")]
        for one in fitting:
            if one.device == device:
                return one
        raise InvalidOption(
            f"a device of {runtime} among {', '.join(dict.fromkeys(one.device for one in fitting)) or 'none'}",
            repr(device),
            "add its container and price to a file of prices and name that in AURAX_PRICES",
        )

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


def _checked(table: dict[str, Any], place: str) -> _PriceFile:
    try:
        return _PriceFile.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        row = ".".join(str(part) for part in first["loc"])
        raise CorruptData(f"a valid {row} in {place} ({first['msg']})", repr(first["input"]), "correct it") from None
