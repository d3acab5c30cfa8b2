"""The text of an API key: recognisable, with a checksum, and 256 bits that nobody can guess.

`aurax_<id>_<secret><checksum>`: the id is that of the key's row, the secret 43 and the checksum 6 characters of
base 62. The prefix lets scanners find keys that were published by mistake; the checksum (CRC-32 of all before it) tells
a typing mistake from a key that was never given out, without asking the database. Only the SHA-256 of the whole text is
kept: of 256 random bits it cannot be guessed back, so that no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from typing import Final, NamedTuple

PREFIX: Final = "aurax"
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_BYTES: Final = 32
_SECRET_CHARACTERS: Final = 43  # 62 ** 43 > 2 ** 256
_CHECKSUM_CHARACTERS: Final = 6  # 62 ** 6 > 2 ** 32
_FORM: Final = re.compile(rf"(?P<body>{PREFIX}_(?P<id>[0-9a-f]{{12}})_[0-9A-Za-z]{{43}})(?P<checksum>[0-9A-Za-z]{{6}})")


class NewKey(NamedTuple):
    """A key that was just made."""

    id: str
    text: str
    """Shown once, and kept nowhere."""
    sha256: str
    """What is kept of it."""


def new_key() -> NewKey:
    """Make a key."""
    key_id = secrets.token_hex(6)
    secret = _base62(int.from_bytes(secrets.token_bytes(_SECRET_BYTES)), _SECRET_CHARACTERS)
    body = f"{PREFIX}_{key_id}_{secret}"
    text = body + _checksum(body)
    return NewKey(key_id, text, sha256_of(text))


def id_of(text: str) -> str | None:
    """The id in a key's text; None where it is no key, or one with a typing mistake.

    Args:
        text: whatever a caller sent.
    """
    found = _FORM.fullmatch(text)
    if found is None or _checksum(found["body"]) != found["checksum"]:
        return None
    return found["id"]


def sha256_of(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    text = ""
    for _ in range(characters):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
