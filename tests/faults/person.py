"""A person in a session, as a process that can be killed: `python tests/faults/person.py SCRIPT`.

Every request has an id of its own that is the same each time, so that starting it again goes on where it was. It prints
the session's state at the end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from aurax.adapters.local.connect import Servers
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.temporal.client import connect
from aurax.adapters.temporal.session_client import SessionClient
from aurax.errors import AuraxError, InvalidOption, ServiceUnavailable
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState
from aurax.services.understand import understand
from aurax.settings import Settings

SESSION = "5e55104" + 25 * "0"
_PROMPT = "lofi, 90 bpm, 10 seconds, no fade out"
_SEED = 7
_AGAIN_S = 0.3
_WITHIN_S = 140.0


class Person:
    """Says the lines of a script to a session.

    Args:
        session: the open session.
    """

    def __init__(self, session: SessionClient) -> None:
        self._session = session

    async def say(self, line: str, number: int) -> None:
        """Say one line: `song`, `undo`, `wait`, or a note.

        Args:
            line: what.
            number: of the line, by which the request is known again.
        """
        request_id = f"line-{number}"
        if line == "song":
            request = SongRequest.of(prompt=_PROMPT, seed=_SEED)
            song = PreparedSong(request, understand(request))
            await self._session.request_song(
                song, request_id=request_id, opening=SessionState(session_id=SESSION, idle_s=3600)
            )
        elif line == "undo":
            try:
                await self._session.undo(request_id=request_id)
            except InvalidOption:
                sys.stderr.write("nothing to take back\n")
        elif line == "wait":
            await self._wait()
        else:
            await self._session.steer(line, request_id=request_id)

    async def _wait(self) -> None:
        while not all(version.is_ended for version in (await self._session.state()).versions):
            await asyncio.sleep(0.1)

    async def leave(self) -> SessionState:
        """Close the session and wait until it is written down."""
        try:
            await self._session.close(request_id="close")
        except InvalidOption:
            sys.stderr.write("closed already\n")
        while await self._session.is_open():
            await asyncio.sleep(0.05)
        return await self._session.state()


async def main(script: str) -> SessionState:
    """Say the lines, which are separated by semicolons; begin again from the first whenever the servers went away."""
    settings = Settings.load()
    open_data_folder(settings)
    lines = [line.strip() for line in script.split(";")]
    deadline = time.monotonic() + _WITHIN_S
    with Servers(settings) as servers:
        while True:
            address = None
            try:
                address = await servers.address()
                person = Person(SessionClient(await connect(settings, address), settings, SESSION, patience_s=20))
                return await servers.while_at(address, _in_order(person, lines))
            except (ServiceUnavailable, TimeoutError) as error:
                sys.stderr.write(f"again, because of {error}\n")
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_AGAIN_S)


async def _in_order(person: Person, lines: list[str]) -> SessionState:
    for number, line in enumerate(lines):
        await person.say(line, number)
    return await person.leave()


def _run(work: Callable[[str], Awaitable[SessionState]], script: str) -> int:
    async def whole() -> SessionState:
        return await work(script)

    try:
        sys.stdout.write(asyncio.run(whole()).model_dump_json() + "\n")
    except AuraxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(_run(main, sys.argv[1]))
