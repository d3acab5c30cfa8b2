"""Synthwave: gated snares, pumping 8ths and a lead that sings over the skyline.

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

# fmt: off
HARMONY = HarmonyStyle(
    verse={
        "minor": (
            "i bVI bIII bVII", "i i bVI iv", "i bVII bVI bVII", "i bVI iv v", "i iv bVI bVII", "bVI bVII i i",
            "i bIII bVI bVII", "i v bVI iv", "i i bVII bVI", "i bVI bVII v",
        ),
        "dorian": ("i IV bVII i", "i bVII IV i", "i i IV bIII", "i bIII IV bVII"),
        "major": ("I vi IV V", "vi IV I V", "I IV vi V", "vi V IV IV", "I iii IV V", "I V vi iii"),
    },
    chorus={
        "minor": (
            "bVI bVII i bIII", "bVI bIII bVII i", "i bVI bIII bVII", "bIII bVII i bVI", "iv bVI bVII i",
            "bVI bVII v i", "i bIII bVII iv", "bVI i bVII v", "iv i bVI bVII",
        ),
        "dorian": ("bIII IV i bVII", "bVII IV i i", "i bVII bIII IV", "IV bIII i bVII"),
        "major": ("IV V vi I", "I V vi IV", "vi IV I V", "IV I V vi", "IV V iii vi", "I/3 IV V vi"),
    },
    bridge={
        "minor": ("bVI bVI bVII bVII", "iv iv v v", "bIII bIII iv iv", "iv bVI i v"),
        "dorian": ("IV IV bIII bIII", "bVII bVII IV IV"),
        "major": ("IV IV V V", "ii ii IV V", "vi vi iii iii"),
    },
    cadence={
        "minor": ("v", "bVII", "V", "bVI-bVII", "V7sus"),
        "dorian": ("IV", "bVII", "v"),
        "major": ("V", "Vsus-V", "IV-V"),
    },
    cadence_rate=0.5,
    final={"major": "Iadd9", "minor": "i"},
    bars_per_chord=(1.0, 1.0, 2.0),
    colours={
        "i": ("isus2", "iadd9", "i7"), "bVI": ("bVImaj7", "bVIadd9"), "bVII": ("bVIIsus4", "bVIIadd9"),
        "bIII": ("bIIIadd9",), "iv": ("iv7",), "I": ("Iadd9", "Isus2"), "IV": ("IVadd9", "IVmaj7"),
        "vi": ("vi7",), "V": ("Vsus4",),
    },
    colour_rate=0.3,
    borrowing_rate=0.3,
)

FORM = FormStyle(
    shapes={
        "intro": SectionShape(8, 3.0), "verse": SectionShape(16, 5.0), "build": SectionShape(4, 6.6),
        "chorus": SectionShape(16, 8.5), "bridge": SectionShape(8, 6.6), "break": SectionShape(8, 3.0),
        "outro": SectionShape(8, 4.2),
    },
    cycle=("verse", "build", "chorus"),
    middle="bridge",
    endings={"ring": 0.4, "fade": 0.35, "hit": 0.25},
    tail_s=2.0,
)

# fmt: on
_KITS = ("kit-synthwave",)

PALETTE = (
    PartSpec("kick", _KITS, 4.0, silent_in=("break", "intro")),
    PartSpec("snare", _KITS, 4.5, silent_in=("break", "intro")),
    PartSpec("hat", _KITS, 4.5, silent_in=("break", "intro")),
    PartSpec("perc", _KITS, 5.4, silent_in=("break", "intro")),
    PartSpec("bass", ("synth-bass",), 4.0, silent_in=("break",)),
    PartSpec("chords", ("supersaw", "electric-piano"), 4.8),
    PartSpec("pad", ("warm-pad", "soft-pad"), 0.0),
    PartSpec("lead", ("saw-lead", "soft-lead"), 5.5),
    PartSpec("counter", ("bell", "soft-lead", "electric-piano"), 5.4, chance=0.7, first_pass=1),
    PartSpec("arp", ("arp-synth", "pluck"), 2.5, silent_in=("build",)),
    PartSpec("fx", ("riser",), 0.0, chance=0.85, name="riser"),
    PartSpec("fx", ("impact",), 0.0, chance=0.85, name="impact"),
    PartSpec("texture", ("vinyl",), 0.0, leaves=4.5, chance=0.12),
    PartSpec("texture", ("rain",), 0.0, chance=0.0, moods=("rain", "rainy"), name="rain"),
)

_WORDS = (
    "synthwave, retrowave, outrun, dreamwave, darksynth, dark synthwave, popwave, retro synth, "
    "retro synthwave, 80s synthwave, 80er synthwave, synthwave music, musica synthwave, シンセウェイブ, "
    "シンセウェーブ, レトロウェイブ, 合成器浪潮, 复古浪潮, 合成波"
)
"""By which prompts ask for it, in lower case and without accents."""

STYLE = Style(
    info=StyleInfo(
        name="synthwave",
        title="Synthwave",
        aliases=tuple(_WORDS.split(", ")),
        usual_tempo_range_bpm=(80, 128),
        eras=("1980s",),
        moods=(
            "four on the floor",
            "neon",
            "night drive",
            "late night drive",
            "80s",
            "eighties",
            "cyberpunk",
            "arcade",
            "retro",
            "miami",
            "grid",
            "vhs",
            "highway",
            "chase",
            "sci-fi",
            "boss battle",
        ),
        tempo_range_bpm=(84.0, 118.0),
        typical_tempo_bpm=100.0,
        typical_keys=(
            "A minor",
            "E minor",
            "D minor",
            "F# minor",
            "C minor",
            "B minor",
            "G minor",
            "C major",
            "D dorian",
        ),
        typical_duration_s=200.0,
    ),
    form=FORM,
    harmony=HARMONY,
    palette=PALETTE,
    swing_percent=(50.0, 50.0),
    chords=ChordStyle(
        voicing=VoicingStyle("close", 4, low=50, high=76, center=62.0, lift=2.0),
        rows=(
            CompRow("9---------------", 0.0, 7.5),
            CompRow("9-------8-------", 0.0, 7.0),
            CompRow("9-----8-----8---", 5.0),
            CompRow("8.7.8.7.8.7.8.7.", 6.0),
            CompRow("8-..8-..8-..8-..", 6.0),
            CompRow("9--8--8-9--8--8-", 6.5),
            CompRow("8---..8---..8---", 5.0),
            CompRow("..8.8.8...8.8.8.", 6.5),
            CompRow("9-----8-----8---9-----8-..8-8---", 6.0),
        ),
        gate=0.88,
        turn_share=0.3,
        velocity=82,
    ),
    pad=PadStyle(VoicingStyle("open", 4, low=48, high=84, center=64.0, lift=2.0), velocity=70, overlap_ticks=120),
    arp=ArpStyle(
        orders=(
            (0, 1, 2, 3),
            (0, 1, 2, 3, 2, 1),
            (3, 2, 1, 0),
            (0, 2, 1, 3),
            (0, 3, 1, 4, 2, 3),
            (0, 4, 2, 3, 1, 2),
        ),
        calm_rows=("8.7.8.7.8.7.8.7.", "8.6.7.6.8.6.7.6.", "8..7..8..7..8.7."),
        busy_rows=("8676867686768676", "8767876787678767", "8.678.678.678.67", "8667866786678667"),
        low=60,
        high=86,
        gate=0.7,
        velocity=72,
    ),
    drums=DRUMS,
    bass=BASS,
    melody=MELODY,
    counter=COUNTER,
    groove=GROOVE,
    fx=FxStyle(riser_bars=4, riser_step=1.8, impact_step=1.8, velocity=82),
    automation=AutomationStyle(
        level_per_energy_db=0.9,
        reference_energy=8.5,
        filter_in_roles=("arp", "pad"),
        filter_in_hz=900.0,
        break_lowpass_hz=1800.0,
        build_highpass_hz=120.0,
        chorus_width_percent=25.0,
        throw_db=8.0,
        fade_s=11.0,
    ),
    production=ProductionProfile(
        role_level_lu={
            "kick": -7.0,
            "snare": -7.0,
            "hat": -16.0,
            "perc": -14.0,
            "bass": -8.0,
            "chords": -9.0,
            "lead": -7.0,
            "counter": -14.0,
            "arp": -14.0,
            "pad": -12.0,
            "fx": -14.0,
            "texture": -28.0,
        },
        sidechain_bass_db=4.0,
        sidechain_pad_db=3.0,
        sidechain_release_s=0.18,
        reverb_return_lu=-14.0,
        reverb_s=2.2,
        reverb_predelay_s=0.03,
        delay_beats=0.75,
        delay_feedback=0.35,
        saturation_db=2.5,
        spectrum=SpectrumTarget(
            peak_hz=70.0,
            slope_100_1k_db_per_octave=-5.0,
            slope_1k_5k_db_per_octave=-4.0,
            slope_5k_15k_db_per_octave=-6.5,
            low_over_1k_db=16.5,
        ),
        loudness_range_lu=(4.0, 8.0),
        width_percent=108.0,
    ),
)
"""The style."""
