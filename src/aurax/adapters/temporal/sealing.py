"""Sealing: every payload that goes through Temporal is encrypted, authenticated and bound to its place.

AES-256-GCM with a random 96-bit nonce. The associated data name the namespace, the workflow, the activity's type and
the direction, so a sealed payload that is moved to another song, another activity or back to its sender does not open.
What does not open is not an error here: it becomes a refused payload, which the converter turns into an error where
the value is asked for. So a workflow ends with that error instead of repeating its task forever.

The place also stands in the clear beside the payload, where it tells nothing that the server does not know. Workers and
clients never read it: they open a payload only at the place where they found it. A codec server, which is shown
payloads without their place, reads it there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys, derive
from aurax.adapters.temporal.refusal import refused

SEALED = b"binary/aurax-sealed"
"""The encoding that marks a sealed payload."""

_NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2.2: random nonces of 96 bits serve for 2^32 payloads of one key."""


_ANOTHER_KEY = "a payload that is sealed with another key"

ELSEWHERE = ("elsewhere",)
"""The place of what belongs to no workflow."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals and opens payloads.

    Args:
        keys: the first seals, all open.
        context: where the payloads belong; Temporal sets it.
    """

    def __init__(self, keys: PayloadKeys, context: SerializationContext | None = None) -> None:
        self.keys = keys
        self._context = context
        self._ciphers = {key.id: AESGCM(derive(key.secret, "payloads")) for key in keys.keys}

    def with_context(self, context: SerializationContext) -> Self:
        """The same codec for payloads of one place."""
        return type(self)(self.keys, context)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal payloads with the first key."""
        key, sender = self.keys.keys[0], _sender(self._context)
        return [self._seal(payload, key, sender) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open sealed payloads; what cannot be opened comes out as a refused payload."""
        return [self._open(payload) for payload in payloads]

    def open_where_it_says(self, sealed: Payload, namespace: str | None = None) -> Payload:
        """Open a payload at the place that is written beside it; only to show it, never to act on it.

        Args:
            sealed: a payload without a context.
            namespace: where it was found, if that is known; it must be that of the place.

        Returns:
            The payload, or a refused one that says why.
        """
        place = _written_place(sealed)
        if place is None:
            return refused("a payload that does not say where it belongs, as earlier versions sealed them")
        if namespace is not None and place != ELSEWHERE and place[1:2] != (namespace,):
            return refused("a payload of another namespace")
        return self._open_at(sealed, place, sender=sealed.metadata.get("sender", b"").decode(errors="replace"))

    def _seal(self, payload: Payload, key: PayloadKey, sender: str) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        place = _place(self._context)
        sealed = self._ciphers[key.id].encrypt(nonce, payload.SerializeToString(), _bound(place, key.id, sender))
        metadata = {
            "encoding": SEALED,
            "key": key.id.encode(),
            "sender": sender.encode(),
            "place": json.dumps(place).encode(),
        }
        return Payload(metadata=metadata, data=nonce + sealed)

    def _open(self, sealed: Payload) -> Payload:
        if sealed.metadata.get("encoding") != SEALED:
            return refused("a payload that is not sealed")
        sender = sealed.metadata.get("sender", b"").decode(errors="replace")
        if sender not in _accepted_senders(self._context):
            known = sealed.metadata.get("key", b"").decode(errors="replace") in self._ciphers
            return refused("a payload that was sent back" if known else _ANOTHER_KEY)
        return self._open_at(sealed, _place(self._context), sender)

    def _open_at(self, sealed: Payload, place: tuple[str, ...], sender: str) -> Payload:
        key_id = sealed.metadata.get("key", b"").decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            return refused(_ANOTHER_KEY)
        try:
            bound = _bound(place, key_id, sender)
            return Payload.FromString(cipher.decrypt(sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:], bound))
        except (InvalidTag, ValueError, DecodeError):
            return refused("a payload that is damaged or belongs elsewhere")


def _place(context: SerializationContext | None) -> tuple[str, ...]:
    match context:
        case WorkflowSerializationContext():
            return "workflow", context.namespace, context.workflow_id
        case ActivitySerializationContext():
            return "activity", context.namespace, context.workflow_id or "", context.activity_type or ""
        case _:
            return ELSEWHERE


def _bound(place: tuple[str, ...], key_id: str, sender: str) -> bytes:
    return json.dumps(["aurax-sealed-1", key_id, sender, *place]).encode()


def _written_place(sealed: Payload) -> tuple[str, ...] | None:
    try:
        place = json.loads(sealed.metadata.get("place", b""))
    except ValueError:
        return None
    return tuple(place) if isinstance(place, list) and all(isinstance(name, str) for name in place) else None


def _sender(context: SerializationContext | None) -> str:
    """Who sends: a workflow does not give its activities an id, so a known id means that an activity speaks."""
    if isinstance(context, ActivitySerializationContext):
        return "workflow" if context.activity_id is None else "activity"
    return "any"


def _accepted_senders(context: SerializationContext | None) -> tuple[str, ...]:
    if isinstance(context, ActivitySerializationContext):
        # An activity reads what its workflow asks and what its own earlier attempts noted with a heartbeat.
        return ("activity",) if context.activity_id is None else ("workflow", "activity")
    return ("any",)
