"""Notes that the fake activities understand, and the layer from which each has a song made again."""

from __future__ import annotations

from aurax.intent.revision import ChangeKind
from aurax.judge.verdict import Layer

KINDS: dict[str, ChangeKind] = {
    "slower": "tempo", "no drums": "remove", "louder bass": "level", "brighter": "brightness", "another take": "take",
    "undo": "undo",
}  # fmt: skip
"""The notes that are understood."""
LAYER_OF: dict[str, Layer] = {
    "tempo": "score", "remove": "score", "level": "mix", "brightness": "master", "take": "plan",
}  # fmt: skip
