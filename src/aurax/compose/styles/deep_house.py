"""Deep house: four on the floor under warm ninths that move in parallel.

Source: docs/facts/styles.md, docs/facts/drums.md#grids and docs/facts/groove.md#timing-by-role.
"""

from __future__ import annotations

from aurax.compose.arp import ArpStyle
from aurax.compose.automation import AutomationStyle
from aurax.compose.bass import BassRow, BassStyle
from aurax.compose.comping import ChordStyle, CompRow
from aurax.compose.counter import CounterStyle
from aurax.compose.drum_grid import DrumStyle
from aurax.compose.form import FormStyle, SectionShape
from aurax.compose.groove import Feel, GrooveStyle
from aurax.compose.harmony import HarmonyStyle
from aurax.compose.motif import MelodyStyle
from aurax.compose.pad import PadStyle
from aurax.compose.palette import PartSpec
from aurax.compose.style import Style
from aurax.compose.transitions import FxStyle
from aurax.compose.voicing import VoicingStyle
from aurax.intent.intent import StyleInfo
from aurax.score.production import ProductionProfile, SpectrumTarget

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

# fmt: off
HARMONY = HarmonyStyle(
    verse={
        "minor": (
            "i9 iv9", "i9 bVII9", "bVImaj7 i9", "i9 v7", "i7 bVImaj7", "i9 i9 iv9 v7", "i9 bVImaj7 iv9 iv9",
            "iv9 i9", "i9 bIIImaj7 iv9 bVII", "i11 iv9",
        ),
        "dorian": ("i9 IV9", "i9 v9", "i11 IV9", "i9 i9 IV9 v9", "i9 bIIImaj7 IV9 IV9", "v9 i9", "i9 bVIImaj7"),
        "major": ("ii9 Imaj9", "IVmaj9 iii7", "vi9 IVmaj9", "ii9 vi9", "Imaj9 iii7 IVmaj9 vi9", "vi9 ii9 IVmaj9 iii7"),
    },
    chorus={
        "minor": (
            "bVImaj7 bVII9 i9 i9", "iv9 v7 i9 bVImaj7", "bVImaj9 v7 i9 iv9", "i9 bVII9 bVImaj7 bVII9",
            "iv9 bVII9 bIIImaj7 bVImaj7", "i9 v7 bVImaj7 iv9", "bVImaj7 v7 iv9 i9", "bIIImaj7 bVII iv9 i9",
        ),
        "dorian": (
            "bIIImaj7 IV9 i9 v9", "i9 bIIImaj7 IV9 ii7", "IV9 i9 v9 i9", "i9 IV9 bVIImaj7 IV9", "v9 IV9 i9 i9",
        ),
        "major": (
            "IVmaj9 V9sus iii7 vi9", "ii9 iii7 IVmaj9 V9sus", "vi9 V9sus IVmaj9 iii7", "IVmaj9 vi9 ii9 Imaj9",
            "Imaj9 vi9 ii9 V9sus",
        ),
    },
    bridge={
        "minor": ("bVImaj9 bVImaj9 iv9 iv9", "iv9 v7", "bVImaj7 bVII9", "iv9 iv9 v7 v7"),
        "dorian": ("IV9 v9", "bIIImaj7 v9", "ii7 bIIImaj7"),
        "major": ("IVmaj9 V9sus", "ii9 iii7", "vi9 vi9 IVmaj9 IVmaj9"),
    },
    cadence={
        "minor": ("bVII9", "v7", "V7sus", "bVImaj7-bVII9"),
        "dorian": ("v9", "IV9", "bVIImaj7"),
        "major": ("V9sus", "IVmaj9", "ii9-V9sus"),
    },
    cadence_rate=0.35,
    final={"major": "Imaj9", "minor": "i9"},
    bars_per_chord=(1.0, 2.0, 2.0),
    colours={"i9": ("i11", "i7"), "iv9": ("iv7", "iv11"), "bVII9": ("bVII",), "bVImaj7": ("bVImaj9",), "v7": ("v9",)},
    colour_rate=0.3,
    borrowing_rate=0.3,
)

FORM = FormStyle(
    shapes={
        "intro": SectionShape(16, 3.6), "verse": SectionShape(16, 5.4), "break": SectionShape(8, 3.0),
        "build": SectionShape(8, 5.4), "chorus": SectionShape(16, 8.5), "bridge": SectionShape(8, 6.0),
        "outro": SectionShape(16, 4.0),
    },
    cycle=("verse", "break", "build", "chorus"),
    middle="bridge",
    endings={"strip": 0.4, "ring": 0.25, "fade": 0.2, "hit": 0.15},
    tail_s=1.8,
)

# fmt: on
_KITS = ("kit-club",)

