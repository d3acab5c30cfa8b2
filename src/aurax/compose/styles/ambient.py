"""Ambient: held chords, a pedal below, a note now and then.

Source: docs/facts/styles.md, docs/facts/drums.md#grids and docs/facts/groove.md#timing-by-role.
"""

from __future__ import annotations

from aurax.compose.arp import ArpStyle
from aurax.compose.automation import AutomationStyle
from aurax.compose.bass import BassStyle
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
        "kick": "4...............",
        "snare": "........2.......",
        "closed-hat": "..3...2...3...2.",
        "tom-low": "....2.....2.....",
    },
    low={"snare": "........1.......", "closed-hat": "......1.......1.", "tom-low": "........2......."},
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

# fmt: off
HARMONY = HarmonyStyle(
    verse={
        "major": (
            "Imaj9 IVmaj9", "vi9 IVmaj7", "Iadd9 IV/1", "Imaj9 iii7 IVmaj9 vi9", "IVmaj9 Imaj9", "Iadd9 vi7 IVadd9 V/1",
            "vi7 Iadd9", "Imaj9 V/1",
        ),
        "lydian": ("I II/1", "Imaj9 II/1", "Imaj9 vi9", "Iadd9 II/1 iii7 Imaj9", "iii7 Imaj9", "Imaj9 V/1"),
        "minor": ("i9 bVImaj7", "iadd9 bVII/1", "i9 iv9", "bVImaj9 i9", "i9 bIIImaj7 bVImaj9 iv9", "i7 v7"),
        "dorian": ("i9 IV/1", "i9 bVIIadd9", "i9 ii7/1"),
    },
    chorus={
        "major": (
            "IVmaj9 V/4 iii7 vi9", "vi9 IVmaj9 Imaj9 V9sus", "ii9 IVmaj9 Imaj9 vi7", "IVmaj9 vi9 Iadd9 iii7",
            "Iadd9 v7/1 IV/1 Iadd9", "IVmaj9 Imaj9 ii9 IVmaj9",
        ),
        "lydian": ("II/1 Imaj9 vi9 iii7", "vi9 II Imaj9 Imaj9", "iii7 II vi9 Imaj9", "Imaj9 iii7 II/1 vi7"),
        "minor": ("bVImaj9 bVII i9 iv9", "bIIImaj9 bVImaj9 i9 v7", "iv9 bVImaj9 bIIImaj7 bVII", "bVImaj9 iv9 i9 v7"),
        "dorian": ("bIIImaj7 IV i9 v9", "bVIIadd9 IV i9 i9", "i9 v9 bIIImaj7 IV"),
    },
    bridge={
        "major": ("IV/1 Iadd9", "ii9 vi9", "vi9 iii7"),
        "lydian": ("II/1 II/1 Imaj9 Imaj9", "vi9 iii7"),
        "minor": ("iv9 bVImaj9", "bVImaj9 bIIImaj9", "v7 iv9"),
        "dorian": ("IV/1 i9", "v9 bIIImaj7"),
    },
    cadence={
        "major": ("V9sus", "IVmaj9"), "lydian": ("II/1", "vi9"), "minor": ("bVII", "iv9"), "dorian": ("IV/1", "v9"),
    },
    cadence_rate=0.2,
    final={"major": "Iadd9", "minor": "iadd9"},
    bars_per_chord=(2.0, 2.0, 4.0),
    colours={"Imaj9": ("Imaj7", "Iadd9"), "vi9": ("vi7",), "IVmaj9": ("IVmaj7", "IVadd9"), "i9": ("i7", "iadd9")},
    colour_rate=0.35,
    borrowing_rate=0.25,
)

FORM = FormStyle(
    shapes={
        "intro": SectionShape(8, 2.0), "verse": SectionShape(16, 3.2), "build": SectionShape(8, 3.8),
        "chorus": SectionShape(16, 4.8), "break": SectionShape(8, 2.0), "bridge": SectionShape(8, 3.4),
        "outro": SectionShape(8, 2.0),
    },
    cycle=("verse", "chorus"),
    middle="break",
    endings={"fade": 0.5, "ring": 0.5},
    tail_s=4.0,
)

# fmt: on
_KITS = ("kit-lofi", "kit-synthwave")

PALETTE = (
    PartSpec("kick", _KITS, 4.4, chance=0.2),
    PartSpec("snare", _KITS, 5.0, chance=0.0),
    PartSpec("hat", _KITS, 4.6, chance=0.15),
    PartSpec("perc", _KITS, 4.2, chance=0.25),
    PartSpec("bass", ("sub-bass",), 2.8),
    PartSpec("chords", ("piano", "electric-piano"), 1.8, chance=0.9),
    PartSpec("pad", ("soft-pad", "warm-pad"), 0.0),
    PartSpec("lead", ("soft-lead", "bell", "piano"), 3.0),
    PartSpec("counter", ("bell", "pluck", "soft-lead"), 3.6, chance=0.7),
    PartSpec("arp", ("bell", "pluck", "arp-synth"), 4.2, chance=0.5),
    PartSpec("fx", ("riser",), 0.0, chance=0.1, name="riser"),
    PartSpec("fx", ("impact",), 0.0, chance=0.15, name="impact"),
    PartSpec("texture", ("rain",), 0.0, chance=0.2, moods=("rain", "rainy", "forest", "ocean", "water"), name="rain"),
    PartSpec("texture", ("vinyl",), 0.0, chance=0.2, moods=("dusty", "nostalgic", "vinyl")),
)

