"""The few things that are asked of Modal's client, behind a port that tests can double."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from aurax.adapters.modal.failures import missing_modal, missing_token, not_deployed, typed_failure
from aurax.adapters.modal.functions import APP, VOLUME
from aurax.errors import AuraxError


class Remote(Protocol):
    """Functions elsewhere. What it raises goes through `typed_failure`."""

    def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
        """Call a class's `stream` for an engine; blocks from message to message."""
        ...

    def cancel(self, call_id: str) -> None:
        """End a call that has begun."""
        ...

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a plain function and wait for its result."""
        ...

    def require(self, function: str) -> None:
        """See that a class is deployed, without starting it."""
        ...

    def weights(self) -> dict[str, int]:
        """Bytes of each engine's weights in the Volume."""
        ...


class ModalRemote:
    """`Remote` by Modal's own client, which is imported when first needed."""

    def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
        """See `Remote`."""
        service = _modal().Cls.from_name(APP, function)(engine=engine)
        yield from service.stream.remote_gen(message)

    def cancel(self, call_id: str) -> None:
        """See `Remote`."""
        _modal().FunctionCall.from_id(call_id).cancel()

    def call(self, function: str, *arguments: Any) -> Any:
        """See `Remote`."""
        try:
            return _modal().Function.from_name(APP, function).remote(*arguments)
        except Exception as error:
            raise typed_failure(error, function) from error

    def require(self, function: str) -> None:
        """See `Remote`."""
        require_token()
        try:
            _modal().Cls.from_name(APP, function).hydrate()
        except Exception as error:
            raise typed_failure(error, function) from error

    def weights(self) -> dict[str, int]:
        """See `Remote`."""
        require_token()
        modal = _modal()
        try:
            sizes: dict[str, int] = {}
            for entry in modal.Volume.from_name(VOLUME).iterdir("/", recursive=True):
                engine, _, rest = entry.path.strip("/").partition("/")
                if rest and not engine.startswith(".") and entry.type == modal.volume.FileEntryType.FILE:
                    sizes[engine] = sizes.get(engine, 0) + entry.size
        except modal.exception.NotFoundError:
            raise not_deployed(f"the Volume {VOLUME}") from None
        except Exception as error:
            raise typed_failure(error, VOLUME) from error
        return sizes


def require_token() -> None:
    """See that somebody is logged in to Modal; the network is not asked.

    Raises:
        MissingExtra: Modal's client is not installed.
        InvalidOption: there is no token.
    """
    _modal()
    from modal.config import config

    if not ((config.get("token_id") and config.get("token_secret")) or config.get("oauth_refresh_token")):
        raise missing_token()


def missing(remote: Remote, function: str) -> str | None:
    """None where a class can be called; else one sentence that says what is missing."""
    try:
        remote.require(function)
    except AuraxError as error:
        return f"expected {error.expected}; found {error.found}; {error.fix}"
    return None


def _modal() -> Any:
    try:
        import modal
    except ImportError as error:
        raise missing_modal(error) from error
    return modal
