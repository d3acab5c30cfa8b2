"""What every part writer gets: where it plays, over which chords, how hard."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.score.chord import ChordSpan
from aurax.score.plan import Plan, Section
from aurax.score.score import Note
from aurax.score.time import TimeGrid


@dataclass(frozen=True)
class PartContext:
    """One section as a part writer sees it. All ticks count from the song's start.

    Args:
        plan: the whole plan.
        section: the section to write.
        section_index: its place among the plan's sections.
        pass_index: how many earlier sections had the same name (0 for the first chorus, 1 for the second).
        chords: the chord spans of this section, without gaps.
        kick: the kick's notes in this section, for parts that answer it; empty where no kick plays.
        lead: the lead's notes in this section, for parts that answer it; empty before the lead is written.
    """

    plan: Plan
    section: Section
    section_index: int
    pass_index: int
    chords: tuple[ChordSpan, ...]
    kick: tuple[Note, ...] = ()
    lead: tuple[Note, ...] = ()

    @property
    def grid(self) -> TimeGrid:
        """Tempo and meter."""
        return self.plan.grid

    @property
    def start_ticks(self) -> int:
        """First tick of the section."""
        return self.grid.bars_to_ticks(self.section.start_bar)

    @property
    def end_ticks(self) -> int:
        """First tick after the section."""
        return self.grid.bars_to_ticks(self.section.end_bar)

    @property
    def is_last(self) -> bool:
        """Whether the song ends with this section."""
        return self.section.end_bar == self.plan.bars and not self.plan.is_loop

    def chord_at(self, ticks: int) -> ChordSpan:
        """The chord that sounds at a tick of this section."""
        for span in self.chords:
            if ticks < span.end_ticks:
                return span
        return self.chords[-1]
