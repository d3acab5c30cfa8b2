"""Imports of packages that the base install does not bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aurax.engines.engine import EngineInfo
from aurax.errors import MissingExtra


@contextmanager
def packages_of(info: EngineInfo) -> Iterator[None]:
    """While an engine's implementation is imported: a package that is not installed becomes a clear error.

    Args:
        info: of the engine.

    Raises:
        MissingExtra: something that is imported inside is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtra(
            f"the packages that {info.name} needs",
            f"no {error.name}" if error.name else str(error),
            f"install them: pip install 'aurax[{info.extra}]'",
        ) from error
