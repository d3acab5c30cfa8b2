"""Tags inside the audio files."""

from __future__ import annotations

import math
import unicodedata

from aurax.score.plan import Plan

ARTIST = "AURA-X"


def audio_tags(
    plan: Plan, *, prompt: str, seed: int, aurax_version: str, stem_name: str | None = None, outcome: str = ""
) -> dict[str, str]:
    """Tags of the master, the mix or one stem, under the names of Vorbis comments in lower case.

    Nothing in them depends on the clock or on an id, because the same prompt and seed must give the same file to
    the bit.

    Args:
        plan: title, style, key and tempo.
        prompt: the request, word for word, on one line and without control characters.
        seed: the request's seed.
        aurax_version: version of the program.
        stem_name: name of the stem; None for the mix and the master.
        outcome: what of the prompt was not done as asked, on one line; empty where nothing is to be said.

    Returns:
        `title`, `artist`, `album`, `genre`, `bpm`, `key`, `initialkey` and `comment`, in this order; then `description`
        with the outcome, and `license` where models with licences of their own made some of the audio. The genre is the
        one that was made, whatever was asked for. The tempo is a whole number in every format. The key stands under
        both names that DJ programs look for.

    Source: Vorbis comment field names; ID3v2.4, frames TBPM (a whole number) and TKEY (how a key is written: `Dm`,
    `F#`).
    """
    tonic = plan.tonic + ("m" if plan.key.is_minor else "")
    words = _one_line(prompt)
    tags = {
        "title": plan.title if stem_name is None else f"{plan.title} ({stem_name})",
        "artist": ARTIST,
        "album": plan.title,
        "genre": plan.style.replace("-", " "),
        "bpm": str(math.floor(plan.tempo_bpm + 0.5)),
        "key": tonic,
        "initialkey": tonic,
        "comment": f"{words} [seed {seed}, AURA-X {aurax_version}]",
    }
    if outcome:
        tags["description"] = _one_line(outcome)
    return {**tags, "license": "; ".join(plan.credits)} if plan.credits else tags


def _one_line(text: str) -> str:
    """The words of a text without what terminals obey or UTF-8 cannot hold (control characters, lone surrogates)."""
    return " ".join("".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in text).split())
