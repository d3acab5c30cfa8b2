"""Hosts that run engines are found, named and refused by the registry; the rooms below the adapters know none."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurax.engines.runtime_registry import find_runtime, load_runtimes
from aurax.errors import InvalidOption, UnknownPlugin
from aurax.settings import Settings

SOURCE = Path(__file__).parents[3] / "src" / "aurax"
ROOMS = ("arrange", "audio", "compose", "deliver", "engines", "intent", "judge", "mix", "produce", "render", "score")
FILES = sorted(
    [SOURCE / "settings.py", SOURCE / "wiring.py", *(path for room in ROOMS for path in (SOURCE / room).rglob("*.py"))]
)


def words(file: Path) -> Iterator[str]:
    """Every name and string of a file; comments may name whatever explains."""
    with file.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type in (tokenize.NAME, tokenize.STRING):
                yield token.string


def test_modal_is_found_like_any_host() -> None:
    assert find_runtime("modal").title == "Modal"
    assert all(name == spec.name for name, spec in load_runtimes().items())


def test_an_unknown_host_is_refused_with_those_that_are_installed() -> None:
    with pytest.raises(UnknownPlugin, match="local, modal"):
        find_runtime("elsewhere")


def test_the_setting_accepts_installed_hosts_only() -> None:
    assert Settings.load(gpu="modal").gpu == "modal"
    with pytest.raises(InvalidOption, match="local or modal") as refused:
        Settings.load(gpu="elsewhere")
    assert refused.value.found == "'elsewhere'"


def test_no_room_below_the_adapters_names_a_host() -> None:
    assert len(FILES) > 200
    assert [
        str(file.relative_to(SOURCE)) for file in FILES if any("modal" in word.lower() for word in words(file))
    ] == []