_WORDS = (
    "ambient, ambient music, dark ambient, space ambient, ambient drone, drone ambient, drone, drone music, "
    "dronescape, soundscape, ambient soundscape, space music, isolationist ambient, ambient pad music, "
    "generative ambient, spa music, meditation music, sleep music, yoga music, healing music, "
    "relaxation music, zen music, reiki music, sound bath, ambiente, musica ambiente, musica ambiental, "
    "ambient musik, musique ambiante, musique d'ambiance, meditationsmusik, entspannungsmusik, schlafmusik, "
    "klanglandschaft, klangteppich, musique de meditation, musique de relaxation, paysage sonore, "
    "musica de meditacion, musica relajante, paisaje sonoro, musica para meditar, musica para meditacao, "
    "musica relaxante, paisagem sonora, musica rilassante, musica per meditazione, paesaggio sonoro, "
    "アンビエント, アンビエントミュージック, ダークアンビエント, ドローン, 環境音楽, 瞑想音楽, "
    "ヒーリングミュージック, スパミュージック, 睡眠音楽, 氛围音乐, 环境音乐, 氛围乐, 冥想音乐, 疗愈音乐, "
    "水疗音乐, 助眠音乐, 放松音乐, 暗黑氛围"
)
"""By which prompts ask for it, in lower case and without accents."""

STYLE = Style(
    info=StyleInfo(
        name="ambient",
        title="Ambient",
        aliases=tuple(_WORDS.split(", ")),
        usual_tempo_range_bpm=(40, 90),
        moods=(
            "cinematic",
            "soundtrack",
            "meditation",
            "meditative",
            "sleep",
            "calm",
            "floating",
            "ethereal",
            "space",
            "yoga",
            "spa",
            "forest",
            "ocean",
            "underwater",
            "healing",
            "dawn",
            "winter",
            "peaceful",
            "stars",
            "lullaby",
        ),
        tempo_range_bpm=(50.0, 90.0),
        typical_tempo_bpm=66.0,
        typical_keys=(
            "C lydian",
            "D major",
            "E minor",
            "C major",
            "A minor",
            "F lydian",
            "E major",
            "D dorian",
            "G major",
        ),
        typical_duration_s=210.0,
    ),
    form=FORM,
    harmony=HARMONY,
    palette=PALETTE,
    swing_percent=(50.0, 50.0),
    chords=ChordStyle(
        voicing=VoicingStyle("open", 4, low=48, high=76, center=61.0),
        rows=(
            CompRow("8-------------------------------", 0.0, 4.0),
            CompRow("8---------------", 0.0, 6.0),
            CompRow("8---------5-----", 3.0),
            CompRow("7-------------------5-----------", 2.5),
            CompRow("8-----5-----4---6---------------", 4.0),
            CompRow("7-------5-------6-------4-------", 4.5),
        ),
        gate=1.0,
        turn_share=0.4,
        velocity=66,
    ),
    pad=PadStyle(VoicingStyle("open", 4, low=48, high=82, center=63.0), tie_bars=8, velocity=66, overlap_ticks=480),
    arp=ArpStyle(
        orders=((0, 2, 1, 3), (0, 3, 1, 4), (4, 2, 3, 1), (0, 1, 3, 2), (2, 4, 1, 3, 0)),
        calm_rows=("8.......6.......", "7.....6.....5...", "8...........5...", "....7.......5..."),
        busy_rows=("8...6...7...5...", "7..6..5..7..6...", "8.....6...7....."),
        low=72,
        high=96,
        gate=1.4,
        velocity=54,
    ),
    drums=DRUMS,
    bass=BASS,
    melody=MELODY,
    counter=COUNTER,
    groove=GROOVE,
    fx=FxStyle(riser_bars=4, riser_step=1.4, impact_step=1.4, velocity=56, texture_velocity=76),
    automation=AutomationStyle(
        level_per_energy_db=1.5,
        reference_energy=5.0,
        filter_in_roles=("pad", "chords"),
        filter_in_hz=500.0,
        break_lowpass_hz=1600.0,
        chorus_width_percent=20.0,
        throw_db=5.0,
        swell_db=3.0,
        fade_s=15.0,
    ),
    production=ProductionProfile(
        role_level_lu={
            "kick": -14.0,
            "snare": -18.0,
            "hat": -20.0,
            "perc": -18.0,
            "bass": -9.0,
            "chords": -5.0,
            "lead": -9.0,
            "counter": -12.0,
            "arp": -12.0,
            "pad": -4.0,
            "fx": -14.0,
            "texture": -20.0,
        },
        sidechain_bass_db=0.0,
        sidechain_pad_db=0.0,
        sidechain_release_s=0.2,
        reverb_return_lu=-6.0,
        reverb_s=4.0,
        reverb_predelay_s=0.04,
        delay_beats=1.5,
        delay_feedback=0.4,
        saturation_db=3.0,
        spectrum=SpectrumTarget(
            peak_hz=110.0,
            slope_100_1k_db_per_octave=-5.0,
            slope_1k_5k_db_per_octave=-6.0,
            slope_5k_15k_db_per_octave=-10.0,
            low_over_1k_db=14.0,
        ),
        loudness_range_lu=(4.0, 12.0),
        width_percent=108.0,
    ),
)
"""The style."""
