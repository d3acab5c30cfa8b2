"""What a generator is told of a prompt that was understood."""

import numpy as np
import pytest
from builders.fake_engines import info
from builders.wishes import wish_for

from aurax.audio.waveform import Waveform
from aurax.engines.checking import check_request
from aurax.engines.direction import RAW_LIMIT_S, describe, direct, raw_duration_s, tempo_and_key
from aurax.engines.engine import EngineInfo
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.reader import analyze
from aurax.intent.wish import Wish
from aurax.render.instrument_registry import load_instruments

LOFI = StyleInfo(
    name="lofi",
    title="Lo-fi hip hop",
    aliases=("lofi",),
    tempo_range_bpm=(70, 90),
    typical_tempo_bpm=80,
    typical_keys=("F major", "D minor"),
    typical_duration_s=150,
)
EVERYTHING = frozenset({"text", "negative_text", "duration", "seed", "melody", "bpm", "key"})


def read(prompt: str) -> Intent:
    return analyze(prompt, [LOFI], [one.info for one in load_instruments().values()])


def engine(**changes: object) -> EngineInfo:
    return info("fake", **changes)


def melody(duration_s: float) -> Waveform:
    return Waveform(np.zeros((2, round(duration_s * 48_000)), np.float32), 48_000)


def test_the_tempo_and_key_of_the_prompt_win_over_the_style() -> None:
    bpm, key = tempo_and_key(read("lofi in E minor at 84 bpm"), LOFI)
    assert (bpm, str(key)) == (84.0, "E minor")


def test_without_any_the_style_gives_tempo_and_key() -> None:
    bpm, key = tempo_and_key(read("lofi"), LOFI)
    assert (bpm, str(key)) == (80.0, "F major")


def test_a_prompt_that_wants_it_faster_raises_the_usual_tempo() -> None:
    bpm, _ = tempo_and_key(read("fast lofi"), LOFI)
    assert bpm > 80.0


def test_an_energetic_prompt_raises_the_usual_tempo() -> None:
    intent = read("energetic lofi")
    assert intent.tempo_bpm is None
    bpm, _ = tempo_and_key(intent, LOFI)
    assert bpm == pytest.approx(80.0 * (1.0 + intent.character.tempo_percent / 100.0), abs=0.01)
    assert bpm > 80.0


def test_the_description_names_style_instruments_tempo_and_key_in_words() -> None:
    words = describe(read("dark lofi with electric piano, 84 bpm in E minor"), LOFI).split(", ")
    assert words[0] == "lo-fi hip hop instrumental"
    assert "featuring electric piano" in words
    assert "dark" in words
    assert words[-3:] == ["84 bpm", "in E minor", "studio quality"]


def test_only_what_was_wanted_is_said_to_be_all() -> None:
    assert "and nothing else" in describe(read("lofi, solo piano"), LOFI)
    assert "and nothing else" not in describe(read("lofi with piano"), LOFI)


def test_a_quality_of_the_sound_is_told_in_its_own_word() -> None:
    bright, dark = (describe(read(f"very {word} lofi"), LOFI).split(", ") for word in ("bright", "dark"))
    assert "bright" in bright
    assert "bright" not in dark
    assert "dark" in dark


def test_a_plain_prompt_names_no_trait() -> None:
    assert describe(read("lofi"), LOFI) == "lo-fi hip hop instrumental, 80 bpm, in F major, studio quality"


def wishing(*wishes: Wish, **fields: object) -> Intent:
    return read("lofi at 140 bpm in C minor").model_copy(update={"wishes": wishes, **fields})


def test_a_generator_hears_the_persons_own_words_and_never_the_substitute() -> None:
    intent = wishing(
        wish_for("genre", "trap", "substituted", substitute="lo-fi hip hop", nearness=0.4),
        wish_for("instrument", "cello", "substituted", substitute="soft pad", nearness=0.2),
        wish_for("instrument", "808", "not_done"),
        wish_for("mood", "menacing", "not_done"),
        wish_for("production", "distorted"),
        wish_for("era", "1990s", "not_done"),
        wish_for("likeness", "Portishead", "substituted", substitute="general traits"),
        wish_for("unknown", "zorblax", "not_understood"),
        wanted=("soft-pad",),
        moods=("dark",),
    )
    assert describe(intent, LOFI) == (
        "trap instrumental, like Portishead, 1990s, menacing, distorted, featuring cello, 808, 140 bpm, in C minor, "
        "studio quality"
    )


