"""`aurax doctor` says what is wrong with each backend and what to do, changes nothing, and does not hang."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.postgres_server import GivenServer, postgres_server
from builders.s3_server import S3Server, free_port, s3_server

from aurax.adapters.cli import doctor
from aurax.adapters.cli.doctor import Finding, examine
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import NEWEST_REVISION, migrate
from aurax.settings import Settings

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[GivenServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A data folder that is not there, and no Temporal server but the embedded one."""
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))


def found(topic: str, **settings: str) -> Finding:
    """What is said of one thing."""
    return next(one for one in examine(Settings.load(**settings)) if one.topic == topic)


def test_looking_at_an_empty_machine_finds_nothing_wrong_and_makes_nothing(tmp_path: Path) -> None:
    wrong = [finding for finding in examine(Settings.load()) if not finding.ok]
    assert (wrong, list(tmp_path.iterdir())) == ([], [])


def test_what_hangs_is_said_not_to_answer() -> None:
    def hang() -> str:
        threading.Event().wait()
        return ""

    finding = doctor._try("database", hang, within_s=0.05)
    assert finding == Finding("database", False, "no answer within 0.05 s; check that it runs and can be reached")


def test_a_database_without_tables_is_told_how_to_get_them_and_gets_none(server: GivenServer) -> None:
    url = server.new_database()
    finding = found("database", database_url=url)
    assert not finding.ok
    assert finding.detail.endswith("found no tables; run 'aurax db upgrade'")
    assert server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", url)[0][0] == 0


async def test_a_database_of_the_newest_schema_is_told_with_its_version_and_clock(server: GivenServer) -> None:
    settings = Settings.load(database_url=server.new_database())
    database = Database(settings.database_location)
    await migrate(database)
    await database.close()
    finding = doctor._try("database", dict(doctor._checks(settings))["database"])
    assert finding.ok
    assert f"schema {NEWEST_REVISION}, 0 songs, its clock" in finding.detail


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    finding = found("database", database_url=f"postgresql://me:hush-password@127.0.0.1:{free_port()}/aurax")
    assert not finding.ok
    assert "to answer" in finding.detail
    assert "hush-password" not in finding.detail


def test_a_store_is_asked_to_write_read_and_delete_and_keeps_nothing(
    store: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _reach(store, monkeypatch)
    finding = found("object store", objects_url="s3://bucket")
    assert finding.ok, finding.detail
    assert "writes, lists, reads and deletes; its clock" in finding.detail
    assert [path for path in (store.folder / "bucket").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("variables", "url", "what"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "another-key"}, "s3://bucket", "AWS_SECRET_ACCESS_KEY"),
        ({}, "s3://no-such-bucket", "AURAX_OBJECTS_URL"),
    ],
    ids=["wrong key", "no such bucket"],
)
def test_a_store_that_refuses_is_told_with_what_to_check(
    store: S3Server, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, what: str
) -> None:
    _reach(store, monkeypatch, **variables)
    finding = found("object store", objects_url=url)
    assert not finding.ok
    assert what in finding.detail
    assert "another-key" not in finding.detail


def test_too_little_room_is_told(tmp_path: Path) -> None:
    finding = found("data folder", minimal_room_bytes=str(10**18))
    assert not finding.ok
    assert "free some disk space" in finding.detail


def test_an_extra_that_settings_need_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurax.adapters.cli.doctor_backends._is_installed", lambda package: package == "modal")
    monkeypatch.delenv("AURAX_DATABASE_URL", raising=False)
    finding = found("extras", health_address="9464")
    assert finding.detail.endswith("run: pip install 'aurax[telemetry]'")


def test_a_temporal_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("AURAX_PAYLOAD_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    finding = found("running servers")
    assert not finding.ok
    assert "TEMPORAL_ADDRESS" in finding.detail


def test_a_server_of_ones_own_without_a_key_is_told_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    assert "openssl rand -base64 32" in found("payload keys").detail


def _reach(store: S3Server, monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in {**store.environment(), **variables}.items():
        monkeypatch.setenv(name, value)
