"""Files that appear whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aurax.errors import StorageFull, UnwritableOutput, is_disk_full


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Lend a scratch path next to `path`; what was written there becomes `path` when the block ends well.

    If the block fails, the scratch file is removed and an older file at `path` stays as it was.

    Args:
        path: where the file should be; its folder must exist.

    Raises:
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield scratch
        scratch.replace(path)
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {path.name}", error.strerror or str(error), "free some disk space") from error
        raise UnwritableOutput(f"to write {path}", str(error), "choose another folder or change its rights") from error
    finally:
        scratch.unlink(missing_ok=True)
