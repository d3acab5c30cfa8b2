from __future__ import annotations

import itertools

import numpy as np
import pytest
from builders.plans import context, kit, plan

from aurax.compose.drums import write_drums
from aurax.compose.groove import Feel, GrooveStyle, _timing_noise, apply_groove, swing_ticks
from aurax.compose.styles import ambient, deep_house, lofi, synthwave
from aurax.score.character import Character
from aurax.score.score import Note

STRAIGHT = GrooveStyle(feel={}, beat_accents=(1.0,), phrase_arc=0.0)
LOOSE = GrooveStyle(feel={role: Feel(0, 8, 5) for role in ("snare", "hat", "bass", "lead")})
LONG = (("verse", 16, 5),)


def steps(count, pitch=60, velocity=90, length=240):
    return tuple(Note(i * 240, length, pitch, velocity) for i in range(count))


@pytest.mark.parametrize(("percent", "ms"), [(50, 0), (54, 13), (58, 27), (62, 40)])
def test_swing_at_90_bpm_delays_off_sixteenths_as_the_tables_say(percent, ms):
    song = plan(LONG, tempo_bpm=90, swing_percent=percent)
    notes = apply_groove(steps(4), song, STRAIGHT, "hat")
    late_ms = [1000 * song.grid.ticks_to_s(note.offset_ticks) for note in notes]
    assert late_ms == pytest.approx([0, ms, 0, ms], abs=0.75)


def test_swing_moves_32nds_in_proportion_and_leaves_triplets():
    assert [swing_ticks(place, 60) for place in (0, 120, 240, 360, 480)] == [0, 24, 48, 24, 0]
    assert [swing_ticks(place, 66) for place in (160, 320)] == [0, 0]


def test_grid_places_and_pitches_stay():
    notes = steps(64)
    played = apply_groove(notes, plan(LONG), LOOSE, "hat")
    assert [(n.start_ticks, n.pitch) for n in played] == [(n.start_ticks, n.pitch) for n in notes]


def test_equal_bars_stay_equal_after_two_bars_of_drums_and_four_of_bass():
    song = plan(LONG, swing_percent=58)
    for role, cycle in (("hat", 2), ("bass", 4)):
        played = apply_groove(steps(16 * 16), song, LOOSE, role)
        bars = [[(n.offset_ticks, n.velocity, n.duration_ticks) for n in played[i : i + 16]] for i in range(0, 240, 16)]
        assert all(bars[i] == bars[i + cycle] for i in range(len(bars) - cycle - 1))
        assert bars[0] != bars[1]


def test_the_cycle_starts_with_each_section():
    song = plan((("intro", 3, 3), ("verse", 8, 5)))
    played = apply_groove(steps(16 * 11), song, LOOSE, "hat")
    first, verse = played[:16], played[48:64]
    assert [n.offset_ticks for n in first] == [n.offset_ticks for n in verse]


def test_club_kick_is_played_on_the_grid_at_one_velocity():
    for style in (deep_house.GROOVE, synthwave.GROOVE):
        played = apply_groove(steps(64, velocity=110), plan(LONG), style, "kick")
        assert {(n.offset_ticks, n.velocity) for n in played} == {(0, 110)}


def test_lofi_snare_drags_and_hat_pushes():
    song = plan(LONG)

    def mean_ms(role):
        played = apply_groove(steps(32), song, lofi.GROOVE, role)
        return 1000 * np.mean([song.grid.ticks_to_s(n.offset_ticks) for n in played])

    assert 12 <= mean_ms("snare") <= 25
    assert mean_ms("hat") < 0 < mean_ms("bass")


def test_laid_back_character_moves_all_but_kick_and_hat():
    late, usual = plan(LONG, character=Character(lateness_ms=10)), plan(LONG)
    for role, ticks in (("kick", 0), ("hat", 0), ("snare", usual.grid.ms_to_ticks(10)), ("lead", 14)):
        a, b = (apply_groove(steps(4), song, STRAIGHT, role) for song in (late, usual))
        assert [x.offset_ticks - y.offset_ticks for x, y in zip(a, b, strict=True)] == [ticks] * 4


