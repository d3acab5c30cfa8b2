"""Which faults are tried, at which random moments."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from laboratory import KINDS, SONG_WITHIN_S, Laboratory
from machine import can_mount, fake_clock_library, jumping_clock, make_read_only, small_disk
from outcome import Outcome
from trials import (
    Undisturbed,
    damage,
    damage_while_making,
    flip_bytes,
    hang,
    kill_one,
    kill_while_starting,
    refused,
)

Trial = Callable[[Laboratory, Undisturbed], Outcome]

_SAID_WITHIN_S = 75.0
"""A minute until the person must have read what is wrong, and a while for the processes to start and end."""


def kills(count: int, rng: random.Random, normal: Undisturbed) -> list[Trial]:
    """Kills at random moments of a song, over all kinds of processes in turn.

    Args:
        count: how many.
        rng: chooses the moments.
        normal: how long a song takes.
    """
    trials: list[Trial] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        moment_s = rng.uniform(0.0, normal.wall_s)
        way = number // len(KINDS) % 4
        if way == 1 and kind != "client":
            after_s = rng.uniform(0.0, 1.0)
            trials.append(partial(kill_while_starting, kind=kind, after_s=after_s))
        elif way == 3 and kind in ("worker", "temporal", "render"):
            trials.append(partial(kill_one, kind=kind, moment_s=moment_s, again=2))
        else:
            trials.append(partial(kill_one, kind=kind, moment_s=moment_s))
    return trials


def hangs(rng: random.Random, normal: Undisturbed) -> list[Trial]:
    """Processes that stop answering without dying."""
    trials: list[Trial] = [partial(hang, kind=kind, moment_s=0.0) for kind in ("worker", "temporal")]
    return trials + [
        partial(hang, kind=kind, moment_s=rng.uniform(0.3, 0.8) * normal.wall_s)
        for kind in ("worker", "temporal", "render")
    ]


def damages(rng: random.Random, normal: Undisturbed) -> list[Trial]:
    """What is stored is damaged between two songs, or during one."""

    def objects(lab: Laboratory) -> int:
        found = [path for path in lab.backend.files() if path.stat().st_size > 200]
        for path in found:
            flip_bytes(path, rng)
        return len(found)

    def clips(lab: Laboratory) -> int:
        found = [path for path in (lab.data / "clips").rglob("*") if path.is_file()]
        for path in found:
            flip_bytes(path, rng)
        return len(found)

    def zeroed(lab: Laboratory) -> int:
        found = [path for path in (lab.data / "clips").rglob("*") if path.is_file()]
        for path in found:
            path.write_bytes(bytes(path.stat().st_size))
        return len(found)

    def truncated(lab: Laboratory) -> int:
        found = [path for path in lab.backend.files() if path.suffix == ".flac"]
        for path in found:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return len(found)

    named = {
        "flip bytes in every object": objects,
        "cut every stored audio in half": truncated,
        "flip bytes in every clip": clips,
        "fill every clip with zeros": zeroed,
    }
    trials: list[Trial] = [partial(damage, name=name, hurt=hurt) for name, hurt in named.items()]
    trials += [partial(damage_while_making, moment_s=rng.uniform(0.2, 0.9) * normal.wall_s, rng=rng) for _ in range(3)]
    return trials


def no_temporal_database(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """The Temporal server's file holds something else."""
    laboratory.data.mkdir(parents=True)
    (laboratory.data / "temporal.db").write_bytes(random.Random(1).randbytes(40_000))
    return refused(laboratory, "temporal.db is no database", laboratory.make("song"), _SAID_WITHIN_S)


def no_object_store(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """The worker dies at its start, because the object store's address cannot be used."""
    wrong = Laboratory(laboratory.folder, {**laboratory.environment, "AURAX_OBJECTS_URL": "nonsense://bucket"})
    return refused(wrong, "worker that dies at its start", wrong.make("song"), _SAID_WITHIN_S)


def full_data_disk(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """The disk of the data folder has a few megabytes left."""
    with small_disk(laboratory.data, 6):
        return refused(laboratory, "full data folder", laboratory.make("song"), _SAID_WITHIN_S)


def data_disk_fills(laboratory: Laboratory, normal: Undisturbed) -> Outcome:
    """The disk of the data folder fills while the song is made."""
    with small_disk(laboratory.data, 400):
        process = laboratory.make("song")
        time.sleep(0.4 * normal.wall_s)
        filler = laboratory.data / "filler"
        try:
            with filler.open("wb") as file:
                while True:
                    file.write(bytes(1 << 20))
        except OSError:
            pass
        outcome = refused(laboratory, "data folder fills while making", process, _SAID_WITHIN_S)
        laboratory.kill_everything()
        return outcome


def full_output_disk(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """The disk that the song is to lie on is full."""
    disk = laboratory.folder / "disk"
    with small_disk(disk, 1):
        return refused(laboratory, "full output folder", laboratory.make(disk / "song"), _SAID_WITHIN_S)


def read_only_output(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """Nothing can be written where the song is to lie."""
    disk = laboratory.folder / "disk"
    with small_disk(disk, 8):
        make_read_only(disk)
        return refused(laboratory, "read-only output folder", laboratory.make(disk / "song"), _SAID_WITHIN_S)


def read_only_data(laboratory: Laboratory, _normal: Undisturbed) -> Outcome:
    """Nothing can be written in the data folder."""
    with small_disk(laboratory.data, 8):
        make_read_only(laboratory.data)
        return refused(laboratory, "read-only data folder", laboratory.make("song"), _SAID_WITHIN_S)


def clock_jumps(laboratory: Laboratory, normal: Undisturbed, offset: str, library: Path) -> Outcome:
    """The wall clock of every process jumps in the middle of a song."""
    clock = laboratory.folder / "clock"
    clock.write_text("+0")
    wrong = Laboratory(laboratory.folder, jumping_clock(library, clock))
    started = time.monotonic()
    process = wrong.make("song")
    time.sleep(0.6 * normal.wall_s)
    clock.write_text(offset)
    output, complaints = process.communicate(timeout=SONG_WITHIN_S)
    delay_s = max(0.0, time.monotonic() - started - normal.wall_s)
    if process.returncode != 0:
        return Outcome(f"clock jumps by {offset}", "lost", delay_s, note=(output + complaints)[-600:])
    total_s = json.loads(output)["timings_s"]["total"]
    honest = 0.0 < total_s < SONG_WITHIN_S
    return Outcome(f"clock jumps by {offset}", "survived" if honest else "wrong", delay_s, note=f"{total_s} s")


def of_the_machine() -> tuple[list[Trial], list[str]]:
    """Full and read-only disks and jumping clocks, and what of it cannot be tried on this machine."""
    trials: list[Trial] = []
    untried = []
    if can_mount():
        trials += [full_data_disk, data_disk_fills, full_output_disk, read_only_output, read_only_data]
    else:
        untried.append("full and read-only disks: mounting a small disk needs root")
    library = fake_clock_library()
    if library is not None:
        trials += [partial(clock_jumps, offset=offset, library=library) for offset in ("-2h", "+40d")]
    else:
        untried.append("clock jumps: libfaketime (Debian's package faketime) is not installed")
    return trials, untried
