"""The trials: each does one thing to a song in the making and says what became of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from findings import kept_songs, open_reservations, unstored, wrong_events
from laboratory import GONE_WITHIN_S, SONG_WITHIN_S, Kind, Laboratory, sha256
from outcome import Outcome, Verdict


class Undisturbed:
    """The song as it is when nothing happens: what every trial is compared with.

    Args:
        laboratory: an empty one.
    """

    def __init__(self, laboratory: Laboratory) -> None:
        started = time.monotonic()
        process = laboratory.make("undisturbed")
        output, complaints = process.communicate(timeout=SONG_WITHIN_S)
        if process.returncode != 0:
            raise RuntimeError(output + complaints)
        self.wall_s = time.monotonic() - started
        self.master = sha256(laboratory.songs / "undisturbed" / "master.flac")
        self.stem_hashes = stem_hashes(laboratory.songs / "undisturbed")
        (song,) = kept_songs(laboratory.backend)
        self.events = song.events


def stem_hashes(folder: Path) -> dict[str, str]:
    """Hashes of a delivered song's stems by name."""
    return {path.name: sha256(path) for path in sorted((folder / "stems").glob("*.flac"))}


def kill_one(
    laboratory: Laboratory, normal: Undisturbed, kind: Kind, moment_s: float, *, again: int = 0, song: str = ""
) -> Outcome:
    """Kill a process some time after the client started, and perhaps its successors too.

    Args:
        laboratory: where.
        normal: the undisturbed song.
        kind: which process.
        moment_s: when; a process that is not there yet is waited for.
        again: how many of its successors are killed as soon as they appear.
        song: what is special about it, for the table.
    """
    started = time.monotonic()
    process = laboratory.make("song")
    laboratory.until(moment_s)
    for _ in range(1 + again):
        laboratory.wait_until(lambda: process.poll() is not None or laboratory.kill(kind), SONG_WITHIN_S)
        time.sleep(0.3 if again else 0.0)
    name = f"kill {kind}" + (f" {again + 1} times" if again else "") + (f", {song}" if song else "")
    return _finish(laboratory, normal, name, process, started)


def kill_while_starting(laboratory: Laboratory, normal: Undisturbed, kind: Kind, after_s: float) -> Outcome:
    """Kill a process a moment after it appeared."""
    started = time.monotonic()
    process = laboratory.make("song")
    laboratory.wait_until(lambda: any(one.kind == kind for one in laboratory.processes()), 30.0)
    time.sleep(after_s)
    laboratory.kill(kind)
    return _finish(laboratory, normal, f"kill {kind} while starting", process, started)


def hang(laboratory: Laboratory, normal: Undisturbed, kind: Kind, moment_s: float) -> Outcome:
    """Stop a process with SIGSTOP, as a machine in trouble does, and never let it go on."""
    started = time.monotonic()
    process = laboratory.make("song")
    laboratory.until(moment_s)
    laboratory.wait_until(lambda: process.poll() is not None or laboratory.kill(kind, signal.SIGSTOP), SONG_WITHIN_S)
    name = f"hang {kind}" if moment_s else f"hang {kind} while starting"
    return _finish(laboratory, normal, name, process, started)


def two_at_once(laboratory: Laboratory, normal: Undisturbed) -> Outcome:
    """Ask twice for the same song at the same moment, without naming a folder."""
    started = time.monotonic()
    arguments = ("make", "lofi, 90 bpm, 10 seconds, no fade out", "--seed", "7", "--json")
    both = [laboratory.start(*arguments) for _ in range(2)]
    ends = [process.communicate(timeout=2 * SONG_WITHIN_S) for process in both]
    delay_s = time.monotonic() - started - 2 * normal.wall_s
    folders = set()
    for process, (output, _) in zip(both, ends, strict=True):
        if process.returncode == 0:
            folders.add(json.loads(output)["folder"])
    hashes = {sha256(Path(folder) / "master.flac") for folder in folders}
    verdict: Verdict = "survived" if len(folders) == 2 and hashes == {normal.master} else "lost"
    outcome = Outcome("two of the same at once", verdict, max(0.0, delay_s), note=str(ends)[-600:])
    return settle(laboratory, normal, outcome, songs=2)


