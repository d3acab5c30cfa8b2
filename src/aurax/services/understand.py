"""Understanding a prompt: the one function that reads it. What was read travels with the song from there on."""

from __future__ import annotations

from aurax.compose.style_registry import load_styles
from aurax.intent.intent import Intent
from aurax.intent.reader import analyze
from aurax.render.instrument_registry import load_instruments
from aurax.services.request import SongRequest


def understand(request: SongRequest) -> Intent:
    """Read the prompt of a request, with what is installed here.

    Args:
        request: its style and length win over the prompt's.

    Raises:
        InvalidPrompt: the prompt is empty, too long or asks for the impossible.
        UnknownPlugin: no such style.
    """
    styles = [style.info for style in load_styles().values()]
    instruments = [instrument.info for instrument in load_instruments().values()]
    return analyze(request.prompt, styles, instruments, style=request.style, duration_s=request.duration_s)
