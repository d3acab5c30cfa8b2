"""A session in real time with kills: `python tests/faults/long_session.py [--minutes 10]`; writes a table.

Songs are asked for and changed by notes again and again, while the worker, the Temporal server and the supervisor are
killed at random moments, and now and then everything stops. At the end every version that was promised must be
there, equal to the same one that was made undisturbed, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from laboratory import KINDS, Laboratory  # noqa: E402

from aurax.adapters.local.connect import Servers  # noqa: E402
from aurax.adapters.objects.store import ObjectStore  # noqa: E402
from aurax.adapters.sql.database import Database  # noqa: E402
from aurax.adapters.sql.sessions import Sessions  # noqa: E402
from aurax.adapters.sql.songs import Songs  # noqa: E402
from aurax.adapters.temporal.client import connect  # noqa: E402
from aurax.adapters.temporal.session_client import SessionClient  # noqa: E402
from aurax.audio.reference import ObjectRef  # noqa: E402
from aurax.errors import AuraxError, ServiceUnavailable  # noqa: E402
from aurax.services.prepare import prepare  # noqa: E402
from aurax.services.request import SongRequest  # noqa: E402
from aurax.services.session import Answer, SessionState, Version  # noqa: E402
from aurax.settings import Settings  # noqa: E402
from benchmarks.report import table, write  # noqa: E402

PROMPTS = ("lofi with piano and drums, 8-bar loop, 90 bpm", "house, 8-bar loop, 124 bpm")
NOTES = ("slower", "brighter", "without drums", "louder bass", "up a tone")
KILLED = tuple(kind for kind in KINDS if kind != "client")
_KILL_EVERY_S = (4.0, 20.0)


@dataclass
class Diary:
    """What was asked, what was promised, what was done to it."""

    promised: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The way that led to each version, by song id: its prompt and its notes."""
    requests: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    longest_answer_s: float = 0.0


