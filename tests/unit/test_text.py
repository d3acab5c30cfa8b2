from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from rich.table import Table

from aurax.adapters.cli import console
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.reference import ObjectRef
from aurax.deliver import smf
from aurax.errors import CorruptData, UnwritableOutput
from aurax.render.stem import ClipStem
from aurax.services.request import SongRequest
from aurax.services.song import Deliverable
from aurax.services.task import SongTask
from aurax.text import is_safe_path, one_line, visible

NASTY = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egpj\u2066\u200f\x7f\x00\ud800"


def test_what_a_terminal_would_obey_is_shown_as_escapes() -> None:
    assert visible("a\x1b[31m") == r"a\x1b[31m"
    assert visible("a\u202eb") == r"a\u202eb"
    assert visible("Ü 日本 😀 é\n", keep="\n") == "Ü 日本 😀 é\n"
    assert one_line(" a\r\n\tb\x1b ") == r"a b\x1b"


@given(st.text())
def test_visible_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert shown.encode().decode() == shown


def test_the_console_shows_no_foreign_control_character_and_keeps_its_own_styles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    table = Table("prompt")
    table.add_row(NASTY)
    console.stdout().print(NASTY)
    console.stdout().print(table)
    console.print_json({"prompt": NASTY})
    assert not set(written.getvalue()) & set(NASTY.replace("owned", "")) - set("]0;[31m2Jgpj")
    assert json.loads(written.getvalue()[written.getvalue().index("{") :]) == {"prompt": NASTY}


def test_names_in_midi_files_hold_no_control_character() -> None:
    assert smf.name("a\x1b[31m\x07").content.endswith(rb"a\x1b[31m\x07")


UNSAFE = [
    "", ".", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.hidden", "a\\b", "a\x00b", "a\nb",
    "C:x", "~/x", "a\u202eb", "x" * 256, "/".join(["abcdefgh"] * 200), "a ", "a.", "a/ b",
]  # fmt: skip


@pytest.mark.parametrize("path", UNSAFE)
def test_a_path_that_could_leave_its_folder_is_refused_everywhere(path: str, tmp_path: Path) -> None:
    assert not is_safe_path(path)
    good = ObjectRef(key="audio/a.flac", sha256="0" * 64, bytes=1)
    with pytest.raises(ValidationError):
        Deliverable(path=path, object=good)
    with pytest.raises(ValidationError):
        ObjectRef(key=f"audio/{path}", sha256="0" * 64, bytes=1)
    store = ObjectStore(str(tmp_path / "store"), tmp_path / "work")
    with pytest.raises(CorruptData):
        store.delete([path])
    with pytest.raises(CorruptData):
        store.get_path(good.model_copy(update={"key": path}))
    with OutputFolder(tmp_path / "out") as output, pytest.raises(UnwritableOutput):
        output.make(path, Path.touch)


@pytest.mark.parametrize("path", ["master.flac", "stems/electric piano.flac", "a-b_c/d.e/f (2)", "日本/é.wav"])
def test_plain_names_are_fine(path: str) -> None:
    assert is_safe_path(path)


@pytest.mark.parametrize("key", ["secret.txt", "temporal/a", "songs", "../secret.txt", "run/runtime.json"])
def test_a_key_outside_the_stores_folders_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        ObjectRef(key=key, sha256="0" * 64, bytes=1)


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n", "../" + "0" * 61])
def test_a_hash_is_64_hexadecimal_digits(digest: str) -> None:
    with pytest.raises(ValidationError):
        ObjectRef(key="audio/a.flac", sha256=digest, bytes=1)


@pytest.mark.parametrize("song_id", ["", "../x", "a/b", ".", "-a", "a.b", "a\n", "x" * 65, "é", "a b"])
def test_a_song_id_is_a_plain_word(song_id: str) -> None:
    with pytest.raises(ValidationError):
        SongTask(song_id=song_id, request=SongRequest(prompt="lofi"))


def test_a_clip_key_in_a_stored_manifest_is_a_plain_word() -> None:
    manifest = {"track": "bass", "role": "bass", "sample_rate": 48000, "frames": 1, "placements": [["ab12", 0, 1]]}
    assert ClipStem.model_validate(manifest).clip_keys == ("ab12",)
    for key in ("../../secret", "a/b", "", "a.b", "a\n"):
        with pytest.raises(ValidationError):
            ClipStem.model_validate({**manifest, "placements": [[key, 0, 1]]})


def test_a_link_inside_the_store_leads_nowhere(tmp_path: Path) -> None:
    store = ObjectStore(str(tmp_path / "store"), tmp_path / "work")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    (tmp_path / "store" / "songs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptData):
        store.get_path(ObjectRef(key="songs/secret.txt", sha256="0" * 64, bytes=6))
    (tmp_path / "new").write_text("new")
    with pytest.raises(CorruptData):
        store.put_at("songs/secret.txt", tmp_path / "new")
    with pytest.raises(CorruptData):
        store.delete(["songs/secret.txt"])
    assert (tmp_path / "elsewhere" / "secret.txt").read_text() == "secret"
