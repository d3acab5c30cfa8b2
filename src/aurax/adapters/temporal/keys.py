"""Keys that seal what goes through Temporal."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

from aurax.adapters.temporal.key_file import KEY_BYTES, read_or_make_key
from aurax.errors import InvalidOption
from aurax.settings import Settings

_HOW_TO_MAKE = "make one with 'openssl rand -base64 32'"


@dataclass(frozen=True)
class PayloadKey:
    """A key and the name under which sealed payloads refer to it."""

    id: str
    secret: bytes = field(repr=False)
    """256 bits."""


@dataclass(frozen=True)
class PayloadKeys:
    """The keys of one deployment.

    Args:
        keys: the first seals, every one of them opens.
        private_queue: whether the task queue's name is derived from the key, so that nobody without it can guess the
            name. So it is with the embedded server, which has no login.
    """

    keys: tuple[PayloadKey, ...]
    private_queue: bool = False

    def task_queue(self, name: str) -> str:
        """The task queue that stands for a configured name.

        It follows the oldest key, so that adding a new one moves no song to another queue.
        """
        if not self.private_queue:
            return name
        return f"{name}-{derive(self.keys[-1].secret, f'task queue {name}').hex()[:32]}"


def derive(secret: bytes, purpose: str) -> bytes:
    """A key of 256 bits for one purpose.

    Source: RFC 5869 (HKDF), the expand step with SHA-256 and one block; the secret is uniform already.
    """
    return hmac.new(secret, b"aurax " + purpose.encode() + b"\x01", hashlib.sha256).digest()


def load_keys(settings: Settings, *, embedded: bool) -> PayloadKeys:
    """The keys that the settings name, else the data folder's own.

    Args:
        settings: `payload_key`, and the data folder that holds the embedded server's key.
        embedded: whether Temporal is the server that AURA-X starts on this machine.

    Raises:
        InvalidOption: no key is set for a server of one's own, a key is malformed, or the key file is not private.
        CorruptData: the key file does not hold a key.
    """
    if settings.payload_key is not None:
        return PayloadKeys(parse_keys(settings.payload_key.get_secret_value()), private_queue=embedded)
    if not embedded:
        raise InvalidOption(
            "AURAX_PAYLOAD_KEY to be set where Temporal is not the embedded server",
            "no key",
            f"{_HOW_TO_MAKE} and give the same one to every worker and client",
        )
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return PayloadKeys((_named(read_or_make_key(settings.payload_key_file)),), private_queue=True)


def parse_keys(text: str) -> tuple[PayloadKey, ...]:
    """Read keys as the setting holds them: `[id:]base64`, separated by commas; the first seals, all open.

    Raises:
        InvalidOption: no key, a malformed one, or two with one id. The message never quotes a key.
    """
    keys = tuple(_parse(part.strip(), number) for number, part in enumerate(text.split(","), 1) if part.strip())
    if not keys:
        raise InvalidOption("AURAX_PAYLOAD_KEY to hold a key", "none", _HOW_TO_MAKE)
    if len({key.id for key in keys}) < len(keys):
        raise InvalidOption("the keys of AURAX_PAYLOAD_KEY to have different ids", "one id twice", "rename one")
    return keys


def _parse(text: str, number: int) -> PayloadKey:
    name, _, encoded = text.rpartition(":")
    try:
        secret = base64.b64decode(encoded, altchars=b"-_" if set(encoded) & set("-_") else None, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        found = f"{len(secret)} bytes" if secret else "something else"
        raise InvalidOption(f"key {number} of AURAX_PAYLOAD_KEY to be {KEY_BYTES} bytes in base64", found, _HOW_TO_MAKE)
    if len(name) > 64 or not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
        raise InvalidOption(
            f"the id of key {number} of AURAX_PAYLOAD_KEY to be at most 64 letters, digits, '.', '_' or '-'",
            "another id",
            "rename it",
        )
    return PayloadKey(name, secret) if name else _named(secret)


def _named(secret: bytes) -> PayloadKey:
    return PayloadKey(derive(secret, "key id").hex()[:12], secret)
