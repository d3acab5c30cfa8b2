"""The mix as a whole: stems add up, stand where they should, and never depend on threads."""

from __future__ import annotations

import math
import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

from aurax.audio.files import read_audio, write_audio
from aurax.audio.stereo import correlation
from aurax.audio.waveform import Waveform
from aurax.errors import RenderFailed
from aurax.mix.balance import MIX_LUFS, full_mix_lu, loudest_section, section_frames, stem_lufs
from aurax.mix.mixer import MixedStem, mix_stems
from aurax.mix.settings import MixSettings
from aurax.score.score import AutomationLane

BAND = {"kick": "kick", "hat": "hat", "bass": "bass", "pad": "pad", "lead": "lead"}


def mix(score, load_stem, settings=None, **options):
    stems: dict[str, MixedStem] = {}
    outcome = mix_stems(score, load_stem, settings or MixSettings(), lambda s: stems.update({s.name: s}), **options)
    return outcome, stems


def test_the_files_of_the_stems_add_up_to_the_file_of_the_mix(make_score, load_stem, tmp_path) -> None:
    outcome, stems = mix(make_score(BAND), load_stem)
    write_audio(tmp_path / "mix.flac", outcome.mix)
    total = np.zeros(outcome.mix.samples.shape)
    for name in outcome.stems:
        write_audio(tmp_path / f"{name}.flac", stems[name].waveform)
        total += read_audio(tmp_path / f"{name}.flac").samples
    assert np.abs(total - read_audio(tmp_path / "mix.flac").samples).max() == 0.0
    assert outcome.null_residual_dbfs == -200.0
    assert outcome.stems == (*BAND, "delay", "reverb")


def test_one_worker_and_two_give_the_same_bits(make_score, load_stem) -> None:
    (one, stems_one), (two, stems_two) = (mix(make_score(BAND), load_stem, workers=n) for n in (1, 2))
    assert np.array_equal(one.mix.samples, two.mix.samples)
    for name, stem in stems_one.items():
        assert np.array_equal(stem.waveform.samples, stems_two[name].waveform.samples), name


def test_each_role_is_at_its_level_in_the_loudest_section(make_score, load_stem, profile) -> None:
    score = make_score(BAND)
    _, stems = mix(score, load_stem)
    part = section_frames(score.plan, loudest_section(score.plan), 9 * 48_000, 48_000)
    for name, role in BAND.items():
        measured = stem_lufs(stems[name].waveform.samples[:, part], 48_000)
        aim = MIX_LUFS + full_mix_lu(score, profile) + profile.role_level_lu[role]
        assert measured == pytest.approx(aim, abs=0.5), name


@pytest.mark.parametrize("roles", [("kick", "bass", "pad", "lead"), ("pad", "lead"), ("chords",)])
def test_whoever_is_missing_the_targets_add_up_to_the_full_mix(make_score, profile, roles) -> None:
    offset = full_mix_lu(make_score({role: role for role in roles}), profile)
    power = sum(10.0 ** ((profile.role_level_lu[role] + offset) / 10.0) for role in roles)
    assert 10.0 * math.log10(power) == pytest.approx(0.0, abs=1.0)


def test_two_tracks_of_one_role_share_its_power(make_score, load_stem, profile) -> None:
    score = make_score({"pad": "pad", "pad-high": "pad"})
    _, stems = mix(score, load_stem)
    aim = MIX_LUFS + full_mix_lu(score, profile) + profile.role_level_lu["pad"]
    assert stems["pad"].integrated_lufs == pytest.approx(aim - 3.0, abs=0.5)


def test_a_trim_moves_one_stem_by_its_decibels(make_score, load_stem) -> None:
    _, plain = mix(make_score(BAND), load_stem)
    _, trimmed = mix(make_score(BAND), load_stem, MixSettings(stem_trim_db={"lead": -6.0}))
    assert plain["lead"].integrated_lufs - trimmed["lead"].integrated_lufs == pytest.approx(6.0, abs=0.01)
    assert np.array_equal(plain["bass"].waveform.samples, trimmed["bass"].waveform.samples)


def test_the_reverb_trim_moves_the_reverb_alone(make_score, load_stem) -> None:
    _, plain = mix(make_score(BAND), load_stem)
    _, dry = mix(make_score(BAND), load_stem, MixSettings(reverb_trim_db=-6.0))
    assert plain["reverb"].integrated_lufs - dry["reverb"].integrated_lufs == pytest.approx(6.0, abs=0.05)


