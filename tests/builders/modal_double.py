"""Modal in this process: the real service behind a `Remote`, with trouble on order."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "engines"))

from aurax.adapters.modal import admin
from aurax.adapters.modal.functions import FUNCTIONS
from aurax.adapters.modal.service import Service
from aurax.adapters.objects.store import ObjectStore
from aurax.engines.engine import EngineSpec
from aurax.settings import Settings

BeforeMessage = Callable[[int, int], None]
"""Called with the number of the call and of the message that is about to be given; it may raise or wait."""


class ResourceExhaustedError(Exception):
    """Named like Modal's own, which is how it is known."""


class NotFoundError(Exception):
    """Named like Modal's own."""


class InternalFailure(Exception):
    """Named like Modal's own."""


class FunctionTimeoutError(Exception):
    """Named like Modal's own."""


class AuthError(Exception):
    """Named like Modal's own."""


class ServiceError(Exception):
    """Named like Modal's own."""


class InProcess:
    """A `Remote` that runs the service here."""

    def __init__(
        self,
        settings: Settings,
        engines: dict[str, EngineSpec],
        before_message: BeforeMessage = lambda call, message: None,
        store: ObjectStore | None = None,
    ) -> None:
        self.settings = settings
        self.engines = engines
        self.before_message = before_message
        self.store = store
        self.rewrite: Callable[[bytes], bytes] = lambda message: message
        self.calls: list[tuple[str, str]] = []
        self.cancelled: list[str] = []
        self.ended = 0
        self.something_cancelled = threading.Event()
        self.services: dict[tuple[str, str], Service] = {}
        self._guard = threading.Lock()

    def stream(self, function: str, engine: str, message: bytes) -> Iterator[bytes]:
        with self._guard:
            number = len(self.calls)
            self.calls.append((function, engine))
            described = next(one for one in FUNCTIONS if one.name == function)
            service = self.services.setdefault(
                (function, engine), Service(described, engine, self.settings, self.engines, store=self.store)
            )
        call_id = f"fc-{number}"
        try:
            for index, answer in enumerate(service.answer(self.rewrite(message), call_id)):
                self.before_message(number, index)
                if call_id in self.cancelled:
                    raise RuntimeError("the input was cancelled")
                yield answer
        finally:
            self.ended += 1

    def cancel(self, call_id: str) -> None:
        self.cancelled.append(call_id)
        self.something_cancelled.set()

    def call(self, function: str, *arguments: Any) -> Any:
        if function == "versions":
            return admin.versions(self.settings)
        raise AssertionError(function)

    def require(self, function: str) -> None:
        assert any(one.name == function for one in FUNCTIONS)

    def weights(self) -> dict[str, int]:
        return {"here": 1}


def refusing(error: Exception) -> BeforeMessage:
    """Every call fails before its first message."""

    def before_message(call: int, message: int) -> None:
        raise error

    return before_message


def once(error: Exception, message: int, calls: int = 1) -> BeforeMessage:
    """The first calls fail before that message."""

    def before_message(call: int, index: int) -> None:
        if call < calls and index == message:
            raise error

    return before_message