def two_supervisors(laboratory: Laboratory, normal: Undisturbed) -> Outcome:
    """Start the servers twice; the second refuses, and the first makes the song."""
    first = laboratory.start("up")
    laboratory.wait_until(lambda: (laboratory.data / "run" / "runtime.json").exists(), 60.0)
    second = laboratory.run("up", timeout_s=60.0)
    started = time.monotonic()
    outcome = delivered(laboratory, normal, "two supervisors", laboratory.make("song"), started)
    first.terminate()
    first.communicate(timeout=60)
    if second.returncode != 1 or "Traceback" in second.stderr:
        return Outcome(outcome.fault, "lost", outcome.delay_s, note=second.stderr[-600:])
    return settle(laboratory, normal, outcome)


def damage(laboratory: Laboratory, normal: Undisturbed, name: str, hurt: Callable[[Laboratory], int]) -> Outcome:
    """Damage what is stored between two makings of the same song.

    Args:
        laboratory: where.
        normal: the undisturbed song.
        name: what is damaged.
        hurt: damages it, and says how many places it hurt.
    """
    before = laboratory.make("before")
    before.communicate(timeout=SONG_WITHIN_S)
    laboratory.wait_until(lambda: not laboratory.processes(), GONE_WITHIN_S)
    places = hurt(laboratory)
    if places == 0:
        return Outcome(name, "lost", 0.0, note="nothing was there to damage")
    started = time.monotonic()
    return _finish(laboratory, normal, name, laboratory.make("song"), started, songs=2)


def damage_while_making(laboratory: Laboratory, normal: Undisturbed, moment_s: float, rng: random.Random) -> Outcome:
    """Flip bytes of one stored object while the song is in the making."""
    started = time.monotonic()
    process = laboratory.make("song")
    laboratory.until(moment_s)

    def audio() -> list[Path]:
        return [path for path in laboratory.backend.files() if path.suffix == ".flac"]

    laboratory.wait_until(lambda: process.poll() is not None or audio(), SONG_WITHIN_S)
    found = audio()
    if found:
        flip_bytes(rng.choice(found), rng)
    return _finish(laboratory, normal, "damage an object while making", process, started)


def flip_bytes(path: Path, rng: random.Random, count: int = 64) -> None:
    """Change some bytes of a file and keep its size."""
    content = bytearray(path.read_bytes())
    for _ in range(count):
        content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
    path.write_bytes(content)


def refused(laboratory: Laboratory, name: str, process: subprocess.Popen[str], within_s: float) -> Outcome:
    """A song that cannot be made: it must say so clearly, in time, and leave nothing.

    Args:
        laboratory: where.
        name: what is wrong with the machine.
        process: `aurax make --json`.
        within_s: time until the person must have read what is wrong.
    """
    started = time.monotonic()
    try:
        output, complaints = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return _settle(laboratory, Outcome(name, "lost", within_s, note="no word in time"))
    clear = process.returncode == 1 and _is_clear(output, complaints)
    verdict: Verdict = "refused" if clear else "lost"
    note = (output + complaints)[-600:]
    return _settle(laboratory, Outcome(name, verdict, time.monotonic() - started, note=note))


def _is_clear(output: str, complaints: str) -> bool:
    """Whether a command said what was expected, what was found and what to do."""
    try:
        error = json.loads(output)["error"]
    except (ValueError, KeyError):
        return False
    return "Traceback" not in complaints and all(error[part] for part in ("kind", "expected", "found", "fix"))


def _finish(
    laboratory: Laboratory,
    normal: Undisturbed,
    name: str,
    process: subprocess.Popen[str],
    started: float,
    songs: int = 1,
) -> Outcome:
    return settle(laboratory, normal, delivered(laboratory, normal, name, process, started), songs=songs)


