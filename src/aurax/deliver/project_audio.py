"""What the stems in a DAW project can be; apart from what writes them, because requests name it too."""

from __future__ import annotations

from typing import Literal

ProjectAudio = Literal["auto", "wav", "flac"]
"""WAV, which every importer reads; FLAC, a fifth to a half of its size; or `auto`: WAV while its size allows."""

LARGEST_WAV_PROJECT_BYTES = 250_000_000
"""The most audio that `auto` embeds as WAV: a song of 72 seconds with twelve stems."""
