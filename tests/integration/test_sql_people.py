"""People and their keys, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from aurax.adapters.sql import shared_clock
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.people import ApiKeys, People
from aurax.errors import InvalidOption, NotAllowed, NotFound
from aurax.services.people.accounts import add_person, authenticate, issue_key, rename_person
from aurax.services.people.api_key import new_key


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
def keys(database: Database) -> ApiKeys:
    return ApiKeys(database)


async def test_a_person_is_found_by_id_its_beginning_and_address(people: People) -> None:
    ada = await add_person(people, "Ada", "Ada@Example.org")
    found = [await people.find(name) for name in (ada.id, ada.id[:6], "ada@example.ORG")]
    assert found == [ada, ada, ada]


async def test_an_address_belongs_to_one_person(people: People) -> None:
    await add_person(people, "Ada", "ada@example.org")
    with pytest.raises(InvalidOption, match="nobody else has"):
        await add_person(people, "Eve", "ADA@example.org")


@pytest.mark.parametrize("address", ["", "ada", "ada@", "a b@example.org", "x" * 250 + "@example.org"])
async def test_what_is_no_address_is_refused(people: People, address: str) -> None:
    with pytest.raises(InvalidOption, match="an e-mail address"):
        await add_person(people, "Ada", address)


@pytest.mark.parametrize("name", ["", "nobody", "%", "_"])
async def test_nobody_is_found_by_other_text(people: People, name: str) -> None:
    await add_person(people, "Ada")
    with pytest.raises(NotFound, match="fits nobody"):
        await people.find(name)


async def test_people_are_listed_by_name(people: People) -> None:
    for name in ("Bo", "Ada"):
        await add_person(people, name)
    assert [person.name for person in await people.list_people()] == ["Ada", "Bo"]


async def test_a_person_is_renamed(people: People) -> None:
    ada = await add_person(people, "Ada")
    await rename_person(people, ada.id, "  Ada   Lovelace ")
    assert (await people.find(ada.id)).name == "Ada Lovelace"


async def test_nobody_is_renamed_who_does_not_exist(people: People) -> None:
    with pytest.raises(NotFound):
        await rename_person(people, "nobody", "Ada")


async def test_a_key_opens_until_it_is_revoked(people: People, keys: ApiKeys) -> None:
    ada = await add_person(people, "Ada")
    issued = await issue_key(keys, ada.id, "laptop", ["songs:write"])
    assert (await authenticate(keys, issued.text, "songs:write")).user_id == ada.id
    await keys.revoke(issued.key.id)
    with pytest.raises(NotAllowed):
        await authenticate(keys, issued.text, "songs:write")


async def test_the_time_of_the_first_revocation_stays(people: People, keys: ApiKeys) -> None:
    issued = await issue_key(keys, (await add_person(people, "Ada")).id, "laptop", ["admin"])
    first = await keys.revoke(issued.key.id)
    assert await keys.revoke(issued.key.id) == first


async def test_a_key_that_nobody_has_opens_nothing(keys: ApiKeys) -> None:
    with pytest.raises(NotAllowed):
        await authenticate(keys, new_key().text, "songs:read")


async def test_keys_of_a_disabled_person_are_refused_until_they_are_enabled(people: People, keys: ApiKeys) -> None:
    ada = await add_person(people, "Ada")
    issued = await issue_key(keys, ada.id, "laptop", ["admin"])
    await people.disable(ada.id)
    with pytest.raises(NotAllowed):
        await authenticate(keys, issued.text, "songs:read")
    await people.enable(ada.id)
    assert (await authenticate(keys, issued.text, "songs:read")).user_id == ada.id


async def test_a_key_needs_a_person(keys: ApiKeys) -> None:
    with pytest.raises(NotFound, match="the id of a person"):
        await issue_key(keys, "nobody", "laptop", ["admin"])


async def test_use_of_a_key_is_noted(people: People, keys: ApiKeys) -> None:
    issued = await issue_key(keys, (await add_person(people, "Ada")).id, "laptop", ["admin"])
    await authenticate(keys, issued.text, "songs:read")
    (listed,) = await keys.list_keys()
    assert listed.last_used_at is not None


async def test_no_text_of_a_key_is_in_the_database(database: Database, people: People, keys: ApiKeys) -> None:
    issued = await issue_key(keys, (await add_person(people, "Ada")).id, "laptop", ["admin"])
    async with database.reading() as connection:
        rows = (await connection.execute(text("SELECT * FROM api_keys"))).all()
    assert issued.text[19:62] not in str(rows)


async def test_an_id_that_no_key_has_is_not_repeated_because_it_may_be_a_key(keys: ApiKeys) -> None:
    pasted = new_key().text
    with pytest.raises(NotFound) as refused:
        await keys.revoke(pasted)
    assert pasted not in str(refused.value)


async def test_on_postgresql_a_wrong_clock_of_a_worker_expires_no_key(
    people: People, keys: ApiKeys, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "sqlite":
        pytest.skip("a file's clock is the machine's own")
    ada = await add_person(people, "Ada")
    issued = await issue_key(keys, ada.id, "laptop", ["admin"], expires_in=timedelta(hours=1))
    monkeypatch.setattr(shared_clock, "now", lambda: datetime.now(UTC) + timedelta(days=300))
    assert (await authenticate(keys, issued.text, "songs:read")).user_id == ada.id
