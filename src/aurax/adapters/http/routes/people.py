"""People, their keys and limits: by an operator; and what everybody may know of themselves."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from pydantic import Field

from aurax.adapters.http.access import Operator, Reader
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.views import View
from aurax.adapters.sql.people import ApiKeys, People
from aurax.services.people.accounts import add_person, issue_key
from aurax.services.people.limits import Limits, Use, changed_limits
from aurax.services.people.person import ApiKey, Person
from aurax.services.people.principal import Scope

router = APIRouter(tags=["people"])


class Me(View):
    """Who asks."""

    user_id: str
    """`local` where one person works alone."""
    scopes: frozenset[Scope]
    limits: Limits | None
    """Null where nothing is limited."""
    use: Use | None
    """What counts against the limits now."""


class PersonWanted(View):
    """A person to be added."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=254)


class KeyWanted(View):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=200)
    """What it is for."""
    scopes: tuple[Scope, ...] = Field(min_length=1)
    expires_in_s: float | None = Field(default=None, gt=0)
    """Null for until it is revoked."""


class KeyMade(View):
    """A new key."""

    key: ApiKey
    text: str
    """The key itself; it is shown this once and cannot be had again."""


@router.get("/me", responses=answers(), summary="Who asks")
async def get_me(at: At, caller: Reader) -> Me:
    """The caller, their limits and what they have used of them."""
    limits, use = None, None
    if caller.owner is not None:
        limits, use = await at.admissions.limits_and_use(caller.owner)
    return Me(user_id=caller.principal.user_id, scopes=caller.principal.scopes, limits=limits, use=use)


@router.get("/users", responses=answers(), summary="List people")
async def list_people(at: At, _caller: Operator) -> tuple[Person, ...]:
    """Everybody."""
    return await People(at.database).list_people()


@router.post("/users", status_code=201, responses=answers(), summary="Add a person")
async def add_user(asked: PersonWanted, at: At, _caller: Operator) -> Person:
    """Add a person; they need a key to do anything."""
    return await add_person(People(at.database), asked.name, asked.email)


@router.post("/users/{user_id}/disable", status_code=204, responses=answers(404), summary="Disable a person")
async def disable_user(user_id: str, at: At, _caller: Operator) -> None:
    """Let nothing be done in a person's name any more."""
    people = People(at.database)
    await people.disable((await people.find(user_id)).id)


@router.post("/users/{user_id}/enable", status_code=204, responses=answers(404), summary="Enable a person")
async def enable_user(user_id: str, at: At, _caller: Operator) -> None:
    """Let things be done in a person's name again."""
    people = People(at.database)
    await people.enable((await people.find(user_id)).id)


@router.patch("/users/{user_id}/limits", responses=answers(404), summary="Limit a person")
async def limit_user(user_id: str, changes: dict[str, str], at: At, _caller: Operator) -> Person:
    """Change a person's own limits by name: a number, `none` for no limit, or `default`."""
    people = People(at.database)
    person = await people.find(user_id)
    await people.set_limits(person.id, changed_limits(person.limits, changes))
    return await people.find(person.id)


@router.get("/users/{user_id}/keys", responses=answers(404), summary="List a person's keys")
async def list_keys(user_id: str, at: At, _caller: Operator) -> tuple[ApiKey, ...]:
    """A person's keys, without anything that could be used in their place."""
    return await ApiKeys(at.database).list_keys((await People(at.database).find(user_id)).id)


@router.post("/users/{user_id}/keys", status_code=201, responses=answers(404), summary="Give a person a key")
async def add_key(user_id: str, asked: KeyWanted, at: At, _caller: Operator) -> KeyMade:
    """Make a key; its text is in this answer and never again."""
    person = await People(at.database).find(user_id)
    lasts = None if asked.expires_in_s is None else timedelta(seconds=min(asked.expires_in_s, 1e9))
    made = await issue_key(ApiKeys(at.database), person.id, asked.name, asked.scopes, expires_in=lasts)
    return KeyMade(key=made.key, text=made.text)


@router.delete("/keys/{key_id}", responses=answers(404), summary="Revoke a key")
async def revoke_key(key_id: str, at: At, _caller: Operator) -> ApiKey:
    """Let a key open nothing any more."""
    return await ApiKeys(at.database).revoke(key_id)
