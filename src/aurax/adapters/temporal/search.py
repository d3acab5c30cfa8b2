"""Search attributes: by whose songs, which song, which session and how it stands, Temporal finds workflows.

They stand in the clear at the server, so they hold ids and the status, never names or words. A server on which they are
not registered loses nothing but the search.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from aurax.adapters.temporal.sealing import SealingCodec
from aurax.errors import ServiceUnavailable

OWNER = SearchAttributeKey.for_keyword("AuraxOwner")
SONG = SearchAttributeKey.for_keyword("AuraxSong")
SESSION = SearchAttributeKey.for_keyword("AuraxSession")
STATUS = SearchAttributeKey.for_keyword("AuraxStatus")
ATTRIBUTES = (OWNER, SONG, SESSION, STATUS)
"""Every search attribute; all are keywords."""

Status = Literal["making", "delivered", "failed", "cancelled", "open", "closed"]
"""How a song, or a session, stands."""

_RPC_WITHIN = timedelta(seconds=5)
_PATCH = "status-in-search-attributes"


def attributes_of(
    *, owner: str | None, session_id: str | None, song_id: str | None = None, status: Status = "making"
) -> TypedSearchAttributes:
    """What is noted of a song or a session at its start.

    Args:
        owner: id of the person.
        session_id: the session that it is, or belongs to.
        song_id: the song; None for a session.
        status: how it stands.
    """
    values = {OWNER: owner, SESSION: session_id, SONG: song_id, STATUS: status}
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in values.items() if value])


async def missing_attributes(client: Client) -> tuple[str, ...]:
    """The search attributes that are not registered in the client's namespace.

    Args:
        client: a connected client.

    Raises:
        ServiceUnavailable: the server does not tell.
    """
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=_RPC_WITHIN
        )
    except RPCError as error:
        raise ServiceUnavailable(
            "Temporal to tell of its search attributes",
            f"{error.status.name}: {error.message}",
            "check the key's rights",
        ) from error
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    return tuple(key.name for key in ATTRIBUTES if known.custom_attributes.get(key.name) != keyword)


async def register_attributes(client: Client) -> tuple[str, ...]:
    """Register the search attributes that are missing; returns their names.

    Args:
        client: a connected client.

    Raises:
        ServiceUnavailable: the server refuses, as Temporal Cloud does.
    """
    missing = await missing_attributes(client)
    if not missing:
        return ()
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=dict.fromkeys(missing, keyword)),
            timeout=_RPC_WITHIN,
        )
    except RPCError as error:
        raise ServiceUnavailable(
            f"Temporal to register {', '.join(missing)}",
            f"{error.status.name}: {error.message}",
            "register them as keywords by hand; on Temporal Cloud: tcld namespace search-attributes add",
        ) from error
    return missing


async def where_known(client: Client, attributes: TypedSearchAttributes) -> TypedSearchAttributes:
    """The attributes where the server knows all of ours, else none; a song does not fail for want of them.

    The embedded server is not asked: nobody searches there.

    Args:
        client: a connected client.
        attributes: to be set.
    """
    codec = client.data_converter.payload_codec
    if isinstance(codec, SealingCodec) and codec.keys.private_queue:
        return TypedSearchAttributes.empty
    try:
        return attributes if not await missing_attributes(client) else TypedSearchAttributes.empty
    except ServiceUnavailable:
        return TypedSearchAttributes.empty


def attributes_of_child(attributes: TypedSearchAttributes) -> TypedSearchAttributes | None:
    """In a workflow: the attributes of a child, where the server is known to take them; else None."""
    return attributes if workflow.info().typed_search_attributes.get(SESSION) else None


def note_status(status: Status) -> None:
    """In a workflow: note how it stands, where its start was noted too.

    Histories of earlier versions have no such note, and replay without it.
    """
    if workflow.info().typed_search_attributes.get(STATUS) and workflow.patched(_PATCH):
        workflow.upsert_search_attributes([STATUS.value_set(status)])
