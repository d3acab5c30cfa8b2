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

PRODUCTION = os.environ.get("AURAX_TEST_BACKENDS") == "production"


@cache
def place_of(data: Path) -> Mapping[str, str]:
    """Variables that take AURA-X to the place of a data folder; none where that is the folder itself."""
    return _servers().place() if PRODUCTION else {}


@cache
def _servers() -> Production:
    held = ExitStack()
    atexit.register(held.close)
    folder = held.enter_context(tempfile.TemporaryDirectory(prefix="aurax-buckets-"))
    return held.enter_context(production_servers(Path(folder)))
