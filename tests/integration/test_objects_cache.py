"""Copies of remote objects on this machine: bounded, shared, whole, and never taken from under a reader."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from builders.fault_proxy import Fault, FaultProxy, fault_proxy
from builders.s3_server import S3Server

from aurax.adapters.objects.cache import ObjectCache
from aurax.adapters.objects.connection import Patience
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.reference import ObjectRef

PATIENT = Patience(retry_s=30.0, silence_s=60.0)


@pytest.fixture
def proxy(s3: S3Server, s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy in front of the server, which counts requests; the environment leads to it."""
    with fault_proxy(s3.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def cache(tmp_path: Path) -> ObjectCache:
    """Room for three copies of 1,000 bytes."""
    return ObjectCache(tmp_path / "cache", 3000, used_step_s=0.0)


def keep(cache: ObjectCache, number: int) -> ObjectRef:
    content = bytes([number]) * 1000
    digest = hashlib.sha256(content).hexdigest()
    ref = ObjectRef(key=f"audio/{digest}.flac", sha256=digest, bytes=1000)
    path = cache.staging / f"{number}"
    path.write_bytes(content)
    cache.adopt(path, ref).release()
    return ref


def kept(cache: ObjectCache, refs: list[ObjectRef]) -> list[bool]:
    return [(cache.staging.parent / ref.key).exists() for ref in refs]


def gets(proxy: FaultProxy) -> int:
    return sum(line.startswith("GET ") for line in proxy.requests)


def some_objects(url: str, folder: Path, count: int, size_bytes: int) -> list[ObjectRef]:
    store = ObjectStore(url, folder / "source", patience=PATIENT)
    rng = random.Random(1)
    refs = []
    for number in range(count):
        path = folder / f"{number}.flac"
        path.write_bytes(rng.randbytes(size_bytes))
        refs.append(store.put_file(path, "audio"))
    return refs


def in_another_process(
    url: str, cache: Path, refs: list[ObjectRef], script: str, limit_bytes: int
) -> subprocess.Popen[str]:
    setup = (
        "import hashlib, random, sys, time\nfrom pathlib import Path\n"
        "from aurax.adapters.objects.store import ObjectStore\nfrom aurax.audio.reference import ObjectRef\n"
        "store = ObjectStore(sys.argv[1], Path(sys.argv[2]), cache_bytes=int(sys.argv[3]))\n"
        "refs = [ObjectRef.model_validate_json(one) for one in sys.argv[4:]]\n"
    )
    command = [sys.executable, "-c", setup + script, url, str(cache), str(limit_bytes)]
    command += [ref.model_dump_json() for ref in refs]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_an_object_is_fetched_once(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    (ref,) = some_objects(s3_url, tmp_path, 1, 1000)
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    assert store.read_bytes(ref) == store.read_bytes(ref)
    assert gets(proxy) == 1


def test_what_was_just_stored_need_not_be_fetched(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    assert store.read_bytes(store.put_bytes(b"{}")) == b"{}"
    assert gets(proxy) == 0


def test_deleting_an_object_deletes_its_copy(s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    path = store.get_path(store.put_bytes(b"private"))
    store.delete([path.relative_to(tmp_path / "cache").as_posix()])
    assert not path.exists()


def test_the_copy_unused_for_longest_goes_first(cache: ObjectCache) -> None:
    refs = [keep(cache, number) for number in range(3)]
    lease = cache.lease(refs[0])
    assert lease is not None
    lease.release()
    refs.append(keep(cache, 3))
    assert kept(cache, refs) == [True, False, True, True]


def test_a_copy_that_is_held_is_spared(cache: ObjectCache) -> None:
    refs = [keep(cache, number) for number in range(3)]
    lease = cache.lease(refs[0])
    assert lease is not None
    with lease:
        for ref in refs[1:]:
            os.utime(cache.staging.parent / ref.key)
        os.utime(lease.path, (1, 1))
        refs += [keep(cache, number) for number in range(3, 6)]
        assert kept(cache, refs) == [True, False, False, False, True, True]
    cache.make_room(1000)
    assert not kept(cache, refs)[0]


def test_a_copy_that_another_process_holds_is_spared(s3_url: str, tmp_path: Path) -> None:
    refs = some_objects(s3_url, tmp_path, 4, 1000)
    script = "with store.hold(refs[0]) as path:\n    print('held', flush=True)\n    sys.stdin.readline()\n"
    process = in_another_process(s3_url, tmp_path / "cache", refs, script, 2000)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    store = ObjectStore(s3_url, tmp_path / "cache", cache_bytes=2000, patience=PATIENT)
    for ref in refs[1:]:
        store.read_bytes(ref)
    held = tmp_path / "cache" / refs[0].key
    assert held.exists()
    process.communicate("\n", timeout=30)
    for ref in refs[1:3]:
        store.read_bytes(ref)
    assert not held.exists()


def test_an_object_beyond_the_bound_passes_through(s3_url: str, tmp_path: Path) -> None:
    small, large = some_objects(s3_url, tmp_path, 1, 1000) + some_objects(s3_url, tmp_path, 1, 5000)
    store = ObjectStore(s3_url, tmp_path / "cache", cache_bytes=3000, patience=PATIENT)
    assert len(store.read_bytes(large)) == 5000
    assert not (tmp_path / "cache" / large.key).exists()
    assert len(store.read_bytes(small)) == 1000
    assert (tmp_path / "cache" / small.key).exists()


def test_threads_that_want_the_same_object_fetch_it_once(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    (ref,) = some_objects(s3_url, tmp_path, 1, 3_000_000)
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    proxy.fail(Fault(delay_s=0.3))
    with ThreadPoolExecutor(8) as threads:
        contents = list(threads.map(store.read_bytes, [ref] * 8))
    assert {hashlib.sha256(content).hexdigest() for content in contents} == {ref.sha256}
    assert gets(proxy) == 1


def test_processes_that_want_the_same_object_fetch_it_once(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    (ref,) = some_objects(s3_url, tmp_path, 1, 3_000_000)
    proxy.fail(Fault(delay_s=0.3))
    script = "print('ready', flush=True)\nsys.stdin.readline()\nprint(len(store.read_bytes(refs[0])))\n"
    processes = [in_another_process(s3_url, tmp_path / "cache", [ref], script, 10_000_000) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["3000000\n"] * 3
    assert gets(proxy) == 1


def test_a_process_killed_while_it_fetches_stops_nobody(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    (ref,) = some_objects(s3_url, tmp_path, 1, 3_000_000)
    proxy.fail(Fault(cut_received_after_bytes=1_000_000, delay_s=0.5))
    process = in_another_process(s3_url, tmp_path / "cache", [ref], "store.read_bytes(refs[0])\n", 10_000_000)
    while gets(proxy) == 0:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=30)
    proxy.heal()
    assert list((tmp_path / "cache" / "audio").rglob("*")) == []
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    assert len(store.read_bytes(ref)) == 3_000_000


@pytest.mark.parametrize("how", ["flipped", "cut off", "a folder", "a link"])
def test_a_damaged_copy_is_fetched_again(s3_url: str, tmp_path: Path, how: str) -> None:
    (ref,) = some_objects(s3_url, tmp_path, 1, 1000)
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    content = store.read_bytes(ref)
    path = tmp_path / "cache" / ref.key
    before = path.stat()
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a link":
        path.symlink_to(tmp_path / "cache" / "audio" / "none")
    else:
        path.write_bytes(content[:-1] if how == "cut off" else bytes([content[0] ^ 1]) + content[1:])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.read_bytes(ref) == content
    assert path.is_file()
    assert not path.is_symlink()


READING = """
rng = random.Random(len(sys.argv))
for _ in range(200):
    ref = rng.choice(refs)
    with store.hold(ref) as path:
        time.sleep(rng.uniform(0, 0.01))  # another thread or process makes room now
        assert hashlib.sha256(path.read_bytes()).hexdigest() == ref.sha256
"""


def test_readers_in_threads_and_processes_never_lose_a_copy_while_room_is_made(s3_url: str, tmp_path: Path) -> None:
    refs = some_objects(s3_url, tmp_path, 12, 100_000)
    limit_bytes = 400_000
    processes = [in_another_process(s3_url, tmp_path / "cache", refs, READING, limit_bytes) for _ in range(2)]
    store = ObjectStore(s3_url, tmp_path / "cache", cache_bytes=limit_bytes, patience=PATIENT)
    ended = threading.Event()

    def read(seed: int) -> int:
        rng, reads = random.Random(seed), 0
        while not ended.is_set():
            ref = rng.choice(refs)
            with store.hold(ref) as path:
                time.sleep(rng.uniform(0, 0.01))
                assert hashlib.sha256(path.read_bytes()).hexdigest() == ref.sha256
            reads += 1
        return reads

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read, seed) for seed in range(4)]
        for process in processes:
            process.communicate(timeout=120)
        ended.set()
        counts = [one.result() for one in reading]
    assert [process.returncode for process in processes] == [0, 0]
    assert min(counts) > 0
    store.read_bytes(refs[0])
    cache = ObjectCache(tmp_path / "cache", limit_bytes)
    cache.make_room()
    assert cache.held_bytes() <= limit_bytes
    assert list(cache.staging.iterdir()) == []
