"""Where an engine's weights are published."""

from __future__ import annotations

from dataclasses import dataclass

_SAFE = ("*.safetensors", "*.safetensors.index.json", "*.json", "*.yaml", "*.txt", "*.model")
"""Numbers and plain text; never a pickle."""


@dataclass(frozen=True)
class WeightsSource:
    """A repository on the Hugging Face Hub.

    Args:
        repository: its name there, `owner/name`.
        patterns: of the files that are needed.
        page_must_accept: whether its page asks to accept the licence first, so that a token is needed.
        revision: commit or branch that is asked for where the lock file names none.
    """

    repository: str
    patterns: tuple[str, ...] = _SAFE
    page_must_accept: bool = False
    revision: str = "main"
