"""Trials of whole sessions: songs, notes and undo, while processes and servers are killed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable

from findings import KeptSong, kept_songs
from laboratory import Kind, Laboratory
from outcome import Outcome, Verdict
from trials import settle_session

SCRIPT = "song; wait; brighter; wait; louder bass; wait; undo"
"""Each line waits for what the one before left, so that the same versions come of it whenever something is killed."""
HASTY = "song; brighter; undo; wait; louder bass; undo"
"""Notes and undo while songs are in the making; what comes of them depends on the moment."""
SESSION_WITHIN_S = 150.0


class UndisturbedSession:
    """A session as it is when nothing happens.

    Args:
        laboratory: an empty one.
    """

    def __init__(self, laboratory: Laboratory) -> None:
        started = time.monotonic()
        process = laboratory.person(SCRIPT)
        output, complaints = process.communicate(timeout=SESSION_WITHIN_S)
        if process.returncode != 0:
            raise RuntimeError(output + complaints)
        self.wall_s = time.monotonic() - started
        state = json.loads(output)
        self.songs = {song.version: song for song in kept_songs(laboratory.backend)}
        self.parents: dict[str, str | None] = {one["name"]: one["parent"] for one in state["versions"]}
        self.current: str | None = state["current"]


def session_killed(
    laboratory: Laboratory, normal: UndisturbedSession, kind: Kind, moment_s: float, again: int = 0
) -> Outcome:
    """Kill a process in mid-session, and perhaps its successors."""

    def harm() -> None:
        laboratory.until(moment_s)
        for _ in range(1 + again):
            laboratory.wait_until(lambda: laboratory.kill(kind), 20.0)
            laboratory.pace.check()
            time.sleep(1.0 if again else 0.0)

    shown = "client" if kind == "person" else kind
    name = f"session: kill {shown}" + (f" {again + 1} times" if again else "")
    return _session(laboratory, normal, name, harm)


def session_harmed(
    laboratory: Laboratory, normal: UndisturbedSession, name: str, harm: Callable[[Laboratory], None]
) -> Outcome:
    """Do something to the servers of the backend in mid-session."""
    return _session(laboratory, normal, f"session: {name}", lambda: harm(laboratory))


def hasty_session_killed(
    laboratory: Laboratory, _normal: UndisturbedSession | None, kind: Kind, moment_s: float
) -> Outcome:
    """Kill a process while notes and undo reach songs in the making."""

    def harm() -> None:
        laboratory.until(moment_s)
        laboratory.wait_until(lambda: laboratory.kill(kind), 20.0)

    shown = "client" if kind == "person" else kind
    return _session(laboratory, None, f"session, steer and undo in mid-song: kill {shown}", harm, HASTY)


def _session(
    laboratory: Laboratory,
    normal: UndisturbedSession | None,
    name: str,
    harm: Callable[[], None],
    script: str = SCRIPT,
) -> Outcome:
    started = time.monotonic()
    process = laboratory.person(script)
    harm()
    output, complaints, killed = _to_the_end(laboratory, process, script)
    took_s = time.monotonic() - started
    delay_s = max(0.0, took_s - normal.wall_s) if normal is not None else 0.0
    if not output:
        return settle_session(laboratory, Outcome(name, "lost", delay_s, note=complaints[-900:]), {})
    state = json.loads(output)
    found, wrong = _compare(laboratory, normal, state)
    note = "" if not wrong else f"{wrong} {'client was killed' if killed else ''} {complaints[-400:]}"
    verdict: Verdict = "wrong" if wrong else "survived"
    expected = {song.id: normal.songs[song.version].events for song in found} if normal and not wrong else {}
    return settle_session(laboratory, Outcome(name, verdict, delay_s, note=note), expected)


def _to_the_end(laboratory: Laboratory, process: subprocess.Popen[str], script: str) -> tuple[str, str, bool]:
    """What the person heard at the end; one who was killed comes back and says everything again."""
    killed = False
    for _ in range(3):
        try:
            output, complaints = process.communicate(timeout=SESSION_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "", "no end in time", killed
        if process.returncode == 0:
            return output, complaints, killed
        if process.returncode != -signal.SIGKILL:
            return "", complaints, killed
        killed = True
        process = laboratory.person(script)
    return "", "killed again and again", killed


def _compare(
    laboratory: Laboratory, normal: UndisturbedSession | None, state: dict[str, object]
) -> tuple[list[KeptSong], list[str]]:
    """The session's songs in the database, and what is wrong with them."""
    songs = kept_songs(laboratory.backend)
    versions = state["versions"]
    assert isinstance(versions, list)
    wrong = []
    named = {version["song_id"]: version for version in versions}
    kept = {song.id: song for song in songs}
    made = {one for one, version in named.items() if version["status"] == "delivered"}
    delivered = {song.id for song in songs if song.status == "delivered"}
    if made != delivered:
        wrong.append(f"delivered versions {sorted(made)}, delivered songs {sorted(delivered)}")
    if set(kept) - set(named):
        wrong.append(f"songs that are no version: {sorted(set(kept) - set(named))}")
    wrong += [f"{song.version} ended {song.ends} times" for song in songs if song.ends != 1]
    wrong += [
        f"{version['name']}: {version['status']} {version['error']}".strip()
        for version in versions
        if not _is_right(version, normal)
    ]
    wrong += _written_down(laboratory, state)
    if normal is not None:
        if {version["name"]: version["parent"] for version in versions} != normal.parents:
            wrong.append(f"versions {[version['name'] for version in versions]}")
        if state["current"] != normal.current:
            wrong.append(f"current version {state['current']}")
        for song in songs:
            if song.version in normal.songs and song.master != normal.songs[song.version].master:
                wrong.append(f"{song.version} has another master")
    return songs, wrong


def _is_right(version: dict[str, str], normal: UndisturbedSession | None) -> bool:
    return version["status"] == "delivered" or (normal is None and version["status"] == "cancelled")


def _written_down(laboratory: Laboratory, state: dict[str, object]) -> list[str]:
    """Whether the database keeps what the workflow says."""
    rows = laboratory.backend.rows("SELECT state, ended_at FROM sessions")
    if len(rows) != 1:
        return [f"{len(rows)} sessions"]
    kept, ended_at = rows[0]
    kept = json.loads(kept) if isinstance(kept, str) else kept
    versions = state["versions"]
    assert isinstance(versions, list)
    wrong = [] if ended_at is not None else ["the session is not noted as ended"]
    if kept["order"] != [version["song_id"] for version in versions] or kept["current"] != state["current"]:
        wrong.append("the database has other versions than the session")
    statuses = Counter((one["name"], one["status"]) for one in kept["versions"].values())
    if statuses != Counter((version["name"], version["status"]) for version in versions):
        wrong.append("the database has other states of versions than the session")
    return wrong
