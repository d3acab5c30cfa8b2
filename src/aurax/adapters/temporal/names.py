"""Ids of workflows."""

from __future__ import annotations


def song_workflow_id(song_id: str, repair: str = "") -> str:
    """The id of the workflow that makes a song, or that makes a delivered one once more."""
    return f"song-{song_id}/repair-{repair}" if repair else f"song-{song_id}"


def session_workflow_id(session_id: str) -> str:
    """The id of a session's workflow."""
    return f"session-{session_id}"
