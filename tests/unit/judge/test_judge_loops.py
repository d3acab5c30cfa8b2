"""What is asked of loops and of bar counts, and how they fail."""

from dataclasses import replace

import numpy as np
import pytest

from aurax.audio.circle import around
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.intent.contract import Requirement
from aurax.judge.criteria import duration, loop_seam
from aurax.judge.seam import measure_seam

SEAM = Requirement(criterion="loop_seam", target="seamless")


def bars(count):
    return Requirement(criterion="duration", target=float(count), unit="bars")


@pytest.fixture
def loop(sound):
    """The small song with its bed of tones made circular: a second of it, cut from the middle of a bar."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.2 * np.sin(2 * np.pi * 110 * time) + 0.1 * np.sin(2 * np.pi * 331 * time + 1)
    tone *= 0.6 + 0.4 * np.exp(-8 * (time % 0.5))
    return Waveform(around(np.stack([tone, tone]).astype(np.float32), 7_001, len(time)))


def failed(evidence):
    return {check.name.split(" ")[-1] for check in loop_seam.judge(evidence) if not check.passed}


def damaged(loop, damage):
    samples = loop.samples.copy()
    damage(samples)
    return Waveform(samples)


def test_a_circular_loop_passes_everything(evidence_of, loop):
    evidence = evidence_of(SEAM, master=loop, mix=loop, load_stem=lambda _: loop)
    checks = loop_seam.judge(evidence)
    assert len(checks) == 7
    assert all(check.passed for check in checks), checks


def test_songs_that_are_no_loops_are_not_asked(evidence_of):
    assert loop_seam.judge(evidence_of()) == []


def test_nothing_is_judged_before_mastering(evidence_of):
    assert loop_seam.judge(evidence_of(SEAM, master=None)) == []


def test_a_cut_in_the_middle_of_a_wave_is_a_step(evidence_of, loop):
    cut = Waveform(loop.samples[:, :-157].copy())
    assert measure_seam(cut).step > 1.5
    assert failed(evidence_of(SEAM, master=cut)) == {"step"}


def test_a_fade_out_of_50_ms_is_a_fall(evidence_of, loop):
    def fade(samples):
        samples[:, -2400:] *= np.cos(np.linspace(0, np.pi / 2, 2400)).astype(np.float32)

    assert "fall" in failed(evidence_of(SEAM, master=damaged(loop, fade)))


@pytest.mark.parametrize("frames", [480, 1105, 4800])
def test_silence_at_the_seam_is_a_gap(evidence_of, loop, frames):
    silence = np.zeros((2, frames), np.float32)
    ahead = Waveform(np.concatenate([silence, loop.samples], axis=1))
    behind = Waveform(np.concatenate([loop.samples, silence], axis=1))
    assert "fall" in failed(evidence_of(SEAM, master=ahead))
    assert "rise" in failed(evidence_of(SEAM, master=behind))


def test_a_stem_that_steps_is_named(evidence_of, loop):
    cut = Waveform(loop.samples[:, :-157].copy())
    evidence = evidence_of(SEAM, master=loop, load_stem=lambda name: cut if name == "bass" else loop)
    (check,) = [one for one in loop_seam.judge(evidence) if not one.passed]
    assert (check.name, check.where.stem) == ("loop_seam:stems", "bass")


def test_a_strike_on_the_first_beat_is_no_fault(evidence_of, loop):
    samples = loop.samples.copy()
    for beat in range(4):
        samples[:, beat * 24_000 : beat * 24_000 + 960] += np.random.default_rng(beat).standard_normal(960) * 0.2
    assert failed(evidence_of(SEAM, master=Waveform(samples.astype(np.float32)))) == set()


@pytest.mark.parametrize(("extra", "passed"), [(0, True), (1, False), (-1, False), (24_000, False)])
def test_a_loop_has_its_bars_to_the_frame(evidence_of, score, extra, passed):
    plan = score.plan.model_copy(update={"ending": "loop"})
    master = Waveform(np.zeros((2, 32 * SAMPLE_RATE + extra), np.float32))
    length, frames = duration.judge(evidence_of(bars(16), score=replace(score, plan=plan), master=master))
    assert length.passed
    assert frames.passed is passed
    assert (frames.low, frames.high, frames.unit) == (1_536_000, 1_536_000, "frames")


@pytest.mark.parametrize(
    ("count", "extra", "passed"), [(16, 0, True), (16, 96_000, True), (16, -1, False), (8, 0, False)]
)
def test_asked_bars_are_followed_by_the_ending(evidence_of, count, extra, passed):
    master = Waveform(np.zeros((2, 32 * SAMPLE_RATE + extra), np.float32))
    checks = duration.judge(evidence_of(bars(count), master=master))
    assert all(check.passed for check in checks) is passed


def test_a_loop_is_measured_across_its_seam(evidence_of, score, loop):
    plan = score.plan.model_copy(update={"ending": "loop"})
    evidence = evidence_of(SEAM, score=replace(score, plan=plan), master=loop)
    assert evidence.sound.waveform.frames > 12 * SAMPLE_RATE
    assert evidence_of(SEAM, master=loop).sound.waveform.frames == loop.frames
