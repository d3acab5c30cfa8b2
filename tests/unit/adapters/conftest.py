"""Fixtures of the adapters' tests."""

from pathlib import Path

import pytest
from builders.modal_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
