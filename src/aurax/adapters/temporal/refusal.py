"""Refused payloads: what was not sealed by this deployment becomes an error, never a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    PayloadConverter,
)

from aurax.adapters.temporal.errors import to_application_error
from aurax.errors import AuraxError, UntrustedPayload

_REFUSED = "binary/aurax-refused"

_SERVER_FAILURES = {
    "timeout_failure_info": "a time limit passed",
    "canceled_failure_info": "it was cancelled",
    "terminated_failure_info": "another program ended it",
    "server_failure_info": "the Temporal server failed",
    "activity_failure_info": "a step failed",
    "child_workflow_execution_failure_info": "a part failed",
}
"""Failures that the server itself makes, which has no key, and what is said of them."""


def refused(found: str) -> Payload:
    """A payload that stands for one that was refused.

    Args:
        found: what it was, in words for the user; nothing of its content.
    """
    return Payload(metadata={"encoding": _REFUSED.encode()}, data=found.encode())


def refusal_of(payload: Payload) -> str | None:
    """What a refused payload was; None for any other payload."""
    return payload.data.decode(errors="replace") if payload.metadata.get("encoding") == _REFUSED.encode() else None


class _RefusedConverter(EncodingPayloadConverter):
    @property
    def encoding(self) -> str:
        return _REFUSED

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ARG002 (the base class names it)
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ARG002
        raise untrusted(payload.data.decode())


class SealedPayloadConverter(PydanticPayloadConverter):
    """Values as JSON by pydantic; a refused payload raises `UntrustedPayload`."""

    def __init__(self) -> None:
        super().__init__()
        self.converters = {_REFUSED.encode(): _RefusedConverter(), **self.converters}

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Unpack values.

        Raises:
            UntrustedPayload: one was refused, or is none of the kind that belongs here.
        """
        try:
            return super().from_payloads(payloads, type_hints)
        except ValidationError:
            # Without its words, which quote the value. A workflow would repeat its task forever.
            raise untrusted("a payload that belongs elsewhere, or that another version sealed") from None


class SealedFailureConverter(DefaultFailureConverterWithEncodedAttributes):
    """Failures whose messages and stack traces are sealed too; a foreign failure becomes `UntrustedPayload`."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Pack an exception; AURA-X's own errors keep their parts."""
        if isinstance(exception.__cause__, UntrustedPayload):
            exception = exception.__cause__  # Temporal wraps it as a failure to decode, which it would retry
        if isinstance(exception, AuraxError):
            packed = to_application_error(exception)
            packed.__traceback__, packed.__cause__ = exception.__traceback__, exception.__cause__
            exception = packed
        super().to_failure(exception, payload_converter, failure)

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """Unpack a failure. Only those that the server itself makes, such as timeouts, may be unsealed."""
        kind = str(failure.WhichOneof("failure_info"))
        sealed = _is_sealed(failure)
        if not sealed and kind not in _SERVER_FAILURES:
            return to_application_error(untrusted(_why_unsealed(failure)))
        failure = _without_words(failure)
        if not sealed:
            failure.message = _SERVER_FAILURES[kind] + _which_limit(failure)
        try:
            return super().from_failure(failure, payload_converter)
        except UntrustedPayload as error:
            return to_application_error(error)


def _why_unsealed(failure: Failure) -> str:
    why = refusal_of(failure.encoded_attributes) if failure.HasField("encoded_attributes") else None
    return "a failure that is not sealed" if why is None else f"a failure in {why}"


def _without_words(failure: Failure) -> Failure:
    """The same failure with what is sealed of its text, and nothing else: anybody can write outside the seal."""
    bare = Failure()
    bare.CopyFrom(failure)
    bare.ClearField("message")
    bare.ClearField("stack_trace")
    if bare.HasField("canceled_failure_info"):
        # The server says in clear which activities had not started; nobody here reads it.
        bare.canceled_failure_info.ClearField("details")
    return bare


def _which_limit(failure: Failure) -> str:
    if not failure.HasField("timeout_failure_info"):
        return ""
    kind = TimeoutType.Name(failure.timeout_failure_info.timeout_type)
    return f" ({kind.removeprefix('TIMEOUT_TYPE_').lower().replace('_', ' ')})"


def _is_sealed(failure: Failure) -> bool:
    if not failure.HasField("encoded_attributes"):
        return False
    return failure.encoded_attributes.metadata.get("encoding") != _REFUSED.encode()


def untrusted(found: str) -> UntrustedPayload:
    """The error for an answer or a request that does not come from this deployment."""
    return UntrustedPayload(
        "requests and answers sealed with this installation's key",
        found,
        "ask for the song again; if it repeats, workers and clients have different keys (AURAX_PAYLOAD_KEY) or another "
        "program meddles with the Temporal server: see docs/security.md",
    )
