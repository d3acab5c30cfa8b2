"""The package that docs/adding.md writes down is built here and used for a song."""

import os
import re
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
    async with build_context(settings) as studio:
        call = EngineCall("debug", GenerationRequest("anything", 2.0, seeds=(1,)))
        usage = [item for item in studio.runtime.stream(call, Never()) if isinstance(item, Usage)]
    print(studio.runtime.name, usage[0].runtime, usd_of(usage[0], Prices.load(), date.today()))


if __name__ == "__main__":
    asyncio.run(main())
    print([finding.detail for finding in examine(Settings.load()) if finding.topic == "garage"])
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The guide's files, installed as a distribution on a search path of its own."""
    for block in BLOCK.finditer((ROOT / "docs" / "adding.md").read_text(encoding="utf-8")):
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
