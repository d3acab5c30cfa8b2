"""Finding the installed criteria."""

from __future__ import annotations

from aurax.errors import BrokenPlugin
from aurax.judge.criterion import Criterion
from aurax.plugins import plugin_modules


def load_criteria() -> tuple[Criterion, ...]:
    """Load every installed criterion, built-in ones first, in the order of their files' names.

    Raises:
        BrokenPlugin: a module has no `CRITERIA`, or two criteria share a name.
    """
    found: dict[str, Criterion] = {}
    for module in plugin_modules("aurax.criteria"):
        criteria = getattr(module, "CRITERIA", None)
        if not isinstance(criteria, tuple) or not all(isinstance(one, Criterion) for one in criteria):
            raise BrokenPlugin(
                f"module {module.__name__} to define CRITERIA, a tuple of Criterion",
                repr(type(criteria).__name__),
                "add it or remove the module",
            )
        for criterion in criteria:
            if criterion.name in found:
                raise BrokenPlugin("criterion names to be unique", repr(criterion.name), "rename one of the two")
            found[criterion.name] = criterion
    return tuple(found.values())