class LongSession:
    """One session, driven for a time.

    Args:
        laboratory: where it lives.
        settings: of its data folder.
        chance: decides on requests and kills.
    """

    def __init__(self, laboratory: Laboratory, settings: Settings, chance: random.Random) -> None:
        self._laboratory, self._settings, self._chance = laboratory, settings, chance
        self._id = uuid.uuid4().hex
        self.diary = Diary()

    async def run(self, seconds: float, *, kills: bool) -> SessionState:
        """Ask, steer and take back for a time; then wait until all is made, and close."""
        ends, opened = time.monotonic() + seconds, False
        while time.monotonic() < ends:
            with Servers(self._settings) as servers:
                client = await self._client(servers)
                if not opened:
                    await client.open(SessionState(session_id=self._id))
                    opened = True
                stay_s = min(ends - time.monotonic(), self._chance.uniform(60, 150))
                killing = asyncio.create_task(self._kill(stay_s)) if kills else None
                await self._talk(servers, time.monotonic() + stay_s)
                if killing is not None:
                    await killing
            if kills:
                self.diary.kills["everything, for a moment"] += 1
                await asyncio.sleep(3)
        with Servers(self._settings) as servers:
            state = await self._until_ended(servers)
            await (await self._client(servers)).close()
            while await (await self._client(servers)).is_open():
                await asyncio.sleep(0.5)
        return state

    async def _client(self, servers: Servers) -> SessionClient:
        while True:
            try:
                client = await connect(self._settings, await servers.address())
                return SessionClient(client, self._settings, self._id, patience_s=5.0)
            except ServiceUnavailable:
                await asyncio.sleep(0.3)

    async def _talk(self, servers: Servers, until_s: float) -> None:
        while time.monotonic() < until_s:
            state: SessionState = await self._asked(servers, "state")
            now = state.now
            if now is None or self._chance.random() < 0.15:
                prompt = self._chance.choice(PROMPTS)
                song = prepare(SongRequest.of(prompt=prompt, seed=7, takes=1, candidates=1))
                answer = await self._asked(servers, "request_song", song, request_id=uuid.uuid4().hex)
                self.diary.promised[answer.song_id] = (prompt,)
            elif now.parent is not None and now.is_ended and self._chance.random() < 0.25:
                await self._asked(servers, "undo", request_id=uuid.uuid4().hex)
            elif now.is_ended or self._chance.random() < 0.3:
                await self._note(servers, now, self._chance.choice(NOTES))
            await asyncio.sleep(self._chance.uniform(0.5, 4.0))

    async def _note(self, servers: Servers, now: Version, note: str) -> None:
        answer: Answer = await self._asked(servers, "steer", note, version=now.name, request_id=uuid.uuid4().hex)
        way = (*self.diary.promised[now.song_id], note)
        if answer.song_id is not None and answer.done in ("steered", "version"):
            self.diary.promised[answer.song_id] = way

    async def _asked(self, servers: Servers, what: str, *arguments: Any, **options: Any) -> Any:
        """Ask until there is an answer, with the same request id; only that is what a person's program would do."""
        began = time.monotonic()
        self.diary.requests[what] += 1
        while True:
            client = await self._client(servers)
            try:
                answer = await getattr(client, what)(*arguments, **options)
            except ServiceUnavailable:
                continue
            self.diary.longest_answer_s = max(self.diary.longest_answer_s, time.monotonic() - began)
            return answer

    async def _kill(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while (pause_s := self._chance.uniform(*_KILL_EVERY_S)) < ends - time.monotonic():
            await asyncio.sleep(pause_s)
            kind = self._chance.choice(KILLED)
            if self._laboratory.kill(kind):
                self.diary.kills[kind] += 1

    async def _until_ended(self, servers: Servers) -> SessionState:
        while True:
            state: SessionState = await self._asked(servers, "state")
            if all(one.is_ended for one in state.versions):
                return state
            await asyncio.sleep(0.5)


async def examine(settings: Settings, state: SessionState, diary: Diary) -> tuple[list[str], dict[str, int]]:
    """What is wrong with what a session left, and figures of it."""
    wrong: list[str] = []
    database, objects = Database(settings.database_location), ObjectStore(settings.objects_location, settings.cache_dir)
    try:
        songs = Songs(database)
        kept = await Sessions(database).state(state.session_id)
        if [one.song_id for one in kept.versions] != [one.song_id for one in state.versions]:
            wrong.append("the database has other versions than the session")
        known = {one.song_id for one in state.versions}
        wrong += [f"promised and lost: {song_id}" for song_id in diary.promised if song_id not in known]
        masters: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for version in state.versions:
            if version.status != "delivered":
                wrong.append(f"{version.name} is {version.status}: {version.error[:120]}")
                continue
            result = await songs.result(version.song_id) or {}
            files = {one["path"]: ObjectRef.model_validate(one["object"]) for one in result["files"]}
            if objects.damaged(files.values()):
                wrong.append(f"{version.name} has damaged files")
            way = diary.promised.get(version.song_id, ("not promised", version.name))
            masters[way].add(files["master.flac"].sha256)
        wrong += [
            f"{len(found)} different masters of {' / '.join(way)}" for way, found in masters.items() if len(found) > 1
        ]
        rows = [one for one in await songs.list_songs(limit=10_000) if one.id not in known]
        wrong += [f"a song that nobody asked for: {one.id}" for one in rows]
        orphans = set(objects.keys()) - await songs.keys()
        wrong += [f"orphan object {key}" for key in sorted(orphans)]
    finally:
        await database.close()
    figures = {
        "versions": len(state.versions),
        "different ways": len(masters),
        "ways made more than once": sum(1 for way in masters if sum(w == way for w in diary.promised.values()) > 1),
    }
    return wrong, figures


def main() -> int:
    """Run the session and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aurax-long-session-") as folder:
        laboratory = Laboratory(Path(folder))
        settings = Settings.load(data_dir=laboratory.data)
        os.environ["AURAX_DATA_DIR"] = str(laboratory.data)
        session = LongSession(laboratory, settings, random.Random(chosen.seed))
        began = time.monotonic()
        state = asyncio.run(session.run(60.0 * chosen.minutes, kills=True))
        took_s = time.monotonic() - began
        wrong, figures = asyncio.run(examine(settings, state, session.diary))
    diary = session.diary
    lines = [
        ["minutes", f"{took_s / 60:.1f}"],
        *[[f"{name}: asked", str(count)] for name, count in sorted(diary.requests.items()) if name != "state"],
        *[[f"killed: {name}", str(count)] for name, count in sorted(diary.kills.items())],
        *[[name, str(value)] for name, value in figures.items()],
        ["histories (continued as new)", str(state.run + 1)],
        ["longest wait for an answer", f"{diary.longest_answer_s:.1f} s"],
        ["lost, doubled, different, damaged or orphaned", str(len(wrong))],
    ]
    values = {"seed": chosen.seed, "seconds": took_s, "kills": dict(diary.kills), "figures": figures, "wrong": wrong}
    write("long_session", values, [table(["what", "seen"], lines), *(f"- {one}" for one in wrong)])
    print("\n".join(wrong) or "nothing lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except AuraxError as error:
        raise SystemExit(str(error)) from error
