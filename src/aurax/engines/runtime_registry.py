"""The installed hosts that engines can run on, besides this machine.

A host is one folder with a module `runtime_spec.py` that defines `RUNTIME`, a `RuntimeSpec`. The folder's package is
registered under the entry-point group `aurax.runtimes`; AURA-X's own hosts are folders of `aurax.adapters`.
`AURAX_GPU` names the host to use.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from aurax.engines.runtime import EngineRuntime
from aurax.errors import BrokenPlugin, UnknownPlugin
from aurax.plugins import plugin_packages

GROUP = "aurax.runtimes"
LOCAL = "local"
"""The runtime that is always there: this machine's CPU or GPU. Its calls cost nothing."""
_MODULE = "runtime_spec"


@dataclass(frozen=True)
class RuntimeContext:
    """What a host is opened with.

    Args:
        local: runs engines in this process; a host passes it the engines that need no GPU.
        objects_location: address of the object store, a folder's path or a URL; large audio can travel through it
            where the host can reach it.
        cache_dir: folder for re-creatable files.
    """

    local: EngineRuntime
    objects_location: str
    cache_dir: Path


@dataclass(frozen=True)
class RuntimeCheck:
    """One line of `aurax doctor`.

    Args:
        topic: what is looked at.
        look: returns what was found; raises an `AuraxError` where something is wrong.
    """

    topic: str
    look: Callable[[], str]


@dataclass(frozen=True)
class RuntimeSpec:
    """A host that runs engines.

    Args:
        name: value of `AURAX_GPU` that chooses it, and `Usage.runtime` of its calls.
        title: its name for people.
        open: opens it. Called once in each worker. May raise an `AuraxError`.
        figures: a TOML file with its prices, containers, places and start times, in the form of
            `produce/cost/prices.toml` and `throughput.toml`. None where its calls cost nothing.
        checks: what `aurax doctor` looks at where this host is chosen.
        commands: returns a `typer.Typer` whose commands become `aurax NAME …`; None for no commands.
    """

    name: str
    title: str
    open: Callable[[RuntimeContext], EngineRuntime]
    figures: Path | None = None
    checks: Callable[[], Iterable[RuntimeCheck]] = tuple
    commands: Callable[[], object] | None = None


def load_runtimes() -> Mapping[str, RuntimeSpec]:
    """Find every installed host. Their clients are not imported.

    Returns:
        Specs by name, in the order in which they were found.

    Raises:
        BrokenPlugin: a `runtime_spec.py` cannot be imported or has no `RUNTIME`, or two hosts have one name.
    """
    return _load(tuple(sorted((point.name, point.value) for point in entry_points(group=GROUP))))


@cache
def _load(_registered: tuple[tuple[str, str], ...]) -> Mapping[str, RuntimeSpec]:
    found: dict[str, RuntimeSpec] = {}
    for name in _modules():
        try:
            spec = getattr(importlib.import_module(name), "RUNTIME", None)
        except Exception as error:
            raise BrokenPlugin(
                f"plug-in module {name} to import", f"{type(error).__name__}: {error}", "repair that file or remove it"
            ) from error
        if not isinstance(spec, RuntimeSpec):
            raise BrokenPlugin(f"{name} to define RUNTIME, a RuntimeSpec", repr(spec), "define it or remove the file")
        if spec.name in (*found, LOCAL):
            raise BrokenPlugin("every runtime to have its own name", f"two called {spec.name!r}", "rename one")
        found[spec.name] = spec
    return found


def find_runtime(name: str) -> RuntimeSpec:
    """The installed host of that name.

    Args:
        name: as in `AURAX_GPU`; not `local`, which needs no host.

    Raises:
        UnknownPlugin: no such host is installed.
        BrokenPlugin: as `load_runtimes`.
    """
    runtimes = load_runtimes()
    if name not in runtimes:
        raise UnknownPlugin(
            f"a runtime among {', '.join((LOCAL, *runtimes))}",
            repr(name),
            "choose one of these, or install the plug-in that brings it",
        )
    return runtimes[name]


def _modules() -> Iterator[str]:
    for package in plugin_packages(GROUP):
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            name = f"{package.__name__}.{found.name}.{_MODULE}"
            if found.ispkg and find_spec(name) is not None:
                yield name
