"""What must not be read in logs: secrets of the environment, and the words of whoever asked for a song."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import unquote, urlsplit

from aurax.settings import Settings

HIDDEN = "[hidden]"
"""Stands where something was left out."""

_SECRET_NAME = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|HEADERS")
_PLACE_NAME = re.compile(r"_(PATH|FILE|FOLDER|DIR)$")
_SHORTEST_SECRET = 6
"""Shorter values are words such as `true` or `local`, and hiding them would hide what logs are for."""
_SHORTEST_WORDS = 4
_LOGIN = re.compile(r"(://)[^/\s:@]*(?::[^/\s@]*)?@")
_GRANT = re.compile(
    r"(?i)\b(authorization[=:]\s*(?:bearer\s+|basic\s+)?|bearer\s+|x-amz-(?:signature|credential|security-token)=)"
    r"[^\s&'\"]+"
)

_API_KEY = re.compile(r"\b(aurax_[0-9A-Za-z]+_)[0-9A-Za-z]{20,}")
"""Keys of people, as `services/people/api_key.py` makes them; their id may be read."""

_PRIVATE: ContextVar[tuple[str, ...]] = ContextVar("aurax_private_words", default=())


class Redactor:
    """Hides secrets in text.

    Args:
        secrets: values that must never be shown; short ones are passed over.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, so that a part of one does not break the whole of another.
        self._secrets = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)

    @classmethod
    def of(cls, settings: Settings, environment: Mapping[str, str] | None = None) -> Redactor:
        """One that knows the secrets of the settings and of the environment.

        Args:
            settings: with the database's password and the payload keys.
            environment: variables; those of this process if left out.
        """
        return cls(_secrets(settings, os.environ if environment is None else environment))

    def __call__(self, text: str) -> str:
        """The text without secrets, without logins in addresses, and without the words that are private now."""
        for secret in (*self._secrets, *_PRIVATE.get()):
            text = text.replace(secret, HIDDEN)
        for pattern, shown in ((_LOGIN, rf"\1{HIDDEN}@"), (_GRANT, rf"\1{HIDDEN}"), (_API_KEY, rf"\1{HIDDEN}")):
            text = pattern.sub(shown, text)
        return text


@contextmanager
def private(*words: str | None) -> Iterator[None]:
    """Hide words in everything that is logged within the block.

    Args:
        words: such as a prompt and a title; very short ones are passed over.
    """
    wanted = {word for word in words if word is not None and len(word) >= _SHORTEST_WORDS}
    token = _PRIVATE.set((*sorted(wanted, key=len, reverse=True), *_PRIVATE.get()))
    try:
        yield
    finally:
        _PRIVATE.reset(token)


def _secrets(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    if settings.database_url is not None:
        yield from _password(settings.database_url.get_secret_value())
    if settings.payload_key is not None:
        for key in settings.payload_key.get_secret_value().split(","):
            yield key.strip().rpartition(":")[2]
    if settings.codec_token is not None:
        yield settings.codec_token.get_secret_value()
    for name, value in environment.items():
        if _SECRET_NAME.search(name.upper()) and not _PLACE_NAME.search(name.upper()):
            yield value
            mark = "=" if "HEADERS" in name.upper() else ":"
            yield from (part.partition(mark)[2] for part in value.split(","))
        elif "://" in value:
            yield from _password(value)


def _password(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
