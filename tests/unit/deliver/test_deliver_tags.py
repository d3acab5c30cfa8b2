from __future__ import annotations

from pathlib import Path

import mutagen
import pytest

from aurax.audio.files import write_audio
from aurax.audio.waveform import Waveform
from aurax.deliver.tags import audio_tags
from aurax.score.plan import Plan


def test_tags_name_the_song_and_how_to_make_it_again(plan: Plan) -> None:
    tags = audio_tags(plan, prompt="warm  lo-fi\nplease", seed=7, aurax_version="0.1.0")

    assert tags == {
        "title": "Rain & Tape",
        "artist": "AURA-X",
        "album": "Rain & Tape",
        "genre": "lo fi",
        "bpm": "120",
        "key": "Dm",
        "initialkey": "Dm",
        "comment": "warm lo-fi please [seed 7, AURA-X 0.1.0]",
    }


def test_a_stem_says_which_one_it_is(plan: Plan) -> None:
    tags = audio_tags(plan, prompt="x", seed=7, aurax_version="0.1.0", stem_name="bass")

    assert tags["title"] == "Rain & Tape (bass)"
    assert tags["album"] == "Rain & Tape"


def test_the_outcome_is_the_description_and_the_genre_is_what_was_made(plan: Plan) -> None:
    tags = audio_tags(plan, prompt="trap", seed=7, aurax_version="0.1.0", outcome="made as lo-fi: no trap here yet")

    assert (tags["genre"], tags["description"]) == ("lo fi", "made as lo-fi: no trap here yet")


def test_nothing_that_a_terminal_obeys_gets_into_the_tags(plan: Plan) -> None:
    tags = audio_tags(plan, prompt="lofi\x1b[2J\x07 \x9b31m rain\udc80 夜", seed=7, aurax_version="0.1.0")

    assert tags["comment"] == "lofi [2J 31m rain 夜 [seed 7, AURA-X 0.1.0]"


@pytest.mark.parametrize(("tempo_bpm", "bpm"), [(92.5, "93"), (85.4, "85"), (120.0, "120"), (173.99, "174")])
def test_the_tempo_is_a_whole_number(plan: Plan, tempo_bpm: float, bpm: str) -> None:
    tags = audio_tags(plan.model_copy(update={"tempo_bpm": tempo_bpm}), prompt="x", seed=7, aurax_version="0.1.0")

    assert tags["bpm"] == bpm


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "wav"])
def test_every_format_tells_tempo_and_key_alike(plan: Plan, master: Waveform, tmp_path: Path, suffix: str) -> None:
    wanted = plan.model_copy(update={"tempo_bpm": 92.5, "tonic": "F#"})
    path = tmp_path / f"song.{suffix}"
    write_audio(path, master, audio_tags(wanted, prompt="x", seed=7, aurax_version="0.1.0"))

    tags = mutagen.File(path).tags

    if suffix in ("flac", "ogg"):
        found = {name: tags[name] for name in ("bpm", "key", "initialkey")}
    else:
        found = {"bpm": tags["TBPM"].text, "key": tags["TKEY"].text, "initialkey": tags["TXXX:initialkey"].text}
    assert found == {"bpm": ["93"], "key": ["F#m"], "initialkey": ["F#m"]}
