"""The plain functions on Modal: fetching weights, and saying what is there. Their answers are JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from aurax.adapters.modal.messages import ErrorReply, Header, error_reply
from aurax.engines.weights.fetching import Download, fetch, stored
from aurax.errors import AuraxError
from aurax.settings import Settings


class Fetched(BaseModel):
    """What became of a fetch: files, or an error."""

    model_config = ConfigDict(frozen=True)

    files: dict[str, int] = {}
    """Bytes by file."""
    error: ErrorReply | None = None


class Deployed(Header):
    """What is deployed."""

    weights: dict[str, dict[str, int]]
    """Bytes by file, by engine."""


def fetch_weights(
    engine: str, weights_dir: Path, commit: Callable[[], None] | None = None, download: Download | None = None
) -> str:
    """Fetch an engine's weights.

    Args:
        engine: its name.
        weights_dir: gets a folder of that name.
        commit: makes the new files seen by other containers.
        download: from the Hub when None.

    Returns:
        A `Fetched`.
    """
    try:
        files = fetch(engine, weights_dir, download)
    except AuraxError as error:
        return Fetched(error=error_reply(error)).model_dump_json()
    if commit is not None:
        commit()
    return Fetched(files=files).model_dump_json()


def versions(settings: Settings) -> str:
    """Say what is deployed.

    Args:
        settings: of the container.

    Returns:
        A `Deployed`.
    """
    return Deployed(objects=settings.objects_url, weights=stored(settings.weights_dir)).model_dump_json()
