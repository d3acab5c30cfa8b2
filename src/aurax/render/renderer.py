"""A whole score at once, for the Python interface."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from aurax.audio.waveform import Waveform
from aurax.render.pool import RenderPool
from aurax.score.score import Score


def render(score: Score, pool: RenderPool, *, cancelled: threading.Event | None = None) -> dict[str, Waveform]:
    """Render every track of a score.

    All stems are in memory at the end: about 70 MB for each track of three minutes. A song in production renders and
    mixes track by track instead.

    Args:
        score: what is played.
        pool: does the work.
        cancelled: set it to give up.

    Returns:
        Stems by track name, in the score's order, each as long as the song.

    Raises:
        UnknownPlugin: an instrument is not installed.
        RenderFailed: a note is outside its instrument's range, or an instrument gives no usable audio.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(score.tracks))) as threads:
        stems = list(threads.map(lambda track: pool.render_track(track, score, cancelled=cancelled), score.tracks))
    return {stem.track: pool.assemble(stem) for stem in stems}
