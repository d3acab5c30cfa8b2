"""Real worker processes with a small Faust instrument."""

import math
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from builders.faust import SOURCE, instrument, melody, residual_db, song

from aurax.errors import CorruptData, RenderFailed, StorageFull, UnknownPlugin, UnwritableOutput
from aurax.render.cache import ClipCache
from aurax.render.instrument import Instrument
from aurax.render.instrument_registry import load_instruments
from aurax.render.pool import RenderPool
from aurax.render.renderer import render
from aurax.render.slicing import SINGLE_NOTES
from aurax.render.watchdog import OrderLimits
from aurax.score.score import Note, Score, Track

pytestmark = pytest.mark.integration

BAR = 3840


@pytest.fixture(scope="module")
def instruments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instrument]:
    folder = tmp_path_factory.mktemp("instruments")
    level = 'hslider("gain", 0, 0, 1, 0.1) * hslider("level", 0.5, 0, 1, 0.001)'
    return {
        "sine": instrument(folder, "sine", SOURCE),
        "unfinished": instrument(folder, "unfinished", f'process = {level} * button("gate") * missing_name <: _,_;'),
        "nan": instrument(folder, "nan", f'process = {level} * sqrt(0 - button("gate")) <: _,_;'),
        "slow": instrument(folder, "slow", SOURCE.replace("sin(2", "sum(i, 60, 0.001 * tan(i * phase)) + sin(2")),
    }


@pytest.fixture
def pool(instruments: dict[str, Instrument], tmp_path: Path) -> Iterator[RenderPool]:
    with RenderPool(instruments, tmp_path / "clips", workers=2) as pool:
        yield pool


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        # An orphan that has ended stays in the table until its new parent looks.
        if status.exists() and status.read_text().rsplit(")", 1)[-1].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_stems_are_as_long_as_the_song_and_start_with_the_first_note(pool: RenderPool) -> None:
    score = song(("sine", [Note(960, 480, 69, 127)]), bars=2)
    progress: list[tuple[int, int]] = []
    stem = pool.render_track(score.tracks[0], score, on_progress=lambda *state: progress.append(state))
    sound = pool.assemble(stem)
    assert sound.samples.shape == (2, 7 * 48_000)
    assert progress == [(0, 1), (1, 1)]
    loud = np.flatnonzero(np.abs(sound.samples[0]) > 1e-4)
    assert 24_000 <= loud[0] <= 24_010
    assert 36_000 < loud[-1] <= 36_000 + 0.31 * 48_000
    middle = sound.samples[0, 27_000:35_000]
    crossings = np.count_nonzero(np.diff(np.signbit(middle)))
    assert crossings / 2 / (8_000 / 48_000) == pytest.approx(440, abs=4)


def test_level_follows_velocity_and_parameters(pool: RenderPool) -> None:
    quiet = song(("sine", [Note(0, 960, 69, 64)]))
    loud = song(("sine", [Note(0, 960, 69, 127)]))
    peaks = [np.abs(pool.assemble(pool.render_track(s.tracks[0], s)).samples).max() for s in (quiet, loud)]
    assert peaks[1] / peaks[0] == pytest.approx(127 / 64, rel=0.01)
    track = Track("a", "lead", "sine", (), 80, False, loud.tracks[0].notes, {"level": 0.25})
    assert np.abs(pool.assemble(pool.render_track(track, loud)).samples).max() == pytest.approx(peaks[1] / 2, rel=0.01)


def test_repeated_bars_are_rendered_once_and_found_again_by_another_pool(
    pool: RenderPool, instruments: dict[str, Instrument], tmp_path: Path
) -> None:
    bar = melody(1)
    notes = [
        Note(note.start_ticks + turn * BAR, note.duration_ticks, note.pitch, note.velocity)
        for turn in range(8)
        for note in bar
    ]
    score = song(("sine", notes))
    stem = pool.render_track(score.tracks[0], score)
    assert len(stem.clip_keys) == 1
    pool.close()
    progress: list[tuple[int, int]] = []
    with RenderPool(instruments, tmp_path / "clips") as other:
        again = other.render_track(score.tracks[0], score, on_progress=lambda *state: progress.append(state))
        assert other.worker_pids == ()
    assert again == stem
    assert progress == [(1, 1)]


