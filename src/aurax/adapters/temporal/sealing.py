"""Sealing: every payload that goes through Temporal is encrypted, authenticated and bound to its place.

AES-256-GCM with a random 96-bit nonce. The associated data name the namespace, the workflow, the activity's type and
the direction, so a sealed payload that is moved to another song, another activity or back to its sender does not open.
What does not open is not an error here: it becomes a refused payload, which the converter turns into an error where
the value is asked for. So a workflow ends with that error instead of repeating its task forever.
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

    def _seal(self, payload: Payload, key: PayloadKey, sender: str) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        place = _place(self._context, key.id, sender)
        sealed = self._ciphers[key.id].encrypt(nonce, payload.SerializeToString(), place)
        metadata = {"encoding": SEALED, "key": key.id.encode(), "sender": sender.encode()}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _open(self, sealed: Payload) -> Payload:
        if sealed.metadata.get("encoding") != SEALED:
            return refused("a payload that is not sealed")
        key_id = sealed.metadata.get("key", b"").decode(errors="replace")
        sender = sealed.metadata.get("sender", b"").decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            return refused("a payload that is sealed with another key")
        if sender not in _accepted_senders(self._context):
            return refused("a payload that was sent back")
        try:
            place = _place(self._context, key_id, sender)
            data = cipher.decrypt(sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:], place)
            return Payload.FromString(data)
        except (InvalidTag, ValueError, DecodeError):
            return refused("a payload that is damaged or belongs elsewhere")


def _place(context: SerializationContext | None, key_id: str, sender: str) -> bytes:
    match context:
        case WorkflowSerializationContext():
            names = ["workflow", context.namespace, context.workflow_id]
        case ActivitySerializationContext():
            names = ["activity", context.namespace, context.workflow_id or "", context.activity_type or ""]
        case _:
            names = ["elsewhere"]
    return json.dumps(["aurax-sealed-1", key_id, sender, *names]).encode()


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
