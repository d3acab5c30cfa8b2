"""The TOML files that prices and figures are read from: AURA-X's own, those of installed hosts, and the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from aurax.engines.runtime_registry import load_runtimes
from aurax.errors import CorruptData, InvalidOption

_ROWS_OF_A_RUNTIME = ("container", "place", "start")


def built_in_table(name: str) -> dict[str, Any]:
    """A table that comes with AURA-X.

    Args:
        name: of the file in this package.
    """
    return _parsed((files(__package__) / name).read_text("utf-8"), name)


def own_table(path: Path) -> dict[str, Any]:
    """The user's file of prices and figures.

    Args:
        path: as in `AURAX_PRICES`.

    Raises:
        InvalidOption: the file does not exist or cannot be read.
        CorruptData: it is not TOML.
    """
    try:
        return _parsed(path.read_text("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise CorruptData(f"{path} to be TOML", str(error), "correct that line") from None
    except OSError as error:
        raise InvalidOption(
            "AURAX_PRICES to name a readable file", f"{path}: {error.strerror}", "correct or unset it"
        ) from None


def host_tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of every installed host, with the path of each file. Rows belong to the host that brings them.

    Raises:
        BrokenPlugin: a host does not follow its contract.
        CorruptData: a host's file cannot be read as TOML.
    """
    for name, spec in load_runtimes().items():
        if spec.figures is None:
            continue
        try:
            table = _parsed(spec.figures.read_text("utf-8"), str(spec.figures))
        except (OSError, UnicodeDecodeError) as error:
            raise CorruptData(f"{spec.figures} to be readable", str(error), "repair that plug-in") from None
        for rows in _ROWS_OF_A_RUNTIME:
            for row in table.get(rows, ()):
                row.setdefault("runtime", name)
        yield str(spec.figures), table


def free_runtimes() -> frozenset[str]:
    """Names of the installed hosts whose calls cost nothing."""
    return frozenset(name for name, spec in load_runtimes().items() if spec.figures is None)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        # Prices stay exact decimal numbers.
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CorruptData(f"{name} to be TOML", str(error), "correct that line") from None
