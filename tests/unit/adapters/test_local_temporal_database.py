import os
from pathlib import Path

import pytest

from aurax.adapters.local.temporal_database import TemporalDatabase
from aurax.errors import CorruptData, InvalidOption


@pytest.fixture
def database(tmp_path: Path) -> TemporalDatabase:
    return TemporalDatabase(tmp_path / "temporal.db", tmp_path / "temporal.creating")


def test_a_file_whose_creation_was_interrupted_is_made_anew(database: TemporalDatabase) -> None:
    database.prepare()
    database.path.write_bytes(b"half a database")
    database.path.with_name("temporal.db-wal").write_bytes(b"half a log")
    database.prepare()
    assert not database.path.exists()
    assert not database.path.with_name("temporal.db-wal").exists()


def test_a_file_that_a_server_ran_with_is_never_removed(database: TemporalDatabase) -> None:
    database.prepare()
    database.path.write_bytes(b"not a database any more")
    database.complete()
    with pytest.raises(CorruptData, match=r"temporal\.db"):
        database.prepare()
    assert database.path.read_bytes() == b"not a database any more"


def test_an_empty_file_beside_a_full_log_is_not_removed(database: TemporalDatabase) -> None:
    database.path.touch()
    database.path.with_name("temporal.db-wal").write_bytes(b"songs in the making")
    with pytest.raises(CorruptData):
        database.prepare()
    assert database.path.with_name("temporal.db-wal").exists()


def test_a_file_that_may_not_be_written_is_told_as_such(
    database: TemporalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.path.write_bytes(b"anything")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidOption, match="may not be written"):
        database.prepare()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('error creating namespace "default": SQL logic error: no such table: namespaces (1)', CorruptData),
        ("unable to create SQLite admin DB: file is not a database (26)", CorruptData),
        ("database disk image is malformed (11)", CorruptData),
        ("attempt to write a readonly database (8)", InvalidOption),
        ("panic: something else", type(None)),
    ],
)
def test_a_server_s_last_words_tell_whether_its_file_is_to_blame(
    database: TemporalDatabase, words: str, kind: type
) -> None:
    assert isinstance(database.damage(words), kind)
