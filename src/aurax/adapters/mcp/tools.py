"""The tools that other agents get: each method is one, and its docstring is what the agent reads about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import Field

from aurax.adapters.mcp.results import Estimated, SongAsked, SongFile, SongNow, Steered, Style, Understood
from aurax.adapters.web_client.client import AuraxClient
from aurax.deliver.slug import slug
from aurax.errors import InvalidOption
from aurax.services.request import SongRequest

_USUAL_FILE: Final = "master.flac"
_SHORT_ID: Final = 8
_LONGEST_WAIT_S: Final = 600.0

Prompt = Annotated[
    str,
    Field(
        description="What to hear, in plain words: genre, mood, instruments, what to leave out, tempo, key, length.",
        examples=["rainy-night lo-fi hip hop, 82 bpm, 1 minute, no piano"],
    ),
]
Duration = Annotated[str | None, Field(description="Length that wins over the prompt's, such as 90s, 1:30 or 2m.")]
Engine = Annotated[str | None, Field(description="A neural engine; without, notes are composed and played.")]
Song = Annotated[str, Field(description="The song's id, as make_song, steer or list_songs gave it.")]
Session = Annotated[str, Field(description="The session's id, as make_song or song_status gave it.")]
Say = Callable[[int, str], None]
"""Told while a tool waits: how many things have happened, and the latest."""


class Tools:
    """What an agent can do. Every method raises the `AuraxError` that the server says.

    Args:
        find: finds the server; asked anew at each use, because servers are stopped and started.
        out: folder in which `download` puts files.
    """

    def __init__(self, find: Callable[[], AuraxClient], out: Path) -> None:
        self._find = find
        self._out = out

    def understand(self, prompt: Prompt, duration: Duration = None) -> Understood:
        """Tell what AURA-X makes of a prompt, wish by wish, without making anything; costs nothing."""
        return Understood.of(self._find().understand(prompt, duration_s=duration))

    def estimate(self, prompt: Prompt, duration: Duration = None, engine: Engine = None) -> Estimated:
        """Estimate how long a song takes to make and what it costs; nothing is started."""
        return Estimated.of(self._find().estimate(SongRequest.of(prompt=prompt, duration_s=duration, engine=engine)))

    def make_song(
        self,
        prompt: Prompt,
        duration: Duration = None,
        seed: Annotated[int | None, Field(description="Same prompt and seed, same song; random without.")] = None,
        style: Annotated[str | None, Field(description="A name from styles that wins over the prompt's.")] = None,
        formats: Annotated[str | None, Field(description="Of the master besides FLAC: wav,mp3,ogg.")] = None,
        engine: Engine = None,
        budget_usd: Annotated[float | None, Field(description="The most that paid calls may cost.")] = None,
    ) -> SongAsked:
        """Begin a song in a session of its own; answers at once. Then wait_for_song, and download when delivered."""
        asked = self._find().make_song(
            SongRequest.of(
                prompt=prompt,
                duration_s=duration,
                seed=seed,
                style=style,
                formats=formats,
                engine=engine,
                budget_usd=budget_usd,
            )
        )
        return SongAsked(song_id=asked.song_id, session_id=asked.session_id, version=asked.version, status=asked.status)

    def song_status(self, song_id: Song) -> SongNow:
        """Tell how a song stands: making, delivered, failed or cancelled; its score, and what became of the wishes."""
        return SongNow.of(self._find().song(song_id))

    def wait_for_song(self, song_id: Song, at_most_s: float, say: Say) -> SongNow:
        """Wait until a song is delivered, failed or cancelled; where it is still `making` afterwards, wait again."""
        client = self._find()
        for count, event in enumerate(client.follow(song_id, within_s=min(at_most_s, _LONGEST_WAIT_S)), 1):
            say(count, event.kind)
        return SongNow.of(client.song(song_id))

    def steer(
        self,
        session_id: Session,
        note: Annotated[str, Field(description="In plain words.", examples=["slower, and without drums"])],
        version: Annotated[str | None, Field(description="Such as v1; the current one without.")] = None,
    ) -> Steered:
        """Change a song by a note: one in the making takes it up, of a delivered one a new song is made."""
        session = self._find().session(session_id)
        answer = session.steer(note, version)
        return Steered.of(answer, session.state())

    def undo(self, session_id: Session) -> Steered:
        """Go back to the version before the current one; nothing is deleted."""
        session = self._find().session(session_id)
        answer = session.undo()
        return Steered.of(answer, session.state())

    def list_songs(self, limit: Annotated[int, Field(ge=1, le=200)] = 20) -> list[SongNow]:
        """List the newest songs, newest first."""
        return [SongNow.of(song) for song in self._find().songs(limit).items]

    def song_files(self, song_id: Song) -> list[SongFile]:
        """List the files of a delivered song: masters, mix, stems, MIDI, DAW project, score, report and record."""
        return [SongFile.of(file) for file in self._find().files(song_id)]

    def download(
        self,
        song_id: Song,
        paths: Annotated[list[str] | None, Field(description="Paths from song_files; the FLAC master without.")] = None,
    ) -> list[str]:
        """Save files of a delivered song on this machine, and tell where they are."""
        client = self._find()
        song = client.song(song_id)
        folder = self._out.expanduser().absolute() / f"{slug(song.title or song.prompt)}-{song.id[:_SHORT_ID]}"
        places = {path: place_of(path, folder) for path in paths or [_USUAL_FILE]}
        return [str(client.download(song.id, path, place)) for path, place in places.items()]

    def styles(self) -> list[Style]:
        """List the styles that a prompt can ask for."""
        return [Style.of(style) for style in self._find().styles()]


def place_of(path: str, folder: Path) -> Path:
    """Where a file of a song is saved.

    Args:
        path: of the file in the song.
        folder: of the song on this machine.

    Raises:
        InvalidOption: the path leads out of the folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or "\0" in path or ".." in parts:
        raise InvalidOption("a path that song_files gave", repr(path[:100]), "choose one of them")
    return folder.joinpath(*parts)