def test_the_same_clip_gives_the_same_bytes_in_any_process_and_order(
    instruments: dict[str, Instrument], tmp_path: Path
) -> None:
    first = song(("sine", melody()), ("sine", melody(low=48)))
    second = song(("sine", melody(low=48)), ("sine", melody(low=72)), ("sine", melody()))
    with RenderPool(instruments, tmp_path / "one", workers=1) as one:
        for track in first.tracks:
            stem = one.render_track(track, first)
    with RenderPool(instruments, tmp_path / "two", workers=2) as two:
        for track in second.tracks:
            two.render_track(track, second)
    for key in stem.clip_keys:
        mine, other = (ClipCache(tmp_path / name).path(key).read_bytes() for name in ("one", "two"))
        assert mine == other


def assemble_with_span(pool: RenderPool, score: Score, span_bars: int, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    from aurax.render.slicing import slice_track

    def slice_so(track: Track, score: Score, instrument: Instrument, *, sample_rate: int) -> object:
        return slice_track(track, score, instrument, sample_rate=sample_rate, span_bars=span_bars)

    with monkeypatch.context() as patch:
        patch.setitem(pool.render_track.__func__.__globals__, "slice_track", slice_so)
        return pool.assemble(pool.render_track(score.tracks[0], score)).samples


@pytest.mark.parametrize("span_bars", [1, 2, SINGLE_NOTES])
def test_the_sum_of_clips_equals_the_whole(pool: RenderPool, monkeypatch: pytest.MonkeyPatch, span_bars: int) -> None:
    score = song(("sine", melody(4)), bars=4)
    whole = assemble_with_span(pool, score, 4, monkeypatch)
    assert np.abs(whole).max() > 0.1
    assert residual_db(whole, assemble_with_span(pool, score, span_bars, monkeypatch)) < -90


def test_equal_clips_of_tracks_rendered_at_once_are_safe(pool: RenderPool) -> None:
    score = song(*[("sine", melody()) for _ in range(6)])
    stems = render(score, pool)
    assert list(stems) == [track.name for track in score.tracks]
    first, *others = stems.values()
    for other in others:
        np.testing.assert_array_equal(first.samples, other.samples)


def test_a_killed_worker_is_replaced_and_its_clip_rendered_again(pool: RenderPool) -> None:
    warm = song(("slow", [Note(0, 480, 60, 100)]))
    pool.render_track(warm.tracks[0], warm)
    victims = pool.worker_pids
    assert victims
    score = song(("slow", [Note(BAR * bar, BAR, 60 + bar, 100) for bar in range(8)]))
    killer = threading.Timer(0.15, lambda: [os.kill(pid, signal.SIGKILL) for pid in victims])
    killer.start()
    stem = pool.render_track(score.tracks[0], score)
    killer.join()
    more = song(("slow", [Note(0, 480, 72, 100)]))
    pool.render_track(more.tracks[0], more)
    assert len(stem.clip_keys) == len(set(stem.clip_keys)) > 0
    assert np.abs(pool.assemble(stem).samples).max() > 0.01
    assert all(gone(pid) for pid in victims)
    assert pool.worker_pids
    assert not set(pool.worker_pids) & set(victims)


def test_a_clip_over_which_workers_keep_dying_fails_and_the_pool_lives_on(pool: RenderPool) -> None:
    score = song(("slow", [Note(0, 16 * BAR, 60 + step, 100) for step in range(8)]), bars=16)
    done = threading.Event()

    def kill_all() -> None:
        while not done.wait(0.05):
            for pid in pool.worker_pids:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with pytest.raises(RenderFailed, match="3 workers that died over it") as failure:
            pool.render_track(score.tracks[0], score)
        assert failure.value.retryable
    finally:
        done.set()
        killer.join()
    good = song(("sine", melody(1)))
    assert pool.render_track(good.tracks[0], good).placements


def test_a_worker_that_is_stopped_is_replaced_and_its_clip_rendered(
    instruments: dict[str, Instrument], tmp_path: Path
) -> None:
    score = song(("slow", melody()))
    with RenderPool(instruments, tmp_path / "clips", workers=1, limits=OrderLimits(idle_s=1.0)) as pool:
        pool.render_track(song(("sine", melody(1))).tracks[0], score)
        (stopped,) = pool.worker_pids
        os.kill(stopped, signal.SIGSTOP)
        began = time.monotonic()
        pool.render_track(score.tracks[0], score)
        assert time.monotonic() - began < 30
        assert gone(stopped)
        assert pool.worker_pids != (stopped,)


def test_an_instrument_that_computes_without_end_fails_with_that_reason(
    instruments: dict[str, Instrument], tmp_path: Path
) -> None:
    score = song(("slow", melody()))
    limits = OrderLimits(processor_s=0.05)
    with (
        RenderPool(instruments, tmp_path / "clips", workers=1, limits=limits) as pool,
        pytest.raises(RenderFailed, match="no end after"),
    ):
        pool.render_track(score.tracks[0], score)


def test_closing_leaves_no_process(pool: RenderPool) -> None:
    score = song(("sine", melody()), ("slow", melody(1)))
    for track in score.tracks:
        pool.render_track(track, score)
    pids = pool.worker_pids
    assert pids
    pool.close()
    pool.close()
    assert all(gone(pid) for pid in pids)
    changed = song(("sine", melody(low=61)))
    with pytest.raises(CancelledError):
        pool.render_track(changed.tracks[0], changed)


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, instruments: dict[str, Instrument]) -> None:
    import pickle

    score = song(("slow", [Note(0, 32 * BAR, 60 + step, 100) for step in range(8)]), bars=32)
    (tmp_path / "work").write_bytes(pickle.dumps((instruments, score)))
    # No guard against running as main: workers must not import it.
    script = f"""
import pickle, threading, time
from pathlib import Path
from aurax.render.pool import RenderPool
instruments, score = pickle.loads(Path({str(tmp_path / "work")!r}).read_bytes())
pool = RenderPool(instruments, Path({str(tmp_path / "clips")!r}))
threading.Thread(target=pool.render_track, args=(score.tracks[0], score), daemon=True).start()
while not pool.worker_pids:
    time.sleep(0.01)
time.sleep(0.5)
print(*pool.worker_pids, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert pids
    assert all(gone(pid) for pid in pids)


def test_cancelling_stops_before_the_next_clip(pool: RenderPool) -> None:
    notes = [Note(BAR * bar, BAR, 40 + bar, 100) for bar in range(60)]
    score = song(("slow", notes), bars=60)
    cancelled = threading.Event()
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(total)
        if done:
            cancelled.set()

    with pytest.raises(CancelledError):
        pool.render_track(score.tracks[0], score, cancelled=cancelled, on_progress=progress)
    assert len(seen) < seen[0]
    good = song(("sine", melody(1)))
    assert pool.render_track(good.tracks[0], good).placements


def test_broken_sources_and_numbers_fail_with_a_reason(pool: RenderPool) -> None:
    score = song(("unfinished", melody(1)), ("nan", [Note(0, 480, 60, 100)]), ("sine", [Note(0, 480, 109, 100)]))
    with pytest.raises(RenderFailed, match="the Faust source of unfinished to compile"):
        pool.render_track(score.tracks[0], score)
    with pytest.raises(RenderFailed, match=r"finite samples from nan, clip [0-9a-f]{32}"):
        pool.render_track(score.tracks[1], score)
    with pytest.raises(RenderFailed, match="a pitch from 24 to 108 for the instrument sine; found pitch 109"):
        pool.render_track(score.tracks[2], score)
    with pytest.raises(UnknownPlugin, match="found 'harp'"):
        pool.prepare(["harp"])


def test_a_damaged_clip_is_reported_and_rendered_again(pool: RenderPool, tmp_path: Path) -> None:
    score = song(("sine", melody(1)))
    stem = pool.render_track(score.tracks[0], score)
    before = pool.assemble(stem).samples
    path = ClipCache(tmp_path / "clips").path(stem.placements[0].key)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CorruptData, match="render the track again"):
        pool.assemble(stem)
    assert pool.render_track(score.tracks[0], score) == stem
    np.testing.assert_array_equal(pool.assemble(stem).samples, before)


DAMAGED = {
    "flipped": lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
    "zeroed": lambda content: bytes(len(content)),
    "NaN": lambda content: content[:32] + b"\xff\xff\xff\x7f" * ((len(content) - 32) // 4),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_clip_with_other_numbers_is_rendered_again_to_the_same_bits(
    pool: RenderPool, tmp_path: Path, damage: str
) -> None:
    score = song(("sine", melody(1)))
    stem = pool.render_track(score.tracks[0], score)
    path = ClipCache(tmp_path / "clips").path(stem.placements[0].key)
    before, sound = path.read_bytes(), pool.assemble(stem).samples
    path.write_bytes(DAMAGED[damage](before))
    assert pool.render_track(score.tracks[0], score) == stem
    assert path.read_bytes() == before
    np.testing.assert_array_equal(pool.assemble(stem).samples, sound)


def test_a_clip_for_which_the_disk_has_no_room_is_no_fault_of_the_instrument(pool: RenderPool, tmp_path: Path) -> None:
    score = song(("sine", melody(1)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # the render process inherits it
    try:
        with pytest.raises(StorageFull, match="free some disk space") as caught:
            pool.render_track(score.tracks[0], score)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not caught.value.retryable
    assert str(tmp_path / "clips") in caught.value.found


def test_a_cache_that_cannot_be_written_is_no_fault_of_the_instrument(pool: RenderPool, tmp_path: Path) -> None:
    score = song(("sine", melody(1)))
    for number in range(256):
        (tmp_path / "clips" / f"{number:02x}").write_text("in the way")
    with pytest.raises(UnwritableOutput, match="clips folder") as caught:
        pool.render_track(score.tracks[0], score)
    assert not caught.value.retryable


def test_prepared_instruments_are_compiled_before_the_first_clip(pool: RenderPool) -> None:
    pool.prepare(["sine", "unfinished"])
    deadline = time.monotonic() + 20
    while not pool.worker_pids and time.monotonic() < deadline:
        time.sleep(0.01)
    assert pool.worker_pids
    score = song(("sine", melody(1)))
    assert pool.render_track(score.tracks[0], score).placements


def test_a_thousand_clips_at_once_stay_within_the_open_files(pool: RenderPool) -> None:
    notes = [Note(240 * step, 120, 36 + step % 60, 20 + step % 101) for step in range(1200)]
    score = song(("sine", notes), bars=75)
    with ThreadPoolExecutor() as threads:
        stem = threads.submit(pool.render_track, score.tracks[0], score).result()
    assert np.isfinite(pool.assemble(stem).samples).all()


def test_built_in_instruments_sound_the_same_in_clips_as_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in = load_instruments()
    assert built_in
    residuals: dict[str, float] = {}
    with RenderPool(built_in, tmp_path) as pool:
        pool.prepare(built_in)
        for name, known in built_in.items():
            info = known.info
            pitches = [drum.pitch for drum in info.drum_voices] or [
                pitch
                for pitch in range(info.lowest_pitch, info.highest_pitch + 1)
                if (pitch - info.lowest_pitch) % 5 == 0
            ]
            # Never more notes at once than voices: a stolen voice is cut short.
            beats = max(1, math.ceil(2 * (info.tail_s + 0.5) / info.polyphony))
            notes = [
                Note(960 * beats * step, 900, pitches[(3 * step) % len(pitches)], 50 + (step * 23) % 70)
                for step in range(8)
            ]
            bars = 2 * beats
            score = song((name, notes), bars=bars)
            whole = assemble_with_span(pool, score, bars, monkeypatch)
            assert np.abs(whole).max() > 0.01, name
            residuals[name] = max(
                residual_db(whole, assemble_with_span(pool, score, span, monkeypatch)) for span in (1, SINGLE_NOTES)
            )
    assert {name: round(residual) for name, residual in residuals.items() if residual >= -90} == {}
