"""Engines are found through entry points; plug-ins use the same door as the built-in ones."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path

import pytest
from builders.fake_engines import Workshop, info

from aurax import plugins
from aurax.engines.engine_registry import GROUP, find_engine, load_engines
from aurax.errors import BrokenPlugin, UnknownPlugin

PLUGIN = """
from aurax.engines.engine import EngineInfo, EngineSpec
from aurax.engines.licence import Licence

def _load(context):
    raise AssertionError("listing loads nothing")

ENGINES = (
    EngineSpec(
        EngineInfo(
            name={name!r}, title="A plug-in", kind={kind!r}, licence=Licence(name="MIT", commercial=True),
            sample_rate=48_000, channels=2, longest_s=10.0, streams=False, conditions=frozenset({{"text"}}),
            aliases={aliases!r},
        ),
        _load,
    ),
)
"""


class PluginFolder:
    """A package of engines that an entry point names, besides the built-in one."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "engines_of_a_plugin"
        self.package.mkdir()
        (self.package / "__init__.py").write_text("")

    def write(self, module: str, name: str, aliases: tuple[str, ...] = (), kind: str = "generator") -> None:
        self.write_text(module, PLUGIN.format(name=name, aliases=aliases, kind=kind))

    def write_text(self, module: str, text: str) -> None:
        (self.package / f"{module}.py").write_text(text)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PluginFolder:
    folder = PluginFolder(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    builtin = entry_points(group=GROUP)
    added = EntryPoint(name="added", value="engines_of_a_plugin", group=GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([*builtin, added]))
    return folder


def test_a_plugin_brings_its_engine_after_the_built_in_ones(plugin: PluginFolder) -> None:
    plugin.write("family", "singer", aliases=("sing",))
    engines = load_engines()
    assert list(engines)[-1] == "singer"
    assert "debug" in engines
    assert find_engine(engines, "sing") is engines["singer"]


def test_a_module_that_does_not_import_is_named(plugin: PluginFolder) -> None:
    plugin.write_text("broken", "import there_is_no_such_package")
    with pytest.raises(BrokenPlugin, match=r"engines_of_a_plugin\.broken.*there_is_no_such_package"):
        load_engines()


@pytest.mark.parametrize("text", ["", "ENGINES = None", "ENGINES = 3"])
def test_a_module_without_engines_is_named(plugin: PluginFolder, text: str) -> None:
    plugin.write_text("empty", text)
    with pytest.raises(BrokenPlugin, match=r"engines_of_a_plugin\.empty to define ENGINES"):
        load_engines()


def test_an_entry_that_is_no_engine_is_shown(plugin: PluginFolder) -> None:
    plugin.write_text("wrong", "ENGINES = ('musicgen',)")
    with pytest.raises(BrokenPlugin, match=r"EngineSpec.*'musicgen'"):
        load_engines()


@pytest.mark.parametrize(
    ("name", "aliases"),
    [("debug", ()), ("singer", ("debug",)), ("musicgen", ()), ("singer", ("singer",))],
    ids=["a name twice", "an alias that is a name", "a name that is an alias", "an alias that is its own name"],
)
def test_two_engines_of_one_name_are_refused(plugin: PluginFolder, name: str, aliases: tuple[str, ...]) -> None:
    plugin.write("family", name, aliases)
    with pytest.raises(BrokenPlugin, match="its own name"):
        load_engines()


def test_private_modules_of_a_plugin_are_left_alone(plugin: PluginFolder) -> None:
    plugin.write_text("_private", "raise RuntimeError('imported')")
    assert "debug" in load_engines()


def test_an_engine_is_found_by_name_alias_and_kind() -> None:
    workshop = Workshop()
    workshop.add(info("musicgen-small", aliases=("musicgen",)))
    workshop.add(info("demucs", "separator", outputs=("vocals", "other")))
    engines = workshop.engines
    assert find_engine(engines, "musicgen").info.name == "musicgen-small"
    assert find_engine(engines, "musicgen", "generator").info.name == "musicgen-small"
    assert find_engine(engines, "demucs", "separator").info.name == "demucs"


def test_an_unknown_engine_is_answered_with_those_of_its_kind() -> None:
    workshop = Workshop()
    workshop.add(info("musicgen-small"))
    workshop.add(info("demucs", "separator", outputs=("vocals", "other")))
    with pytest.raises(UnknownPlugin, match=r"an engine among musicgen-small, demucs; found 'musicgn'"):
        find_engine(workshop.engines, "musicgn")
    with pytest.raises(UnknownPlugin, match=r"a generator among musicgen-small; found 'demucs'"):
        find_engine(workshop.engines, "demucs", "generator")


def test_listing_the_engines_imports_nothing_heavy() -> None:
    program = (
        "import sys; from aurax.engines.engine_registry import load_engines; load_engines();"
        "print([name for name in ('torch', 'transformers', 'diffusers', 'demucs', 'onnxruntime', 'modal')"
        " if name in sys.modules])"
    )
    listed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == "[]"
