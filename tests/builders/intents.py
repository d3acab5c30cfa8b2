"""Intents as the reader would make them."""

from __future__ import annotations

from collections.abc import Callable

from aurax.intent.contract import Contract
from aurax.intent.intent import Intent

MakeIntent = Callable[..., Intent]


def wish(style: str = "lofi", duration_s: float = 60.0, **fields: object) -> Intent:
    """An intent that promises nothing; any field may be another."""
    words = {"prompt": f"{style} song", "title": "Test", "style": style, "duration_s": duration_s}
    return Intent.model_validate(words | {"contract": Contract(requirements=())} | fields)


def house_intent(**fields: object) -> Intent:
    """A minute of deep house at 120 BPM."""
    return wish("deep-house", **({"prompt": "deep house", "tempo_bpm": 120.0, "duration_s": 62.0} | fields))  # type: ignore[arg-type]
