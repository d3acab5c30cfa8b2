import itertools

import pytest

from aurax.compose.voicing import VoicingStyle, motion_cost, voice_chords
from aurax.score.key import Key
from aurax.score.roman import parse_roman

LOOP = ("ii9", "V13", "Imaj9", "vi9")


def voiced(romans, shape="rootless", voices=4, key="F major", times=3, **register):
    chords = [parse_roman(roman, Key.parse(key)) for roman in romans] * times
    voicings = voice_chords([(False, chord) for chord in chords], VoicingStyle(shape, voices, **register))
    return [voicings[False, chord.symbol] for chord in chords]


@pytest.mark.parametrize("shape", ["close", "rootless", "drop2", "open", "parallel"])
@pytest.mark.parametrize("romans", [LOOP, ("i", "bVI", "bIII", "bVII"), ("Imaj9", "II/1"), ("IVmaj9", "iv6", "iii7")])
def test_voices_keep_register_spacing_and_clarity(shape, romans):
    for voicing in voiced(romans, shape, low=48, high=79):
        assert voicing[0] >= 48
        assert voicing[-1] <= 79
        for low, high in itertools.pairwise(voicing):
            assert 0 < high - low <= 12
            assert high - low > 4 or low >= 52
            assert high - low > 1 or low >= 60


@pytest.mark.parametrize("romans", [LOOP, ("IVmaj7", "iii7", "vi9", "V7sus"), ("Imaj9", "IVmaj9", "iii7", "vi9")])
def test_upper_voices_move_by_steps(romans):
    moves = [
        abs(after - before)
        for first, second in itertools.pairwise(voiced(romans))
        for before, after in zip(first[1:], second[1:], strict=True)
    ]

    assert sum(move <= 2 for move in moves) / len(moves) >= 0.85
    assert max(moves) <= 5


def test_a_loop_repeats_its_voicings_exactly():
    chords = voiced(LOOP, times=2)

    assert chords[:4] == chords[4:]


def test_rootless_chords_leave_the_root_to_the_bass():
    assert all(7 not in {pitch % 12 for pitch in voicing} for voicing in voiced(("ii9",)))  # G in F major


def test_common_tones_stay_where_they_are():
    first, second = voiced(("I", "vi"), "close", 3, key="C major", times=1)

    assert set(first) & set(second) == {pitch for pitch in first if pitch % 12 in (0, 4)}


def test_lifted_sections_have_voicings_of_their_own_and_are_higher():
    chord = parse_roman("i", Key.parse("A minor"))
    voicings = voice_chords([(False, chord), (True, chord)], VoicingStyle("close", 3, lift=6.0))

    assert sum(voicings[True, "Am"]) > sum(voicings[False, "Am"])


def test_a_narrow_register_still_holds_every_chord():
    assert all(60 <= pitch <= 71 for voicing in voiced(LOOP, "open", low=60, high=71) for pitch in voicing)


def test_wide_moves_cost_more_than_their_width():
    assert motion_cost((60, 64, 67), (60, 64, 67)) == 0
    assert motion_cost((60, 64, 67), (60, 65, 69)) < motion_cost((60, 64, 67), (60, 64, 74))


@pytest.mark.parametrize("shape", ["close", "rootless", "drop2", "open", "parallel"])
@pytest.mark.parametrize("register", [{"low": 48, "high": 72}, {"low": 60, "high": 71}])
@pytest.mark.parametrize("voices", [3, 4])
def test_a_change_of_chord_always_changes_the_keys(shape, register, voices):
    numerals = [
        "I", "I/3", "Imaj7", "Imaj9", "Iadd9", "I69", "ii7", "ii9", "iii7", "IV", "IVmaj7", "IVmaj9", "IV/1", "Vsus4",
        "V7sus", "V9sus", "vi7", "vi9", "Isus2", "iv6", "II/1", "bVImaj7", "bIIImaj7", "V13",
    ]  # fmt: skip
    for first, second in itertools.combinations(numerals, 2):
        before, after = voiced((first, second), shape, voices, times=1, **register)
        assert set(before) != set(after), (first, second)


def test_a_rootless_ninth_does_not_pass_for_its_neighbour_s_seventh():
    before, after = voiced(("i9", "bIIImaj7"), key="C minor", times=1)

    assert {pitch % 12 for pitch in before} != {pitch % 12 for pitch in after}
    assert {3, 10} <= {pitch % 12 for pitch in before}


def test_a_lift_does_not_hide_a_change_of_chord():
    before, after = (parse_roman(roman, Key.parse("C minor")) for roman in ("i9", "bIIImaj7"))
    voicings = voice_chords([(False, before), (True, after)], VoicingStyle("rootless", 4, lift=2.0))

    assert voicings[False, before.symbol] != voicings[True, after.symbol]
