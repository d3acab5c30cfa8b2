"""Deep house: four on the floor under warm ninths that move in parallel.

Source: production facts, sections 1.1–1.4 and 3, row "deephouse".
"""

from __future__ import annotations

from aurax.compose.bass import BassRow, BassStyle
from aurax.compose.counter import CounterStyle
from aurax.compose.drum_grid import DrumStyle
from aurax.compose.groove import Feel, GrooveStyle
from aurax.compose.motif import MelodyStyle

DRUMS = DrumStyle(
    base={
        "kick": "9...9...9...9...",
        "clap": "....8.......8...",
        "closed-hat": "3243324332433243",
        "open-hat": "..7...7...7...7.",
    },
    low={
        "kick": "9...9...9...9...",
        "closed-hat": "..4...4...4...4.",
    },
    variation_a={"tom-high": "....4.....4..4..", "tom-low": "..4....5...4...."},
    variation_b={"kick": "9...9...9...9..5", "clap": "....8..2....8..."},
    fills=(
        {"kick": "9...9...9.......", "clap": "....8.......8.57"},
        {"kick": "9...9...9...9...", "clap": "....8.....5.8.5.", "open-hat": "..7...7...7....."},
        {"kick": "9...9...9..5....", "tom-high": "..........5.5...", "tom-low": ".............56."},
        {"kick": "9...9...........", "clap": "....8...5.5.5567", "open-hat": "..7...7........."},
    ),
    lane_energy={
        "clap": 4.5,
        "open-hat": 4.5,
        "rim": 5.0,
        "tom-high": 5.5,
        "tom-low": 5.5,
        "shaker": 6.0,
        "snare": 7.5,
    },
    kick_extras=(),
    ghost_steps=(3, 7, 10, 11, 15),
    ghost_lane="clap",
    hat_rows=(
        "3243324332433243",
        "4.5.4.5.4.5.4.5.",
        "3.533.533.533.53",
        "2.4.2.432.4.2.43",
        "3245324332453243",
    ),
    perc_grids=(
        {"tom-high": "...4.......4.5..", "rim": "......4.......4."},
        {"rim": "...4..5....4.5.."},
        {"rim": "4..4..4...4.4...", "tom-low": "..........3....."},
        {"shaker": "3243324332433243"},
        {"tom-high": "..4..4....4..4..", "shaker": "..3...3...3...3."},
        {"rim": "..4..4..4..4..4."},
    ),
    low_energy=3.6,
    ghost_energy=5.5,
    crash_energy=7.0,
    drop_out_steps=8,
    drop_out_share=0.8,
    build_roll=True,
)

GROOVE = GrooveStyle(
    feel={
        "kick": Feel(),
        "snare": Feel(0, 0, 2),
        "hat": Feel(2, 1, 5),
        "perc": Feel(2, 2, 5),
        "bass": Feel(0, 1, 3),
        "chords": Feel(0, 2, 4, strum_ms=3),
        "pad": Feel(0, 2, 2),
        "arp": Feel(0, 1, 4),
        "lead": Feel(0, 3, 4),
        "counter": Feel(0, 3, 4),
    },
    accents={
        "bass": (1.0, 0.8, 0.9, 0.85),
        "chords": (1.0, 0.85, 0.9, 0.85),
        "arp": (1.0, 0.85, 0.9, 0.85),
        "lead": (1.0, 0.86, 0.94, 0.88),
        "counter": (1.0, 0.86, 0.94, 0.88),
    },
    phrase_arc=3.0,
)

BASS = BassStyle(
    rows=(
        BassRow("..1..1....1...b7.", 4.0),
        BassRow("1..1..5...1.8...", 4.0),
        BassRow("..1...1...1.8.1.", 5.0),
        BassRow("..1..1..1..1..8.", 6.0),
        BassRow("1-----..1-..5-..", 0.0, 5.0),
        BassRow("1---....1---....", 0.0, 4.0),
    ),
    register=(29, 48),
    kick_answer="between",
    gate=0.75,
    approach_share=0.3,
    velocity=98,
)

MELODY = MelodyStyle(
    register=(62, 79),
    scale="pentatonic",
    cells=("x-.x-.x-", "..x-.x--", "x-x-....", "...x--x-", "x--.x-..", "x-x-x---"),
    chorus_cells=("x-.x-.x-", "..xx-.x-", "x-x-.x--", "x.xx-.x-"),
    forms=(("song", 0.5), ("call", 0.3), ("period", 0.2)),
    rest_share=0.4,
    lift=3,
    step_weights=(0.36, 0.5, 0.1, 0.02, 0.02),
    gate=0.8,
    velocity=88,
)

COUNTER = CounterStyle(register=(48, 62), loudness_share=0.7, note_steps=(1, 2, 3), most_notes=3, velocity=62)
