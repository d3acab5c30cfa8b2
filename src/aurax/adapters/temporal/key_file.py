"""The key file of the embedded server: made once for a data folder, readable by its owner alone."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from aurax.errors import CorruptData, InvalidOption

KEY_BYTES = 32
"""AES-256 takes a key of 256 bits."""


def read_or_make_key(path: Path) -> bytes:
    """The key in a file; a new one is made where there is none.

    Several processes may ask at the same time: all of them get the same key.

    Args:
        path: the file; its folder must exist.

    Raises:
        InvalidOption: the file belongs to somebody else, may be read by others, or is no plain file.
        CorruptData: it does not hold a key.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InvalidOption(
            f"{path} to be a file that can be read", error.strerror or str(error), _NEW_KEY.format(path=path)
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidOption(f"{path} to be a plain file", "something else", _NEW_KEY.format(path=path))
        if status.st_uid != os.geteuid():
            raise InvalidOption(
                f"the key in {path} to belong to the user who runs AURA-X (uid {os.geteuid()})",
                f"uid {status.st_uid} as its owner",
                "run AURA-X as that user, or set AURAX_DATA_DIR to a folder of your own",
            )
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InvalidOption(
                f"the key in {path} to be readable by its owner alone (mode 0600)",
                f"mode {stat.S_IMODE(status.st_mode):04o}",
                f"run 'chmod 600 {path}' if nobody else has read it; otherwise {_NEW_KEY.format(path=path)}",
            )
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise CorruptData(f"a key of {KEY_BYTES} bytes in {path}", f"{len(key)} bytes", _NEW_KEY.format(path=path))
    return key


_NEW_KEY = "delete {path} to get a new key; songs that are in the making then have to be asked for again"


def _make(path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(descriptor)
        # A link never replaces a file, so the first of several processes wins and the others read its key.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    except OSError as error:
        raise InvalidOption(
            f"a key file to be made at {path}", error.strerror or str(error), "make its folder writable"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
