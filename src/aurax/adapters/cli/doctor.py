"""`aurax doctor`: what is installed, where data lives, which servers answer."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import EXIT_FAILED, print_json, stdout
from aurax.adapters.local.data_folder import open_data_folder
from aurax.engines.runtime_registry import LOCAL, find_runtime
from aurax.errors import AuraxError
from aurax.settings import Settings
from aurax.version import __version__

_PACKAGES = (
    "temporalio",
    "dawdreamer",
    "numpy",
    "scipy",
    "soundfile",
    "sqlalchemy",
    "obstore",
)


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Args:
        topic: what was looked at.
        ok: whether it is as it should be.
        detail: what was found, or what is wrong and what to do.
    """

    topic: str
    ok: bool
    detail: str


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check this installation; exits with 1 when something is wrong."""
    findings = list(examine(Settings.load()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table(box=None, show_header=False)
        for finding in findings:
            mark = "[green]ok[/]" if finding.ok else "[bold red]no[/]"
            table.add_row(mark, finding.topic, escape(finding.detail))
        stdout().print(table)
        stdout().print("  'aurax gc' forgets old songs and deletes what no song needs; add --dry-run to look first.")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_FAILED)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything a song needs.

    Args:
        settings: what the environment decided.
    """
    yield Finding(
        "AURA-X",
        True,
        f"{__version__}, Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores",
    )
    for package in _PACKAGES:
        try:
            yield Finding(package, True, version(package))
        except PackageNotFoundError:
            yield Finding(package, False, "not installed; run 'make song' or reinstall aurax")
    yield _try("temporal server", _temporal_version)
    yield _try("data folder", lambda: _folder(settings))
    yield _try("database", lambda: asyncio.run(_database(settings)))
    yield _try("styles", _styles)
    yield _try("instruments", _instruments)
    yield _try("criteria", _criteria)
    yield _try("engines", lambda: _engines(settings))
    if settings.gpu != LOCAL:
        for check in find_runtime(settings.gpu).checks():
            yield _try(check.topic, check.look)
    for name, place in _places(settings).items():
        yield _try(name, partial(_size, place))
    yield _try("running servers", lambda: asyncio.run(_servers(settings)))


def _try(topic: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(topic, True, look())
    except AuraxError as error:
        return Finding(topic, False, f"expected {error.expected}; found {error.found}; {error.fix}")
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(topic, False, str(error))


def _temporal_version() -> str:
    from aurax.adapters.local.temporal_server import temporal_program

    answer = subprocess.run([temporal_program(), "--version"], capture_output=True, text=True, timeout=20, check=True)
    return answer.stdout.strip()


def _folder(settings: Settings) -> str:
    folder = open_data_folder(settings)
    return f"{folder} ({shutil.disk_usage(folder).free / 1e9:.0f} GB free)"


async def _database(settings: Settings) -> str:
    from aurax.adapters.sql.opening import open_database
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        return f"{database.place}, {await Songs(database).count_songs()} songs"


def _styles() -> str:
    from aurax.compose.style_registry import load_styles

    return ", ".join(load_styles())


def _instruments() -> str:
    from aurax.render.instrument_registry import load_instruments

    return ", ".join(load_instruments())


def _criteria() -> str:
    from aurax.judge.criterion_registry import load_criteria

    return ", ".join(criterion.name for criterion in load_criteria())


def _engines(settings: Settings) -> str:
    from aurax.engines.engine import EngineContext
    from aurax.engines.engine_registry import load_engines
    from aurax.engines.requirements import gpu_present, missing_requirement

    if settings.gpu != LOCAL:
        return f"{len(load_engines())} installed; they run on {find_runtime(settings.gpu).title}"
    context = EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision)
    infos = [spec.info for spec in load_engines().values()]
    ready = [info.name for info in infos if missing_requirement(info, context) is None]
    where = "a GPU is here" if gpu_present() else "no GPU here"
    return f"{len(ready)} of {len(infos)} can run ({', '.join(ready)}); {where}; weights in {settings.weights_dir}"


def _places(settings: Settings) -> dict[str, Path]:
    places = {
        "songs' files": Path(settings.objects_location.removeprefix("file://")),
        "clip cache": settings.clips_dir,
        "temporal file": settings.temporal_database,
        "logs": settings.logs_dir,
        "weights": settings.weights_dir,
        "other caches": settings.cache_dir,
        "half-made files": settings.staging_dir,
    }
    if "://" in str(settings.objects_location).removeprefix("file://"):
        del places["songs' files"]
    if settings.database_url is None:
        places["database file"] = settings.data_dir / "aurax.db"
    return places


def _size(place: Path) -> str:
    if place.is_dir():
        files = [path for path in place.rglob("*") if path.is_file()]
    else:
        files = [path for end in ("", "-wal", "-shm") if (path := place.with_name(place.name + end)).is_file()]
    return f"{sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {place}"


async def _servers(settings: Settings) -> str:
    from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address

    external = external_temporal_address()
    runtime = RuntimeFolder(settings.run_dir).read()
    if external is None and runtime is None:
        return "none; 'aurax make' starts them when needed, 'aurax up' keeps them running"
    from aurax.adapters.temporal.client import connect

    address = external or (runtime.temporal_address if runtime else "")
    await connect(settings, runtime.temporal_address if runtime and not external else None)
    pids = {"supervisor": runtime.supervisor_pid, **runtime.child_pids} if runtime else {}
    children = "".join(f", {name} pid {pid}" for name, pid in pids.items())
    return f"Temporal answers at {address}{children}"
