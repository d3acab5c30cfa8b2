"""Parts that leave, play alone, or rest in some sections."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from aurax.compose.edits.asked import places_of, rest_places
from aurax.compose.edits.parts import remove_parts, silence_parts
from aurax.errors import AuraxError
from aurax.intent.contract import Requirement
from aurax.intent.intent import Intent, NoteEdit, section_words
from aurax.intent.revision import Change
from aurax.intent.superseding import merged_wishes, wish_of, with_wish, without_wishes
from aurax.judge.verdict import Layer
from aurax.produce.changes.song import GENERATED, RevisedSong, Tools, done, refused
from aurax.score.role import DRUM_ROLES
from aurax.score.score import Score

_NOTES_CHANGE = "the song is composed again, so its notes may change"


def tracks_of(change: Change, score: Score, intent: Intent, tools: Tools) -> tuple[str, ...]:
    """Names of the tracks that a change's parts mean, in the score's order."""
    found = {name for part in change.scope.parts for name in tracks_named(part, score, intent, tools)}
    return tuple(track.name for track in score.tracks if track.name in found)


def tracks_named(part: str, score: Score, intent: Intent, tools: Tools) -> frozenset[str]:
    """Names of the tracks that play a part: by its own name, by a kind of it, or in the place of what was asked for."""
    own = score.named(part) or tuple(track for word in players(part, intent, tools) for track in score.named(word))
    return frozenset(track.name for track in own)


def players(part: str, intent: Intent, tools: Tools) -> tuple[str, ...]:
    """Roles, families and instruments that a part means; what stands in for it only where the intent asks for it."""
    words = [part]
    words += [
        one.played_by for one in intent.contract.named("instrument_present") if one.target == part and one.played_by
    ]
    with suppress(AuraxError):
        asked = tools.read(f"with {part}")
        if all(one.is_done for one in asked.wishes):
            words += asked.wanted
    return tuple(dict.fromkeys(words))


def remove(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Take parts out, everywhere or in some sections."""
    if song.generated and not song.anew:
        return song, refused(change, GENERATED)
    if change.scope.sections:
        return _rest_in(change, song, tools, inside=True)
    names = change.scope.parts
    refusal = tools.read(f"no {', no '.join(names)}")
    score, remark = song.score, _NOTES_CHANGE if song.anew and song.score is not None else ""
    if song.editable is not None:
        gone = _leaving(change, song.editable, song.intent, tools)
        if gone and len(gone) == len(song.editable.tracks):
            return song, refused(change, "nothing else plays, and a song without any part is none")
        if not gone:
            remark = f"no {' or '.join(names)} plays"
        score = remove_parts(song.editable, gone)
    intent = _without_parts(song.intent, names, refusal.unwanted)
    intent = merged_wishes(intent, _said_in(refusal, change), song.note, ("instrument", "vocals"))
    intent = intent.model_copy(
        update={
            "unwanted": tuple(dict.fromkeys((*intent.unwanted, *refusal.unwanted))),
            "wanted": tuple(one for one in intent.wanted if one not in refusal.unwanted and one not in names),
        }
    )
    layer: Layer = "plan" if song.score is None else "score"
    if remark.startswith("no ") and song.editable is not None:
        return replace(song, intent=intent), done(change, remark)
    return song.changed(layer, intent=intent, score=score), done(change, remark)


