"""Gestures that songs count on: hats that choke, risers that arrive on time, a snare whose reverb is gated."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from instrument_sound import drum_length_s, fall_db_per_s, mute_native_stderr, riser_ends


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=mute_native_stderr) as pool:
        yield pool


@pytest.mark.parametrize("length_s", [1.0, 3.5])
def test_a_riser_is_loudest_at_its_end_and_stops_there(pool: ProcessPoolExecutor, length_s: float) -> None:
    loudest_s, silent_s = pool.submit(riser_ends, length_s).result()
    assert length_s - 0.3 * length_s < loudest_s < length_s
    assert silent_s == pytest.approx(length_s, abs=0.02)


@pytest.mark.parametrize("kit", ["kit-lofi", "kit-club", "kit-synthwave"])
def test_an_open_hat_stops_with_its_gate(pool: ProcessPoolExecutor, kit: str) -> None:
    assert pool.submit(drum_length_s, kit, "open-hat", 0.15).result() == pytest.approx(0.16, abs=0.012)


@pytest.mark.parametrize("kit", ["kit-lofi", "kit-club", "kit-synthwave"])
def test_a_kick_rings_out_however_short_its_gate(pool: ProcessPoolExecutor, kit: str) -> None:
    short, long = (pool.submit(drum_length_s, kit, "kick", gate_s).result() for gate_s in (0.02, 0.2))
    assert short == pytest.approx(long, abs=0.001)
    assert short > 0.15


def test_the_synthwave_snare_is_gated_after_300_milliseconds(pool: ProcessPoolExecutor) -> None:
    assert pool.submit(drum_length_s, "kit-synthwave", "snare", 0.1).result() == pytest.approx(0.30, abs=0.03)


@pytest.mark.parametrize("velocity", [40, 80, 120])
@pytest.mark.parametrize("pitch", [36, 48, 60, 72, 84, 96])
def test_a_held_note_of_the_electric_piano_falls_as_slowly_as_a_tine(
    pool: ProcessPoolExecutor, pitch: int, velocity: int
) -> None:
    # A real one falls by about 5 dB/s in the middle of its keyboard.
    for from_s, to_s in ((0.3, 1.3), (0.5, 2.5), (1.0, 4.0)):
        fall = pool.submit(fall_db_per_s, "electric-piano", pitch, velocity, from_s, to_s).result()
        assert 3.0 <= fall <= 8.0, (from_s, to_s)
