"""What every installed style must deliver, whatever is asked of it."""

from __future__ import annotations

import itertools

import pytest

from aurax.compose.composer import compose
from aurax.compose.style import Style
from aurax.compose.style_registry import load_styles
from aurax.intent.contract import Contract
from aurax.intent.intent import Intent
from aurax.render.instrument_registry import load_instruments
from aurax.score.character import Character
from aurax.score.key import PITCH_CLASSES, Key
from aurax.score.role import DRUM_ROLES, PITCHED_ROLES
from aurax.score.score import Score
from aurax.score.time import Meter

STYLES = load_styles()
INSTRUMENTS = {name: instrument.info for name, instrument in load_instruments().items()}

WISHES = {
    "five seconds": {"duration_s": 5.0},
    "twenty seconds": {"duration_s": 20.0},
    "a minute": {"duration_s": 60.0},
    "three minutes": {"duration_s": 180.0},
    "a waltz": {"duration_s": 45.0, "meter": Meter.parse("3/4")},
    "six eighths": {"duration_s": 50.0, "meter": Meter.parse("6/8"), "tempo_bpm": 96.0},
    "an asked key and tempo": {"duration_s": 73.0, "tonic": "F#", "mode": "lydian", "tempo_bpm": 101.0},
    "loud and dense": {"duration_s": 40.0, "character": Character(energy=3, density_percent=50, tempo_percent=10)},
    "quiet and sparse": {"duration_s": 40.0, "character": Character(energy=-3, density_percent=-40, swing_percent=4)},
    "building": {"duration_s": 60.0, "energy_shape": "builds", "ending": "hit"},
    "fading": {"duration_s": 60.0, "energy_shape": "fades", "ending": "fade"},
    "without drums": {"duration_s": 60.0, "unwanted": ("drums",)},
    "a form": {"duration_s": 60.0, "sections": ("intro", "verse", "chorus", "bridge", "chorus", "outro")},
    "piano only": {"duration_s": 45.0, "wanted": ("piano",), "only_wanted": True},
}


def song(style: str, wish: str, seed: int = 1) -> Score:
    words = {"prompt": f"{style}, {wish}", "title": wish, "style": style, "contract": Contract(requirements=())}
    return compose(Intent.model_validate(words | WISHES[wish]), seed, STYLES, INSTRUMENTS)


@pytest.fixture(params=[(style, wish) for style in sorted(STYLES) for wish in WISHES], ids=" ".join, scope="module")
def score(request: pytest.FixtureRequest) -> Score:
    return song(*request.param)


def test_the_song_lasts_exactly_as_long_as_asked(score):
    asked = WISHES[score.plan.title]["duration_s"]

    assert score.plan.duration_s == pytest.approx(asked, abs=1e-6)


def test_the_score_survives_its_json(score):
    assert Score.from_json(score.to_json()) == score


def test_no_pitch_overlaps_itself(score):
    for track in score.tracks:
        for _, same in itertools.groupby(
            sorted(track.notes, key=lambda note: (note.pitch, note.start_ticks)), key=lambda note: note.pitch
        ):
            for first, second in itertools.pairwise(same):
                assert first.end_ticks <= second.start_ticks, (track.name, first, second)
                assert first.played_ticks + first.duration_ticks <= second.played_ticks, (track.name, first, second)


def test_every_note_is_within_its_instrument_and_the_song(score):
    end = score.plan.grid.s_to_ticks(score.plan.duration_s)
    for track in score.tracks:
        info = INSTRUMENTS[track.instrument]
        keys = {drum.pitch for drum in info.drum_voices}
        for note in track.notes:
            assert note.pitch in keys if keys else info.lowest_pitch <= note.pitch <= info.highest_pitch, track.name
            assert 1 <= note.velocity <= 127
            assert note.duration_ticks > 0
            assert 0 <= note.start_ticks < note.end_ticks <= end


def test_notes_stand_in_order(score):
    for track in score.tracks:
        assert list(track.notes) == sorted(track.notes, key=lambda note: (note.start_ticks, note.pitch))


def test_chords_fill_the_song_without_gaps(score):
    chords = score.plan.chords

    assert chords[0].start_ticks == 0
    assert all(first.end_ticks == second.start_ticks for first, second in itertools.pairwise(chords))
    assert chords[-1].end_ticks == score.plan.grid.bars_to_ticks(score.plan.bars)


def test_the_song_ends_on_its_tonic(score):
    assert score.plan.chords[-1].chord.root_pitch_class == score.plan.key.tonic_pitch_class


def test_sections_follow_each_other_and_name_known_parts(score):
    sections, names = score.plan.sections, {part.name for part in score.plan.parts}

    assert sections[0].start_bar == 0
    assert all(first.end_bar == second.start_bar for first, second in itertools.pairwise(sections))
    assert all(section.parts and set(section.parts) <= names for section in sections)


def test_no_section_is_empty(score):
    grid = score.plan.grid
    for section in score.plan.sections:
        start, end = grid.bars_to_ticks(section.start_bar), grid.bars_to_ticks(section.end_bar)
        assert any(note.start_ticks < end and note.end_ticks > start for track in score.tracks for note in track.notes)


def test_notes_stay_in_the_key_for_the_most_part(score):
    weights = [0] * 12
    for track in score.tracks:
        if track.role in PITCHED_ROLES:
            for note in track.notes:
                weights[note.pitch % 12] += note.duration_ticks
    inside = sum(weights[pitch_class] for pitch_class in score.plan.key.pitch_classes)

    assert inside >= (0.97 if score.plan.title == "an asked key and tempo" else 0.85) * sum(weights)


def test_knobs_stay_within_their_ranges(score):
    for track in score.tracks:
        knobs = {knob.name: knob for knob in INSTRUMENTS[track.instrument].parameters}
        for name, value in track.parameters.items():
            assert knobs[name].low <= value <= knobs[name].high


def test_lanes_rise_in_time(score):
    for lane in (lane for track in score.tracks for lane in track.lanes):
        assert all(first[0] < second[0] for first, second in itertools.pairwise(lane.points))


def test_refused_drums_are_nowhere(score):
    if score.plan.title == "without drums":
        assert not {track.role for track in score.tracks} & DRUM_ROLES


def test_an_only_instrument_plays_alone(score):
    if score.plan.title == "piano only":
        assert {track.instrument for track in score.tracks} == {"piano"}


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_seed_replays_its_song_and_another_seed_makes_another(name):
    assert song(name, "a minute").to_json() == song(name, "a minute").to_json()
    assert song(name, "a minute").to_json() != song(name, "a minute", seed=2).to_json()


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_names_instruments_and_keys_that_exist(name):
    style: Style = STYLES[name]

    assert {one for spec in style.palette for one in spec.instruments} <= set(INSTRUMENTS)
    assert all(Key.parse(key).tonic in PITCH_CLASSES for key in style.info.typical_keys)
    assert style.info.tempo_range_bpm[0] <= style.info.typical_tempo_bpm <= style.info.tempo_range_bpm[1]


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_aims_at_a_level_for_every_role_it_plays(name):
    style: Style = STYLES[name]

    assert {spec.role for spec in style.palette} <= set(style.production.role_level_lu)
    assert style.production.loudness_lufs == -14.0
