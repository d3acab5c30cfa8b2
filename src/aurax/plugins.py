"""Finding plug-ins: styles, instruments and criteria come through package entry points.

An entry point names a *package*. Each kind of plug-in says how a package holds it: one module per style or
criterion, one folder per instrument. The built-in ones use the same door, so adding one is adding one file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from types import ModuleType

from aurax.errors import BrokenPlugin


def plugin_packages(group: str) -> Iterator[ModuleType]:
    """Yield the packages that are registered for a kind of plug-in, in the order of their names.

    Args:
        group: entry-point group, such as `aurax.styles`.

    Raises:
        BrokenPlugin: a registered package cannot be imported.
    """
    for entry in sorted(entry_points(group=group), key=lambda point: (point.name != "builtin", point.name)):
        try:
            package = entry.load()
        except Exception as error:
            raise BrokenPlugin(
                f"entry point {entry.name!r} of {group} to name a package that imports",
                f"{type(error).__name__}: {error}",
                f"repair or uninstall the distribution that registers {entry.value!r}",
            ) from error
        yield package


def plugin_modules(group: str) -> Iterator[ModuleType]:
    """Yield every public module inside the packages of a group (for one-file plug-ins).

    Args:
        group: entry-point group, such as `aurax.styles`.

    Raises:
        BrokenPlugin: a module cannot be imported.
    """
    for package in plugin_packages(group):
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            if found.name.startswith("_"):
                continue
            name = f"{package.__name__}.{found.name}"
            try:
                yield importlib.import_module(name)
            except Exception as error:
                raise BrokenPlugin(
                    f"plug-in module {name} to import",
                    f"{type(error).__name__}: {error}",
                    "repair that file or remove it",
                ) from error