def delivered(
    laboratory: Laboratory, normal: Undisturbed, name: str, process: subprocess.Popen[str], started: float
) -> Outcome:
    """Wait for the client, and compare what it delivered; where it was killed itself, have the song by `aurax resume`.

    Args:
        laboratory: where.
        normal: the undisturbed song.
        name: of the fault.
        process: the client.
        started: when it was started, on the monotonic clock.
    """
    try:
        output, complaints = process.communicate(timeout=SONG_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Outcome(name, "lost", SONG_WITHIN_S, note="no end in time")
    folder = laboratory.songs / "song"
    note = (output + complaints)[-600:]
    if process.returncode == -signal.SIGKILL:
        known = laboratory.known_songs()
        if known:
            resumed = laboratory.run("resume", known[0]["id"], "--out", str(folder))
            note = (resumed.stdout + resumed.stderr)[-600:]
        else:
            # Killed before the wish was written down: nothing was promised, and asking again must work.
            again = laboratory.make("song")
            output, complaints = again.communicate(timeout=SONG_WITHIN_S)
            note = (output + complaints)[-600:]
    delay_s = max(0.0, time.monotonic() - started - normal.wall_s)
    found = sha256(folder / "master.flac")
    if found == "absent":
        # A clear error before the wish was written down promised nothing; any other song is lost.
        told = process.returncode == 1 and _is_clear(output, complaints) and not kept_songs(laboratory.backend)
        return Outcome(name, "refused" if told else "lost", delay_s, note=note)
    same = found == normal.master and stem_hashes(folder) == normal.stem_hashes
    return Outcome(name, "survived" if same else "wrong", delay_s, note="" if same else note)


def settle(laboratory: Laboratory, normal: Undisturbed, outcome: Outcome, *, songs: int = 1) -> Outcome:
    """Look at what is left of songs that are all the same one.

    Args:
        laboratory: where.
        normal: the undisturbed song.
        outcome: what is known so far.
        songs: how many were accepted.
    """
    outcome = _settle(laboratory, outcome)
    if outcome.verdict != "survived":
        return outcome
    kept = kept_songs(laboratory.backend)
    finished = [song for song in kept if song.status == "delivered"]
    odd = [f"a song {song.status}, with {song.ends} ends" for song in kept if song.ends != 1]
    if len(finished) != songs:
        odd.append(f"{len(finished)} songs delivered instead of {songs}")
    events = [one for song in finished for one in wrong_events(song, normal.events)]
    note = f"{outcome.note} {odd} {events[:12]}" if odd or events else outcome.note
    return replace(outcome, songs=len(odd), events=len(events), note=note)


def settle_session(laboratory: Laboratory, outcome: Outcome, expected: Mapping[str, Counter[str]]) -> Outcome:
    """Look at what is left of a session.

    Args:
        laboratory: where.
        outcome: what is known so far.
        expected: events of the undisturbed song, for each song of which they are known.
    """
    outcome = _settle(laboratory, outcome)
    kept = kept_songs(laboratory.backend)
    events = [one for song in kept if song.id in expected for one in wrong_events(song, expected[song.id])]
    note = f"{outcome.note} {events[:12]}" if events else outcome.note
    return replace(outcome, events=len(events), note=note)


def _settle(laboratory: Laboratory, outcome: Outcome) -> Outcome:
    """Wait until everything that was started has ended, let one more command sweep, and count what is left."""
    laboratory.wait_until(lambda: not laboratory.processes(), GONE_WITHIN_S)
    stayed = laboratory.processes()
    laboratory.kill_everything()
    readable = os.access(laboratory.data, os.W_OK)
    left = laboratory.leftovers() if readable else []
    swept = ""
    if left:
        swept = laboratory.run("songs", timeout_s=60.0).stderr
        left = laboratory.leftovers()
    orphans = [f"{process.kind} {process.pid}" for process in stayed]
    objects = set(laboratory.orphan_objects())
    missing = unstored(laboratory.backend) if readable else []
    reserved = open_reservations(laboratory.backend)
    note = outcome.note
    if left or orphans or missing or reserved:
        found = [*orphans, *left, *(f"not stored: {key}" for key in missing)][:12]
        note = f"{note} left: {found} reserved: {reserved} {swept[-200:]}"
    return replace(
        outcome,
        backend=laboratory.backend.name,
        orphans=len(orphans) + len(objects),
        litter=len([one for one in left if one not in objects]),
        unstored=len(missing),
        reservations=reserved,
        late=laboratory.pace.late,
        note=note,
    )
