"""The installed engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurax.engines.engine import EngineSpec
from aurax.engines.requests import Kind
from aurax.errors import BrokenPlugin, UnknownPlugin
from aurax.plugins import plugin_modules

GROUP = "aurax.engines"


def load_engines() -> dict[str, EngineSpec]:
    """Find every installed engine, built-in or plug-in. Nothing heavy is imported.

    Returns:
        Specs by name, in the order in which they were found.

    Raises:
        BrokenPlugin: a module has no `ENGINES`, or two engines answer to one name.
    """
    found: dict[str, EngineSpec] = {}
    taken: set[str] = set()
    for module in plugin_modules(GROUP):
        engines = getattr(module, "ENGINES", None)
        if not isinstance(engines, Iterable):
            raise BrokenPlugin(
                f"{module.__name__} to define ENGINES, a tuple of EngineSpec", repr(engines), "define it or remove it"
            )
        for spec in engines:
            if not isinstance(spec, EngineSpec):
                raise BrokenPlugin(
                    f"every entry of ENGINES in {module.__name__} to be an EngineSpec", repr(spec), "repair it"
                )
            for name in (spec.info.name, *spec.info.aliases):
                if name in taken:
                    raise BrokenPlugin("every engine to have its own name", f"two called {name!r}", "rename one")
                taken.add(name)
            found[spec.info.name] = spec
    return found


def find_engine(engines: Mapping[str, EngineSpec], name: str, kind: Kind | None = None) -> EngineSpec:
    """The engine of that name or alias.

    Args:
        engines: from `load_engines`.
        name: as the user wrote it.
        kind: what it must be able to do; None for anything.

    Raises:
        UnknownPlugin: none is called so, or it is of another kind.
    """
    for spec in engines.values():
        if name in (spec.info.name, *spec.info.aliases) and kind in (None, spec.info.kind):
            return spec
    names = [spec.info.name for spec in engines.values() if kind in (None, spec.info.kind)]
    raise UnknownPlugin(
        f"{'an engine' if kind is None else f'a {kind}'} among {', '.join(names)}",
        repr(name),
        "choose one of these, or install the plug-in that brings it",
    )
