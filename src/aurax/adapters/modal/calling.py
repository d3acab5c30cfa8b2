"""One call of a function on Modal: its messages are read in a thread, so that waiting for them can be cancelled."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from aurax.adapters.modal.messages import StartedReply
from aurax.adapters.modal.remote import Remote
from aurax.adapters.modal.wire import unpack_reply
from aurax.errors import AuraxError


@dataclass(frozen=True)
class Ended:
    """The stream of messages is over.

    Args:
        error: what ended it; None for its own end.
    """

    error: BaseException | None = None


class RunningCall:
    """A call under way.

    Modal tells the name of a call only from inside it. So a call that is abandoned while its container still starts is
    cancelled by the reading thread as soon as its first message comes.

    Args:
        remote: where the functions are.
        function: to call.
        engine: parameter of the class.
        message: from `pack_call`.
        done: called when no message can come any more, before the end is reported; must not raise.
    """

    def __init__(
        self, remote: Remote, function: str, engine: str, message: bytes, done: Callable[[], None] = lambda: None
    ) -> None:
        self._remote = remote
        self._function = function
        self._engine = engine
        self._message = message
        self._done = done
        self._messages: queue.Queue[bytes | Ended] = queue.Queue()
        self._guard = threading.Lock()
        self._abandoned = False
        self._call_id: str | None = None
        threading.Thread(target=self._read, name=f"modal-{function}", daemon=True).start()

    def next(self, wait_s: float) -> bytes | Ended | None:
        """The next message, or the end; None when neither comes in time.

        Args:
            wait_s: how long to wait for it.
        """
        try:
            return self._messages.get(timeout=wait_s)
        except queue.Empty:
            return None

    def abandon(self) -> None:
        """Cancel the call on Modal, at once or as soon as its name is known; nothing happens when it has ended."""
        with self._guard:
            self._abandoned = True
            call_id, self._call_id = self._call_id, None
        if call_id is not None:
            self._cancel(call_id)

    def _read(self) -> None:
        ended = Ended()
        messages = self._remote.stream(self._function, self._engine, self._message)
        try:
            for message in messages:
                if self._must_stop(message):
                    break
                self._messages.put(message)
        except BaseException as error:
            ended = Ended(error)
        finally:
            close = getattr(messages, "close", None)
            if close is not None:
                with contextlib.suppress(Exception):
                    close()
            with self._guard:
                self._call_id = None
            self._done()
            self._messages.put(ended)

    def _must_stop(self, message: bytes) -> bool:
        call_id = _call_id(message)
        with self._guard:
            if not self._abandoned:
                self._call_id = call_id or self._call_id
                return False
        if call_id is not None:
            self._cancel(call_id)
        return True

    def _cancel(self, call_id: str) -> None:
        # The caller has gone already; a call that cannot be cancelled ends by its own timeout.
        with contextlib.suppress(Exception):
            self._remote.cancel(call_id)


def _call_id(message: bytes) -> str | None:
    if b'"reply":"started"' not in message[:64]:
        return None
    try:
        reply, _ = unpack_reply(message, None)
    except AuraxError:
        return None
    return reply.call_id if isinstance(reply, StartedReply) else None
