"""Lo-fi hip hop: swung, dusty, half asleep.

Source: production facts, sections 1.1–1.4 and 3, row "lofi".
"""

from __future__ import annotations

from aurax.compose.bass import BassRow, BassStyle
from aurax.compose.counter import CounterStyle
from aurax.compose.drum_grid import DrumStyle
from aurax.compose.groove import Feel, GrooveStyle
from aurax.compose.motif import MelodyStyle

DRUMS = DrumStyle(
    base={
        "kick": "9......7..8.....",
        "snare": "....8.......8..2",
        "closed-hat": "6.4.6.4.6.4.6.43",
    },
    low={
        "kick": "8.........6.....",
        "rim": "....6.......6...",
        "closed-hat": "5...4...5...4...",
    },
    variation_a={"kick": "9.....5.7.8....."},
    variation_b={"kick": "9..5......8..6..", "snare": "....8..2.2..8..."},
    fills=(
        {"kick": "9.....7.........", "snare": "....8.....4.8.57", "closed-hat": "6.4.6.4........."},
        {"kick": "9......7........", "snare": "....8.......7.6.", "closed-hat": "6.4.6.4.6......."},
        {"snare": "....8.......8...", "tom-high": ".............5..", "tom-low": "..............56"},
        {"kick": "9......7..8...5.", "snare": "....8...........", "open-hat": "............5..."},
    ),
    lane_energy={"shaker": 5.0, "open-hat": 5.5},
    kick_extras=(3, 6, 9, 11, 14),
    ghost_steps=(3, 7, 9, 10, 15),
    hat_rows=(
        "6.4.6.4.6.4.6.43",
        "6.4.6.446.4.6.4.",
        "6.436.4.6.436.4.",
        "6.4.64..6.4.64..",
        "5.6.5.6.5.6.5.63",
        "6...6.4.6...6.43",
    ),
    perc_grids=(
        {"shaker": "..2...2...2...2."},
        {"shaker": "3.2.3.2.3.2.3.2."},
        {"rim": "......3.....3..."},
        {"rim": "..........3....."},
        {"open-hat": "..............4."},
        {},
    ),
    low_energy=4.0,
    ghost_energy=4.5,
    crash_energy=6.5,
    drop_out_steps=4,
    drop_out_share=0.5,
)

GROOVE = GrooveStyle(
    feel={
        "kick": Feel(0, 4, 3),
        "snare": Feel(18, 5, 4),
        "hat": Feel(-3, 6, 6),
        "perc": Feel(6, 5, 5),
        "bass": Feel(10, 6, 4),
        "chords": Feel(8, 8, 5, strum_ms=18),
        "pad": Feel(0, 8, 3),
        "arp": Feel(6, 8, 5),
        "lead": Feel(15, 10, 5),
        "counter": Feel(15, 10, 5),
    },
    accents={
        "bass": (1.0, 0.8, 0.9, 0.85),
        "chords": (1.0, 0.85, 0.9, 0.85),
        "arp": (1.0, 0.85, 0.9, 0.85),
        "lead": (1.0, 0.86, 0.94, 0.88),
        "counter": (1.0, 0.86, 0.94, 0.88),
    },
    phrase_arc=5.0,
)

BASS = BassStyle(
    rows=(
        BassRow("1------1..5-....", 4.5),
        BassRow("1--.....6-5-3-..", 4.5),
        BassRow("1-----.1..1-5-..", 4.5),
        BassRow("1--1......5-..8.", 5.5),
        BassRow("1---------......", 0.0, 4.5),
        BassRow("1-----------5---", 0.0, 4.5),
    ),
    register=(29, 48),
    kick_answer="with",
    gate=0.9,
    approach_share=0.6,
    velocity=90,
)

MELODY = MelodyStyle(
    register=(60, 77),
    scale="pentatonic",
    cells=("x-x-x---", "..x-x-x-", "x--x--x-", "x-x-----", "....x-x-", "x-----x-", "..xxx---"),
    chorus_cells=("x-x-x-x-", "x--x--x-", "x-xxx---", "..x-x-xx", "x-x-xx--"),
    forms=(("call", 0.45), ("sentence", 0.3), ("period", 0.25)),
    rest_share=0.5,
    lift=3,
    step_weights=(0.3, 0.55, 0.1, 0.03, 0.02),
    gate=0.9,
    velocity=82,
)

COUNTER = CounterStyle(register=(67, 84), loudness_share=0.7, note_steps=(2, 2, 3, 4), velocity=58)
