"""The object store on an S3 server that refuses, fails, stalls or dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders.fault_proxy import Fault, FaultProxy, fault_proxy, s3_error
from builders.postgres_server import free_port
from builders.s3_server import S3Server, s3_server

from aurax.adapters.objects.connection import Patience
from aurax.adapters.objects.opening import open_objects
from aurax.adapters.objects.presigned import sign_again
from aurax.adapters.objects.probing import probe
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.reference import ObjectRef
from aurax.errors import AuraxError, DamagedObject, InvalidOption, ServiceUnavailable, StorageFull, StorageRefused
from aurax.settings import Settings

LARGE = bytes(range(256)) * 80_000
"""20 MB: three parts of an upload."""
IMPATIENT = Patience(retry_s=0.0, silence_s=60.0)
PATIENT = Patience(retry_s=30.0, silence_s=60.0)
ATTENTIVE = Patience(retry_s=60.0, silence_s=1.0)
"""For connections that are silent on purpose."""


@pytest.fixture
def proxy(s3: S3Server, s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy in front of the server; the environment leads to it."""
    with fault_proxy(s3.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


def a_file(folder: Path, content: bytes = LARGE, name: str = "large.flac") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def every_way(store: ObjectStore) -> dict[str, Callable[[], object]]:
    ref = ObjectRef(key=f"documents/{'0' * 64}.json", sha256="0" * 64, bytes=2)
    return {
        "put": lambda: store.put_bytes(b"{}"),
        "get": lambda: store.read_bytes(ref),
        "exists": lambda: store.exists(ref.key),
        "list": lambda: store.keys(),
        "delete": lambda: store.delete([ref.key]),
    }


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
@pytest.mark.parametrize("way", ["put", "get", "exists", "list", "delete"])
def test_wrong_keys_are_told_without_the_keys(
    s3: S3Server, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(StorageRefused, match="AWS_ACCESS_KEY_ID") as caught:
        every_way(ObjectStore(s3_url, tmp_path, patience=PATIENT))[way]()
    for secret in ("hunter2", s3.access_key, s3.secret_key):
        assert secret not in str(caught.value)
    assert not caught.value.retryable


def test_missing_keys_are_told(s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StorageRefused, match="no role of this machine; check AWS_ACCESS_KEY_ID"):
        ObjectStore(s3_url, tmp_path, patience=IMPATIENT).put_bytes(b"{}")


@pytest.mark.parametrize("way", ["put", "get", "list", "delete"])
def test_a_missing_bucket_is_told(s3_url: str, tmp_path: Path, way: str) -> None:
    with pytest.raises(StorageRefused, match=r"create it, or correct AURAX_OBJECTS_URL"):
        every_way(ObjectStore("s3://no-such-bucket/folder", tmp_path, patience=PATIENT))[way]()


def test_a_bucket_that_can_only_be_read_names_the_right_that_is_missing(
    proxy: FaultProxy, s3_url: str, tmp_path: Path
) -> None:
    store = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT)
    ref = store.put_bytes(b"{}")
    refusal = s3_error(403, "AccessDenied")
    proxy.fail(Fault(status=refusal.status, body=refusal.body, methods=("PUT", "POST", "DELETE")))
    for ways, right in (("put", "s3:PutObject"), ("delete", "s3:DeleteObject")):
        with pytest.raises(StorageRefused, match=right):
            every_way(store)[ways]()
    assert ObjectStore(s3_url, tmp_path / "two", patience=PATIENT).read_bytes(ref) == b"{}"


def test_a_refusal_is_not_tried_again(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path, patience=PATIENT)
    for status, code in (
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
        (400, "InvalidRequest"),
    ):
        proxy.requests.clear()
        proxy.fail(s3_error(status, code))
        with pytest.raises(StorageRefused):
            store.put_bytes(b"{}")
        assert len(proxy.requests) == 1, code


def test_a_clock_that_is_wrong_is_told(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    proxy.fail(s3_error(403, "RequestTimeTooSkewed", "The difference between the request time and …"))
    with pytest.raises(StorageRefused, match=r"a clock that agrees .* set this machine's clock"):
        ObjectStore(s3_url, tmp_path, patience=PATIENT).put_bytes(b"{}")


def test_a_full_store_is_told(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    proxy.fail(s3_error(403, "QuotaExceeded"))
    with pytest.raises(StorageFull, match="QuotaExceeded"):
        ObjectStore(s3_url, tmp_path, patience=PATIENT).put_bytes(b"{}")


def test_nothing_of_the_servers_own_words_is_repeated(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    proxy.fail(s3_error(400, "Strange", "AWSAccessKeyId=hunter2 StringToSign=hunter2"))
    with pytest.raises(AuraxError, match="Strange") as caught:
        ObjectStore(s3_url, tmp_path, patience=PATIENT).put_bytes(b"{}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("http://127.0.0.1:{port}", "nothing that listens there"),
        ("https://no-such-host.invalid", "no host of that name"),
    ],
)
def test_an_endpoint_that_cannot_be_reached_is_told(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str, found: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.format(port=free_port()))
    with pytest.raises(ServiceUnavailable, match=f"{found}.*AWS_ENDPOINT_URL") as caught:
        ObjectStore(s3_url, tmp_path, patience=IMPATIENT).put_bytes(b"{}")
    assert caught.value.retryable


def test_an_endpoint_without_tls_elsewhere_needs_a_setting(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example:9000")
    monkeypatch.setenv("AURAX_OBJECTS_URL", s3_url)
    with pytest.raises(InvalidOption, match="AURAX_OBJECTS_ALLOW_HTTP=true"):
        open_objects(Settings.load(data_dir=tmp_path))
    assert open_objects(Settings.load(data_dir=tmp_path, objects_allow_http=True)).location == s3_url


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AURAX_OBJECTS_URL"])
def test_addresses_with_passwords_are_refused_without_showing_them(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("AURAX_OBJECTS_URL", s3_url)
    monkeypatch.setenv(variable, "https://me:hunter2@storage.example/bucket")
    with pytest.raises(InvalidOption, match=variable) as caught:
        open_objects(Settings.load(data_dir=tmp_path))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (429, "TooManyRequests")])
def test_a_store_that_fails_for_a_while_is_asked_again(
    proxy: FaultProxy, s3_url: str, tmp_path: Path, status: int, code: str
) -> None:
    store = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT)
    for work in (store.put_bytes, lambda content: store.keys(), lambda content: store.delete(["documents/x.json"])):
        proxy.fail(s3_error(status, code, times=2))
        work(b"{}")
    ref = store.put_bytes(b"{}")
    proxy.fail(s3_error(status, code, times=2))
    assert ObjectStore(s3_url, tmp_path / "two", patience=PATIENT).read_bytes(ref) == b"{}"


def test_a_store_that_goes_on_failing_is_given_up_and_leaves_nothing(
    proxy: FaultProxy, s3_url: str, tmp_path: Path
) -> None:
    ref = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT).put_bytes(b"{}")
    store = ObjectStore(s3_url, tmp_path / "two", patience=Patience(retry_s=0.5))
    proxy.fail(s3_error(503, "SlowDown"))
    for work in (lambda: store.read_bytes(ref), lambda: store.put_file(a_file(tmp_path))):
        with pytest.raises(ServiceUnavailable, match=r"SlowDown \(status 503\)"):
            work()
    assert [path for path in (tmp_path / "two").rglob("*") if path.is_file() and path.parent.name != ".locks"] == []


@pytest.mark.parametrize("limit_bytes", [0, 100, 5_000_000])
def test_an_upload_that_is_cut_is_made_again(proxy: FaultProxy, s3_url: str, tmp_path: Path, limit_bytes: int) -> None:
    store = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT)
    proxy.fail(Fault(cut_sent_after_bytes=limit_bytes, times=3))
    ref = store.put_file(a_file(tmp_path), "audio")
    assert ObjectStore(s3_url, tmp_path / "two", patience=PATIENT).read_bytes(ref) == LARGE