def test_the_styles_title_is_told_only_where_no_genre_was_asked_for() -> None:
    assert describe(wishing(wish_for("mood", "calm")), LOFI).startswith("lo-fi hip hop instrumental, calm, ")
    assert describe(wishing(wish_for("genre", "polka", refused=True)), LOFI).startswith("lo-fi hip hop instrumental, ")


@pytest.mark.parametrize(
    ("refused", "sings", "said"),
    [
        (False, True, ["trap", "with female vocals"]),
        (False, False, ["trap instrumental"]),
        (True, True, ["trap instrumental"]),
    ],
)
def test_a_song_is_instrumental_only_if_nobody_may_or_can_sing(refused: bool, sings: bool, said: list[str]) -> None:
    intent = wishing(wish_for("genre", "trap"), wish_for("vocals", "female vocals", "not_done", refused=refused))
    told = describe(intent, LOFI, sings=sings).split(", ")
    assert [word for word in told if word.startswith(("trap", "with"))] == said


def test_an_engine_that_can_sing_is_not_told_to_play_alone() -> None:
    assert describe(wishing(wish_for("genre", "trap")), LOFI, sings=True).startswith("trap, ")
    singer = engine(conditions=EVERYTHING | {"vocals"})
    assert "instrumental" not in direct(wishing(wish_for("genre", "trap")), LOFI, singer, seeds=(1,)).prompt


def test_only_and_what_was_refused_too_are_told_once() -> None:
    intent = wishing(
        wish_for("instrument", "piano"),
        wish_for("instrument", "drums", "not_done"),
        wish_for("instrument", "drums", refused=True),
        wish_for("instrument", "nothing else"),
        only_wanted=True,
        unwanted=("drums",),
    )
    assert "featuring piano and nothing else" in describe(intent, LOFI).split(", ")


def test_refused_things_of_every_kind_are_told_as_what_not_to_play() -> None:
    intent = wishing(
        wish_for("instrument", "drums", refused=True),
        wish_for("vocals", "vocals", refused=True),
        wish_for("genre", "jazz", refused=True),
        unwanted=("drums", "kick"),
    )
    request = direct(intent, LOFI, engine(conditions=EVERYTHING), seeds=(1,))
    assert request.negative_prompt == "drums, vocals, jazz, kick"


def test_audio_is_asked_for_two_bars_longer_than_the_song() -> None:
    assert raw_duration_s(read("lofi at 80 bpm, 20 seconds"), LOFI, engine()) == pytest.approx(20 + 2 * 4 * 60 / 80)
    waltz = read("lofi at 80 bpm in 3/4, 20 seconds")
    assert raw_duration_s(waltz, LOFI, engine()) == pytest.approx(20 + 2 * 3 * 60 / 80)


def test_long_songs_are_arranged_from_a_limited_piece() -> None:
    assert raw_duration_s(read("lofi, 4 minutes"), LOFI, engine(longest_s=600.0)) == RAW_LIMIT_S
    assert raw_duration_s(read("lofi, 4 minutes"), LOFI, engine(longest_s=30.0)) == 30.0


def test_an_engine_is_given_only_what_it_takes() -> None:
    intent = read("lofi at 84 bpm in E minor without drums")
    plain = direct(intent, LOFI, engine(), seeds=(4, 5), melody=melody(3.0))
    assert (plain.bpm, plain.key, plain.negative_prompt, plain.melody) == (None, None, "", None)
    whole = direct(intent, LOFI, engine(conditions=EVERYTHING), seeds=(4, 5), melody=melody(3.0))
    assert (whole.bpm, whole.key, whole.negative_prompt) == (84.0, "E minor", "drums")
    assert whole.melody is not None
    assert whole.seeds == plain.seeds == (4, 5)


def test_a_melody_sets_the_length_within_what_the_engine_plays() -> None:
    intent = read("lofi, 2 minutes")
    assert direct(intent, LOFI, engine(conditions=EVERYTHING), seeds=(1,), melody=melody(9.5)).duration_s == 9.5
    short = engine(conditions=EVERYTHING, longest_s=4.0)
    assert direct(intent, LOFI, short, seeds=(1,), melody=melody(9.5)).duration_s == 4.0


@pytest.mark.parametrize("prompt", ["lofi", "fast dark lofi with piano without drums, 84 bpm, 3 minutes", "solo piano"])
def test_every_direction_is_a_request_that_the_engine_accepts(prompt: str) -> None:
    for described in (engine(), engine(conditions=EVERYTHING), engine(longest_s=10.0)):
        check_request(described, direct(read(prompt), LOFI, described, seeds=(0, 2**62)))
