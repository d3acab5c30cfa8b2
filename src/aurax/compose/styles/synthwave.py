"""Synthwave: gated snares, pumping 8ths and a lead that sings over the skyline.

Source: production facts, sections 1.1–1.4 and 3, row "synthwave".
"""

from __future__ import annotations

from aurax.compose.bass import BassRow, BassStyle
from aurax.compose.counter import CounterStyle
from aurax.compose.drum_grid import DrumStyle
from aurax.compose.groove import Feel, GrooveStyle
from aurax.compose.motif import MelodyStyle

DRUMS = DrumStyle(
    base={
        "kick": "9.......9.5.....",
        "snare": "....9.......9...",
        "closed-hat": "6.5.6.5.6.5.6.5.",
    },
    low={
        "kick": "9...............",
        "snare": "........8.......",
        "closed-hat": "5...5...5...5...",
    },
    variation_a={"kick": "9...9...9...9..."},
    variation_b={"kick": "9.....7.9.......", "open-hat": "..............6."},
    fills=(
        {"tom-high": "........77......", "tom-mid": "...........66...", "tom-low": "..............55"},
        {"kick": "9.......9.......", "snare": "....9.......9.99", "tom-low": "..............77"},
        {"tom-high": "........7.7.....", "tom-mid": "............7.7.", "snare": "....9..........."},
        {"kick": "9.......9...9...", "snare": "....9...9.9.9999"},
    ),
    lane_energy={"open-hat": 6.0, "shaker": 6.5, "clap": 7.0, "tom-high": 5.0},
    kick_extras=(3, 6, 7, 11, 14),
    ghost_steps=(),
    hat_rows=(
        "6.5.6.5.6.5.6.5.",
        "6455645564556455",
        "6.556.556.556.55",
        "5.6.5.6.5.6.5.6.",
        "65.565.565.565.5",
    ),
    perc_grids=(
        {"clap": "....7.......7..."},
        {"open-hat": "..6...6...6...6."},
        {"shaker": "4.5.4.5.4.5.4.5."},
        {"clap": "....7.......7...", "open-hat": "......6.......6."},
        {"tom-high": "..............4.", "tom-low": "......4........."},
    ),
    low_energy=4.0,
    ghost_energy=5.0,
    crash_energy=6.5,
    drop_out_steps=4,
    drop_out_share=0.6,
)

GROOVE = GrooveStyle(
    feel={
        "kick": Feel(),
        "snare": Feel(0, 0, 2),
        "hat": Feel(-1, 1, 5),
        "perc": Feel(0, 1, 4),
        "bass": Feel(0, 1, 3),
        "chords": Feel(0, 2, 3),
        "pad": Feel(0, 2, 2),
        "arp": Feel(0, 1, 3),
        "lead": Feel(0, 3, 4),
        "counter": Feel(0, 3, 4),
    },
    accents={
        "bass": (1.0, 0.8, 0.9, 0.85),
        "chords": (1.0, 0.85, 0.9, 0.85),
        "arp": (1.0, 0.85, 0.9, 0.85),
        "lead": (1.0, 0.88, 0.95, 0.9),
        "counter": (1.0, 0.88, 0.95, 0.9),
    },
    phrase_arc=4.0,
)

BASS = BassStyle(
    rows=(
        BassRow("1.1.1.1.1.1.1.1.", 4.5),
        BassRow("1.8.1.8.1.8.1.8.", 6.0),
        BassRow("1.111.111.111.11", 5.5),
        BassRow("1.1.1.1.1.1.5.8.", 4.5),
        BassRow("1.1181111.118111", 7.5),
        BassRow("1---------------", 0.0, 4.5),
        BassRow("1-------1-------", 0.0, 4.5),
    ),
    register=(28, 48),
    kick_answer="none",
    gate=0.8,
    approach_share=0.3,
    velocity=96,
)

MELODY = MelodyStyle(
    register=(67, 84),
    scale="full",
    cells=("x-------", "x---x---", "x-----x-", "..x-x---", "x--x--x-", "....x---"),
    chorus_cells=("x---x-x-", "x--x--x-", "x-x-x---", "x-----x-", "x-xxx-x-"),
    forms=(("sentence", 0.5), ("period", 0.35), ("song", 0.15)),
    rest_share=0.45,
    lift=3,
    step_weights=(0.26, 0.52, 0.14, 0.05, 0.03),
    gate=0.95,
    velocity=92,
)

COUNTER = CounterStyle(register=(57, 71), loudness_share=0.7, note_steps=(2, 4, 4), velocity=64)