def test_the_kick_ducks_the_bass_on_its_frame(make_score, load_stem, profile) -> None:
    def envelope(depth_db: float) -> np.ndarray:
        changed = profile.model_copy(update={"sidechain_bass_db": depth_db})
        _, stems = mix(make_score({"kick": "kick", "bass": "bass"}, profile=changed), load_stem)
        samples = stems["bass"].waveform.samples[0, 96_000:144_000]
        return samples / 10 ** (stems["bass"].gain_db / 20)

    ducked, plain = envelope(6.0), envelope(0.0)
    around = slice(24_000 - 60, 24_000 + 60)
    clear = np.abs(plain[around]) > 0.02
    ratio = np.median(np.abs(ducked[around][clear]) / np.abs(plain[around][clear]))
    assert 20 * math.log10(ratio) == pytest.approx(-5.9, abs=0.4)
    assert np.allclose(ducked[20_000:23_800], plain[20_000:23_800], atol=1e-4)


def test_lanes_move_the_fader(make_score, load_stem) -> None:
    lane = AutomationLane("level_db", ((0, -12.0), (7680, -12.0), (7680, 0.0)))
    _, plain = mix(make_score(BAND), load_stem)
    _, moved = mix(make_score(BAND, lanes={"pad": (lane,)}), load_stem)
    before = np.std(moved["pad"].waveform.samples[:, 48_000:150_000]) / np.std(
        plain["pad"].waveform.samples[:, 48_000:150_000]
    )
    assert 20 * math.log10(before) == pytest.approx(-12.0, abs=0.05)
    assert np.array_equal(
        moved["pad"].waveform.samples[:, 200_000:300_000], plain["pad"].waveform.samples[:, 200_000:300_000]
    )


def test_send_lanes_open_and_close_the_returns(make_score, load_stem) -> None:
    shut = AutomationLane("reverb_send_db", ((0, -80.0),))
    outcome, stems = mix(make_score({"pad": "pad"}, lanes={"pad": (shut,)}), load_stem)
    assert outcome.stems == ("pad",)
    assert "reverb" not in stems


def test_no_stem_clips_and_none_is_opposite(make_score, load_stem) -> None:
    def hostile(name: str) -> Waveform:
        samples = load_stem(name).samples.copy()
        if name == "pad":
            samples[1] = -0.9 * samples[0]
        return Waveform(samples * np.float32(30))

    _, stems = mix(make_score(BAND), hostile, MixSettings(stem_trim_db={"kick": 30.0}))
    for stem in stems.values():
        assert stem.peak_dbfs < 0.0, stem.name
        assert stem.correlation >= 0.0, stem.name
        assert stem.correlation == pytest.approx(correlation(stem.waveform), abs=1e-6)


def test_a_silent_stem_and_a_track_without_notes_are_delivered_silent(make_score, load_stem) -> None:
    def load(name: str) -> Waveform:
        return Waveform(np.zeros((2, 9 * 48_000), np.float32)) if name == "pad" else load_stem(name)

    outcome, stems = mix(make_score(BAND, silent=("pad",)), load)
    assert "pad" in outcome.stems
    assert stems["pad"].integrated_lufs == stems["pad"].peak_dbfs == -math.inf
    assert stems["pad"].correlation == 1.0


def test_a_score_without_tracks_gives_a_silent_mix(make_score, load_stem) -> None:
    outcome, stems = mix(make_score({}), load_stem)
    assert not stems
    assert outcome.stems == ()
    assert not outcome.mix.samples.any()
    assert outcome.mix.frames == 9 * 48_000


@pytest.mark.parametrize("frames", [3 * 48_000, 9 * 48_000, 12 * 48_000])
def test_stems_shorter_and_longer_than_the_song_are_fitted(make_score, load_stem, frames: int) -> None:
    def load(name: str) -> Waveform:
        whole = load_stem(name).samples
        return Waveform(np.ascontiguousarray(np.tile(whole, (1, 2))[:, :frames]))

    outcome, stems = mix(make_score({"bass": "bass"}), load)
    assert stems["bass"].waveform.frames == outcome.mix.frames == 9 * 48_000


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_by_name(make_score, load_stem, wrong: float) -> None:
    def load(name: str) -> Waveform:
        samples = load_stem(name).samples.copy()
        samples[0, 1000] = wrong
        return Waveform(samples)

    with pytest.raises(RenderFailed, match="bass"):
        mix(make_score({"bass": "bass"}), load)


def test_stems_of_another_rate_are_refused(make_score) -> None:
    with pytest.raises(RenderFailed, match="44100"):
        mix(make_score({"bass": "bass"}), lambda _: Waveform(np.zeros((2, 1000), np.float32), 44_100))


def test_input_stems_are_never_changed(make_score, load_stem) -> None:
    kept = {name: load_stem(name) for name in BAND}
    copies = {name: stem.samples.copy() for name, stem in kept.items()}
    mix(make_score(BAND), kept.__getitem__)
    assert all(np.array_equal(kept[name].samples, copies[name]) for name in BAND)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cancelled_mix_stops(make_score, load_stem, workers: int) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(CancelledError):
        mix(make_score(BAND), load_stem, cancelled=cancelled, workers=workers)
