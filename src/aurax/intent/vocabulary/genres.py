"""Genres without a style of their own: how fast they are, and which styles come nearest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre that prompts name.

    Args:
        name: how sentences call it.
        words: comma-separated lower-case words.
        tempo_bpm: its usual tempo; the song takes it where the nearest style can.
        nearest: style names, nearest first.
    """

    name: str
    words: str
    tempo_bpm: float
    nearest: tuple[str, ...]


_HOUSE = ("deep-house", "synthwave", "lofi", "ambient")
_LOFI = ("lofi", "deep-house", "ambient", "synthwave")
_AMBIENT = ("ambient", "lofi", "synthwave", "deep-house")
_SYNTH = ("synthwave", "deep-house", "lofi", "ambient")

GENRES: tuple[Genre, ...] = (
    Genre("techno", "techno, acid techno, hard techno, dub techno, minimal techno, detroit techno, acid", 130, _HOUSE),
    Genre("house", "house, tech house, progressive house, french house, acid house, edm, electro house, house music,"
          " tropical house, dance music", 122, _HOUSE),
    Genre("trance", "trance, psytrance, goa", 138, _HOUSE),
    Genre("disco", "disco, nu-disco, disco funk, funk, boogie", 114, _HOUSE),
    Genre("garage", "uk garage, 2-step, garage, two-step", 132, _HOUSE),
    Genre("amapiano", "amapiano, afro house, afrobeats, afrobeat", 112, _HOUSE),
    Genre("drum and bass", "drum and bass, drum & bass, drum n bass, drum'n'bass, dnb, d&b, jungle, liquid,"
          " liquid drum and bass, neurofunk, breakcore", 174, _HOUSE),
    Genre("dubstep", "dubstep, future bass, bass music, hyperpop, hardstyle", 140, _SYNTH),
    Genre("hip hop", "hip hop, hip-hop, hiphop, boom bap, boombap, rap beat, old school hip hop", 90, _LOFI),
    Genre("trap", "trap, drill, uk drill, phonk", 140, _LOFI),
    Genre("trip hop", "trip hop, triphop, downtempo, downbeat", 84, _LOFI),
    Genre("jazz", "jazz, jazz trio, bebop, cool jazz, smooth jazz, swing jazz, big band", 96, _LOFI),
    Genre("soul", "soul, neo-soul, neosoul, r&b, rnb, gospel, blues, motown", 84, _LOFI),
    Genre("bossa nova", "bossa, bossa nova, samba, salsa, latin, cumbia, tango", 116, _LOFI),
    Genre("reggae", "reggae, dub, dancehall, ska, reggaeton", 90, _LOFI),
    Genre("folk", "folk, acoustic, country, singer-songwriter, bluegrass, celtic", 96, _LOFI),
    Genre("pop", "pop, synth pop, synthpop, electropop, indie pop, k-pop, kpop, indie", 110, _SYNTH),
    Genre("rock", "rock, metal, punk, indie rock, hard rock, grunge, post-rock, shoegaze", 118, _SYNTH),
    Genre("chiptune", "chiptune, 8-bit, 8 bit, 16-bit game, video game music, game music, arcade", 140, _SYNTH),
    Genre("electro", "electro, electronica, idm, industrial, ebm, darkwave, italo disco, electronic", 110, _SYNTH),
    Genre("classical", "classical, orchestral, baroque, symphony, chamber music, neoclassical, neo-classical, opera",
          80, _AMBIENT),
    Genre("film music", "cinematic, film score, soundtrack, trailer, film music, movie score", 90, _AMBIENT),
    Genre("new age", "new age, meditation music, spa music, sleep music", 60, _AMBIENT),
)  # fmt: skip
"""Every genre that the reader knows beside the installed styles."""

OWN_NAMES: dict[str, tuple[str, ...]] = {
    "lofi": ("lo-fi", "lofi", "chillhop", "study beats", "lo-fi hip hop", "lofi hip hop", "lo-fi beats", "chill beats",
             "lofi beat"),
    "deep-house": ("deep house",),
    "synthwave": ("synthwave", "retrowave", "outrun", "darksynth", "dreamwave"),
    "ambient": ("ambient", "drone", "ambient drone", "soundscape", "space music"),
}  # fmt: skip
"""Other names of built-in styles: whoever says these gets what was said, not a neighbour."""
