"""All rounds of the long run: which trial on which backend, and carrying them out one after the other."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from backends import SharedBackend, SharedServers
from laboratory import GENERATED, Laboratory, Pace
from outcome import Outcome
from plan import Trial, damages, hangs, kills, no_object_store, no_temporal_database, of_the_machine
from server_trials import (
    both_killed,
    connections_cut,
    database_killed,
    database_locked,
    database_restarted,
    downloads_cut,
    objects_killed,
    objects_refuse,
    slow_disk,
    slow_store,
    uploads_cut,
)
from session_trials import UndisturbedSession, hasty_session_killed, session_harmed, session_killed
from trials import Undisturbed, kill_one, two_at_once, two_supervisors

Where = Literal["folder", "shared"]
WHERE: tuple[Where, ...] = ("folder", "shared")
WHOLE_MINUTE_S = 60.0
"""How long the store answers 503 in one round of the long run; the others take less, to have more moments."""
SHORT_REFUSAL_S = 6.0


@dataclass(frozen=True)
class Round:
    """One trial on one backend.

    Args:
        trial: gets a laboratory, and what is normal there.
        where: on SQLite and a folder, or on PostgreSQL and S3.
        of: what it is about: a song whose notes are played, a song that an engine generates, or a session.
    """

    trial: Callable[[Laboratory, Any], Outcome]
    where: Where
    of: Literal["song", "generated", "session"] = "song"


@dataclass(frozen=True)
class Normals:
    """What is normal on each backend.

    Args:
        songs: one song.
        sessions: a session.
        generated: a song that an engine generates.
    """

    songs: Mapping[Where, Undisturbed]
    sessions: Mapping[Where, UndisturbedSession]
    generated: Undisturbed

    def of(self, one: Round) -> Undisturbed | UndisturbedSession:
        """What a round compares with."""
        if one.of == "generated":
            return self.generated
        return self.sessions[one.where] if one.of == "session" else self.songs[one.where]

    def pace(self, one: Round) -> Pace:
        """How fast what a round is about goes."""
        normal = self.of(one)
        return Pace(normal.wall_s, _events_of(normal))


def _events_of(normal: Undisturbed | UndisturbedSession) -> int:
    if isinstance(normal, UndisturbedSession):
        return sum(song.events.total() for song in normal.songs.values())
    return normal.events.total()


def undisturbed(servers: SharedServers, folder: Path) -> Normals:
    """Make a song and a session on each backend while nothing happens.

    Args:
        servers: of the shared backend.
        folder: room for them.

    Raises:
        RuntimeError: the song is not the same on both backends.
    """

    def laboratory(where: Where, what: str) -> Laboratory:
        backend = servers.backend() if where == "shared" else None
        return Laboratory(folder / f"{where}-{what}", given_backend=backend)

    songs = {where: Undisturbed(laboratory(where, "song")) for where in WHERE}
    sessions = {where: UndisturbedSession(laboratory(where, "session")) for where in WHERE}
    masters = {song.master for song in songs.values()}
    if len(masters) != 1:
        raise RuntimeError(f"expected the same song on both backends, found {masters}")
    generated = Undisturbed(Laboratory(folder / "generated", wish=GENERATED))
    return Normals(songs, sessions, generated)


def every_round(rng: random.Random, normals: Normals) -> tuple[list[Round], list[str]]:
    """All rounds, in an order that mixes their kinds, and what cannot be tried on this machine."""
    machine, untried = of_the_machine()
    folder, shared = normals.songs["folder"], normals.songs["shared"]
    on_folder: list[Trial] = [*kills(20, rng, folder), *hangs(rng, folder), *damages(rng, folder)]
    on_folder += [two_at_once, two_supervisors, no_temporal_database, no_object_store, *machine]
    on_folder += [partial(database_locked, moment_s=rng.uniform(0.2, 0.8) * folder.wall_s, for_s=4.0) for _ in range(2)]
    on_folder.append(partial(slow_disk, writers=4))
    on_shared: list[Trial] = [*kills(15, rng, shared), *damages(rng, shared)[:2], two_at_once]
    on_shared += _server_faults(rng, shared)
    rounds = [Round(trial, "folder") for trial in on_folder] + [Round(trial, "shared") for trial in on_shared]
    for where in WHERE:
        rounds += _session_rounds(rng, where, normals.sessions[where])
    rng.shuffle(rounds)
    return [*rounds, *_generated_rounds(rng, normals.generated)], untried


def _generated_rounds(rng: random.Random, normal: Undisturbed) -> list[Round]:
    """Songs that an engine generates, so that calls stand in the ledger when something is killed."""

    def moment_s() -> float:
        return rng.uniform(0.35, 0.8) * normal.wall_s

    kills: list[Trial] = [
        partial(kill_one, kind=kind, moment_s=moment_s(), song="a generated song") for kind in ("worker", "temporal")
    ]
    database = partial(database_killed, moment_s=moment_s(), away_s=2.0, song="a generated song")
    rounds = [Round(trial, where, "generated") for where in WHERE for trial in kills]
    return [*rounds, Round(database, "shared", "generated")]


def _server_faults(rng: random.Random, normal: Undisturbed) -> list[Trial]:
    """Database and object server in trouble."""

    def moment_s() -> float:
        return rng.uniform(0.25, 0.95) * normal.wall_s

    trials: list[Trial] = []
    for _ in range(5):
        trials.append(partial(database_killed, moment_s=moment_s(), away_s=rng.uniform(0.2, 5.0)))
        trials.append(partial(objects_killed, moment_s=moment_s(), away_s=rng.uniform(0.2, 5.0)))
    trials += [partial(database_restarted, moment_s=moment_s()) for _ in range(3)]
    for _ in range(2):
        trials.append(partial(both_killed, moment_s=moment_s(), away_s=rng.uniform(0.5, 4.0)))
        trials.append(partial(objects_refuse, moment_s=moment_s(), for_s=SHORT_REFUSAL_S))
        trials.append(partial(uploads_cut, times=rng.randint(3, 8), after_bytes=rng.randint(1_000, 60_000)))
        trials.append(partial(downloads_cut, times=rng.randint(3, 8), after_bytes=rng.randint(100, 60_000)))
        trials.append(partial(connections_cut, moments_s=[moment_s() for _ in range(4)]))
    trials.append(partial(database_killed, moment_s=moment_s(), away_s=20.0))
    trials.append(partial(objects_killed, moment_s=moment_s(), away_s=20.0))
    trials.append(partial(objects_refuse, moment_s=0.5 * normal.wall_s, for_s=WHOLE_MINUTE_S))
    trials.append(partial(slow_store, delay_s=0.2))
    return trials


def _session_rounds(rng: random.Random, where: Where, normal: UndisturbedSession) -> list[Round]:
    """Sessions whose worker, Temporal server, client or backend is killed."""

    def moment_s() -> float:
        return rng.uniform(0.2, 0.95) * normal.wall_s

    def database(laboratory: Laboratory, moment_s: float) -> None:
        assert isinstance(laboratory.backend, SharedBackend)
        laboratory.until(moment_s)
        laboratory.backend.servers.postgres.kill()
        time.sleep(1.0)
        laboratory.backend.servers.postgres.start()

    def objects(laboratory: Laboratory, moment_s: float) -> None:
        assert isinstance(laboratory.backend, SharedBackend)
        laboratory.until(moment_s)
        laboratory.backend.servers.s3.kill()
        time.sleep(1.0)
        laboratory.backend.servers.s3.start()

    trials: list[Callable[[Laboratory, UndisturbedSession], Outcome]] = []
    for kind in ("worker", "temporal", "person", "render"):
        trials += [partial(session_killed, kind=kind, moment_s=moment_s()) for _ in range(1 if kind == "render" else 2)]
    trials.append(partial(session_killed, kind="worker", moment_s=moment_s() / 2, again=2))
    trials.append(partial(session_killed, kind="supervisor", moment_s=moment_s()))
    trials += [
        partial(hasty_session_killed, kind=kind, moment_s=moment_s()) for kind in ("worker", "temporal", "person")
    ]
    if where == "shared":
        for _ in range(2):
            harm = partial(database, moment_s=moment_s())
            trials.append(partial(session_harmed, name="kill the database", harm=harm))
            harm = partial(objects, moment_s=moment_s())
            trials.append(partial(session_harmed, name="kill the object server", harm=harm))
    return [Round(trial, where, of="session") for trial in trials]


def carry_out(rounds: Sequence[Round], normals: Normals, servers: SharedServers) -> Iterator[Outcome]:
    """Do the rounds one after the other, each on a data folder, a database and a place in the store of its own."""
    for one in rounds:
        folder = Path(tempfile.mkdtemp(prefix="aurax-fault-"))
        backend = servers.backend() if one.where == "shared" else None
        wish = {"wish": GENERATED} if one.of == "generated" else {}
        laboratory = Laboratory(folder, given_backend=backend, pace=normals.pace(one), **wish)
        try:
            outcome = one.trial(laboratory, normals.of(one))
        except (OSError, ValueError, AssertionError, RuntimeError, subprocess.SubprocessError) as error:
            outcome = Outcome(_name_of(one.trial), "lost", 0.0, note=repr(error)[-600:])
        finally:
            laboratory.kill_everything()
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(backend, SharedBackend):
                backend.remove()
        yield replace(outcome, backend=laboratory.backend.name)


def _name_of(trial: Callable[..., Outcome]) -> str:
    whole = trial.func if isinstance(trial, partial) else trial
    return getattr(whole, "__name__", "trial").replace("_", " ")
