"""Revisions carried out on a song: what is asked, its notes and its mix change together, at the cheapest layer.

Pure: the same song and notes give the same result. A note that asks for other notes makes every change of that note
part of the intent, because there are no notes to edit then. What cannot be done on this very song says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aurax.errors import AuraxError
from aurax.intent.intent import Intent
from aurax.intent.revision import Change, ChangeKind, Revision
from aurax.judge.verdict import Layer
from aurax.mix.settings import MixSettings
from aurax.produce.changes.anew import add_part, another_take, change_form, change_genre, change_length, change_mood
from aurax.produce.changes.key import change_key
from aurax.produce.changes.parts import needs_composing, only, remove
from aurax.produce.changes.song import Doing, RevisedSong, Tools, refused
from aurax.produce.changes.sound import change_level, change_loudness, change_sound
from aurax.produce.changes.tempo import change_tempo
from aurax.score.score import Score


def _nothing(change: Change, song: RevisedSong, _tools: Tools) -> tuple[RevisedSong, Change]:
    return song, change


def _swing(change: Change, song: RevisedSong, _tools: Tools) -> tuple[RevisedSong, Change]:
    return song, refused(change, "swing cannot be changed by a note yet")


DOING: dict[ChangeKind, Doing] = {
    "tempo": change_tempo, "key": change_key, "mode": change_key, "length": change_length, "level": change_level,
    "brightness": change_sound, "bass": change_sound, "warmth": change_sound, "width": change_sound,
    "space": change_sound, "dynamics": change_sound, "loudness": change_loudness, "swing": _swing, "remove": remove,
    "add": add_part, "only": only, "mood": change_mood, "genre": change_genre, "form": change_form,
    "take": another_take, "undo": _nothing, "other": _nothing, "unknown": _nothing,
}  # fmt: skip
"""Every kind of change and what carries it out."""

ANEW: frozenset[ChangeKind] = frozenset({"length", "add", "mood", "genre", "form", "take"})
"""Kinds that need other notes."""


@dataclass(frozen=True)
class CarriedOut:
    """A song after revisions.

    Args:
        intent: what is asked now.
        score: the notes; None where other ones must be composed.
        mix: how it is mixed.
        seed: of the take.
        layer: from where the song must be made again; `master` where nothing changed.
        revisions: with what became of each change.
    """

    intent: Intent
    score: Score | None
    mix: MixSettings
    seed: int
    layer: Layer
    revisions: tuple[Revision, ...]


def carry_out(
    revisions: Sequence[Revision],
    intent: Intent,
    score: Score | None,
    mix: MixSettings,
    seed: int,
    tools: Tools,
    *,
    generated: bool = False,
) -> CarriedOut:
    """Carry revisions out, one after the other.

    Args:
        revisions: what notes ask, understood.
        intent: what is asked so far.
        score: the notes; None while there are none.
        mix: how the song is mixed so far.
        seed: of the take.
        tools: what is installed.
        generated: whether its sound was generated, so that notes cannot be edited.
    """
    generated = generated or (score is not None and score.origin == "transcribed")
    song = RevisedSong(intent, score, mix, seed, generated=generated)
    # All notes that are carried out together make one version: if one of them needs other notes, all go that way.
    anew = any(_needs_notes(change, song, tools) for revision in revisions for change in revision.changes)
    song = replace(song, anew=anew)
    told = []
    for revision in revisions:
        song = replace(song, note=revision.note)
        changes = []
        for change in revision.changes:
            song, change = _carry_out(change, song, tools)
            changes.append(change)
        told.append(revision.model_copy(update={"changes": tuple(changes)}))
    layer = song.layer or "master"
    if layer == "plan":
        song = replace(song, score=None, mix=song.mix.model_copy(update={"stem_trim_db": {}}))
    return CarriedOut(song.intent, song.score, song.mix, song.seed, layer, tuple(told))


def _carry_out(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    if not change.is_done or change.scope.bars is not None:
        return song, change
    try:
        return DOING[change.kind](change, song, tools)
    except AuraxError as error:
        return song, refused(change, f"{error.expected} is possible, not {error.found}")


def _needs_notes(change: Change, song: RevisedSong, tools: Tools) -> bool:
    """Whether a change will be done with other notes; asked of a song that nothing was done to yet."""
    if not change.is_done:
        return False
    if change.kind in ("only", "remove") and not song.generated:
        return needs_composing(change, song, tools)
    if change.kind not in ANEW:
        return False
    _, tried = _carry_out(change, song, tools)
    return tried.is_done
