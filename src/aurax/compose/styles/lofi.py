"""Lo-fi hip hop: swung, dusty, half asleep.

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

# fmt: off
HARMONY = HarmonyStyle(
    verse={
        "major": (
            "ii9 V13 Imaj9 vi9", "Imaj9 vi9 ii9 V13", "IVmaj7 iii7 vi9 V7sus", "IVmaj9 iii7 ii9 Imaj7",
            "Imaj7 III7 vi7 v7-I7", "vi9 ii9 V13 Imaj9", "Imaj9 IVmaj9 iii7 vi9", "iii7 vi9 ii9 V9sus",
            "IVmaj9 V13 iii7 vi9", "ii9 iii7 IVmaj9 V9sus",
        ),
        "minor": (
            "i9 iv9 bVIImaj7 bIIImaj7", "i9 bVImaj7 iv9 v7", "iv9 bVII9 bIIImaj9 i9", "i9 v7 bVImaj7 bVII",
            "bVImaj9 v7 i9 bIIImaj7", "i9 bIIImaj7 bVImaj7 v7", "iv9 i9 bVImaj7 bVII9", "i9 iv9 v7 bVImaj7",
            "i9 iv9 i9 v7", "i9 bVImaj7 i9 v7",
        ),
        "dorian": (
            "i9 IV9 i9 bVIImaj7", "i9 ii7 bIIImaj7 IV9", "i9 v9 IV9 bIIImaj7", "ii7 v9 i9 IV9", "bIIImaj7 IV9 i9 v9",
            "i9 bIIImaj7 ii7 IV9",
        ),
    },
    chorus={
        "major": (
            "IVmaj9 iv6 iii7 vi9", "ii9 bII7#11 Imaj9 vi9", "IVmaj9 V9sus iii7 vi9", "ii9 V13 iii7 vi9",
            "Imaj9 iii7 IVmaj9 iv6", "vi9 V9sus IVmaj9 Imaj9-iii7", "IVmaj9 Imaj9 ii9 vi9", "ii9 V13 Imaj9 IVmaj9",
        ),
        "minor": (
            "bVImaj9 bVII9 i9 v7", "iv9 v7 bVImaj7 i9", "bIIImaj9 bVII iv9 i9", "bVImaj7 bIIImaj7 bVII i9",
            "i9 bVII bVImaj7 v7", "iv9 bVII9 i9 bVImaj7",
            "iv9 v7 i9 i9", "i9 iv9 v7 i9", "iv9 i9 v7 i9",
        ),
        "dorian": ("bIIImaj7 ii7 i9 IV9", "IV9 i9 v9 bIIImaj7", "ii7 IV9 i9 i9", "i9 IV9 bIIImaj7 v9"),
    },
    bridge={
        "major": (
            "IVmaj9 iii7 bIII°7 ii9", "vi9 iii7 IVmaj9 V9sus", "ii9 iii7 vi9 vi9", "IVmaj9 IVmaj9 iii7 iii7",
            "bVImaj7 bVII IVmaj9 V9sus",
        ),
        "minor": ("bVImaj9 bVImaj9 v7 v7", "iv9 iv9 bVImaj7 v7", "bIIImaj9 iv9 bVImaj7 bVII"),
        "dorian": ("IV9 IV9 bIIImaj7 bIIImaj7", "bIIImaj7 v9 IV9 IV9"),
    },
    cadence={
        "major": ("V13", "V9sus", "ii9-V13", "IVmaj9-V9sus", "iv6"),
        "minor": ("v7", "bVII9", "V7#9", "iv9-v7"),
        "dorian": ("v9", "IV9", "bVIImaj7"),
    },
    cadence_rate=0.65,
    final={"major": "Imaj9", "minor": "i9"},
    bars_per_chord=(1.0,),
    colours={
        "vi9": ("vi7",), "Imaj9": ("Imaj7", "I69"), "V13": ("V9", "V9sus"), "ii9": ("ii7",), "IVmaj7": ("IVmaj9",),
        "iii7": ("V/3",), "i9": ("i7",), "iv9": ("iv7",), "bVImaj7": ("bVImaj9",),
    },
    colour_rate=0.25,
    borrowing_rate=0.5,
)

FORM = FormStyle(
    shapes={
        "intro": SectionShape(4, 3.0), "verse": SectionShape(16, 5.0), "build": SectionShape(4, 5.0),
        "chorus": SectionShape(8, 6.8), "break": SectionShape(4, 2.5), "bridge": SectionShape(8, 5.0),
        "outro": SectionShape(4, 3.0),
    },
    cycle=("verse", "chorus"),
    middle="break",
    endings={"ring": 0.5, "strip": 0.2, "fade": 0.2, "hit": 0.1},
    tail_s=2.0,
)

# fmt: on
_KITS = ("kit-lofi",)

PALETTE = (
    PartSpec("kick", _KITS, 3.8, silent_in=("intro", "break")),
    PartSpec("snare", _KITS, 3.8, silent_in=("intro", "break")),
    PartSpec("hat", _KITS, 3.8, silent_in=("intro", "break")),
    PartSpec("perc", _KITS, 5.4, chance=0.6),
    PartSpec("bass", ("sub-bass",), 4.2),
    PartSpec("chords", ("electric-piano", "piano", "pluck"), 0.0),
    PartSpec("pad", ("soft-pad", "warm-pad"), 6.0, chance=0.8, always_in=("break",)),
    PartSpec("lead", ("soft-lead", "bell", "pluck", "electric-piano"), 5.2),
    PartSpec("counter", ("bell", "pluck", "piano"), 5.4, chance=0.75, first_pass=1),
    PartSpec("arp", ("pluck", "bell"), 6.6, chance=0.35, first_pass=1),
    PartSpec("fx", ("riser",), 0.0, chance=0.3, name="riser"),
    PartSpec("fx", ("impact",), 0.0, chance=0.25, name="impact"),
    PartSpec("texture", ("vinyl",), 0.0, chance=0.95),
    PartSpec("texture", ("rain",), 0.0, chance=0.0, moods=("rain", "rainy"), name="rain"),
)

_WORDS = (
    "lo-fi, lo-fi hip hop, lo-fi beat, lo-fi music, lo-fi chill, chillhop, jazzhop, study beat, "
    "beats to study to, beats to relax to, chill lo-fi, lo-fi study beat, lo-fi jazz, jazzy lo-fi, "
    "jazz lo-fi, lo-fi rap, lo-fi boom bap, lo-fi instrumental hip hop, lo-fi musik, musique lo-fi, "
    "musica lo-fi, hip hop lo-fi, beat lo-fi, beats para estudiar, beats para estudar, lo-fi beat zum lernen, "
    "ローファイ, ローファイヒップホップ, ローファイビート, チルホップ, ジャズホップ, 低保真, 低保真嘻哈, "
    "低保真节拍, lofi嘻哈, lofi音乐"
)
"""By which prompts ask for it, in lower case and without accents."""

STYLE = Style(
    info=StyleInfo(
        name="lofi",
        title="Lo-fi",
        aliases=tuple(_WORDS.split(", ")),
        usual_tempo_range_bpm=(60, 95),
        moods=(
            "rainy night",
            "rain",
            "study",
            "studying",
            "focus",
            "cozy",
            "dusty",
            "coffee",
            "cafe",
            "homework",
            "sunday morning",
            "nostalgic",
            "mellow",
            "sleepy",
            "reading",
            "lazy",
        ),
        tempo_range_bpm=(70.0, 90.0),
        typical_tempo_bpm=80.0,
        typical_keys=(
            "F major",
            "Eb major",
            "D minor",
            "Db major",
            "Ab major",
            "A minor",
            "Bb major",
            "C dorian",
            "G minor",
        ),
        typical_duration_s=150.0,
    ),
    form=FORM,
    harmony=HARMONY,
    palette=PALETTE,
    swing_percent=(56.0, 62.0),
    chords=ChordStyle(
        voicing=VoicingStyle("rootless", 4, low=48, high=72, center=60.0),
        rows=(
            CompRow("9---------------", 0.0, 4.5),
            CompRow("8---------5-----", 0.0, 5.0),
            CompRow("9---------6-----", 4.0),
            CompRow("9-----7---------", 4.0),
            CompRow("8---..6--.7-----", 5.0),
            CompRow("..8-----..7-----", 4.5),
            CompRow("9--7----..6-----", 5.5),
            CompRow("8--.6---..8--.5-", 6.0),
            CompRow("9---------6-----..8-----..5-7---", 4.5),
        ),
        gate=0.96,
        turn_share=0.5,
        velocity=78,
    ),
    pad=PadStyle(VoicingStyle("open", 4, low=48, high=81, center=64.0), velocity=62),
    arp=ArpStyle(
        orders=((0, 2, 1, 3), (0, 1, 2, 3, 2, 1), (3, 1, 2, 0), (0, 3, 1, 2), (2, 0, 3, 1)),
        calm_rows=("8.......6.......", "8.....6.....5..."),
        busy_rows=("8...6...7...5...", "8..6..7.8..6..5.", "..7...6...7...5."),
        low=64,
        high=84,
        gate=0.9,
        velocity=62,
    ),
    drums=DRUMS,
    bass=BASS,
    melody=MELODY,
    counter=COUNTER,
    groove=GROOVE,
    fx=FxStyle(riser_bars=2, riser_step=1.4, impact_step=1.8, velocity=62, texture_velocity=72),
    automation=AutomationStyle(
        level_per_energy_db=1.1,
        reference_energy=7.0,
        filter_in_roles=("chords", "pad"),
        filter_in_hz=700.0,
        break_lowpass_hz=1400.0,
        chorus_width_percent=15.0,
        throw_db=6.0,
        fade_s=9.0,
    ),
    production=ProductionProfile(
        role_level_lu={
            "kick": -8.0,
            "snare": -10.0,
            "hat": -18.0,
            "perc": -18.0,
            "bass": -8.0,
            "chords": -5.0,
            "lead": -8.0,
            "counter": -13.0,
            "arp": -14.0,
            "pad": -16.0,
            "fx": -18.0,
            "texture": -29.0,
        },
        sidechain_bass_db=2.0,
        sidechain_pad_db=2.0,
        sidechain_release_s=0.12,
        reverb_return_lu=-15.0,
        reverb_s=1.2,
        delay_beats=0.75,
        delay_feedback=0.28,
        saturation_db=5.0,
        lowpass_hz=14500.0,
        wow_cents=8.0,
        spectrum=SpectrumTarget(
            peak_hz=70.0,
            slope_100_1k_db_per_octave=-5.0,
            slope_1k_5k_db_per_octave=-6.0,
            slope_5k_15k_db_per_octave=-14.0,
            low_over_1k_db=17.5,
        ),
        loudness_range_lu=(4.0, 8.0),
        width_percent=110.0,
    ),
)
"""The style."""
