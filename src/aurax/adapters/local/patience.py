"""How long the supervisor and its clients wait before they say that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.settings import Settings


@dataclass(frozen=True)
class Patience:
    """Limits that together let a person read what is wrong within 60 s of its cause.

    Args:
        silence_s: a part that gives no sign of life for so long counts as hung.
        start_s: a part must be ready so soon after its first try; tries end then.
        window_s: deaths within this time count as a loop.
        deaths: the most deaths in that time that are answered by a restart.
        tries: the most starts in a row that may fail by themselves.
        first_delay_s: pause before the second try; it doubles.
        longest_delay_s: the longest such pause.
    """

    silence_s: float = 15.0
    start_s: float = 35.0
    window_s: float = 60.0
    deaths: int = 8
    tries: int = 8
    first_delay_s: float = 0.25
    longest_delay_s: float = 4.0

    @classmethod
    def of(cls, settings: Settings) -> Patience:
        """The limits that follow from the settings."""
        return cls(silence_s=settings.silence_s, start_s=settings.start_s)

    def delay_s(self, failures: int) -> float:
        """Pause after so many failures in a row."""
        return float(min(self.first_delay_s * 2 ** max(0, failures - 1), self.longest_delay_s))
