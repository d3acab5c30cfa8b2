"""Links by which anybody can hear a song for a while: signed, not stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from aurax.adapters.local.runtime_folder import external_temporal_address
from aurax.adapters.temporal.keys import derive, load_keys
from aurax.errors import NotFound
from aurax.services.people.principal import Owner
from aurax.settings import Settings

LONGEST_S: Final = 30 * 86_400.0
_PURPOSE: Final = "share links"
_SIGNATURE_BYTES: Final = 32


class Share(BaseModel):
    """What a link gives access to.

    Args:
        song: id of the song.
        owner: whose it is.
        until: when it ends, in seconds of the Unix epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    song: str
    owner: Owner = None
    until: float


class Shares:
    """Makes and reads links.

    A link holds what it is for and a signature by a key that follows from the payload key, so that nothing is stored
    and every server of an installation knows it. It ends by its time, with the song, or for all links at once when the
    payload key is replaced.

    Args:
        settings: hold the payload key, or name the data folder that has one.
    """

    def __init__(self, settings: Settings) -> None:
        embedded = external_temporal_address() is None or settings.embedded_temporal
        self._keys = [derive(key.secret, _PURPOSE) for key in load_keys(settings, embedded=embedded).keys]

    def link(self, share: Share) -> str:
        """The secret part of a link's address."""
        content = share.model_dump_json().encode()
        return base64.urlsafe_b64encode(_sign(self._keys[0], content) + content).decode().rstrip("=")

    def open(self, link: str) -> Share:
        """What a link is for.

        Args:
            link: what `link` gave.

        Raises:
            NotFound: nobody made it, or it has ended.
        """
        try:
            whole = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
            signature, content = whole[:_SIGNATURE_BYTES], whole[_SIGNATURE_BYTES:]
            if any(hmac.compare_digest(signature, _sign(key, content)) for key in self._keys):
                share = Share.model_validate_json(content)
                if share.until > time.time():
                    return share
        except (binascii.Error, ValueError, ValidationError):
            pass
        raise NotFound("a link that is valid", "one that has ended, or that nobody made", "ask for a new one")


def _sign(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
