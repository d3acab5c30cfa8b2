"""The way to a session's workflow, through deaths and moves of the servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from aurax.adapters.local.temporal_link import TemporalLink
from aurax.adapters.temporal.session_client import SessionClient
from aurax.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

_PATIENCE_S = 5.0

T = TypeVar("T")


class SessionLink:
    """Reaches one session's workflow wherever Temporal is.

    Args:
        settings: names the task queue.
        link: the way to Temporal.
        session_id: the session.
    """

    def __init__(self, settings: Settings, link: TemporalLink, session_id: str) -> None:
        self._settings = settings
        self._link = link
        self._session_id = session_id

    async def ask(self, work: Callable[[SessionClient], Awaitable[T]]) -> T:
        """Do what may be repeated, until the session answers.

        Args:
            work: gets the session's client; repeated with another one when the servers moved.

        Raises:
            AuraxError: of the work, or why the servers do not come up.
        """

        async def asking(client: Client) -> T:
            return await work(SessionClient(client, self._settings, self._session_id, patience_s=_PATIENCE_S))

        return await self._link.ask(asking)
