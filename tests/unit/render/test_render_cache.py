import os
import time
from pathlib import Path

import numpy as np
import pytest

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
    assert [path.name for path in cache.path("ab12").parent.iterdir()] == ["ab12.npy"]


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


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "ab" / "ab12.npy"
    path.mkdir(parents=True)
    with pytest.raises(OSError):
        write_clip(path, CLIP)
    assert [entry.name for entry in path.parent.iterdir()] == ["ab12.npy"]


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
