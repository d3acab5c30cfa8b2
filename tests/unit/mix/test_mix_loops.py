"""Loops are mixed and mastered as endless music."""

from dataclasses import replace

import numpy as np
import pytest

from aurax.audio.circle import Circle, around, repeated
from aurax.audio.loudness import integrated_lufs
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.judge.seam import measure_seam
from aurax.mix.endless import endless_hits, endless_lane
from aurax.mix.mastering import master
from aurax.mix.mixer import mix_stems
from aurax.mix.reference import master_to_reference
from aurax.mix.settings import MixSettings
from aurax.mix.wow import wow_delays
from aurax.score.score import AutomationLane

ROLES = {"kick": "kick", "hat": "hat", "bass": "bass", "lead": "lead", "pad": "pad"}
FRAMES = 8 * SAMPLE_RATE
LANES = {"pad": (AutomationLane("level_db", ((0, -4.0), (7680, 0.0), (15000, 0.0))),)}


def as_loop(score):
    return replace(score, plan=score.plan.model_copy(update={"tail_s": 0.0, "ending": "loop"}))


def as_rounds(score, count):
    """The same music written out `count` times."""
    plan, ticks = score.plan, 4 * 3840
    sections = tuple(
        one.model_copy(update={"start_bar": one.start_bar + 4 * turn}) for turn in range(count) for one in plan.sections
    )
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, start_ticks=note.start_ticks + turn * ticks)
                for turn in range(count)
                for note in track.notes
            ),
            lanes=tuple(
                replace(lane, points=tuple((t + turn * ticks, v) for turn in range(count) for t, v in lane.points))
                for lane in track.lanes
            ),
        )
        for track in score.tracks
    )
    return replace(score, plan=plan.model_copy(update={"sections": sections, "tail_s": 1.0}), tracks=tracks)


def mixed(score, load):
    stems = {}
    outcome = mix_stems(score, load, MixSettings(), lambda stem: stems.update({stem.name: stem.waveform.samples}))
    return outcome, stems


@pytest.fixture
def rounds(make_score, load_stem, profile):
    """A loop's mix, and the third of four rounds of the same music mixed as a song."""
    feeding = profile.model_copy(update={"delay_beats": 0.75, "delay_feedback": 0.4})
    score = make_score(ROLES, LANES, feeding)
    loop, stems = mixed(as_loop(score), load_stem)
    _, parts = mixed(
        as_rounds(score, 4), lambda name: Waveform(around(load_stem(name).samples[:, :FRAMES], 0, 4 * FRAMES))
    )
    third = {name: part[:, 2 * FRAMES : 3 * FRAMES] for name, part in parts.items()}
    following = {name: part[:, 3 * FRAMES : 3 * FRAMES + 4800] for name, part in parts.items()}
    return loop, stems, third, following


def test_every_stem_of_a_loop_is_a_round_of_endless_music(rounds):
    _, stems, third, _ = rounds
    assert set(stems) == {*ROLES, "reverb", "delay"}
    for name, stem in stems.items():
        gain = float((stem * third[name]).sum() / (third[name] ** 2).sum())
        left = stem - gain * third[name]
        assert 0.9 < gain < 1.1, name
        assert 10 * np.log10((left**2).sum() / (stem**2).sum()) < -35, name


def test_the_end_of_every_stem_goes_on_in_its_start(rounds):
    _, stems, third, following = rounds
    for name, stem in stems.items():
        across = np.concatenate([stem[:, -4800:], stem[:, :4800]], axis=1)
        endless = np.concatenate([third[name][:, -4800:], following[name]], axis=1)
        gain = float((across * endless).sum() / max(float((endless**2).sum()), 1e-12))
        left = across - gain * endless
        assert 10 * np.log10(((left**2).sum() + 1e-12) / ((across**2).sum() + 1e-9)) < -30, name


def test_the_stems_of_a_loop_add_up_to_its_mix_exactly(rounds):
    loop, stems, _, _ = rounds
    assert loop.mix.frames == FRAMES
    assert loop.null_residual_dbfs == -200.0
    total = np.sum([stem.astype(np.float64) for stem in stems.values()], axis=0)
    assert np.array_equal(total, loop.mix.samples)


def test_a_cut_off_tail_would_be_noticed(rounds):
    _, stems, third, _ = rounds
    silent_start = stems["reverb"].copy()
    silent_start[:, :2400] = 0.0
    gain = float((silent_start * third["reverb"]).sum() / (third["reverb"] ** 2).sum())
    left = silent_start - gain * third["reverb"]
    assert 10 * np.log10((left**2).sum() / (silent_start**2).sum()) > -35