PALETTE = (
    PartSpec("kick", _KITS, 3.2, silent_in=("break",)),
    PartSpec("snare", _KITS, 4.6, silent_in=("break", "intro")),
    PartSpec("hat", _KITS, 3.2, silent_in=("break",)),
    PartSpec("perc", _KITS, 5.3, chance=0.9, silent_in=("break", "intro")),
    PartSpec("bass", ("fm-bass", "synth-bass"), 4.8, silent_in=("break", "intro")),
    PartSpec("chords", ("electric-piano", "organ"), 2.5),
    PartSpec("pad", ("soft-pad", "warm-pad"), 5.0, chance=0.95, always_in=("break",)),
    PartSpec("lead", ("soft-lead", "saw-lead"), 5.9),
    PartSpec("counter", ("pluck", "electric-piano", "soft-lead"), 6.0, chance=0.6, first_pass=1, silent_in=("break",)),
    PartSpec("arp", ("arp-synth", "bell"), 5.4, chance=0.75),
    PartSpec("fx", ("riser",), 0.0, chance=0.95, name="riser"),
    PartSpec("fx", ("impact",), 0.0, chance=0.9, name="impact"),
    PartSpec("texture", ("vinyl",), 0.0, leaves=6.0, chance=0.15),
    PartSpec("texture", ("rain",), 0.0, chance=0.0, moods=("rain", "rainy"), name="rain"),
)

_WORDS = (
    "deep house, deep house music, classic deep house, jazzy deep house, soulful deep house, chill house, "
    "lounge house, musica deep house, house profundo, ディープハウス, 深度浩室, 深浩室, 深度浩室音乐"
)
"""By which prompts ask for it, in lower case and without accents."""

STYLE = Style(
    info=StyleInfo(
        name="deep-house",
        title="Deep house",
        aliases=tuple(_WORDS.split(", ")),
        usual_tempo_range_bpm=(115, 126),
        moods=(
            "four on the floor",
            "club",
            "dancefloor",
            "party",
            "beach",
            "pool",
            "sunset",
            "rooftop",
            "groovy",
            "late night club",
            "four on the floor",
            "workout",
            "cocktail",
        ),
        tempo_range_bpm=(118.0, 125.0),
        typical_tempo_bpm=122.0,
        typical_keys=(
            "A minor",
            "C minor",
            "F minor",
            "G minor",
            "A dorian",
            "D dorian",
            "E minor",
            "C dorian",
            "Bb minor",
        ),
        typical_duration_s=210.0,
    ),
    form=FORM,
    harmony=HARMONY,
    palette=PALETTE,
    swing_percent=(52.0, 58.0),
    chords=ChordStyle(
        voicing=VoicingStyle("parallel", 4, low=48, high=72, center=60.0),
        rows=(
            CompRow("9---------------", 0.0, 3.5),
            CompRow("8-----------6---", 0.0, 3.5),
            CompRow("..8...8...8...8.", 3.2),
            CompRow("...8..8....8..8.", 3.2),
            CompRow("8..8..8...8..8..", 4.5),
            CompRow("..8--...8-..8...", 3.2),
            CompRow("8..7......8..7..", 3.2),
            CompRow("..8..7..8.....7.", 5.0),
            CompRow("..8...8...8..8....8...8..8..7.8.", 5.5),
            CompRow("8-....7-..8-.....8-...7-....8-7.", 4.5),
        ),
        gate=0.8,
        turn_share=0.25,
        velocity=84,
    ),
    pad=PadStyle(VoicingStyle("open", 4, low=48, high=81, center=65.0), velocity=64),
    arp=ArpStyle(
        orders=((0, 1, 2, 3), (0, 2, 1, 3, 2), (3, 2, 1, 0), (0, 2, 4, 1, 3), (0, 3, 2, 1, 3)),
        calm_rows=("8.....7.....6...", "..7...6...7...6.", "8..7..6..8..7..."),
        busy_rows=("8.7.6.7.8.7.6.7.", "8..7..6.8..7..6.", "7.68.67.7.68.67.", "..87..87..87..87"),
        low=64,
        high=86,
        gate=0.6,
        velocity=70,
    ),
    drums=DRUMS,
    bass=BASS,
    melody=MELODY,
    counter=COUNTER,
    groove=GROOVE,
    fx=FxStyle(riser_bars=8, riser_step=1.5, impact_step=2.0, velocity=84),
    automation=AutomationStyle(
        level_per_energy_db=0.9,
        reference_energy=8.5,
        filter_in_roles=("chords", "pad", "arp"),
        filter_in_hz=800.0,
        break_lowpass_hz=1200.0,
        # Held chords are far louder than the stabs that the balance is set by.
        role_level_db={"break": {"chords": -4.5, "pad": -1.0}},
        build_highpass_hz=220.0,
        chorus_width_percent=20.0,
        throw_db=8.0,
        fade_s=12.0,
    ),
    production=ProductionProfile(
        role_level_lu={
            "kick": -5.0,
            "snare": -11.0,
            "hat": -14.0,
            "perc": -17.0,
            "bass": -7.0,
            "chords": -8.0,
            "lead": -11.0,
            "counter": -15.0,
            "arp": -15.0,
            "pad": -14.0,
            "fx": -14.0,
            "texture": -28.0,
        },
        sidechain_bass_db=5.0,
        sidechain_pad_db=4.0,
        sidechain_release_s=0.18,
        reverb_return_lu=-16.0,
        reverb_s=1.6,
        delay_beats=0.75,
        delay_feedback=0.32,
        saturation_db=1.5,
        spectrum=SpectrumTarget(
            peak_hz=53.0,
            slope_100_1k_db_per_octave=-5.5,
            slope_1k_5k_db_per_octave=-4.5,
            slope_5k_15k_db_per_octave=-7.0,
            low_over_1k_db=20.0,
        ),
        loudness_range_lu=(4.0, 8.0),
        width_percent=105.0,
    ),
)
"""The style."""
