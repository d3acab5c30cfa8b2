"""On what the tests of this folder work: a file and a folder, or PostgreSQL and S3.

`AURAX_TEST_BACKENDS=production` (as `make test-backends` sets it) gives every data folder of a test a database and a
bucket of its own on real servers, which end with the tests.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from builders.production import Production, production_servers

from aurax.adapters.objects.ownership import NOTE
from aurax.settings import Settings

PRODUCTION = os.environ.get("AURAX_TEST_BACKENDS") == "production"


@cache
def place_of(data: Path) -> Mapping[str, str]:
    """Variables that take AURA-X to the place of a data folder; none where that is the folder itself."""
    return _servers().place() if PRODUCTION else {}


def objects_folder(settings: Settings) -> Path:
    """Where the objects of an open place lie as files.

    Args:
        settings: of the tests' own process.
    """
    if not PRODUCTION:
        return settings.data_dir / "objects"
    return _servers().s3.folder / settings.objects_location.removeprefix("s3://")


def stored_files(settings: Settings) -> list[Path]:
    """The files in which the objects of an open place and their local copies lie, to be damaged."""
    folders = (objects_folder(settings), settings.cache_dir)
    found = [path for folder in folders for path in sorted(folder.rglob("*.*")) if path.is_file()]
    return [path for path in found if ".staging" not in path.parts and not path.name.startswith((".partial", NOTE))]


@cache
def _servers() -> Production:
    held = ExitStack()
    atexit.register(held.close)
    folder = held.enter_context(tempfile.TemporaryDirectory(prefix="aurax-buckets-"))
    return held.enter_context(production_servers(Path(folder)))