def test_the_last_point_of_a_lane_leads_to_the_first_one(make_score):
    score = as_loop(make_score(ROLES))
    circle = Circle(FRAMES, 48_000, 9_600)
    lane = AutomationLane("level_db", ((0, -4.0), (7680, 0.0), (14400, 0.0)))
    values = endless_lane(lane, score.plan, circle)
    at = {frame: values[(circle.before + frame) // 48] for frame in (-24_000, 0, FRAMES // 2, FRAMES)}
    assert at[-24_000] == pytest.approx(0.0, abs=0.01)
    assert at[0] == at[FRAMES] == pytest.approx(-4.0)
    assert values[(circle.before - 12_000) // 48] == pytest.approx(-2.0, abs=0.01)


def test_kicks_of_neighbouring_rounds_duck_too():
    assert endless_hits(((10, 1.0),), Circle(100, 250, 20)) == tuple(
        (250 + 100 * turn + 10, 1.0) for turn in range(-4, 2)
    )


@pytest.mark.parametrize("frames", [24_000, 96_001, 768_000])
def test_the_tape_is_after_a_round_where_it_was_before(frames):
    delays = wow_delays(3 * frames, SAMPLE_RATE, 8.0, loop_frames=frames, start_frame=-frames)
    points = np.arange(len(delays)) * 48.0
    inner = np.arange(frames, 2 * frames - 48, 48.0)
    here, later = np.interp(inner, points, delays), np.interp(inner + frames, points, delays)
    assert np.abs(here - later).max() < 0.005


def burst_loop(hit_at_seam):
    """3 s of noise in bursts and a tone, and maybe a loud hit that straddles the seam; its end goes on in its start."""
    frames = 3 * SAMPLE_RATE
    rng = np.random.default_rng(3)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal((2, frames))) / np.sqrt(1 + np.arange(frames // 2 + 1)))
    time = np.arange(frames) / SAMPLE_RATE
    beat = np.exp(-6 * (time % 0.5))
    samples = 0.1 * np.sin(2 * np.pi * 55 * time) + noise / noise.std() * 0.05 * (0.3 + beat)
    if hit_at_seam:
        hit = np.sin(2 * np.pi * 80 * np.arange(2400) / SAMPLE_RATE) * np.hanning(2400) * 0.9
        samples[:, -1200:] += hit[:1200]
        samples[:, :1200] += hit[1200:]
    return Waveform(samples.astype(np.float32))


@pytest.fixture
def noisy_loop():
    return burst_loop(hit_at_seam=True)


@pytest.mark.parametrize("target", [-20.0, -14.0, -9.0])
def test_a_mastered_loop_keeps_its_seam_loudness_and_ceiling(noisy_loop, profile, target):
    finished = master(noisy_loop, profile, MixSettings(), loudness_lufs=target, loops=True)
    assert finished.frames == noisy_loop.frames
    seam = measure_seam(finished)
    assert seam.step <= 1.5
    assert seam.fall_db <= seam.deepest_fall_db + 6
    assert true_peak_dbtp(repeated(finished)) <= profile.ceiling_dbtp + 0.001
    assert integrated_lufs(repeated(finished)) == pytest.approx(target, abs=0.3)


def test_mastering_a_loop_as_a_song_breaks_its_seam(profile):
    faded = measure_seam(master(burst_loop(hit_at_seam=False), profile, MixSettings()))
    assert faded.fall_db > faded.deepest_fall_db + 6


def test_a_loop_is_mastered_the_same_wherever_its_seam_lies(noisy_loop, profile):
    turned = Waveform(around(noisy_loop.samples, 40_000, noisy_loop.frames))
    first = master(noisy_loop, profile, MixSettings(), loops=True).samples
    second = around(master(turned, profile, MixSettings(), loops=True).samples, -40_000, noisy_loop.frames)
    assert 10 * np.log10(((first - second) ** 2).sum() / (first**2).sum()) < -25


def test_a_loop_keeps_its_seam_next_to_a_reference(noisy_loop):
    reference = Waveform(np.random.default_rng(8).standard_normal((2, 20 * SAMPLE_RATE)).astype(np.float32) * 0.1)
    finished, _ = master_to_reference(noisy_loop, reference, loops=True)
    assert measure_seam(finished).step <= 1.5
    assert finished.frames == noisy_loop.frames
