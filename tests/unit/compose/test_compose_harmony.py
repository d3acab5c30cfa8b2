import itertools
from dataclasses import replace

import pytest

from aurax.compose.harmony import HarmonyStyle, draw_loops, make_chords
from aurax.compose.style_registry import load_styles
from aurax.compose.tonality import tonal_lead
from aurax.score.key import MODES, Key
from aurax.score.roman import parse_roman
from aurax.score.time import Meter

PLAIN = HarmonyStyle(
    verse={"major": ("I V vi IV",), "minor": ("i bVI bIII bVII",)},
    chorus={"major": ("IV V I vi",), "minor": ("bVI bVII i i",)},
    bridge={"major": ("ii iii",), "minor": ("iv v",)},
    cadence={"major": ("ii-V",), "minor": ("v",)},
    cadence_rate=0.0,
    final={"major": "I", "minor": "i"},
    bars_per_chord=(1.0,),
    colours={},
    colour_rate=0.0,
    borrowing_rate=0.0,
)

FORM = [("verse", 4), ("chorus", 4), ("verse", 4), ("bridge", 4), ("outro", 4)]


def numerals(form, style=PLAIN, key="C major", meter="4/4", seed=1):
    spans = make_chords(form, style, Key.parse(key), Meter.parse(meter), seed, strict=False)
    return [span.chord.roman for span in spans]


def test_each_kind_of_section_has_its_progression():
    assert numerals(FORM) == [
        *("I", "V", "vi", "IV"), *("IV", "V", "I", "vi"), *("I", "V", "vi", "IV"), *("ii", "iii", "ii", "iii"),
        *("I", "V", "ii", "V", "I"),
    ]  # fmt: skip


def test_a_song_in_a_minor_key_ends_at_home():
    assert numerals(FORM, key="E minor")[-2:] == ["v", "i"]


def test_a_split_slot_changes_after_two_of_three_beats():
    spans = make_chords([("outro", 4)], PLAIN, Key.parse("C major"), Meter.parse("3/4"), 1, strict=False)

    assert [(span.start_ticks // 960, span.duration_ticks // 960, span.chord.roman) for span in spans] == [
        (0, 3, "I"), (3, 3, "V"), (6, 2, "ii"), (8, 1, "V"), (9, 3, "I"),
    ]  # fmt: skip


@pytest.mark.parametrize("style", sorted(load_styles()))
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("seed", range(4))
def test_chords_follow_each_other_without_gaps(style, meter, seed):
    form = [("intro", 3), ("verse", 8), ("build", 4), ("chorus", 7), ("break", 1), ("outro", 5)]
    spans = make_chords(
        form, load_styles()[style].harmony, Key.parse("G minor"), Meter.parse(meter), seed, strict=False
    )

    assert spans[0].start_ticks == 0
    assert all(first.end_ticks == second.start_ticks for first, second in itertools.pairwise(spans))
    assert spans[-1].end_ticks == 28 * Meter.parse(meter).ticks_per_bar


@pytest.mark.parametrize("style", sorted(load_styles()))
@pytest.mark.parametrize("mode", MODES)
def test_an_asked_mode_is_never_left(style, mode):
    key = Key("Eb", mode)
    for seed in range(6):
        for span in make_chords(FORM, load_styles()[style].harmony, key, Meter(), seed, strict=True):
            assert set(span.chord.pitch_classes) <= set(key.pitch_classes), span.chord


@pytest.mark.parametrize("style", sorted(load_styles()))
def test_a_free_mode_is_left_by_few_chords(style):
    outside = total = 0
    for seed in range(30):
        key = Key("D", "minor" if seed % 2 else "major")
        spans = make_chords(
            [("verse", 8), ("chorus", 8)] * 2, load_styles()[style].harmony, key, Meter(), seed, strict=False
        )
        total += len(spans)
        outside += sum(not set(span.chord.pitch_classes) <= set(key.pitch_classes) for span in spans)

    assert outside / total < 0.15


@pytest.mark.parametrize("style", sorted(load_styles()))
def test_verse_chorus_and_bridge_differ(style):
    for seed in range(20):
        loops = draw_loops(load_styles()[style].harmony, Key("A", "minor"), seed, strict=False)
        assert len(set(loops.values())) == len(loops)


def test_equal_sections_share_their_chords_and_long_songs_change_them():
    harmony = load_styles()["synthwave"].harmony
    form = [("verse", 8), ("chorus", 8)] * 5
    spans = make_chords(form, harmony, Key("A", "minor"), Meter(), 5, strict=False)
    bars = {
        place: tuple(s.chord.roman for s in spans if place * 8 <= s.start_ticks // 3840 < place * 8 + 7)
        for place in range(9)
    }

    assert bars[1] == bars[3] == bars[5]
    assert bars[0] == bars[2]
    assert bars[0] != bars[4]


def lead(romans, key):
    return tonal_lead([parse_roman(roman, Key.parse(key)) for roman in romans.split()], Key.parse(key))


def test_a_cadence_establishes_its_key_better_than_a_loop_around_another_chord():
    assert lead("I IV V I", "C major") > 0.05
    assert lead("I IV V I", "C major") > lead("V II V II", "C major")


@pytest.mark.parametrize("style", sorted(load_styles()))
@pytest.mark.parametrize("key", ["D minor", "C major", "F lydian", "E dorian"])
def test_an_asked_key_is_established_by_verse_or_chorus(style, key):
    for seed in range(10):
        loops = draw_loops(load_styles()[style].harmony, Key.parse(key), seed, strict=True)
        romans = " ".join(loops["verse"] + loops["chorus"]).replace("-", " ")
        assert lead(romans, key) > -0.05, romans


@pytest.mark.parametrize("pace_bars", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("style", sorted(load_styles()))
def test_cadences_keep_the_pace_of_the_chords(style, pace_bars):
    harmony = replace(load_styles()[style].harmony, bars_per_chord=(pace_bars,), cadence_rate=1.0)
    form = [("intro", 4), ("verse", 16), ("chorus", 16), ("break", 9), ("chorus", 8), ("outro", 9)]
    for seed in range(6):
        spans = make_chords(form, harmony, Key("A", "minor"), Meter(), seed, strict=False)
        shares = [span.duration_ticks / (pace_bars * Meter().ticks_per_bar) for span in spans]
        assert min(shares) >= (1.0 if pace_bars > 1.0 else 0.5), (seed, shares)


def test_a_song_too_short_for_its_pace_takes_a_faster_one():
    harmony = replace(PLAIN, bars_per_chord=(4.0,), verse={"major": ("I vi IV V",), "minor": ("i iv",)})

    assert numerals([("verse", 6)], harmony, meter="4/4") == ["I", "vi", "IV", "ii", "V", "I"]
    assert numerals([("verse", 24)], harmony) == ["I", "V", "IV", "V", "V", "I"]
