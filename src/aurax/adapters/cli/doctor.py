"""`aurax doctor`: what is installed, where data lives, which servers answer."""

from __future__ import annotations

import asyncio
import os
import platform
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import EXIT_FAILED, print_json, stdout
from aurax.adapters.cli.doctor_backends import (
    look_at_database,
    look_at_extras,
    look_at_folder,
    look_at_keys,
    look_at_store,
    look_at_temporal,
)
from aurax.adapters.telemetry.redaction import Redactor
from aurax.engines.runtime_registry import LOCAL, find_runtime
from aurax.errors import AuraxError
from aurax.settings import Settings
from aurax.version import __version__

Look = Callable[[], str]
"""Looks at one thing; says what was found, or raises what is wrong."""

WITHIN_S = 20.0
"""What does not answer within this time is said not to answer."""
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
    """Check this installation and every backend; changes nothing, and exits with 1 when something is wrong."""
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
    """Look at everything a song needs; changes nothing, and waits for nothing without end.

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
    redact = Redactor.of(settings)
    for topic, look in _checks(settings):
        finding = _try(topic, look)
        yield replace(finding, detail=redact(finding.detail))


def _checks(settings: Settings) -> Iterator[tuple[str, Look]]:
    yield "extras", lambda: look_at_extras(settings)
    yield "temporal server", _temporal_version
    yield "data folder", lambda: look_at_folder(settings)
    yield "database", lambda: asyncio.run(look_at_database(settings))
    yield "object store", lambda: look_at_store(settings)
    yield "payload keys", lambda: look_at_keys(settings)
    yield "styles", _styles
    yield "instruments", _instruments
    yield "criteria", _criteria
    yield "engines", lambda: _engines(settings)
    if settings.gpu != LOCAL:
        for check in find_runtime(settings.gpu).checks():
            yield check.topic, check.look
    for name, place in _places(settings).items():
        yield name, partial(_size, place)
    yield "running servers", lambda: asyncio.run(look_at_temporal(settings))


def _try(topic: str, look: Look, within_s: float = WITHIN_S) -> Finding:
    """Look at one thing, in a thread that nobody waits for when it hangs."""
    found: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    threading.Thread(target=lambda: found.put(_finding(topic, look)), name=topic, daemon=True).start()
    try:
        return found.get(timeout=within_s)
    except queue.Empty:
        return Finding(topic, False, f"no answer within {within_s:g} s; check that it runs and can be reached")


def _finding(topic: str, look: Look) -> Finding:
    try:
        return Finding(topic, True, look())
    except AuraxError as error:
        return Finding(topic, False, f"expected {error.expected}; found {error.found}; {error.fix}")
    except Exception as error:
        return Finding(topic, False, f"{type(error).__name__}: {error}")


def _temporal_version() -> str:
    from aurax.adapters.local.temporal_server import temporal_program

    answer = subprocess.run([temporal_program(), "--version"], capture_output=True, text=True, timeout=20, check=True)
    return answer.stdout.strip()


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
