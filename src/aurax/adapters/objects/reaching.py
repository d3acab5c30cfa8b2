"""Whether the object store can be used at all, asked before any song relies on it."""

from __future__ import annotations

import asyncio
import threading

from aurax.errors import AuraxError, ServiceUnavailable
from aurax.services.ports import Objects

_WITHIN_S = 10.0
_KEY = "documents/reachable"


async def reach(objects: Objects, within_s: float = _WITHIN_S) -> None:
    """Ask the store for an object that need not be there.

    Args:
        objects: the store.
        within_s: how long the answer may take; the library itself would try for minutes.

    Raises:
        ServiceUnavailable: the store does not answer, or refuses.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)

    def ask() -> None:
        error: Exception | None = None
        try:
            objects.exists(_KEY)
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error)

    # A thread of its own, because nothing waits for a daemon when the process ends.
    threading.Thread(target=ask, name="reach", daemon=True).start()
    try:
        await asyncio.wait_for(answer, within_s)
    except TimeoutError:
        raise _unreachable(objects, f"no answer within {within_s:g} s") from None
    except ServiceUnavailable as error:
        raise _unreachable(objects, error.found) from error
    except AuraxError:
        raise
    except Exception as error:
        raise _unreachable(objects, str(error).splitlines()[0]) from error


def _unreachable(objects: Objects, found: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"the object store at {objects.location} to answer", found, "check AURAX_OBJECTS_URL and its credentials"
    )
