"""How much memory a mix takes, and that what saves it changes nothing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.mix import bus as bus_module
from aurax.mix.bus import Bus
from aurax.mix.control import CHUNK_FRAMES
from aurax.mix.limiter import clip_peaks, limit, round_peaks
from aurax.mix.mixer import MixedStem, mix_stems
from aurax.mix.settings import MixSettings
from aurax.score.score import Score

ROLES = {"kick": "kick", "lead": "lead", "pad": "pad", "hat": "hat", "bass": "bass"}
LONG_S = 310.0
CHUNKS_BYTES = 90_000_000
"""For the chunks in work and the filters, however long the song is."""

LoadStem = Callable[[str], Waveform]


def test_a_long_mix_holds_the_sum_and_one_buffer_for_each_worker(
    make_score: Callable[..., Score], load_stem: LoadStem, tmp_path: Path
) -> None:
    score = make_score(ROLES)
    score = replace(score, plan=score.plan.model_copy(update={"tail_s": LONG_S - 8.0}))
    frames = round(LONG_S * SAMPLE_RATE)

    def load(name: str) -> Waveform:
        short = load_stem(name).samples
        samples = np.zeros((2, frames), np.float32)
        samples[:, : short.shape[1]] = short
        return Waveform(samples)

    stems: list[str] = []

    def keep(stem: MixedStem) -> None:
        stems.append(stem.name)

    tracemalloc.start()
    try:
        outcome = mix_stems(score, load, MixSettings(), keep, workers=2, own_stems=True, scratch_dir=tmp_path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    full_length_bytes = outcome.mix.samples.nbytes
    assert {"lead", "reverb", "delay"} <= set(stems)
    assert peak_bytes < 3 * full_length_bytes + CHUNKS_BYTES
    assert not list(tmp_path.iterdir())


def test_buses_in_a_file_and_stems_of_ones_own_give_the_same_mix(
    make_score: Callable[..., Score], load_stem: LoadStem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = make_score(ROLES)
    in_memory: dict[str, np.ndarray] = {}
    in_file: dict[str, np.ndarray] = {}
    first = mix_stems(
        score, load_stem, MixSettings(), lambda stem: in_memory.update({stem.name: stem.waveform.samples.copy()})
    )
    monkeypatch.setattr(bus_module, "_IN_MEMORY_FRAMES", 0)
    second = mix_stems(
        score,
        load_stem,
        MixSettings(),
        lambda stem: in_file.update({stem.name: stem.waveform.samples.copy()}),
        own_stems=True,
        scratch_dir=tmp_path,
    )
    assert np.array_equal(first.mix.samples, second.mix.samples)
    assert in_memory.keys() == in_file.keys()
    assert all(np.array_equal(in_memory[name], in_file[name]) for name in in_memory)


def test_stems_that_belong_to_the_caller_stay_as_they_are(
    make_score: Callable[..., Score], load_stem: LoadStem
) -> None:
    score = make_score({"lead": "lead", "kick": "kick"})
    stems = {name: load_stem(name) for name in ("lead", "kick")}
    before = {name: stem.samples.copy() for name, stem in stems.items()}
    mix_stems(score, stems.__getitem__, MixSettings(), lambda _stem: None)
    assert all(np.array_equal(stems[name].samples, before[name]) for name in stems)


@pytest.mark.parametrize("limit_frames", [0, 10**9])
def test_a_bus_adds_up_and_is_silent_where_nothing_was_sent(
    limit_frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "_IN_MEMORY_FRAMES", limit_frames)
    frames = 2 * CHUNK_FRAMES + 100
    bus = Bus(frames, tmp_path)
    assert not bus.is_used
    tail = np.full((2, 100), 0.25, np.float32)
    bus.add(2 * CHUNK_FRAMES, tail)
    bus.add(2 * CHUNK_FRAMES, tail)
    blocks = list(bus.blocks())
    assert bus.is_used
    assert sum(block.shape[1] for block in blocks) == frames
    assert not blocks[0].any()
    assert not blocks[1].any()
    assert np.array_equal(blocks[2], 2 * tail)
    bus.close()


def test_peaks_are_treated_the_same_in_place_as_in_a_copy() -> None:
    # Long loud stretches, so that they are cut into several batches with margins that overlap.
    loud = (np.random.default_rng(3).standard_normal((2, 20 * SAMPLE_RATE)) * 0.4).astype(np.float32)
    own = loud.copy()
    clipped = clip_peaks(loud, 0.5, SAMPLE_RATE)
    assert clip_peaks(own, 0.5, SAMPLE_RATE, in_place=True) is own
    assert np.array_equal(own, clipped)
    rounded = round_peaks(clipped, 0.3, 0.45, SAMPLE_RATE)
    assert round_peaks(own, 0.3, 0.45, SAMPLE_RATE, in_place=True) is own
    assert np.array_equal(own, rounded)
    limited = limit(rounded, 0.4, SAMPLE_RATE)
    assert limit(own, 0.4, SAMPLE_RATE, in_place=True) is own
    assert np.array_equal(own, limited)