@pytest.mark.parametrize("limit_bytes", [0, 100, 5_000_000])
def test_a_download_that_is_cut_is_made_again(proxy: FaultProxy, s3_url: str, tmp_path: Path, limit_bytes: int) -> None:
    ref = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT).put_file(a_file(tmp_path), "audio")
    proxy.fail(Fault(cut_received_after_bytes=limit_bytes, times=2, methods=("GET",)))
    assert ObjectStore(s3_url, tmp_path / "two", patience=PATIENT).read_bytes(ref) == LARGE


def test_half_a_download_is_never_seen(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    ref = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT).put_file(a_file(tmp_path), "audio")
    proxy.fail(Fault(cut_received_after_bytes=5_000_000, methods=("GET",)))
    with pytest.raises(ServiceUnavailable):
        ObjectStore(s3_url, tmp_path / "two", patience=IMPATIENT).read_bytes(ref)
    assert list((tmp_path / "two").rglob("*.flac")) == []


def test_silence_counts_as_failure(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path, patience=ATTENTIVE)
    proxy.fail(Fault(stall=True, times=2))
    ref = store.put_bytes(b"{}")
    assert store.exists(ref.key)


def test_a_server_killed_in_the_middle_of_an_upload_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server(tmp_path / "s3") as server, fault_proxy(server.port) as proxy:
        for name, value in server.environment(proxy.url).items():
            monkeypatch.setenv(name, value)
        store = ObjectStore("s3://bucket/folder", tmp_path / "one", patience=ATTENTIVE)
        proxy.fail(Fault(stall=True, containing="partNumber=2"))
        refs: list[ObjectRef] = []
        upload = threading.Thread(target=lambda: refs.append(store.put_file(a_file(tmp_path), "audio")))
        upload.start()
        while not any("partNumber=2" in line for line in proxy.requests):
            assert upload.is_alive()
        server.kill()
        proxy.heal()
        server.start()
        upload.join(60)
        assert ObjectStore("s3://bucket/folder", tmp_path / "two", patience=ATTENTIVE).read_bytes(refs[0]) == LARGE


