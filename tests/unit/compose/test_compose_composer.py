import itertools

import pytest
from builders.casts import INSTRUMENTS
from builders.intents import wish

from aurax.compose.arrangement import TUNE_SHARE, TUNELESS_SECTIONS
from aurax.compose.composer import compose, make_plan, make_score, song_seed
from aurax.compose.ending import LONGEST_RING_S
from aurax.compose.style_registry import load_styles
from aurax.errors import InvalidOption, UnknownPlugin
from aurax.score.character import Character
from aurax.score.role import DRUM_ROLES
from aurax.score.time import Meter

STYLES = load_styles()


def song(style="lofi", duration_s=60.0, seed=1, **fields):
    return compose(wish(style, duration_s, **fields), seed, STYLES, INSTRUMENTS)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_same_seed_gives_the_same_score(style):
    assert song(style).to_json() == song(style).to_json()


def test_another_seed_or_prompt_gives_another_song():
    assert song(seed=1).to_json() != song(seed=2).to_json()
    assert song_seed(1, "lofi beat") != song_seed(1, "lofi beats")
    assert song_seed(1, "Lofi  beat") == song_seed(1, "lofi beat")


@pytest.mark.parametrize("style", sorted(STYLES))
def test_forty_prompts_share_no_chords(style):
    plans = [
        make_plan(wish(style, 120.0, prompt=f"prompt {number}"), STYLES[style], INSTRUMENTS, 1) for number in range(40)
    ]

    assert len({tuple(span.chord.symbol for span in plan.chords) for plan in plans}) == 40


@pytest.mark.parametrize("duration_s", [20.0, 60.0, 180.0])
@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_song_lasts_exactly_as_long_as_asked(style, duration_s):
    plan = make_plan(wish(style, duration_s), STYLES[style], INSTRUMENTS, 1)

    assert plan.duration_s == pytest.approx(duration_s, abs=1e-9)
    assert STYLES[style].form.tail_s <= plan.tail_s <= STYLES[style].form.tail_s + plan.grid.bar_s


def test_ten_minutes_return_without_copies():
    plan = make_plan(wish("synthwave", 600.0), STYLES["synthwave"], INSTRUMENTS, 1)
    verses = [one for one in plan.sections if one.name == "verse"]

    assert len(verses) >= 4
    assert plan.duration_s == pytest.approx(600.0)
    assert len({one.parts for one in verses}) >= 3


@pytest.mark.parametrize("style", ["ambient", "lofi", "deep-house", "synthwave"])
def test_a_refused_fade_never_ends_a_song(style):
    endings = {song(style, 20.0, seed=seed, refused_endings=("fade",)).plan.ending for seed in range(16)}

    assert "fade" not in endings


def test_who_refuses_every_ending_gets_one_that_is_not_refused():
    refused = ("fade", "strip", "ring")

    assert song("ambient", 20.0, refused_endings=refused).plan.ending == "hit"


def test_asked_key_tempo_meter_and_ending_are_kept():
    plan = song(tonic="Bb", mode="dorian", tempo_bpm=77.3, meter=Meter.parse("3/4"), ending="hit").plan

    assert (plan.tonic, plan.mode, plan.tempo_bpm, str(plan.meter), plan.ending) == ("Bb", "dorian", 77.3, "3/4", "hit")


def test_an_asked_mode_draws_a_fitting_tonic():
    assert song(mode="lydian").plan.mode == "lydian"


def test_an_asked_lydian_stays_lydian_in_every_style():
    for style in STYLES:
        score = song(style, tonic="C", mode="lydian")
        for track in score.tracks:
            if track.role in ("chords", "pad", "arp"):
                assert {note.pitch % 12 for note in track.notes} <= set(score.plan.key.pitch_classes), (
                    style,
                    track.name,
                )


def test_adjectives_move_the_tempo():
    slow = song(character=Character(tempo_percent=-15)).plan.tempo_bpm
    fast = song(character=Character(tempo_percent=15)).plan.tempo_bpm

    assert slow < song().plan.tempo_bpm < fast


def test_an_asked_loudness_reaches_the_production():
    assert song(loudness_lufs=-9.0).plan.production.loudness_lufs == -9.0


@pytest.mark.parametrize("style", sorted(STYLES))
def test_without_drums_something_still_pulses(style):
    score = song(style, unwanted=("drums",))

    assert not {track.role for track in score.tracks} & DRUM_ROLES
    chorus = next(one for one in score.plan.sections if one.name == "chorus")
    start, end = (score.plan.grid.bars_to_ticks(bar) for bar in (chorus.start_bar, chorus.end_bar))
    onsets = {note.start_ticks for track in score.tracks for note in track.notes if start <= note.start_ticks < end}
    assert len(onsets) >= chorus.bars


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("family", ["piano", "guitar", "organ", "bell", "strings synth", "drums"])
def test_a_wished_family_is_heard_in_most_of_the_song(style, family):
    score = song(style, wanted=(family,))
    names = {track.name for track in score.tracks if family in track.families}
    bars = sum(section.bars for section in score.plan.sections if names & set(section.parts))

    assert bars >= score.plan.bars / 2


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("family", ["piano", "electric piano", "bass", "synth", "lead", "vinyl", "pad"])
def test_a_refused_family_is_nowhere(style, family):
    for seed in range(3):
        for track in song(style, 40.0, seed, unwanted=(family,)).tracks:
            assert family not in track.families
            assert family != track.role


def test_only_piano_is_only_piano():
    assert {track.instrument for track in song(wanted=("piano",), only_wanted=True).tracks} == {"piano"}


