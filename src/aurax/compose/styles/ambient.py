"""Ambient: held chords, a pedal below, a note now and then.

Source: production facts, sections 1.1–1.4 and 3, row "ambient".
"""

from __future__ import annotations

from aurax.compose.bass import BassStyle
from aurax.compose.counter import CounterStyle
from aurax.compose.drum_grid import DrumStyle
from aurax.compose.groove import Feel, GrooveStyle
from aurax.compose.motif import MelodyStyle

DRUMS = DrumStyle(
    base={"kick": "4...............", "tom-low": "....2.....2....."},
    low={"tom-low": "........2......."},
    variation_a={"kick": "................"},
    variation_b={"tom-low": "2......2......2."},
    fills=({"tom-low": "............2.2."}, {"tom-high": "..........2...2."}),
    lane_energy={"shaker": 4.0},
    perc_grids=(
        {"shaker": "2.......2......."},
        {"shaker": "..2...2...2...2."},
        {"tom-high": "......2........."},
        {"rim": "..........2....."},
    ),
    low_energy=3.0,
    ghost_energy=11.0,
    crash_energy=11.0,
)

GROOVE = GrooveStyle(
    feel={
        "kick": Feel(0, 12, 3),
        "snare": Feel(0, 15, 4),
        "hat": Feel(0, 15, 4),
        "perc": Feel(0, 15, 4),
        "bass": Feel(0, 15, 3),
        "chords": Feel(0, 30, 4, strum_ms=45),
        "pad": Feel(0, 20, 3),
        "arp": Feel(0, 20, 5),
        "lead": Feel(0, 30, 5),
        "counter": Feel(0, 30, 5),
    },
    beat_accents=(1.0, 0.97, 0.98, 0.97),
    phrase_arc=6.0,
)

BASS = BassStyle(rows=(), register=(28, 47), held=True, gate=1.0, velocity=78)

MELODY = MelodyStyle(
    register=(64, 81),
    scale="pentatonic",
    cells=("x-------", "x-----..", "....x---", "........", "x---x---"),
    chorus_cells=("x-------", "x---x---", "....x---", "x-----x-"),
    forms=(("call", 0.5), ("period", 0.5)),
    rest_share=0.4,
    lift=2,
    step_weights=(0.22, 0.58, 0.14, 0.04, 0.02),
    gate=1.0,
    velocity=70,
)

COUNTER = CounterStyle(register=(76, 93), loudness_share=0.65, note_steps=(4, 8), most_notes=3, velocity=52)