def test_an_object_that_is_gone_or_changed_in_the_store_is_damaged(s3: S3Server, s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path / "one", patience=PATIENT)
    refs = [store.put_bytes(content) for content in (b"gone", b"short", b"other", b"good")]
    behind = s3.folder / "bucket" / s3_url.rpartition("/")[2]
    (behind / refs[0].key).unlink()
    (behind / refs[1].key).write_bytes(b"shor")
    (behind / refs[2].key).write_bytes(b"othes")
    fresh = ObjectStore(s3_url, tmp_path / "two", patience=PATIENT)
    for ref in refs[:3]:
        with pytest.raises(DamagedObject):
            fresh.read_bytes(ref)
    assert fresh.damaged(refs) == tuple(refs[:3])
    assert store.damaged(refs[:2]) == tuple(refs[:2]), "although copies are here"


def test_files_are_stored_with_their_media_type(proxy: FaultProxy, s3_url: str, tmp_path: Path) -> None:
    store = ObjectStore(s3_url, tmp_path / "cache", patience=PATIENT)
    for name in ("a.flac", "b.wav", "c.json", "d.dawproject"):
        store.put_at(f"songs/abc/{name}", a_file(tmp_path, name.encode(), name))
    types = [line for head in proxy.heads for line in head.lower().split("\r\n") if line.startswith("content-type")]
    assert [one.partition(": ")[2] for one in types] == [
        "audio/flac",
        "audio/wav",
        "application/json",
        "application/octet-stream",
    ]