def test_a_hit_strikes_once_on_the_downbeat_after_the_last_bar():
    score = song("synthwave", ending="hit", seed=3)
    grid, bars = score.plan.grid, score.plan.bars
    notes = [note for track in score.tracks for note in track.notes if note.start_ticks >= grid.bars_to_ticks(bars - 1)]
    struck = [note for note in notes if note.start_ticks >= grid.bars_to_ticks(bars)]

    assert len(struck) < len(notes)
    assert {note.start_ticks for note in struck} == {grid.bars_to_ticks(bars)}
    assert all(note.duration_ticks <= score.plan.meter.ticks_per_beat for note in struck)


def test_a_fade_sounds_until_the_song_is_over():
    score = song("synthwave", ending="fade", seed=3)
    last = max(note.end_ticks for track in score.tracks for note in track.notes)

    assert score.plan.duration_s - score.plan.grid.ticks_to_s(last) <= 1.6
    for track in score.tracks:
        level = next(lane for lane in track.lanes if lane.parameter == "level_db")
        assert level.points[-1][0] == score.plan.grid.s_to_ticks(score.plan.duration_s)
        assert level.points[-1][1] <= -50


def test_a_ring_holds_the_last_chord_into_the_tail():
    score = song("synthwave", ending="ring")
    last_bar = score.plan.grid.bars_to_ticks(score.plan.bars - 1)
    closing = [note for note in score.track("pad").notes if note.start_ticks == last_bar]

    assert closing
    assert all(note.end_ticks >= score.plan.grid.bars_to_ticks(score.plan.bars) for note in closing)


@pytest.mark.parametrize("style", ["lofi", "deep-house", "synthwave"])
@pytest.mark.parametrize(("role", "share"), [("kick", 0.75), ("hat", 0.7), ("chords", 0.35)])
def test_bars_return_to_the_tick(style, role, share):
    """Bars that were heard before, with groove and velocities, so that rendered clips are reused."""
    score = song(style, 180.0)
    bar = score.plan.meter.ticks_per_bar
    bars = {}
    for note in next(track for track in score.tracks if track.role == role).notes:
        event = (note.start_ticks % bar, note.duration_ticks, note.pitch, note.velocity, note.offset_ticks)
        bars.setdefault(note.start_ticks // bar, []).append(event)

    assert 1.0 - len({tuple(events) for events in bars.values()}) / len(bars) >= share


def test_upper_voices_of_the_chords_move_by_steps():
    moves = []
    for seed in range(8):
        by_onset = {}
        for note in song("lofi", 60.0, seed).track("chords").notes:
            by_onset.setdefault(note.start_ticks, []).append(note.pitch)
        for first, second in itertools.pairwise(by_onset.values()):
            if first != second:
                pairs = zip(sorted(first)[1:], sorted(second)[1:], strict=False)
                moves += [abs(after - before) for before, after in pairs]

    assert sum(move <= 2 for move in moves) / len(moves) >= 0.85
    assert sum(move <= 5 for move in moves) / len(moves) >= 0.99


def test_the_riser_lasts_as_its_knob_says():
    score = song("deep-house", 120.0, seed=2)
    riser = score.track("riser")

    assert {round(score.plan.grid.ticks_to_s(note.duration_ticks), 3) for note in riser.notes} == {
        round(riser.parameters["length_s"], 3)
    }


def test_a_brighter_song_has_brighter_instruments():
    bright = song(character=Character(brightness_octaves=0.6)).track("chords").parameters["brightness"]
    dark = song(character=Character(brightness_octaves=-0.6)).track("chords").parameters["brightness"]

    assert bright - dark == pytest.approx(1.2)


def test_an_unknown_style_is_refused():
    with pytest.raises(UnknownPlugin, match="deep-house"):
        song("polka")


def test_a_song_shorter_than_a_bar_is_refused():
    with pytest.raises(InvalidOption, match="one bar"):
        song(duration_s=2.0, tempo_bpm=60.0)


def test_a_plan_can_be_scored_again():
    intent = wish("ambient")
    plan = make_plan(intent, STYLES["ambient"], INSTRUMENTS, 4)

    assert make_score(plan, STYLES["ambient"], INSTRUMENTS) == compose(intent, 4, STYLES, INSTRUMENTS)


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("seed", range(4))
def test_every_song_has_a_tune_in_half_of_its_body(style, seed):
    plan = song(style, 180.0, seed=seed).plan
    body = [one for one in plan.sections if one.name not in TUNELESS_SECTIONS]

    assert sum(one.bars for one in body if "lead" in one.parts) >= TUNE_SHARE * sum(one.bars for one in body)


def test_a_song_without_a_lead_by_wish_has_none():
    assert all("lead" not in one.parts for one in song(unwanted=("lead",)).plan.sections)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_percussion_that_was_asked_for_plays_in_a_third_of_the_bars(style):
    score = song(style, 120.0, wanted=("perc",))
    notes = [note for track in score.tracks if track.role == "perc" for note in track.notes]

    assert len({score.plan.grid.ticks_to_bar(note.start_ticks) for note in notes}) >= score.plan.bars / 3


def test_a_long_tail_hears_the_last_chord_again():
    score = next(
        one
        for one in (song("lofi", 60.0, seed=seed, ending="ring", wanted=("chords",)) for seed in range(40))
        if one.plan.tail_s > LONGEST_RING_S and "chords" in one.plan.sections[-1].parts
    )
    chords = next(track for track in score.tracks if track.role == "chords")
    after = [note for note in chords.notes if score.plan.grid.ticks_to_bar(note.start_ticks + 120) >= score.plan.bars]

    assert len(after) >= 3
