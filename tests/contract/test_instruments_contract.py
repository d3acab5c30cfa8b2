"""Every installed instrument, built in or plugged in, keeps the same promises about its sound."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import pytest
from instrument_sound import InstrumentReport, VoiceReport, measure, mute_native_stderr

from aurax.render.instrument_registry import load_instruments

INSTRUMENTS = load_instruments()
ALL = sorted(INSTRUMENTS)
PITCHED = [name for name in ALL if INSTRUMENTS[name].info.pitched]
UNPITCHED = [name for name in ALL if not INSTRUMENTS[name].info.pitched]


@pytest.fixture(scope="module")
def report() -> Iterator[Callable[[str], InstrumentReport]]:
    """Measurements by instrument, each taken once, in a spawned process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=mute_native_stderr) as pool:
        yield cache(lambda name: pool.submit(measure, name).result())


def _breaches(report: InstrumentReport, holds: Callable[[VoiceReport], bool]) -> list[VoiceReport]:
    return [voice for voice in report.voices if not holds(voice)]


@pytest.mark.parametrize("name", PITCHED)
def test_every_pitch_is_within_three_cents(name: str, report: Callable[[str], InstrumentReport]) -> None:
    cents = report(name).tuning_cents
    assert {pitch: error for pitch, error in cents.items() if abs(error) > 3} == {}
    info = INSTRUMENTS[name].info
    assert {info.lowest_pitch, info.highest_pitch} <= set(cents)


@pytest.mark.parametrize("name", PITCHED)
def test_tuning_does_not_depend_on_the_sample_rate(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert abs(report(name).tuning_44100_cents) < 3


@pytest.mark.parametrize("name", PITCHED)
def test_aliases_of_the_highest_pitch_stay_inaudible(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert report(name).alias_db < -50


@pytest.mark.parametrize("name", ALL)
def test_samples_are_finite_and_never_pass_full_scale(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.finite and voice.peak_127 <= 1.0) == []


@pytest.mark.parametrize("name", ALL)
def test_a_typical_note_leaves_headroom_and_is_not_faint(name: str, report: Callable[[str], InstrumentReport]) -> None:
    # −14 to −4.5 dBFS at velocity 100, so that instruments can be exchanged without a new balance.
    assert _breaches(report(name), lambda voice: 0.2 <= voice.peak_100 <= 0.6) == []


@pytest.mark.parametrize("name", ALL)
def test_velocity_changes_the_level_by_six_to_twenty_decibels(
    name: str, report: Callable[[str], InstrumentReport]
) -> None:
    assert _breaches(report(name), lambda voice: 6 <= voice.level_db <= 20.5) == []


@pytest.mark.parametrize("name", PITCHED)
def test_velocity_brightens_pitched_notes(name: str, report: Callable[[str], InstrumentReport]) -> None:
    # Half an octave; the lowest pitch of a sub bass gets a little less, for the attack's own width.
    assert _breaches(report(name), lambda voice: 0.45 <= voice.brightening_octaves <= 2) == []


@pytest.mark.parametrize("name", UNPITCHED)
def test_velocity_brightens_drums_and_noises(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.brightening_octaves > 0.2) == []


@pytest.mark.parametrize("name", ALL)
def test_no_constant_part(name: str, report: Callable[[str], InstrumentReport]) -> None:
    # −55 dB and not less: the swing of a low note's own attack is worth that much.
    assert _breaches(report(name), lambda voice: voice.dc_db < -55) == []


@pytest.mark.parametrize("name", ALL)
def test_nothing_sounds_after_the_tail(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.after_tail_db < -60) == []


@pytest.mark.parametrize("name", PITCHED)
def test_notes_begin_and_end_without_a_click(name: str, report: Callable[[str], InstrumentReport]) -> None:
    # The first three samples stay low, and the 2 ms after the gate still carry the note. Two milliseconds of a
    # low note may fall onto its zero crossing, hence the wide limit.
    assert _breaches(report(name), lambda voice: voice.start_ratio < 0.15 and voice.end_drop_db > -20) == []


@pytest.mark.parametrize("name", ALL)
def test_left_and_right_agree(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.correlation > 0.25) == []


@pytest.mark.parametrize("name", ALL)
def test_a_repeated_note_sounds_the_same(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.repeat_db < -80) == []


@pytest.mark.parametrize("name", ALL)
def test_a_sequence_is_the_sum_of_its_one_note_clips(name: str, report: Callable[[str], InstrumentReport]) -> None:
    assert _breaches(report(name), lambda voice: voice.clips_db < -80) == []
