"""What a conversation says: sentences about answers, changes and versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aurax.intent.notes.wording import sentence
from aurax.intent.revision import Change
from aurax.services.session import Answer, SessionState, Version
from aurax.text import one_line

_LONGEST = 70


def change_sentence(change: Change) -> str:
    """What becomes of one change of a note; what was not understood is asked back."""
    if change.kind == "unknown" and change.fate == "not_understood":
        return f"I did not understand '{one_line(change.words)}'; say it another way."
    return sentence(change)


def answer_line(answer: Answer, state: SessionState) -> str:
    """What came of a request, in a sentence; empty where the sentences about its changes say it all.

    Args:
        answer: to the request.
        state: the session after it.
    """
    name = answer.version or ""
    version = state.version(name)
    match answer.done:
        case "asked":
            return f"{name} is asked for."
        case "version":
            return f"{name} is made from {version.parent if version is not None else 'the version before'}."
        case "steered":
            return f"{name}, which is being made, takes this up."
        case "undone":
            made = version is not None and not version.is_ended
            return f"{name} is made without the last note." if made else f"{name} is the current version again."
        case "selected":
            return f"{name} is the current version."
        case "cancelled":
            return f"{name} is cancelled."
        case "rated":
            return f"{name} is rated {version.rating} of 5." if version is not None else ""
        case "named":
            return f"It is called {name} now."
        case "closed":
            return "The session is closed."
        case "nothing":
            return ""


def version_line(version: Version) -> str:
    """How a version stands, in a few words."""
    if version.status == "failed":
        return f"failed: {one_line(version.error)}"
    if version.status != "delivered":
        return {"waiting": "waits for its turn", "making": "is being made"}.get(version.status, version.status)
    parts = [f"{version.duration_s:.1f} s" if version.duration_s is not None else ""]
    parts.append({True: "passed", False: "fails", None: ""}[version.passed])
    parts.append("" if version.points is None else f"{version.points:.0f} of 100")
    return ", ".join(part for part in parts if part)


def origin_line(version: Version) -> str:
    """What led to a version, shortened: the prompt of a first one, and every note that it took up."""
    notes = [revision.note for revision in version.revisions] or [version.note]
    prompt = [] if version.parent is not None else [version.request.prompt]
    line = one_line("; ".join([*prompt, *filter(None, notes)]))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def tree_lines(state: SessionState, folders: Mapping[str, Path]) -> list[str]:
    """Versions as a tree, one a line: how each stands, its rating, what led to it, and where it is.

    Args:
        state: the session; its current version is marked.
        folders: by the ids of songs.
    """
    rows = []
    for depth, version in tree(state.versions):
        mark = "*" if version.name == state.current else " "
        branch = f"{'   ' * (depth - 1)}└─ " if depth else ""
        rated = f"{version.rating} of 5" if version.rating else ""
        where = str(folders.get(version.song_id, ""))
        rows.append((f"{mark} {branch}{version.name}", version_line(version), rated, origin_line(version), where))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = [place for place, width in enumerate(widths) if width]
    return ["  ".join(row[place].ljust(widths[place]) for place in columns).rstrip() for row in rows]


def tree(versions: Iterable[Version]) -> Iterator[tuple[int, Version]]:
    """Versions in the order of their tree, each with its depth: what came from a version stands under it."""
    whole = tuple(versions)
    names = {version.name for version in whole}

    def under(parent: str | None, depth: int) -> Iterator[tuple[int, Version]]:
        for version in whole:
            is_root = version.parent is None or version.parent not in names
            if (parent is None and is_root) or (parent is not None and version.parent == parent):
                yield depth, version
                yield from under(version.name, depth + 1)

    return under(None, 0)


def way_back(session_id: str, versions: Iterable[Version], *, servers_stay: bool) -> str:
    """How to come back to a session that was left open, and what becomes of its songs.

    Args:
        session_id: the session.
        versions: its versions.
        servers_stay: whether servers work on when nobody is there.
    """
    unfinished = [version.name for version in versions if not version.is_ended]
    line = f"The session stays open; come back with: aurax session open {session_id[:8]}"
    if not unfinished:
        return line
    names, verb = ", ".join(unfinished), "go" if len(unfinished) > 1 else "goes"
    when = "meanwhile" if servers_stay else "when you do, or while 'aurax up' runs"
    return f"{line}\n{names} {verb} on {when}."
