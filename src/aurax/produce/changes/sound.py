"""Sound: level, tone, space, width, dynamics and loudness, by what the mix and the master are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.intent.contract import DEFAULT_LUFS, LUFS_TOLERANCE, Requirement
from aurax.intent.readers.loudness import LOUDEST_LUFS, QUIETEST_LUFS
from aurax.intent.revision import Change
from aurax.intent.superseding import wish_of, with_wish, without_requirements, without_wishes
from aurax.judge.verdict import Layer
from aurax.produce.changes.parts import tracks_of
from aurax.produce.changes.song import RevisedSong, Tools, done, instead, refused, steps_of
from aurax.score.role import DRUM_ROLES


@dataclass(frozen=True)
class _Knob:
    """What a kind of change turns.

    Args:
        fields: of `AskedSound`, with how far one step turns each.
        limit: furthest that each field goes.
        layer: from where the song is made again.
        words: what more and less of it are called.
        unit: in which a note may say an amount.
    """

    fields: tuple[tuple[str, float], ...]
    limit: float
    layer: Layer
    words: tuple[str, str]
    unit: str = "db"


KNOBS: dict[str, _Knob] = {
    "brightness": _Knob((("high_db", 2.5),), 7.5, "master", ("brighter", "darker")),
    "bass": _Knob((("low_db", 2.5),), 7.5, "master", ("more bass", "less bass")),
    "warmth": _Knob((("low_db", 1.5), ("high_db", -1.5)), 7.5, "master", ("warmer", "colder")),
    "space": _Knob((("reverb_db", 3.0),), 12.0, "mix", ("more reverb", "less reverb")),
    "width": _Knob((("width_percent", 20.0),), 50.0, "mix", ("wider", "narrower"), "percent"),
    "dynamics": _Knob((("compression_db", 2.0),), 6.0, "master", ("more compressed", "more dynamic")),
}
"""Kinds of change that turn knobs of the whole song. A step is what can be heard without doubt."""

_LEVEL_STEP_DB = 2.5
_LEVEL_LIMIT_DB = 12.0
_LOUDNESS_STEP_LU = 1.5


def change_sound(change: Change, song: RevisedSong, _tools: Tools) -> tuple[RevisedSong, Change]:
    """Turn knobs of the mix or the master."""
    knob = KNOBS[change.kind]
    if change.scope.sections or change.scope.parts:
        what = " and ".join((*change.scope.parts, *change.scope.sections))
        return song, refused(change, f"this changes for the whole song only, not for the {what} alone")
    if change.unit not in ("steps", knob.unit):
        return song, refused(change, "it is not measured in that unit here")
    asked, at_bound = song.mix.asked, False
    moved: dict[str, float] = {}
    for name, step in knob.fields:
        meant = steps_of(change) * step if change.unit == "steps" else steps_of(change) * (1.0 if step > 0 else -1.0)
        value = getattr(asked, name) + meant
        moved[name] = round(max(-knob.limit, min(knob.limit, value)), 3)
        at_bound = at_bound or moved[name] != round(value, 3)
    if all(getattr(asked, name) == value for name, value in moved.items()):
        return song, refused(change, "it is as far as it goes already")
    more, less = knob.words
    intent = without_wishes(song.intent, lambda wish: bool(wish.note) and wish.value in knob.words)
    intent = with_wish(intent, wish_of(change, song.note, "production", more if steps_of(change) > 0 else less))
    song = song.changed(knob.layer, intent=intent).with_sound(knob.layer, asked.model_copy(update=moved))
    return song, instead(change, "a part of it", "it goes no further") if at_bound else done(change)


def change_level(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Make parts louder or quieter."""
    parts = " and ".join(change.scope.parts)
    if change.scope.sections:
        return song, refused(change, "parts have one level in the whole song")
    if song.score is None or song.anew:
        tracks = tuple(dict.fromkeys(name for part in change.scope.parts for name in _expected(part)))
    else:
        tracks = tracks_of(change, song.score, song.intent, tools)
    if not tracks:
        return song, refused(change, f"no {parts} plays")
    asked, levels = song.mix.asked, dict(song.mix.asked.stem_db)
    step_db = _level_db(change)
    if step_db is None:
        return song, refused(change, "it is not measured in that unit here")
    at_bound = False
    for name in tracks:
        value = levels.get(name, 0.0) + step_db
        levels[name] = round(max(-_LEVEL_LIMIT_DB, min(_LEVEL_LIMIT_DB, value)), 3)
        at_bound = at_bound or levels[name] != round(value, 3)
    if levels == asked.stem_db:
        return song, refused(change, f"{parts} is as far as it goes already")
    values = (f"louder {parts}", f"quieter {parts}")
    intent = without_wishes(song.intent, lambda wish: bool(wish.note) and wish.value in values)
    intent = with_wish(intent, wish_of(change, song.note, "production", values[0] if step_db > 0 else values[1]))
    song = song.changed("mix", intent=intent).with_sound("mix", asked.model_copy(update={"stem_db": levels}))
    return song, instead(change, "a part of it", "it goes no further") if at_bound else done(change)


def change_loudness(change: Change, song: RevisedSong, _tools: Tools) -> tuple[RevisedSong, Change]:
    """Master to another loudness."""
    if change.scope.sections:
        return song, refused(change, "sections cannot be made louder one by one yet")
    now = song.intent.loudness_lufs
    if now is None:
        promised = song.intent.contract.named("loudness")
        now = float(promised[0].target) if promised else DEFAULT_LUFS
    amount = steps_of(change)
    if change.unit == "percent":
        return song, refused(change, "loudness is measured in LU here, not in percent")
    wished = amount if not change.relative else now + amount * (_LOUDNESS_STEP_LU if change.unit == "steps" else 1.0)
    lufs = round(min(max(wished, QUIETEST_LUFS), LOUDEST_LUFS), 2)
    if lufs == now:
        return song, refused(change, f"it is at {now:g} LUFS already")
    intent = without_requirements(without_wishes(song.intent, lambda wish: wish.field == "loudness"), "loudness")
    promise = Requirement(criterion="loudness", target=lufs, tolerance=LUFS_TOLERANCE, unit="lufs")
    intent = with_wish(intent, wish_of(change, song.note, "loudness", f"{lufs:g} LUFS"), [promise])
    song = song.changed("master", intent=intent.model_copy(update={"loudness_lufs": lufs}))
    if lufs != round(wished, 2):
        return song, instead(change, f"{lufs:g} LUFS", f"masters go from {QUIETEST_LUFS:g} to {LOUDEST_LUFS:g} LUFS")
    return song, done(change, f"{now:g} LUFS become {lufs:g}")


def _level_db(change: Change) -> float | None:
    amount = steps_of(change)
    if change.unit == "db":
        return amount
    if change.unit == "percent":
        # As faders are understood: half as loud is 10 dB less (ISO 532: loudness doubles with 10 phon).
        return max(-_LEVEL_LIMIT_DB, amount / 10.0) if amount > -100.0 else -_LEVEL_LIMIT_DB
    return amount * _LEVEL_STEP_DB if change.unit == "steps" else None


def _expected(part: str) -> tuple[str, ...]:
    """Names that the tracks of a part will have in a song that is not composed yet."""
    return tuple(sorted(DRUM_ROLES)) if part == "drums" else (part,)
