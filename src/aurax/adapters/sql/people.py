"""People and their API keys in the database."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.shared_clock import shared_now
from aurax.adapters.sql.tables import ApiKeyRow, UserRow
from aurax.errors import InvalidOption, NotFound
from aurax.services.people.person import ApiKey, Person, ShownKey


@repeating
class People:
    """Reading and writing people.

    Args:
        database: a migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person_id: str, name: str, email: str | None) -> Person:
        """Add a person.

        Raises:
            InvalidOption: somebody has that address.
        """
        try:
            async with self._database.writing() as connection:
                row = {
                    "id": person_id,
                    "name": name,
                    "email": email,
                    "created_at": await shared_now(self._database, connection),
                }
                new = self._database.insert(UserRow).values(row)
                await connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))
        except IntegrityError:
            raise InvalidOption(
                "an e-mail address that nobody else has", repr(email), "use that person, or another address"
            ) from None
        return Person.model_validate(row)

    async def find(self, text: str) -> Person:
        """A person by their id, the beginning of it that no other shares, or their address.

        Raises:
            NotFound: none, or several.
        """
        statement = (
            select(UserRow.__table__)
            .where(or_(UserRow.id.startswith(text, autoescape=True), UserRow.email == text.lower()))
            .order_by(UserRow.id)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(statement)).all() if text else ()
        exact = [row for row in found if text.lower() in (row.id, row.email)]
        if len(exact or found) != 1:
            raise NotFound(
                "one person, by id, its beginning, or e-mail address",
                f"{text!r}, {'which fits several' if found else 'which fits nobody'}",
                "look them up with `aurax users list`",
            )
        return Person.model_validate((exact or found)[0])

    async def list_people(self) -> tuple[Person, ...]:
        """Everybody, by name."""
        statement = select(UserRow.__table__).order_by(UserRow.name, UserRow.id)
        async with self._database.reading() as connection:
            return tuple(Person.model_validate(row) for row in await connection.execute(statement))

    async def rename(self, person_id: str, name: str) -> None:
        """Change a name.

        Raises:
            NotFound: there is no such person.
        """
        await self._change(person_id, {"name": name})

    async def disable(self, person_id: str) -> None:
        """Let nothing more be done in a person's name; their keys are refused from now on.

        Raises:
            NotFound: there is no such person.
        """
        async with self._database.reading() as connection:
            at = await shared_now(self._database, connection)
        await self._change(person_id, {"disabled_at": at})

    async def enable(self, person_id: str) -> None:
        """Undo `disable`.

        Raises:
            NotFound: there is no such person.
        """
        await self._change(person_id, {"disabled_at": None})

    async def set_limits(self, person_id: str, limits: dict[str, Any]) -> None:
        """Replace a person's own limits.

        Args:
            person_id: the person.
            limits: by name; None stands for no limit, what is not named follows the settings.

        Raises:
            NotFound: there is no such person.
        """
        await self._change(person_id, {"limits": limits or None})

    async def _change(self, person_id: str, values: dict[str, Any]) -> None:
        async with self._database.writing() as connection:
            changed = await connection.execute(update(UserRow).where(UserRow.id == person_id).values(values))
        if not changed.rowcount:
            raise no_such_person(person_id)


@repeating
class ApiKeys:
    """Reading and writing keys; of their text only a hash is kept.

    Args:
        database: a migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> datetime:
        """This moment by the clock that all processes share."""
        async with self._database.reading() as connection:
            return await shared_now(self._database, connection)

    async def add(self, key: ApiKey, sha256: str) -> None:
        """Add a key.

        Raises:
            NotFound: there is no such person.
        """
        row = key.model_dump() | {"scopes": " ".join(sorted(key.scopes)), "secret_sha256": sha256}
        async with self._database.writing() as connection:
            if await connection.scalar(select(UserRow.id).where(UserRow.id == key.user_id)) is None:
                raise no_such_person(key.user_id)
            new = self._database.insert(ApiKeyRow).values(row)
            await connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))

    async def shown(self, sha256: str) -> ShownKey | None:
        """The key whose text has a hash; None where there is none.

        Args:
            sha256: of the whole text.
        """
        statement = select(ApiKeyRow.__table__, UserRow.disabled_at).join(UserRow, UserRow.id == ApiKeyRow.user_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(statement.where(ApiKeyRow.secret_sha256 == sha256))).first()
            if row is None or not hmac.compare_digest(row.secret_sha256, sha256):
                return None
            return ShownKey(_key(row), row.disabled_at is not None, await shared_now(self._database, connection))

    async def note_use(self, key_id: str, at: datetime) -> None:
        """Note when a key was used."""
        async with self._database.writing() as connection:
            await connection.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(last_used_at=at))

    async def list_keys(self, user_id: str | None = None) -> tuple[ApiKey, ...]:
        """Keys of a person, or of everybody, oldest first."""
        statement: Select[Any] = select(ApiKeyRow.__table__).order_by(ApiKeyRow.created_at, ApiKeyRow.id)
        if user_id is not None:
            statement = statement.where(ApiKeyRow.user_id == user_id)
        async with self._database.reading() as connection:
            return tuple(_key(row) for row in await connection.execute(statement))

    async def revoke(self, key_id: str) -> ApiKey:
        """Refuse a key from now on; the first time stays.

        Args:
            key_id: its id.

        Raises:
            NotFound: there is no such key.
        """
        mine = ApiKeyRow.id == key_id
        async with self._database.writing() as connection:
            at = await shared_now(self._database, connection)
            unrevoked = update(ApiKeyRow).where(mine, ApiKeyRow.revoked_at.is_(None))
            await connection.execute(unrevoked.values(revoked_at=at))
            row = (await connection.execute(select(ApiKeyRow.__table__).where(mine))).first()
        if row is None:
            # A person may paste the key itself here; it is not repeated.
            raise NotFound("the id of a key", "another text, or one that no key has", "see `aurax keys list`")
        return _key(row)


def no_such_person(person_id: str) -> NotFound:
    """The error where nobody has an id."""
    return NotFound("the id of a person", f"{person_id!r}, which nobody has", "look it up with `aurax users list`")


def _key(row: Any) -> ApiKey:
    return ApiKey.model_validate({**row._mapping, "scopes": frozenset(row.scopes.split())})
