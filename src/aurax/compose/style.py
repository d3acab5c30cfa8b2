"""What a style is: the contract of the plug-ins under `styles/`. A style is data; the writers hold the behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aurax.compose.arp import ArpStyle
from aurax.compose.automation import AutomationStyle
from aurax.compose.bass import BassStyle
from aurax.compose.comping import ChordStyle
from aurax.compose.counter import CounterStyle
from aurax.compose.drums import DrumStyle
from aurax.compose.form import FormStyle
from aurax.compose.groove import GrooveStyle
from aurax.compose.harmony import HarmonyStyle
from aurax.compose.melody import MelodyStyle
from aurax.compose.pad import PadStyle
from aurax.compose.palette import PartSpec
from aurax.compose.transitions import FxStyle
from aurax.errors import BrokenPlugin
from aurax.intent.intent import StyleInfo
from aurax.score.key import Key
from aurax.score.production import ProductionProfile
from aurax.score.roman import parse_roman


@dataclass(frozen=True)
class Style:
    """Everything by which one kind of music differs from another.

    Args:
        info: names, moods, tempo, keys and length, for the prompt reader.
        form: sections and energies.
        harmony: progressions.
        palette: parts and instruments, in the order of the song's tracks.
        swing_percent: range from which the song draws its swing.
        chords: comping.
        pad: sustained chords.
        arp: arpeggios.
        drums: beats.
        bass: bass rows.
        melody: how the lead sings.
        counter: how a second voice answers.
        groove: timing and touch.
        fx: risers, impacts and noise beds.
        automation: how the mix moves with the form.
        production: what mix and master aim at.

    Raises:
        BrokenPlugin: a section that the form needs has no shape, or a progression cannot be read.
    """

    info: StyleInfo
    form: FormStyle
    harmony: HarmonyStyle
    palette: tuple[PartSpec, ...]
    swing_percent: tuple[float, float]
    chords: ChordStyle
    pad: PadStyle
    arp: ArpStyle
    drums: DrumStyle
    bass: BassStyle
    melody: MelodyStyle
    counter: CounterStyle
    groove: GrooveStyle
    fx: FxStyle
    automation: AutomationStyle
    production: ProductionProfile

    def __post_init__(self) -> None:
        missing = {"intro", "outro", self.form.middle, *self.form.cycle} - set(self.form.shapes)
        if missing:
            raise BrokenPlugin(
                f"style {self.info.name} to give bars and energy for every section of its form",
                f"none for {', '.join(sorted(missing))}",
                "add them to form.shapes",
            )
        for roman in self._numerals():
            parse_roman(roman, Key("C", "major"))

    def _numerals(self) -> Iterator[str]:
        harmony = self.harmony
        for choices in (harmony.verse, harmony.chorus, harmony.bridge, harmony.cadence):
            for progressions in choices.values():
                for progression in progressions:
                    yield from progression.replace("-", " ").split()
        yield from harmony.final.values()
        for plain, colours in harmony.colours.items():
            yield from (plain, *colours)
