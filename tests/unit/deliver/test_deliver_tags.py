from __future__ import annotations

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
        "comment": "warm lo-fi please [seed 7, AURA-X 0.1.0]",
    }


def test_a_stem_says_which_one_it_is(plan: Plan) -> None:
    tags = audio_tags(plan, prompt="x", seed=7, aurax_version="0.1.0", stem_name="bass")

    assert tags["title"] == "Rain & Tape (bass)"
    assert tags["album"] == "Rain & Tape"
