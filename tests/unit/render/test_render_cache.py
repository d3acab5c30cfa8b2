import os
import resource
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from aurax.errors import RenderFailed, is_disk_full
from aurax.render.cache import KEEP_S, ClipCache, write_clip
from aurax.render.stem import ClipStem, Placement, assemble

CLIP = np.arange(200, dtype=np.float32).reshape(2, 100)


def stored(cache: ClipCache, key: str, age_s: float = 0.0) -> Path:
    path = cache.path(key)
    write_clip(path, CLIP)
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_a_written_clip_is_read_back(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path / "clips")
    stored(cache, "ab12")
    loaded = cache.load("ab12", 100)
    assert loaded is not None
    np.testing.assert_array_equal(loaded, CLIP)
    assert cache.load("ab13", 100) is None
    assert [path.name for path in cache.path("ab12").parent.iterdir()] == ["ab12.clip"]


def test_reading_a_clip_makes_it_young(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    path = stored(cache, "ab12", age_s=10_000)
    cache.load("ab12", 100)
    assert time.time() - path.stat().st_mtime < 100


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no clip at all" * 100])
def test_a_damaged_file_counts_as_absent_and_is_removed(tmp_path: Path, damage: bytes) -> None:
    cache = ClipCache(tmp_path)
    path = stored(cache, "ab12")
    path.write_bytes(damage)
    assert cache.load("ab12", 100) is None
    assert not path.exists()


def test_a_truncated_file_or_one_of_another_length_counts_as_absent(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    path = stored(cache, "ab12")
    path.write_bytes(path.read_bytes()[:-8])
    assert cache.load("ab12", 100) is None
    stored(cache, "ab12")
    assert cache.load("ab12", 101) is None


def flipped(content: bytes, at: int, count: int = 64) -> bytes:
    return content[:at] + bytes(byte ^ 0x55 for byte in content[at : at + count]) + content[at + count :]


DAMAGES = {
    "a bit of the samples": lambda clip: flipped(clip, 40, 1),
    "64 bytes of the samples": lambda clip: flipped(clip, 300),
    "the last byte": lambda clip: flipped(clip, len(clip) - 1, 1),
    "the magic word": lambda clip: flipped(clip, 0, 1),
    "the length": lambda clip: flipped(clip, 8, 1),
    "the checksum": lambda clip: flipped(clip, 16, 1),
    "all zero": lambda clip: bytes(len(clip)),
    "zeroed samples": lambda clip: clip[:32] + bytes(len(clip) - 32),
    "NaN samples": lambda clip: clip[:32] + np.full(200, np.nan, np.float32).tobytes(),
    "infinite samples": lambda clip: clip[:32] + np.full(200, np.inf, np.float32).tobytes(),
    "cut off": lambda clip: clip[:-4],
    "something after it": lambda clip: clip + bytes(4),
    "an older format": lambda clip: b"\x93NUMPY\x01\x00" + clip[8:],
}


@pytest.mark.parametrize("ask", ["has", "load"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_clip_damaged_after_it_was_read_counts_as_absent_and_is_removed(
    tmp_path: Path, damage: str, ask: str
) -> None:
    cache = ClipCache(tmp_path)
    path = stored(cache, "ab12")
    assert cache.has("ab12", 100)
    before = path.stat()
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not getattr(cache, ask)("ab12", 100)
    assert not path.exists()


def test_another_clip_under_a_clips_name_counts_as_absent(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    cache.path("ab12").parent.mkdir()
    stored(cache, "ab13").rename(cache.path("ab12"))
    assert cache.load("ab12", 100) is None


def test_a_folder_under_a_clips_name_makes_room_for_the_clip(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    (cache.path("ab12") / "inside").mkdir(parents=True)
    assert not cache.has("ab12", 100)
    stored(cache, "ab12")
    assert cache.has("ab12", 100)


def test_a_clip_that_did_not_change_is_not_read_again_to_know_that_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ClipCache(tmp_path)
    stored(cache, "ab12")
    assert cache.has("ab12", 100)
    monkeypatch.setattr(cache, "load", lambda key, frames: pytest.fail("read again"))
    assert cache.has("ab12", 100)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_never_enters_the_cache(tmp_path: Path, value: float) -> None:
    cache = ClipCache(tmp_path)
    clip = CLIP.copy()
    clip[1, 7] = value
    with pytest.raises(RenderFailed, match="finite"):
        write_clip(cache.path("ab12"), clip)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_disk_that_fills_up_says_so_and_keeps_no_part_of_a_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(OSError) as caught:
            write_clip(tmp_path / "ab" / "ab12.clip", CLIP)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert is_disk_full(caught.value)
    assert list((tmp_path / "ab").iterdir()) == []


def test_eviction_removes_the_oldest_until_the_limit_holds(tmp_path: Path) -> None:
    size = stored(ClipCache(tmp_path), "aa00", age_s=4 * KEEP_S).stat().st_size
    cache = ClipCache(tmp_path, limit_bytes=2 * size)
    middle, young = stored(cache, "bb00", age_s=3 * KEEP_S), stored(cache, "cc00", age_s=2 * KEEP_S)
    assert cache.evict() == size
    assert not cache.path("aa00").exists()
    assert middle.exists()
    assert young.exists()
    assert cache.evict() == 0


def test_eviction_spares_clips_in_use(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path, limit_bytes=1)
    path = stored(cache, "aa00", age_s=KEEP_S / 2)
    assert cache.evict() == 0
    assert path.exists()


def test_clips_from_before_the_clock_was_set_back_do_not_escape_the_limit(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path, limit_bytes=1)
    path = stored(cache, "aa00", age_s=-40 * 86_400)
    assert cache.evict() > 0
    assert not path.exists()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "ab" / "ab12.clip"
    path.mkdir(parents=True)
    with pytest.raises(OSError):
        write_clip(path, CLIP)
    assert [entry.name for entry in path.parent.iterdir()] == ["ab12.clip"]


def test_clips_add_up_where_they_overlap_and_are_cut_at_the_end() -> None:
    clips = {"one": np.ones((2, 4), np.float32), "two": np.full((2, 2), 10, np.float32)}
    stem = ClipStem(
        track="lead",
        role="lead",
        sample_rate=48_000,
        frames=8,
        placements=(Placement("one", 0, 4), Placement("two", 3, 2), Placement("one", 6, 4), Placement("two", 8, 2)),
    )
    calls = []
    sound = assemble(stem, lambda key, frames: calls.append((key, frames)) or clips[key])
    assert sound.samples.tolist() == [[1, 1, 1, 11, 10, 0, 1, 1]] * 2
    assert calls == [("one", 4), ("two", 2)]
    assert stem.clip_keys == ("one", "two")


def test_a_stem_survives_serialisation() -> None:
    stem = ClipStem(track="a", role="bass", sample_rate=48_000, frames=8, placements=(Placement("one", 0, 4),))
    assert ClipStem.model_validate_json(stem.model_dump_json()) == stem
    assert '["one",0,4]' in stem.model_dump_json()


@pytest.mark.parametrize("ring", [3, 10, 47])
def test_what_rings_past_the_end_of_a_loop_sounds_at_its_start(ring: int) -> None:
    clip = np.arange(1, 2 * ring + 1, dtype=np.float32).reshape(2, ring)
    loop = ClipStem(
        track="a", role="lead", sample_rate=48_000, frames=10, loops=True,
        placements=(Placement("x", 8, ring), Placement("x", 10, ring)),
    )  # fmt: skip
    rounds = np.zeros((2, 10 + ring), np.float32)
    for start in (8, 10):
        rounds[:, start % 10 : start % 10 + ring] += clip
    expected = np.zeros((2, 10), np.float32)
    for place in range(rounds.shape[1]):
        expected[:, place % 10] += rounds[:, place]
    assert np.array_equal(assemble(loop, lambda *_: clip).samples, expected)
    assert assemble(loop.model_copy(update={"loops": False}), lambda *_: clip).samples[:, :8].max() == 0.0