def test_soft_character_lowers_velocity():
    soft = plan(LONG, character=Character(velocity=-20))
    assert {n.velocity for n in apply_groove(steps(4), soft, STRAIGHT, "hat")} == {70}


def test_velocity_stays_between_1_and_127():
    wild = GrooveStyle(feel={"hat": Feel(0, 0, 90)})
    played = apply_groove(steps(64, velocity=100), plan(LONG), wild, "hat")
    assert all(1 <= n.velocity <= 127 for n in played)
    assert {1, 127} <= {n.velocity for n in played}


def test_accents_follow_the_metre():
    style = GrooveStyle(feel={}, accents={"bass": (1.0, 0.5, 0.8, 0.6)}, beat_accents=(1.0, 0.9), phrase_arc=0)
    played = apply_groove(steps(8, velocity=100), plan(LONG), style, "bass")
    assert [n.velocity for n in played] == [100, 50, 80, 60, 90, 45, 72, 54]


def test_phrase_arc_peaks_in_the_third_bar():
    style = GrooveStyle(feel={}, beat_accents=(1.0,), phrase_arc=6)
    played = apply_groove(tuple(Note(i * 3840, 960, 60, 80) for i in range(4)), plan(LONG), style, "lead")
    assert [n.velocity for n in played] == [77, 82, 86, 80]


def test_chords_are_strummed_from_the_bottom():
    song = plan(LONG, tempo_bpm=62.5)
    style = GrooveStyle(feel={"chords": Feel(strum_ms=20)}, phrase_arc=0)
    chord = tuple(Note(0, 960, pitch, 80) for pitch in (67, 60, 64))
    assert [(n.pitch, n.offset_ticks) for n in apply_groove(chord, song, style, "chords")] == [
        (60, 0),
        (64, 10),
        (67, 20),
    ]


@pytest.mark.parametrize("style", [lofi.GROOVE, deep_house.GROOVE, synthwave.GROOVE, ambient.GROOVE])
def test_monophonic_parts_never_overlap_as_played(style):
    played = apply_groove(steps(128, pitch=40), plan(LONG, swing_percent=60), style, "bass")
    for a, b in itertools.pairwise(played):
        assert a.played_ticks + a.duration_ticks <= b.played_ticks
        assert a.duration_ticks > 0


def test_timing_noise_is_shared_between_players_and_correlated_in_time():
    shared, correlated = [], []
    for seed in range(60):
        bass, lead = _timing_noise(seed, "bass", 64), _timing_noise(seed, "lead", 64)
        shared.append(np.corrcoef(bass, lead)[0, 1])
        correlated.append(np.corrcoef(bass[:-1], bass[1:])[0, 1])
    assert 0.35 < np.mean(shared) < 0.65
    assert 0.15 < np.mean(correlated) < 0.7


def test_timing_noise_has_the_wanted_spread():
    spread = np.std([_timing_noise(seed, "lead", 64) for seed in range(60)])
    assert 0.9 < spread < 1.1


def test_same_seed_same_groove_and_other_seed_another():
    a, b, c = (apply_groove(steps(64), plan(LONG, seed=s), LOOSE, "hat") for s in (1, 1, 2))
    assert a == b != c


def test_risers_and_textures_stay_where_the_form_put_them():
    notes = (Note(240, 3600, 60, 80),)
    assert apply_groove(notes, plan(LONG, swing_percent=66), lofi.GROOVE, "fx") == notes


def test_ghost_notes_stay_quiet_when_played():
    song = plan(seed=4, swing_percent=58)
    notes = write_drums(context(song, 2), lofi.DRUMS, "snare", kit("kick", "snare"))
    played = apply_groove(notes, song, lofi.GROOVE, "snare")
    backbeat = [p.velocity for n, p in zip(notes, played, strict=True) if n.start_ticks % 1920 == 960]
    ghosts = [p.velocity for n, p in zip(notes, played, strict=True) if n.velocity < 0.4 * 112]
    assert ghosts
    assert max(ghosts) <= 0.45 * np.mean(backbeat)


def test_nothing_gives_nothing():
    assert apply_groove((), plan(), lofi.GROOVE, "lead") == ()