def only(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Let parts play alone, or only in some sections."""
    if song.generated and not song.anew:
        return song, refused(change, GENERATED)
    if change.scope.sections:
        return _rest_in(change, song, tools, inside=False)
    names = change.scope.parts
    asked = tools.read(f"only {' and '.join(names)}")
    score = song.score
    remark = _NOTES_CHANGE if song.anew and song.score is not None else ""
    notes = song.editable
    if notes is not None:
        kept = set(tracks_of(change, notes, song.intent, tools))
        score = remove_parts(notes, {track.name for track in notes.tracks} - kept)
    intent = without_wishes(song.intent, lambda wish: wish.field == "instrument")
    intent = merged_wishes(intent, _said_in(asked, change), song.note, ("instrument",))
    intent = intent.model_copy(
        update={
            "wanted": asked.wanted,
            "only_wanted": True,
            "unwanted": tuple(one for one in intent.unwanted if one not in (*asked.wanted, *names)),
        }
    )
    return song.changed("plan" if song.score is None else "score", intent=intent, score=score), done(change, remark)


def needs_composing(change: Change, song: RevisedSong, tools: Tools) -> bool:
    """Whether parts that leave or play alone need other notes: some are not there, or too little is left without them.

    Args:
        change: of kind `remove` or `only`.
        song: as it is.
        tools: what is installed.
    """
    score = song.score
    if score is None or change.scope.sections:
        return False
    if change.kind == "only":
        if any(not tracks_named(name, score, song.intent, tools) for name in change.scope.parts):
            return True
        gone = {track.name for track in score.tracks} - set(tracks_of(change, score, song.intent, tools))
    else:
        gone = _leaving(change, score, song.intent, tools)
    left = remove_parts(score, gone)
    return left is not score and bool(_filled_bars(score) - _filled_bars(left))


def _leaving(change: Change, score: Score, intent: Intent, tools: Tools) -> set[str]:
    """Names of the tracks that leave with the parts of a refusal: what stands in for these leaves too."""
    unwanted = tools.read(f"no {', no '.join(change.scope.parts)}").unwanted
    return set(tracks_of(change, score, intent, tools)) | {
        track.name for word in unwanted for track in score.named(word)
    }


def _filled_bars(score: Score) -> set[int]:
    """Bars in which anything but a noise bed sounds, the last one left out: it may be the ending's."""
    grid = score.plan.grid
    bars: set[int] = set()
    for track in score.tracks:
        if track.role != "texture":
            for note in track.notes:
                bars.update(range(grid.ticks_to_bar(note.start_ticks), grid.ticks_to_bar(note.end_ticks - 1) + 1))
    return bars & set(range(score.plan.bars - 1))


def _rest_in(change: Change, song: RevisedSong, tools: Tools, *, inside: bool) -> tuple[RevisedSong, Change]:
    """Let parts rest in the named sections, or in all others."""
    parts = " and ".join(change.scope.parts)
    edit = NoteEdit(
        kind="rest",
        names=change.scope.parts,
        played_by=players_of(change, song, tools),
        sections=change.scope.sections,
        elsewhere=not inside,
    )
    score = song.editable
    if score is not None:
        tracks = tracks_of(change, score, song.intent, tools)
        if not tracks:
            return song, refused(change, f"no {parts} plays")
        places = rest_places(edit, score.plan.sections)
        if not any(places_of(name, score.plan.sections) for name in edit.sections):
            return song, refused(change, f"the song has no {' or '.join(map(section_words, edit.sections))}")
        emptied = _emptied(score, tracks, places)
        if emptied:
            return song, refused(change, f"nobody would play in the {emptied}")
        edited = silence_parts(score, tracks, places)
        if edited == score:
            return song, refused(change, f"nothing changes there for {parts}")
        score = edited
    intent = with_edit(song.intent, edit, change, song.note)
    layer: Layer = "plan" if song.score is None else "score"
    return song.changed(layer, intent=intent, score=score if score is not None else song.score), done(change)


def players_of(change: Change, song: RevisedSong, tools: Tools) -> tuple[str, ...]:
    """Roles, families and instruments that a change's parts mean, whatever song is composed."""
    return tuple(dict.fromkeys(word for part in change.scope.parts for word in players(part, song.intent, tools)))


def with_edit(intent: Intent, edit: NoteEdit, change: Change, note: str) -> Intent:
    """The intent with something more to be done to finished notes, which the contract holds."""
    promise = Requirement(criterion="structure", target=edit.words)
    intent = without_wishes(intent, lambda wish: bool(wish.note) and wish.value == edit.words)
    intent = with_wish(intent, wish_of(change, note, "structure", edit.words), [promise])
    return intent.model_copy(update={"edits": (*intent.edits, edit)})


def _emptied(score: Score, tracks: Sequence[str], places: Sequence[int]) -> str:
    """The first section in which nobody else plays."""
    for place in places:
        section = score.plan.sections[place]
        start, end = score.plan.grid.bars_to_ticks(section.start_bar), score.plan.grid.bars_to_ticks(section.end_bar)
        heard = any(
            start <= note.start_ticks < end
            for track in score.tracks
            if track.name not in tracks
            for note in track.notes
        )
        if not heard:
            return section.name
    return ""


def _without_parts(intent: Intent, names: Sequence[str], unwanted: Sequence[str]) -> Intent:
    """The intent without wishes for parts that leave."""
    gone = {*names, *unwanted}
    if "drums" in gone:
        gone |= DRUM_ROLES
    casting = {
        one.wish: one.played_by
        for one in intent.contract.requirements
        if one.criterion == "instrument_present" and one.wish is not None
    }
    places = {id(wish): place for place, wish in enumerate(intent.wishes)}
    return without_wishes(
        intent,
        lambda wish: (
            wish.field == "instrument"
            and not wish.refused
            and (wish.value in gone or casting.get(places.get(id(wish), -1), "") in gone)
        ),
    )


def _said_in(asked: Intent, change: Change) -> Intent:
    """What was read of made-up words, with the words of the note in their place."""
    return asked.model_copy(
        update={
            "wishes": tuple(
                one.model_copy(update={"words": change.words, "start": change.start, "end": change.end})
                for one in asked.wishes
            )
        }
    )
