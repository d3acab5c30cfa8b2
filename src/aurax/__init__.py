"""AURA-X: an autonomous music producer."""

# `compose`, `render`, `mix` and `judge` are rooms (packages) and also the functions below. The packages are imported
# first, so that no later import of a room can put the package back in the function's place.
import aurax.compose
import aurax.judge
import aurax.mix
import aurax.render  # noqa: F401
from aurax.api import MixedSong, analyze, compose, judge, make_song, master, mix, open_session, render
from aurax.services.request import SongRequest
from aurax.version import __version__

__all__ = [
    "MixedSong",
    "SongRequest",
    "__version__",
    "analyze",
    "compose",
    "judge",
    "make_song",
    "master",
    "mix",
    "open_session",
    "render",
]
