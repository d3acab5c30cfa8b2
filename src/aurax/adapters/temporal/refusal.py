"""Refused payloads: what was not sealed by this deployment becomes an error, never a value."""

from __future__ import annotations

from typing import Any

from temporalio.api.common.v1 import Payload
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


def refused(found: str) -> Payload:
    """A payload that stands for one that was refused.

    Args:
        found: what it was, in words for the user; nothing of its content.
    """
    return Payload(metadata={"encoding": _REFUSED.encode()}, data=found.encode())


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
        if failure.HasField("application_failure_info") and not _is_sealed(failure):
            return to_application_error(untrusted("a failure that is not sealed"))
        if failure.HasField("canceled_failure_info"):
            # The server says in clear which activities had not started; nobody here reads it.
            failure = _without_details(failure)
        try:
            return super().from_failure(failure, payload_converter)
        except UntrustedPayload as error:
            return to_application_error(error)


def _without_details(failure: Failure) -> Failure:
    copy = Failure()
    copy.CopyFrom(failure)
    copy.canceled_failure_info.ClearField("details")
    return copy


def _is_sealed(failure: Failure) -> bool:
    if not failure.HasField("encoded_attributes"):
        return False
    return failure.encoded_attributes.metadata.get("encoding") != _REFUSED.encode()


def untrusted(found: str) -> UntrustedPayload:
    """The error for an answer or a request that does not come from this deployment."""
    return UntrustedPayload(
        "requests and answers sealed with this installation's key",
        found,
        "ask for the song again; if it repeats, another program meddles with the Temporal server: see docs/security.md",
    )
