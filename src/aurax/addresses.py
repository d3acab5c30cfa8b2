"""What addresses and paths in settings must look like. Errors are `ValueError`s that say what an address must be."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACKS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that only this machine reaches."""
ASYNC_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
"""Schemes of database addresses, and the one with the driver that is used."""
_LOOPBACK: Final = "127.0.0.1"
_LAST_PORT: Final = 65_535


def is_unicode(text: str) -> bool:
    """Whether a text can be written in UTF-8 and has no null character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def expanded(path: Path) -> Path:
    """The path with a home folder in the place of `~`.

    Raises:
        ValueError: there is no such home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("there is no such user's home folder") from error


def endpoint(address: str) -> tuple[str, int]:
    """Host and port of `host:port`, or of a port alone on the loopback interface.

    Raises:
        ValueError: it is neither.
    """
    host, separator, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > _LAST_PORT or (separator and not host):
        raise ValueError("it must be host:port, such as 127.0.0.1:9464, or a port alone")
    return host.strip("[]") or _LOOPBACK, int(port)


def check_origin(origin: str) -> None:
    """Refuse what is no origin of a page.

    Raises:
        ValueError: it is none.
    """
    parts = _split(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        raise ValueError("each must be an origin such as https://studio.example.org")


def check_objects_url(url: str) -> None:
    """Refuse what is no address of an object store.

    Raises:
        ValueError: it is none.
    """
    parts = _split(url)
    if parts.scheme == "memory":
        raise ValueError("memory:// is not shared by the processes that make a song")
    if parts.scheme == "file" and not (parts.netloc in ("", "localhost") and parts.path.startswith("/")):
        raise ValueError("a file:// address must have three slashes and a whole path")
    if parts.scheme != "file" and not parts.netloc:
        raise ValueError("it must name a bucket, as s3://bucket does")
    if parts.scheme != "file" and "@" in parts.netloc:
        raise ValueError("keys belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, not in an address")


def check_database_url(url: str) -> None:
    """Refuse what is no address of a database.

    Raises:
        ValueError: it is none.
    """
    scheme, separator, place = url.partition("://")
    if not separator or scheme not in ASYNC_DRIVERS:
        raise ValueError("it must begin with sqlite:/// or postgresql://")
    if scheme.startswith("sqlite"):
        if not place.startswith("/") or place in ("/", "/:memory:") or "?" in place:
            raise ValueError("sqlite:/// must be followed by the path of a file, without '?'")
        return
    parts = _split(url)
    if not parts.path.strip("/") or parts.fragment:
        raise ValueError("it must name a database, as postgresql://user:password@host/name does")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("its host or port cannot be read") from None
    return parts
