"""A session: a song, two notes on it, and back to the first."""

from __future__ import annotations

import sys
from pathlib import Path

from aurax import open_session


def main(folder: Path) -> None:
    """Ask for a short song, change it, take the change back, and say what there is."""
    with open_session(out=folder) as session:
        session.request_song("slow ambient with bells, 12 seconds", seed=3)
        session.wait()
        for note in ("brighter", "a bit louder, and with more flurb"):
            answer = session.steer(note)
            changes = answer.revision.changes if answer.revision is not None else ()
            for change in changes:
                print(f"{change.words}: {change.fate} {change.reason}".rstrip())
        session.wait()
        session.undo()
        session.rate(4, "calm")
        for version in session.versions:
            mark = "*" if version.name == session.state.current else " "
            print(f"{mark} {version.name} from {version.parent or 'the prompt'}: {session.folders[version.name]}")
        session.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/session"))
