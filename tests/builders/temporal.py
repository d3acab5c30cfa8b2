"""A Temporal server that keeps nothing, and workers on it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment

from aurax.adapters.temporal.worker import build_worker
from aurax.settings import Settings


@asynccontextmanager
async def ephemeral_server(data_converter: DataConverter, *options: str) -> AsyncIterator[Client]:
    """A client of a development server that ends with the block.

    Args:
        data_converter: of the client's payloads.
        options: of the server's command line.
    """
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_log_level="error",
        data_converter=data_converter,
        dev_server_extra_args=options,
    )
    async with server:
        yield server.client


@asynccontextmanager
async def working(
    client: Client, activities: Sequence[Callable[..., Any]], data_dir: Path, task_queue: str = ""
) -> AsyncIterator[Settings]:
    """Settings of a worker that runs these activities until the block ends.

    Args:
        client: of the server.
        activities: real ones, or fakes of the same names.
        data_dir: of the settings.
        task_queue: one of its own when empty.
    """
    queue = task_queue or f"test-{uuid.uuid4().hex}"
    settings = Settings.load(data_dir=data_dir, task_queue=queue, render_workers=2)
    async with build_worker(client, settings, activities):
        yield settings
