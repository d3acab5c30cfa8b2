"""Places that cannot be used, and places with unusual names that can."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from aurax.adapters.cli.main import main
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs
from aurax.errors import AuraxError, InvalidOption, InvalidPrompt, MissingExtra, ServiceUnavailable
from aurax.intent.reader import analyze
from aurax.settings import Settings

UNUSUAL = [
    "a?b",
    "c#d",
    "e%41f",
    "100%",
    "with space ",
    "quote's",
    'double"quote',
    "ünïcödé 音楽",
    "new\nline",
    "tab\there",
    "x&mode=memory",
    "semi;colon",
    "file:x",
    "back\\slash",
    "$HOME",
    "[bold]",
    "n" * 250,
    "/".join(["deep"] * 50),
]


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_data_folder_of_any_name_keeps_everything_inside(tmp_path: Path, name: str) -> None:
    settings = Settings.load(data_dir=tmp_path / "place" / name)
    settings.data_dir.mkdir(parents=True)

    async def use() -> None:
        database = Database(settings.database_location)
        await migrate(database)
        await Songs(database).create_song("abc", "lofi", 1)
        assert (await Songs(database).get_song("abc")).prompt == "lofi"
        await database.close()

    asyncio.run(use())
    objects = ObjectStore(settings.objects_location, settings.cache_dir)
    ref = objects.put_bytes(b"{}")
    assert objects.read_bytes(ref) == b"{}"
    assert objects.keys() == (ref.key,)
    assert (settings.data_dir / "aurax.db").is_file()
    assert (settings.data_dir / "objects" / ref.key).is_file()
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(settings.data_dir)]
    assert outside == []


@pytest.mark.parametrize("name", ["n" * 256, "/".join(["deep" * 25] * 5), "/".join(["deep" * 25] * 60)])
def test_a_data_folder_whose_name_is_too_long_is_refused_plainly(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match=r"too long|480 bytes"):
        open_data_folder(Settings.load(data_dir=tmp_path / name))


def test_a_database_without_its_driver_names_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(MissingExtra, match=r"aurax\[postgres\]"):
        Database("postgresql+asyncpg://me:secret@localhost/songs")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://host/songs",
        "nonsense",
        "://",
        "postgresql+asyncpg://host:port/songs",
        "postgresql+asyncpg://host/songs?sslmode=require",
        "postgresql+nothing://host/songs",
        "sqlite+aiosqlite:///songs.db?wrong=1",
        "sqlite+pysqlite:///songs.db",
    ],
)
def test_an_address_that_is_none_of_a_database_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="AURAX_DATABASE_URL"):
        Database(url)


@pytest.mark.parametrize("place", ["127.0.0.1:9", "no-such-host.invalid:5432"])
def test_a_database_that_does_not_answer_is_told_without_its_password(place: str) -> None:
    pytest.importorskip("asyncpg")

    async def use() -> None:
        database = Database(f"postgresql+asyncpg://me:hunter2@{place}/songs")
        try:
            await migrate(database)
        finally:
            await database.close()

    with pytest.raises(ServiceUnavailable, match="AURAX_DATABASE_URL") as caught:
        asyncio.run(use())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    ["s3://", "nonsense://x", "https://host:port/x", "gs://", "az://", "ftp://host/x", "http://[::1", "s3://a b\n"],
)
def test_an_address_that_is_none_of_an_object_store_is_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(AuraxError, match=r"AURAX_OBJECTS_URL"):
        ObjectStore(location, tmp_path / "cache")


def test_a_file_where_the_objects_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file")
    with pytest.raises(AuraxError, match="AURAX_OBJECTS_URL"):
        ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")


@pytest.mark.parametrize("prompt", ["lofi\udcff", "lofi\0", "\ud83d lofi"])
def test_a_prompt_that_is_no_text_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidPrompt, match="UTF-8"):
        analyze(prompt, [], [])


@pytest.mark.parametrize(
    "arguments",
    [
        ["make", "lofi\udcff"],
        ["make", "lofi", "--style", "\udcff"],
        ["make", "lofi", "--out", "\udcff"],
        ["show", "\udcff"],
        ["\udcff"],
    ],
)
def test_arguments_that_are_not_utf_8_are_refused_without_a_traceback(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["aurax", *arguments])
    with pytest.raises(SystemExit) as ended:
        main(lambda settings: pytest.fail("no context is needed"))
    assert ended.value.code == 1
    assert "UTF-8" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