@pytest.mark.parametrize("filename", ["", 'Régen "in" D.flac'])
def test_a_link_gives_the_object_to_whoever_has_it(s3_url: str, tmp_path: Path, filename: str) -> None:
    store = ObjectStore(s3_url, tmp_path / "cache")
    ref = store.put_at("songs/abc/mäster 1.flac", a_file(tmp_path, b"music"))
    link = store.link(ref.key, 60, filename)
    assert link is not None
    assert urllib.request.urlopen(link).read() == b"music"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))


@pytest.mark.parametrize("expires_s", [0, -5, 8 * 24 * 3600, float("nan")])
def test_a_link_for_ever_is_refused(s3_url: str, tmp_path: Path, expires_s: float) -> None:
    with pytest.raises(InvalidOption, match="7 days"):
        ObjectStore(s3_url, tmp_path).link("songs/abc/master.flac", expires_s)


def test_a_folder_has_no_links(tmp_path: Path) -> None:
    assert ObjectStore(str(tmp_path / "objects"), tmp_path).link("songs/abc/master.flac", 60) is None


def test_signing_agrees_with_amazons_example() -> None:
    """Source: Amazon S3, "Authenticating requests: using query parameters", its worked example."""
    url = (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    )
    signed = sign_again(url, {}, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert signed.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (Fault(status=403, body=b"<Code>AccessDenied</Code>", methods=("PUT",)), "s3:PutObject"),
        (Fault(status=403, body=b"<Code>AccessDenied</Code>", containing="list-type"), "s3:ListBucket"),
        (Fault(status=403, body=b"<Code>AccessDenied</Code>", containing="GET /bucket/"), "s3:GetObject"),
        (Fault(status=403, body=b"<Code>AccessDenied</Code>", containing="?delete"), "s3:DeleteObject"),
        (s3_error(404, "NoSuchBucket"), "create it, or correct AURAX_OBJECTS_URL"),
        (s3_error(403, "RequestTimeTooSkewed"), "set this machine's clock"),
        (s3_error(301, "PermanentRedirect"), "AWS_REGION"),
    ],
)
def test_a_probe_says_what_is_missing(proxy: FaultProxy, s3: S3Server, s3_url: str, refused: Fault, told: str) -> None:
    proxy.fail(refused)
    with pytest.raises(StorageRefused, match=told):
        probe(s3_url, IMPATIENT)
    if "Delete" not in told:
        assert list((s3.folder / "bucket" / s3_url.rpartition("/")[2]).rglob("*.json")) == []


def test_a_probe_of_a_good_store_leaves_nothing(s3: S3Server, s3_url: str) -> None:
    assert abs(probe(s3_url, IMPATIENT)) < 5
    assert list((s3.folder / "bucket" / s3_url.rpartition("/")[2]).rglob("*.json")) == []


MEASURED = """
import resource, sys
from pathlib import Path
from aurax.adapters.objects.store import ObjectStore
store = ObjectStore(sys.argv[1], Path(sys.argv[2]))
store.put_bytes(b"{}")
before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ref = store.put_file(Path(sys.argv[3]), "audio")
ObjectStore(sys.argv[1], Path(sys.argv[2] + "-fresh")).copy_to(ref, Path(sys.argv[3] + ".back"))
after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after_kb - before_kb) * (1 if sys.platform == "linux" else 1 / 1024))
"""


@pytest.mark.parametrize("where", ["folder", "s3"])
def test_500_mb_pass_in_bounded_memory(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    location = str(tmp_path / "objects") if where == "folder" else request.getfixturevalue("s3_url")
    path = tmp_path / "large.wav"
    block = os.urandom(1_000_000)
    with path.open("wb") as file:
        for number in range(500):
            file.write(block[number:] + block[:number])
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, location, str(tmp_path / "cache"), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) / 1000 < 150, "megabytes"
    assert (tmp_path / "large.wav.back").stat().st_size == 500_000_000
    for large in tmp_path.rglob("*.wav*"):
        large.unlink()
