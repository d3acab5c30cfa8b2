"""The text of API keys, and who is behind one."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime, timedelta

import pytest

from aurax.errors import InvalidOption, NotAllowed
from aurax.services.people.accounts import authenticate, checked_name, issue_key
from aurax.services.people.api_key import id_of, new_key
from aurax.services.people.person import ApiKey, ShownKey
from aurax.services.people.principal import Principal, Scope, read_scopes

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class MemoryKeys:
    """Keys by the hash of their text, and a clock that a test sets."""

    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}
        self.clock = NOON
        self.is_disabled = False
        self.uses: list[datetime] = []

    async def now(self) -> datetime:
        return self.clock

    async def add(self, key: ApiKey, sha256: str) -> None:
        self.kept[sha256] = key

    async def shown(self, sha256: str) -> ShownKey | None:
        key = self.kept.get(sha256)
        return None if key is None else ShownKey(key, self.is_disabled, self.clock)

    async def note_use(self, key_id: str, at: datetime) -> None:
        self.uses.append(at)
        self.change(last_used_at=at)

    def change(self, **values: datetime) -> None:
        self.kept = {digest: key.model_copy(update=values) for digest, key in self.kept.items()}


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


async def issue(keys: MemoryKeys, *scopes: str, expires_in: timedelta | None = None) -> str:
    return (await issue_key(keys, "person", "test", scopes or ("songs:write",), expires_in=expires_in)).text


def test_a_key_begins_with_the_name_and_its_id() -> None:
    key = new_key()
    assert key.text.startswith(f"aurax_{key.id}_")


def test_a_key_s_id_is_read_from_its_text() -> None:
    key = new_key()
    assert id_of(key.text) == key.id


@pytest.mark.parametrize("position", range(6, 68))
def test_a_typing_mistake_is_seen_without_asking_the_database(position: int) -> None:
    text = new_key().text
    wrong = text[:position] + ("x" if text[position] != "x" else "y") + text[position + 1 :]
    assert id_of(wrong) is None


@pytest.mark.parametrize("text", ["", "aurax_", "a" * 100_000, "aurax_é", "aurax_000000000000_" + "0" * 49, "\ud800"])
def test_other_text_is_no_key(text: str) -> None:
    assert id_of(text) is None


def test_ten_thousand_keys_are_all_different() -> None:
    assert len({new_key().text for _ in range(10_000)}) == 10_000


def test_only_the_hash_of_a_key_is_for_keeping() -> None:
    key = new_key()
    assert key.sha256 == hashlib.sha256(key.text.encode()).hexdigest()


async def test_a_valid_key_tells_its_person_and_scopes(keys: MemoryKeys) -> None:
    text = await issue(keys, "songs:read")
    assert await authenticate(keys, text, "songs:read") == Principal(
        user_id="person", key_id=str(id_of(text)), scopes=frozenset({"songs:read"})
    )


async def refusal(keys: MemoryKeys, text: str, scope: Scope = "songs:read") -> str:
    with pytest.raises(NotAllowed) as refused:
        await authenticate(keys, text, scope)
    return str(refused.value)


async def test_every_refusal_sounds_the_same_to_the_caller(keys: MemoryKeys) -> None:
    text = await issue(keys, "songs:read")
    heard = {await refusal(keys, "no key"), await refusal(keys, new_key().text), await refusal(keys, text, "admin")}
    keys.is_disabled = True
    heard.add(await refusal(keys, text))
    keys.change(expires_at=NOON)
    heard.add(await refusal(keys, text))
    keys.change(revoked_at=NOON)
    heard.add(await refusal(keys, text))
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("state", "scope", "reason"),
    [
        ({"revoked_at": NOON}, "songs:read", "it was revoked at 2026-11-26 12:00:00 UTC"),
        ({"expires_at": NOON}, "songs:read", "it expired at 2026-11-26 12:00:00 UTC"),
        ({}, "admin", "it is for songs:write, not for admin"),
    ],
)
async def test_the_operator_s_log_tells_the_reason(
    keys: MemoryKeys, caplog: pytest.LogCaptureFixture, state: dict[str, datetime], scope: Scope, reason: str
) -> None:
    text = await issue(keys)
    keys.change(**state)
    await refusal(keys, text, scope)
    assert reason in caplog.text


async def test_the_log_tells_disabled_people_unknown_keys_and_typing_mistakes_apart(
    keys: MemoryKeys, caplog: pytest.LogCaptureFixture
) -> None:
    text = await issue(keys)
    keys.is_disabled = True
    await refusal(keys, text)
    await refusal(keys, new_key().text)
    await refusal(keys, text[:-1])
    told = [record.getMessage().partition(": ")[2] for record in caplog.records]
    assert told == ["its person, person, is disabled", "there is no such key", "it is no key, or has a typing mistake"]


async def test_no_log_line_holds_a_key(keys: MemoryKeys, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = await issue(keys)
    keys.change(revoked_at=NOON)
    await refusal(keys, text)
    await refusal(keys, text + "x")
    assert text[19:62] not in caplog.text


async def test_a_key_expires_by_the_shared_clock(keys: MemoryKeys) -> None:
    text = await issue(keys, expires_in=timedelta(hours=1))
    keys.clock = NOON + timedelta(minutes=59)
    await authenticate(keys, text, "songs:write")
    keys.clock = NOON + timedelta(hours=1)
    await refusal(keys, text)


async def test_use_is_noted_at_most_once_a_minute(keys: MemoryKeys) -> None:
    text = await issue(keys)
    for seconds in (0, 30, 59, 60, 61):
        keys.clock = NOON + timedelta(seconds=seconds)
        await authenticate(keys, text, "songs:read")
    assert keys.uses == [NOON, NOON + timedelta(seconds=60)]


async def test_use_is_noted_again_after_a_clock_was_set_back(keys: MemoryKeys) -> None:
    text = await issue(keys)
    for hours in (0, -2):
        keys.clock = NOON + timedelta(hours=hours)
        await authenticate(keys, text, "songs:read")
    assert keys.uses[-1] == NOON - timedelta(hours=2)


@pytest.mark.parametrize(
    ("made_for", "allowed"),
    [
        ("songs:read", {"songs:read"}),
        ("songs:write", {"songs:read", "songs:write"}),
        ("admin", {"songs:read", "songs:write", "admin"}),
    ],
)
def test_a_scope_includes_the_lesser_ones(made_for: Scope, allowed: set[str]) -> None:
    principal = Principal(user_id="person", key_id="key", scopes=frozenset({made_for}))
    scopes: tuple[Scope, ...] = ("songs:read", "songs:write", "admin")
    assert {scope for scope in scopes if principal.may(scope)} == allowed


@pytest.mark.parametrize("names", [[], ["songs"], ["songs:read", "root"]])
def test_unknown_scopes_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidOption, match="songs:read, songs:write, admin"):
        read_scopes(names)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x1b[31m", "a\u202eb"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match="characters that can be shown"):
        checked_name(name)


@pytest.mark.parametrize("expires_in", [timedelta(0), timedelta(days=-1), timedelta(days=999_999_999)])
async def test_a_key_must_expire_at_some_future_time(keys: MemoryKeys, expires_in: timedelta) -> None:
    with pytest.raises(InvalidOption, match="a key that"):
        await issue(keys, expires_in=expires_in)
