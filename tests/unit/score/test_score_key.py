import pytest

from aurax.errors import InvalidOption
from aurax.score.key import Key, pitch_to_hz


def test_a_key_lists_its_pitch_classes_from_the_tonic():
    assert Key.parse("F# dorian").pitch_classes == (6, 8, 9, 11, 1, 3, 4)
    assert Key.parse("Bb").pitch_classes == (10, 0, 2, 3, 5, 7, 9)


def test_degrees_move_through_octaves():
    key = Key.parse("D minor")

    assert [key.degree_pitch(degree, 4) for degree in (-1, 0, 2, 7, 9)] == [60, 62, 65, 74, 77]


@pytest.mark.parametrize("text", ["H minor", "C blue", "", "c major"])
def test_unknown_keys_are_refused(text):
    with pytest.raises(InvalidOption):
        Key.parse(text)


def test_minor_modes_have_a_minor_third():
    assert [mode for mode in ("major", "minor", "dorian", "lydian") if Key("C", mode).is_minor] == ["minor", "dorian"]


def test_a4_sounds_at_440_hz():
    assert pitch_to_hz(69) == pytest.approx(440.0)
    assert pitch_to_hz(81) == pytest.approx(880.0)
