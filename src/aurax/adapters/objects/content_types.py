"""What a browser should take a stored file for."""

from __future__ import annotations

from pathlib import PurePosixPath

_TYPES = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".mid": "audio/midi",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}


def content_type(key: str) -> str:
    """The media type of a file by its suffix.

    Args:
        key: of the object.
    """
    return _TYPES.get(PurePosixPath(key).suffix.lower(), "application/octet-stream")
