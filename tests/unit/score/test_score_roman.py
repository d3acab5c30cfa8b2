import pytest

from aurax.errors import InvalidOption
from aurax.score.key import MODES, Key
from aurax.score.roman import diatonic_roman, parse_roman


@pytest.mark.parametrize(
    ("roman", "key", "symbol", "intervals", "bass"),
    [
        ("ii9", "F major", "Gm9", (0, 3, 7, 10, 14), 7),
        ("bVImaj7", "C minor", "Abmaj7", (0, 4, 7, 11), 8),
        ("V7sus", "G major", "D7sus", (0, 5, 7, 10), 2),
        ("IV/1", "C major", "F/C", (0, 4, 7), 0),
        ("I/3", "D major", "D/F#", (0, 4, 7), 6),
        ("i°7", "A minor", "A°7", (0, 3, 6, 9), 9),
        ("#i°7", "C major", "C#°7", (0, 3, 6, 9), 1),
        ("iii7b5", "C major", "Em7b5", (0, 3, 6, 10), 4),
        ("bVII", "A minor", "G", (0, 4, 7), 7),
    ],
)
def test_a_numeral_names_its_chord(roman, key, symbol, intervals, bass):
    chord = parse_roman(roman, Key.parse(key))

    assert (chord.symbol, chord.intervals, chord.bass_pitch_class) == (symbol, intervals, bass)


def test_a_numeral_counts_from_the_major_scale_in_minor_keys_too():
    assert parse_roman("VI", Key.parse("C minor")).root_pitch_class == 9
    assert parse_roman("bVI", Key.parse("C minor")).root_pitch_class == 8


@pytest.mark.parametrize("text", ["", "H7", "VIII", "ivfoo", "I/9", "7"])
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidOption):
        parse_roman(text, Key.parse("C major"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "roman", ["ii9", "V13", "bVImaj7", "iv6", "bVII", "II/1", "V7#9", "bIII°7", "III7", "IV9", "i9"]
)
def test_a_diatonic_chord_has_only_notes_of_the_mode(roman, mode):
    key = Key("Eb", mode)
    chord = parse_roman(diatonic_roman(roman, mode), key)

    assert set(chord.pitch_classes) | {chord.bass_pitch_class} <= set(key.pitch_classes)


def test_a_chord_within_the_mode_stays_as_it_is():
    assert diatonic_roman("bVImaj7", "minor") == "bVImaj7"
    assert diatonic_roman("II/1", "lydian") == "II/1"


def test_borrowed_chords_turn_into_their_relatives_within_the_mode():
    assert [diatonic_roman(roman, "major") for roman in ("iv6", "bVImaj7", "bVII", "III7")] == [
        "IV",
        "vi7",
        "V",
        "iii7",
    ]
