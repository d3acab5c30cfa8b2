"""The serial number of an OGG stream, which encoders draw at random, made a function of the sound."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import mutagen.ogg

_OGG: Any = mutagen.ogg


def settle_serial(path: Path) -> None:
    """Give an OGG file of one stream a serial number that its encoded sound decides; the same sound, the same bytes.

    Args:
        path: changed in place.

    Raises:
        mutagen.MutagenError: it is no OGG file.
        OSError: it cannot be read or written.

    Source: RFC 3533, section 6 (page header; the checksum covers the serial number).
    """
    pages: list[Any] = []
    with path.open("r+b") as file:
        while True:
            try:
                pages.append(_OGG.OggPage(file))
            except EOFError:
                break
        serial = 0
        for page in pages:
            for packet in page.packets:
                serial = zlib.crc32(packet, serial)
        file.seek(0)
        for page in pages:
            page.serial = serial
            file.write(page.write())
        file.truncate()
