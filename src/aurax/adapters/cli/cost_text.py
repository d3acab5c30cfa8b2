"""How costs are written on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from aurax.adapters.cli.console import stderr
from aurax.produce.cost.money import usd_text

if TYPE_CHECKING:
    from aurax.produce.cost.span import Span


def span_usd(usd: Span) -> str:
    """The typical amount, and the least and the most."""
    if usd.high == 0:
        return "$0"
    if usd.low == usd.high:
        return usd_text(usd.typical)
    return f"{usd_text(usd.typical)} ({usd_text(usd.low)}–{usd_text(usd.high)})"


def span_time(seconds: Span) -> str:
    """The typical time, and the least and the most; nothing where no time passes."""
    if seconds.high == 0:
        return ""
    return f"{time_text(seconds.typical)} ({time_text(seconds.low) or 0}–{time_text(seconds.high)})"


def note(warnings: Sequence[str]) -> None:
    """Tell what deserves attention, where complaints go."""
    for warning in warnings:
        stderr().print(f"[yellow]note[/] {escape(warning)}", soft_wrap=True)


def time_text(seconds: float) -> str:
    """Seconds or minutes; nothing where no time passes."""
    if seconds == 0:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
