"""The object store: in a folder, in obstore's memory, and on a real S3 server."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest

from aurax.adapters.objects.store import ObjectStore
from aurax.audio.files import read_audio, write_audio
from aurax.audio.reference import ObjectRef
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, DamagedObject, InvalidOption, StorageFull, is_disk_full


def noise(frames: int = 4800, seed: int = 1, peak: float = 0.7) -> Waveform:
    samples = np.random.default_rng(seed).uniform(-peak, peak, (2, frames)).astype(np.float32)
    return Waveform(samples, 48_000)


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    location = {"folder": str(tmp_path / "objects"), "memory": "memory:///"}.get(request.param)
    return ObjectStore(location or request.getfixturevalue("s3_url"), tmp_path / "cache")


def test_bytes_come_back_under_the_hash_of_their_content(store: ObjectStore) -> None:
    ref = store.put_bytes(b'{"a": 1}')
    assert ref.key == f"documents/{ref.sha256}.json"
    assert store.read_bytes(ref) == b'{"a": 1}'


def test_storing_the_same_content_twice_keeps_one_object(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "score.json"
    path.write_bytes(b"x" * 3_000_000)
    assert store.put_file(path) == store.put_file(path) == store.put_bytes(b"x" * 3_000_000)
    assert len(store.keys()) == 1
    assert path.exists()


def test_audio_comes_back_as_the_24_bit_file_says(store: ObjectStore) -> None:
    waveform = noise()
    ref = store.put_audio(waveform, {"TITLE": "Rain"})
    back = store.read_audio(ref)
    assert (ref.frames, ref.channels, ref.sample_rate) == (4800, 2, 48_000)
    assert np.max(np.abs(back.samples - waveform.samples)) <= 2**-22


@pytest.mark.parametrize("peak", [0.7, 1.0, 1.3, 1e-7])
def test_audio_kept_in_memory_equals_the_decoded_file_to_the_bit(tmp_path: Path, peak: float) -> None:
    waveform = noise(peak=peak)
    kept, fresh = (ObjectStore(str(tmp_path / "objects"), tmp_path / "cache") for _ in range(2))
    ref = kept.put_audio(waveform, keep=True)
    assert np.array_equal(kept.read_audio(ref).samples, fresh.read_audio(ref).samples)


def test_storing_audio_does_not_change_it(store: ObjectStore) -> None:
    waveform = noise()
    before = waveform.samples.copy()
    store.put_audio(waveform, keep=True)
    assert np.array_equal(waveform.samples, before)


def test_a_deliverable_lies_under_its_song(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("first")
    store.put_at("songs/abc/report.html", path)
    path.write_text("second")
    ref = store.put_at("songs/abc/report.html", path)
    assert store.keys("songs/abc") == ("songs/abc/report.html",)
    assert store.read_bytes(ref) == b"second"


def test_deleting_twice_does_no_harm(store: ObjectStore) -> None:
    ref = store.put_bytes(b"gone")
    store.delete([ref.key, ref.key])
    assert not store.exists(ref.key)


def test_a_missing_object_is_reported(store: ObjectStore) -> None:
    ref = ObjectRef(key="documents/none.json", sha256="0" * 64, bytes=3)
    with pytest.raises(CorruptData, match="make the song again"):
        store.get_path(ref)


def test_a_changed_object_is_reported(tmp_path: Path) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    ref = store.put_bytes(b"original")
    (tmp_path / "objects" / ref.key).write_bytes(b"0riginal")
    with pytest.raises(CorruptData, match="other content"):
        store.read_bytes(ref)


def test_a_truncated_audio_file_is_reported(tmp_path: Path) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    ref = store.put_audio(noise())
    path = tmp_path / "objects" / ref.key
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CorruptData, match="100 bytes"):
        store.read_audio(ref)


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")

    def replace(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(StorageFull, match="free some"):
        store.put_audio(noise())
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_a_url_that_means_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="AURAX_OBJECTS_URL"):
        ObjectStore("nonsense://bucket", tmp_path / "cache")


def test_flac_written_by_the_store_is_an_ordinary_file(tmp_path: Path) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    write_audio(tmp_path / "other.flac", noise())
    ref = store.put_audio(noise())
    assert np.array_equal(read_audio(store.get_path(ref)).samples, read_audio(tmp_path / "other.flac").samples)


def test_an_object_is_announced_before_it_is_stored(store: ObjectStore, tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []

    def announce(ref: ObjectRef) -> None:
        seen.append((ref.key, store.exists(ref.key)))

    document = store.put_bytes(b"{}", announce=announce)
    audio = store.put_audio(noise(), announce=announce)
    assert seen == [(document.key, False), (audio.key, False)]


def test_what_a_dead_process_left_in_the_making_is_swept_away(tmp_path: Path) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    staging = tmp_path / "objects" / ".staging"
    for name, age_s in (("old.flac", 2 * 86_400), ("new.flac", 60)):
        (staging / name).write_bytes(b"half")
        moment = time.time() - age_s
        os.utime(staging / name, (moment, moment))
    ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    assert [path.name for path in staging.iterdir()] == ["new.flac"]
    assert store.keys() == ()


def damage(path: Path, how: str) -> None:
    """Change a file the way a bad disk does: nothing of its size or modification time tells."""
    before, content = path.stat(), bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
    elif how == "zeroed":
        content = bytearray(len(content))
    elif how == "cut off":
        content = content[:-1]
    elif how == "empty":
        content = bytearray()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    if how == "gone":
        path.unlink()
    if how == "a folder":
        path.unlink()
        path.mkdir()


HOW = ["flipped", "zeroed", "cut off", "empty", "gone", "a folder"]


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_object_is_never_read_or_copied(tmp_path: Path, how: str) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    ref = store.put_audio(noise())
    assert store.damaged([ref]) == ()
    damage(tmp_path / "objects" / ref.key, how)
    for read in (store.read_audio, store.get_path, store.read_bytes, lambda one: store.copy_to(one, tmp_path / "a")):
        with pytest.raises(DamagedObject, match=ref.key):
            read(ref)
    assert store.damaged([ref]) == (ref,)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("how", HOW)
def test_storing_the_same_content_heals_a_damaged_object(tmp_path: Path, how: str) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    (tmp_path / "one.json").write_bytes(b"[1]")

    def put() -> list[ObjectRef]:
        return [store.put_audio(noise()), store.put_bytes(b"{}"), store.put_file(tmp_path / "one.json")]

    refs = put()
    for ref in refs:
        damage(tmp_path / "objects" / ref.key, how)
    assert put() == refs
    assert store.damaged(refs) == ()


def test_a_damaged_copy_of_a_remote_object_is_fetched_again(tmp_path: Path) -> None:
    store = ObjectStore("memory:///", tmp_path / "cache")
    ref = store.put_audio(noise())
    damage(store.get_path(ref), "flipped")
    store.copy_to(ref, tmp_path / "copy.flac")
    assert hashlib.sha256((tmp_path / "copy.flac").read_bytes()).hexdigest() == ref.sha256


def test_content_that_did_not_change_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    ref = store.put_audio(noise())
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert store.get_path(ref) == store.get_path(ref)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("database or disk is full"),
        OSError("Generic LocalFileSystem error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_recognised_however_it_is_wrapped(error: Exception) -> None:
    wrapped = ValueError("could not be saved")
    wrapped.__cause__ = error
    assert is_disk_full(error)
    assert is_disk_full(wrapped)
    assert not is_disk_full(InvalidOption("room", "a song called No space left on device", "rename it"))
