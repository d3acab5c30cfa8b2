"""The S3 server and the failing proxy that other tests stand on do what they say."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import obstore
import pytest
from builders.fault_proxy import Fault, fault_proxy, s3_error
from builders.s3_server import S3Server, s3_server
from obstore.exceptions import BaseError
from obstore.store import S3Store


def a_store(server: S3Server, endpoint: str) -> S3Store:
    return S3Store(
        "bucket",
        endpoint=endpoint,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def test_a_killed_server_comes_back_on_its_port_with_what_was_stored(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server:
        store = a_store(server, server.endpoint)
        obstore.put(store, "one", b"1")
        first = server.pid
        server.restart()
        assert server.pid != first
        assert obstore.get(store, "one").bytes() == b"1"


def test_the_proxy_passes_large_objects_both_ways_and_notes_the_requests(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    with s3_server(tmp_path / "s3") as server, fault_proxy(server.port) as proxy:
        store = a_store(server, proxy.url)
        obstore.put(store, "large", content, use_multipart=False)
        assert obstore.get(store, "large").bytes() == content
        assert proxy.requests == ["PUT /bucket/large", "GET /bucket/large"]


def test_a_fault_ends_after_its_times(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server, fault_proxy(server.port) as proxy:
        proxy.fail(s3_error(503, "SlowDown", times=2))
        statuses = []
        for _ in range(3):
            try:
                urllib.request.urlopen(proxy.url)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
        assert statuses == [503, 503, 400]


def test_a_connection_breaks_off_after_so_many_bytes_up_and_down(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server, fault_proxy(server.port) as proxy:
        store = a_store(server, proxy.url)
        proxy.fail(Fault(cut_sent_after_bytes=1_000_000))
        with pytest.raises(BaseError, match="HTTP error"):
            obstore.put(store, "large", bytes(3_000_000), use_multipart=False)
        proxy.heal()
        obstore.put(store, "large", bytes(3_000_000), use_multipart=False)
        proxy.fail(Fault(cut_received_after_bytes=1_000_000))
        with pytest.raises(BaseError, match="HTTP error"):
            obstore.get(store, "large").bytes()


def test_without_reading_requests_the_proxy_serves_any_protocol(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server, fault_proxy(server.port, http=False) as proxy:
        store = a_store(server, proxy.url)
        obstore.put(store, "one", b"1")
        proxy.cut_all()
        assert obstore.get(store, "one").bytes() == b"1"
        assert proxy.requests == []
        assert proxy.connections == 2
