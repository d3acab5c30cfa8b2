from __future__ import annotations

import torch
from builders.musicgen_decoding import tiny

from aurax.engines.musicgen.delay import DelayPattern

PAD = 64


def test_each_codebook_comes_one_position_after_the_one_before() -> None:
    pattern = DelayPattern.of(tiny("mono").config, frames=3)
    assert pattern.lay_out(torch.empty(4, 0, dtype=torch.long)).tolist() == [
        [PAD, -1, -1, -1, PAD, PAD, PAD],
        [PAD, PAD, -1, -1, -1, PAD, PAD],
        [PAD, PAD, PAD, -1, -1, -1, PAD],
        [PAD, PAD, PAD, PAD, -1, -1, -1],
    ]
    assert pattern.columns == 6


def test_left_and_right_have_one_delay() -> None:
    pattern = DelayPattern.of(tiny("stereo").config, frames=1)
    rows = pattern.lay_out(torch.empty(8, 0, dtype=torch.long)).tolist()
    assert rows[0::2] == rows[1::2]
    assert rows[2] == [PAD, PAD, -1, PAD, PAD]


def test_known_frames_are_in_their_places() -> None:
    pattern = DelayPattern.of(tiny("mono").config, frames=3)
    known = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])
    assert pattern.lay_out(known).tolist() == [
        [PAD, 1, 2, -1, PAD, PAD, PAD],
        [PAD, PAD, 3, 4, -1, PAD, PAD],
        [PAD, PAD, PAD, 5, 6, -1, PAD],
        [PAD, PAD, PAD, PAD, 7, 8, -1],
    ]


def test_frames_come_back_out_of_their_columns() -> None:
    for kind in ("mono", "stereo"):
        config = tiny(kind).config
        pattern = DelayPattern.of(config, frames=5)
        known = torch.arange(config.codebooks * 5).view(config.codebooks, 5)
        columns = pattern.lay_out(known)
        assert torch.equal(torch.stack([pattern.frame(columns, frame) for frame in range(5)], dim=1), known)
