"""Another key or mode, and parts in another octave: notes and chords move together, drums stay."""

from __future__ import annotations

from aurax.compose.edits.mode import set_mode
from aurax.compose.edits.transpose import moved_tonic, nearest_interval, shift_octaves, transpose
from aurax.intent.contract import Requirement
from aurax.intent.intent import Intent, NoteEdit
from aurax.intent.revision import Change
from aurax.intent.superseding import wish_of, with_wish, without_requirements, without_wishes
from aurax.judge.criteria.key import fits_key
from aurax.judge.verdict import Layer
from aurax.produce.changes.parts import players_of, tracks_of, with_edit
from aurax.produce.changes.song import GENERATED, RevisedSong, Tools, done, instead, refused
from aurax.score.key import MODES, PITCH_CLASSES, Key

_FURTHEST = 12


def change_key(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Move to another key: by an interval, to a tonic, or to another mode."""
    if change.scope.sections:
        return song, refused(change, "a song keeps one key")
    if song.generated and not song.anew:
        return song, refused(change, GENERATED)
    if change.scope.parts:
        return _octaves(change, song, tools)
    now = key_now(song, tools)
    goal = _goal(change, now)
    if goal is None:
        return song, refused(change, "it does not say which key")
    semitones = _semitones(change, now, goal)
    if abs(semitones) > _FURTHEST:
        return song, refused(change, "a song moves by an octave at most")
    if goal == now and semitones == 0:
        return song, refused(change, f"it is in {now} already")
    score = song.score
    if song.editable is not None:
        score = transpose(song.editable, semitones, tools.instruments, goal.tonic)
        score = set_mode(score, goal.mode, tools.instruments)
    # Music that did not show its key before does not show it elsewhere: an interval is kept by moving every note.
    shown = change.unit != "semitones" or score is None or song.anew or fits_key(score, goal)
    intent = _with_key(song.intent, change, song.note, goal, promised=shown)
    song = song.changed("score" if song.score is not None else "plan", intent=intent, score=score)
    if change.fate == "substituted":
        return song, instead(change, str(goal), change.reason)
    return song, done(change, f"{now} becomes {goal}" if goal != now else "")


def key_now(song: RevisedSong, tools: Tools) -> Key:
    """The key that an interval starts from: the song's own, else the asked-for one, else the style's usual one."""
    if song.editable is not None:
        return song.editable.plan.key
    usual = (
        song.score.plan.key if song.score is not None else Key.parse(tools.styles[song.intent.style].typical_keys[0])
    )
    return Key(song.intent.tonic or usual.tonic, song.intent.mode or usual.mode)


def _goal(change: Change, now: Key) -> Key | None:
    if change.unit == "semitones" and change.amount is not None:
        return Key(moved_tonic(now.tonic_pitch_class, round(change.amount)), now.mode) if change.amount % 12 else now
    tonic, _, mode = change.text.partition(" ")
    if change.text in MODES:
        return Key(now.tonic, change.text)
    return Key(tonic, mode or now.mode) if tonic in PITCH_CLASSES else None


def _semitones(change: Change, now: Key, goal: Key) -> int:
    if change.unit == "semitones" and change.amount is not None:
        return round(change.amount)
    return nearest_interval(now.tonic_pitch_class, goal.tonic_pitch_class)


def _with_key(intent: Intent, change: Change, note: str, goal: Key, *, promised: bool) -> Intent:
    intent = without_requirements(without_wishes(intent, lambda wish: wish.field == "key"), "key")
    wish = wish_of(change, note, "key", str(goal))
    if change.fate == "substituted":
        wish = wish.model_copy(
            update={"fate": "substituted", "substitute": str(goal), "nearness": 0.7, "reason": change.reason}
        )
    promise = [Requirement(criterion="key", target=str(goal))] if promised else []
    intent = with_wish(intent, wish, promise)
    return intent.model_copy(update={"tonic": goal.tonic, "mode": goal.mode})


def _octaves(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    if change.unit != "semitones" or change.amount is None or change.amount % 12:
        return song, refused(change, "one part in another key than the others would clash; by octaves it could move")
    octaves, names = round(change.amount / 12), " and ".join(change.scope.parts)
    players = players_of(change, song, tools)
    edit = NoteEdit(kind="octaves", names=change.scope.parts, played_by=players, octaves=octaves)
    score = song.editable
    if score is not None:
        tracks = tracks_of(change, score, song.intent, tools)
        if not tracks:
            return song, refused(change, f"no {names} plays")
        shifted = shift_octaves(score, tracks, octaves, tools.instruments)
        if shifted == score:
            return song, refused(change, f"{names} cannot go further, its range ends there")
        score = shifted
    intent = with_edit(song.intent, edit, change, song.note)
    layer: Layer = "plan" if song.score is None else "score"
    return song.changed(layer, intent=intent, score=score if score is not None else song.score), done(change)
