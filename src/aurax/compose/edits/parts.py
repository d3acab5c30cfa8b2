"""Parts taken out of a song, or out of some of its sections; all other notes stay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from aurax.score.plan import Section
from aurax.score.score import Note, Score


def remove_parts(score: Score, names: Collection[str]) -> Score:
    """The song without some parts.

    Args:
        score: the song.
        names: of tracks.

    Returns:
        The same song where these are all of its tracks, since a song without any is none.
    """
    tracks = tuple(track for track in score.tracks if track.name not in names)
    if not tracks or len(tracks) == len(score.tracks):
        return score
    kept = {track.name for track in tracks}
    plan = score.plan.model_copy(
        update={
            "parts": tuple(part for part in score.plan.parts if part.name in kept),
            "sections": tuple(
                section.model_copy(update={"parts": tuple(name for name in section.parts if name in kept)})
                for section in score.plan.sections
            ),
        }
    )
    return replace(score, plan=plan, tracks=tracks)


def silence_parts(score: Score, names: Collection[str], places: Collection[int]) -> Score:
    """The song without the notes that some parts play in some sections; a part that has no note left goes.

    Notes that are held into such a section end where it starts.

    Args:
        score: the song.
        names: of tracks.
        places: of sections, from 0.
    """
    plan, grid = score.plan, score.plan.grid
    spans = [
        (grid.bars_to_ticks(plan.sections[place].start_bar), _end(score, plan.sections[place]))
        for place in sorted(places)
    ]
    tracks = tuple(
        replace(track, notes=_without(track.notes, spans)) if track.name in names else track for track in score.tracks
    )
    sections = tuple(
        section.model_copy(update={"parts": tuple(name for name in section.parts if name not in names)})
        if place in places
        else section
        for place, section in enumerate(plan.sections)
    )
    silenced = replace(score, plan=plan.model_copy(update={"sections": sections}), tracks=tracks)
    return remove_parts(silenced, {track.name for track in tracks if not track.notes})


def _end(score: Score, section: Section) -> float:
    """The first tick after a section; the last one goes on in the ending."""
    return float("inf") if section.end_bar == score.plan.bars else score.plan.grid.bars_to_ticks(section.end_bar)


def _without(notes: Collection[Note], spans: Collection[tuple[int, float]]) -> tuple[Note, ...]:
    kept = []
    for note in notes:
        if any(start <= note.start_ticks < end for start, end in spans):
            continue
        stop = min((start for start, _ in spans if note.start_ticks < start < note.end_ticks), default=note.end_ticks)
        kept.append(note if stop == note.end_ticks else replace(note, duration_ticks=stop - note.start_ticks))
    return tuple(kept)
