"""What docs/adding.md writes down is done here: a package of plug-ins, and changes to a copy of AURA-X, are used."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

PROGRAM = """
from pathlib import Path
import sys

from aurax import analyze, compose, judge, render

if __name__ == "__main__":
    intent = analyze("beatdown with bells, 15 seconds")
    score = compose(intent, seed=4)
    stems = render(score, cache_dir=Path(sys.argv[1]))
    lead = next(track for track in score.tracks if track.instrument == "glass")
    verdict = judge(intent, score)
    print(score.plan.style, 96 <= score.plan.tempo_bpm <= 108)
    print(abs(stems[lead.name].samples).max() > 0.01)
    print(any(check.name == "opening_hook" for check in verdict.checks))
"""

WHISTLE = """
from pathlib import Path

from aurax.engines.engine_registry import load_engines
from aurax.engines.engine import EngineContext, generate
from aurax.engines.requests import GenerationRequest

if __name__ == "__main__":
    engine = load_engines()["whistle"].load(EngineContext(Path()))
    request = GenerationRequest("anything", 2.5, seeds=(1, 2), bpm=120, key="C major")
    made = generate(engine, request).audio
    print(list(made), made["candidate-0"].samples.shape)
    print(bytes(generate(engine, request).audio["candidate-1"].samples) == bytes(made["candidate-1"].samples))
"""

GARAGE = """
import asyncio
from datetime import date

from aurax.adapters.cli.doctor import examine
from aurax.engines.engine import Never
from aurax.engines.requests import GenerationRequest
from aurax.engines.runtime import EngineCall, Usage
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.usage import usd_of
from aurax.settings import Settings
from aurax.wiring import build_context


async def main():
    settings = Settings.load()
    async with build_context(settings) as context:
        call = EngineCall("debug", GenerationRequest("anything", 2.0, seeds=(1,)))
        usage = [item for item in context.runtime.stream(call, Never()) if isinstance(item, Usage)]
    print(context.runtime.name, usage[0].runtime, usd_of(usage[0], Prices.load(), date.today()))


if __name__ == "__main__":
    asyncio.run(main())
    print([finding.detail for finding in examine(Settings.load()) if finding.topic == "garage"])
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The guide's files, installed as a distribution on a search path of its own."""
    for block in BLOCK.finditer((ROOT / "docs" / "adding.md").read_text(encoding="utf-8")):
        if block["path"].startswith("src/"):
            continue
        path = tmp_path / block["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["text"], encoding="utf-8")
    for folder in ("", "styles", "instruments", "criteria", "engines", "hosts", "hosts/garage"):
        (tmp_path / "my_aurax" / folder / "__init__.py").write_text('"""Part of the guide."""\n')
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    info = tmp_path / "my_aurax-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in project["entry-points"].items()
        )
    )
    return tmp_path


def run(package: Path, program: str, *arguments: str, **environment: str) -> list[str]:
    """The lines that a program prints where the guide's package is installed."""
    (package / "program.py").write_text(program)
    search_path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(package / "program.py"), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment, "PYTHONPATH": search_path},
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.integration
def test_the_guides_style_instrument_and_criterion_make_a_song(package: Path) -> None:
    assert run(package, PROGRAM, str(package / "clips")) == ["slow-house True", "True", "True"]


@pytest.mark.integration
def test_the_guides_engine_is_found_and_plays(package: Path) -> None:
    assert run(package, WHISTLE) == ["['candidate-0', 'candidate-1'] (2, 120000)", "True"]


@pytest.mark.integration
def test_the_guides_host_is_one_file_and_runs_engines(package: Path) -> None:
    folder = package / "my_aurax" / "hosts" / "garage"
    assert [path.name for path in folder.iterdir() if path.name != "__init__.py"] == ["runtime_spec.py"]
    lines = run(package, GARAGE, AURAX_GPU="garage", AURAX_DATA_DIR=str(package / "data"))
    assert lines == ["garage garage 0.0", "['the door is open']"]


def test_every_plug_in_of_the_guide_is_one_file_or_one_folder() -> None:
    guide = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    paths = [Path(block["path"]) for block in BLOCK.finditer(guide) if block["path"].startswith("my_aurax/")]
    by_kind = {kind: [path for path in paths if path.parts[1] == kind] for kind in {path.parts[1] for path in paths}}
    assert {kind: len({path.parts[2] for path in found}) for kind, found in by_kind.items()} == {
        "styles": 1, "instruments": 1, "criteria": 1, "engines": 1, "hosts": 1
    }  # fmt: skip


class Copy:
    """A copy of AURA-X to which a section of the guide is applied; `changed` names the files that differ."""

    def __init__(self, folder: Path, section: str) -> None:
        self.folder = folder
        for part in ("src", "scripts", "docs"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        guide = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
        for block in BLOCK.finditer(guide.split(f"\n## {section}\n")[1].split("\n## ")[0]):
            path = folder / block["path"]
            new = block["text"] if not path.exists() else changed_by(path.read_text(encoding="utf-8"), block["text"])
            path.write_text(new, encoding="utf-8")

    @property
    def changed(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        names = [str(path.relative_to(self.folder)) for path in files]
        return sorted(
            name
            for name in names
            if not (ROOT / name).exists() or (ROOT / name).read_bytes() != (self.folder / name).read_bytes()
        )

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src"), "AURAX_DATA_DIR": str(self.folder / "data")},
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def changed_by(text: str, diff: str) -> str:
    """A file after a change of the guide: in every part between blank lines, `-` goes and `+` comes."""
    for part in diff.split("\n\n"):
        lines = [line for line in part.splitlines() if line]
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"the guide changes what is not there once:\n{old}"
        text = text.replace(old, new)
    return text


@pytest.mark.integration
def test_the_guides_option_is_one_file_and_its_documentation_is_generated(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "An option")
    assert copy.changed == ["src/aurax/services/request.py"]
    told = json.loads(copy.run("-m", "aurax", "estimate", "lofi, 20 seconds", "--quick", "--json"))
    assert (told["candidates"], told["takes_at_most"]) == (1, 1)
    assert "--quick" in copy.run("-m", "aurax", "make", "--help")
    copy.run("scripts/document_options.py")
    assert copy.changed == ["docs/options.md", "src/aurax/services/request.py"]
    assert "| `--quick` | `quick` |" in (tmp_path / "docs" / "options.md").read_text(encoding="utf-8")


@pytest.mark.integration
def test_the_guides_stage_is_three_files_and_a_song_goes_through_it(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "A stage")
    assert copy.changed == [
        "src/aurax/adapters/temporal/mixing.py",
        "src/aurax/produce/stages.py",
        "src/aurax/services/find_highlight.py",
    ]
    made = ("make", "lofi, 82 bpm, 12 seconds", "--takes", "1", "--candidates", "1", "--out", str(tmp_path / "song"))
    song = json.loads(copy.run("-m", "aurax", *made, "--json"))
    assert song["timings_s"]["highlight"] > 0.0
    assert "highlight.finished" in copy.run("-m", "aurax", "show", song["id"])


@pytest.mark.integration
def test_histories_from_before_the_guides_stage_replay_with_it(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "A stage")
    tests = ROOT / "tests" / "integration" / "test_temporal_workflows.py"
    told = copy.run("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", str(tests), "-k", "replay", "-c",
                    str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT))  # fmt: skip
    assert "passed" in told
