"""Adding people, giving them keys, and telling who shows one."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from aurax.errors import InvalidOption, NotAllowed
from aurax.services.people.api_key import id_of, new_key, sha256_of
from aurax.services.people.person import ApiKey, ApiKeys, People, Person, ShownKey
from aurax.services.people.principal import Principal, Scope, read_scopes
from aurax.text import one_line

_LONGEST_NAME: Final = 200
_LONGEST_EMAIL: Final = 254  # RFC 5321
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_USE_NOTED_EVERY: Final = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class IssuedKey(NamedTuple):
    """A new key and its text, which is known here and never again."""

    key: ApiKey
    text: str


async def add_person(people: People, name: str, email: str | None = None) -> Person:
    """Add a person.

    Args:
        people: where they are kept.
        name: shown in lists; 1 to 200 characters.
        email: unique among all people; None for none.

    Raises:
        InvalidOption: the name or the address cannot be one, or somebody has that address.
    """
    if email is not None and (len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
        raise InvalidOption("an e-mail address such as a@example.org", repr(email[:100]), "correct it or leave it out")
    return await people.add(uuid.uuid4().hex, checked_name(name), None if email is None else email.lower())


async def rename_person(people: People, person_id: str, name: str) -> None:
    """Change a person's name.

    Raises:
        InvalidOption: it cannot be one.
        NotFound: there is no such person.
    """
    await people.rename(person_id, checked_name(name))


def checked_name(name: str, what: str = "a name") -> str:
    """A name or a title as it is kept.

    Args:
        name: as given.
        what: it is, for the message.

    Raises:
        InvalidOption: it is empty, too long, or cannot be shown.
    """
    plain = " ".join(name.split())
    if not 0 < len(plain) <= _LONGEST_NAME or one_line(plain) != plain:
        raise InvalidOption(
            f"{what} of 1 to {_LONGEST_NAME} characters that can be shown", repr(name[:100]), "choose another"
        )
    return plain


async def issue_key(
    keys: ApiKeys, user_id: str, name: str, scopes: Iterable[str], *, expires_in: timedelta | None = None
) -> IssuedKey:
    """Give a person a key.

    Args:
        keys: where they are kept.
        user_id: the person.
        name: what it is for, for lists.
        scopes: what it may be used for.
        expires_in: how long it is valid, by the database's clock; None for until it is revoked.

    Returns:
        The key, with its text for this once.

    Raises:
        InvalidOption: a name or a scope cannot be one, or the time is not in the future.
        NotFound: there is no such person.
    """
    allowed, title, made, now = read_scopes(scopes), checked_name(name), new_key(), await keys.now()
    if expires_in is not None and expires_in <= timedelta(0):
        raise InvalidOption("a key that is valid for some time", str(expires_in), "give a longer time")
    try:
        expires_at = None if expires_in is None else now + expires_in
    except OverflowError:
        raise InvalidOption("a key that expires before the year 10000", str(expires_in), "give less time") from None
    key = ApiKey(id=made.id, user_id=user_id, name=title, scopes=allowed, created_at=now, expires_at=expires_at)
    await keys.add(key, made.sha256)
    return IssuedKey(key, made.text)


async def authenticate(keys: ApiKeys, text: str, scope: Scope) -> Principal:
    """Tell who shows a key, and whether it may be used for this.

    The caller learns nothing from a refusal, the operator's log has the reason. A key is found by the hash of its whole
    text, so the time that the search takes tells nothing about keys that exist.

    Args:
        keys: where they are kept.
        text: as the caller sent it.
        scope: what is about to be done.

    Raises:
        NotAllowed: it is no key, unknown, revoked, expired, of a disabled person, or made for something else.
    """
    key_id = id_of(text)
    if key_id is None:
        raise _refused("of unknown id", "it is no key, or has a typing mistake")
    shown = await keys.shown(sha256_of(text))
    if shown is None:
        raise _refused(key_id, "there is no such key")
    reason = _fault(shown)
    if reason is not None:
        raise _refused(key_id, reason)
    key = shown.key
    principal = Principal(user_id=key.user_id, key_id=key.id, scopes=key.scopes)
    require(principal, scope)
    if key.last_used_at is None or abs(shown.now - key.last_used_at) >= _USE_NOTED_EVERY:
        await keys.note_use(key.id, shown.now)
    return principal


def require(principal: Principal, scope: Scope) -> None:
    """Refuse what a key may not be used for.

    Raises:
        NotAllowed: it may not.
    """
    if not principal.may(scope):
        raise _refused(principal.key_id, f"it is for {', '.join(sorted(principal.scopes))}, not for {scope}")


def _fault(shown: ShownKey) -> str | None:
    key, now = shown.key, shown.now
    if key.revoked_at is not None:
        return f"it was revoked at {_utc(key.revoked_at)}"
    if key.expires_at is not None and key.expires_at <= now:
        return f"it expired at {_utc(key.expires_at)}; the database's clock says {_utc(now)}"
    if shown.is_disabled:
        return f"its person, {key.user_id}, is disabled"
    return None


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _refused(key_id: str, reason: str) -> NotAllowed:
    _log.warning("API key %s was refused: %s", key_id, reason)
    return NotAllowed(
        "a key that may be used for this", "none, or one that may not", "ask the operator for a key that may"
    )
