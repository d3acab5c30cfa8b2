"""A conversation: lines are read one after another, answered, and their songs waited for."""

from __future__ import annotations

import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurax.adapters.cli.request_options import parse_request
from aurax.adapters.cli.session_line import Line, parse_line
from aurax.adapters.cli.session_voice import Goodbye, Voice
from aurax.adapters.cli.session_words import way_back
from aurax.errors import AuraxError, InvalidOption, ServiceFailed, ServiceUnavailable
from aurax.services.prepare import prepare
from aurax.services.request import SongRequest

if TYPE_CHECKING:
    from aurax.adapters.local.session import Session

_LOOK_S = 0.2
_LONGEST_LINE_BYTES = 65_536
_ALL_THAT_CAN_BE_SAID = (ServiceFailed, ServiceUnavailable)
"""Without servers, further lines would be refused alike."""


class Told(BaseException):
    """The system told this process to end."""


class Conversation:
    """One conversation in a session.

    Args:
        session: entered.
        voice: tells what happens.
        read: gives the next line, None at the end.
        options: of songs that are asked for, by the names of `SongRequest`'s fields.
        wait: whether each line's songs are waited for before the next line is read.
        interactive: whether a person types, and may do so while a song is made.
    """

    def __init__(
        self,
        session: Session,
        voice: Voice,
        read: Callable[[], str | None],
        *,
        options: Mapping[str, Any],
        wait: bool,
        interactive: bool,
    ) -> None:
        self._session = session
        self._voice = voice
        self._read = read
        self._options = options
        self._waits = wait
        self._interactive = interactive
        self.failed = False
        """Whether something that was asked for could not be done."""
        self.interrupted = False
        self.closed = False
        self._doing: dict[str, Callable[[Line], None]] = {
            "say": self._say, "new": self._new, "undo": self._undo, "versions": self._versions, "go": self._go,
            "name": self._name, "rate": self._rate, "cancel": self._cancel, "files": self._files, "save": self._save,
            "help": self._help,
        }  # fmt: skip

    def run(self, first: str | None, *, back: bool, close: bool) -> None:
        """Talk until the lines end, or somebody leaves.

        Args:
            first: said before anything is read.
            back: whether it is an earlier session: its versions are shown, and its songs waited for first.
            close: whether the session is closed when the lines end.
        """
        if back:
            self._versions(Line("versions"))
        interrupts = 0
        with _ending_when_told():
            try:
                if self._interactive and first is None and not back:
                    self._voice.remark("Say what you want to hear; /help lists what else there is.")
                while True:
                    try:
                        if back:
                            back = False
                            self._catch_up()
                        line, first = (first, None) if first is not None else (self._next(), None)
                        if line is None or self._is_last(line):
                            break
                        interrupts = 0
                    except KeyboardInterrupt:
                        interrupts += 1
                        if not self._interactive or interrupts > 1:
                            self.interrupted = True
                            break
                        going = any(not version.is_ended for version in self._session.versions)
                        songs = "The song goes on; /cancel cancels it. " if going else ""
                        self._voice.remark(f"{songs}Ctrl-C again leaves; the session stays open.")
                if close and not self.closed and not self.interrupted:
                    self._close()
            except Told:
                self.interrupted = True
        self._say_goodbye()

    def _next(self) -> str | None:
        while True:
            try:
                return self._read()
            except AuraxError as error:
                self.failed = True
                self._voice.refused(error)

    def _catch_up(self) -> None:
        try:
            if self._waits:
                self._wait()
        except AuraxError as error:
            self.failed = True
            self._voice.refused(error)

    def _is_last(self, text: str) -> bool:
        try:
            line = parse_line(text, [version.name for version in self._session.versions])
            if line is None:
                return False
            if line.verb == "quit":
                return True
            if line.verb == "close":
                self._close()
                return True
            self._doing[line.verb](line)
            if self._waits and line.verb in ("say", "new", "undo", "cancel"):
                self._wait()
        except AuraxError as error:
            self.failed = True
            self._voice.refused(error)
            return isinstance(error, _ALL_THAT_CAN_BE_SAID) and not self._interactive
        return False

    def _wait(self) -> None:
        if self._session.wait_for(0.0):
            return
        with self._voice.watching():
            while not self._session.wait_for(_LOOK_S):
                if self._interactive and _is_typed():
                    return

    def _close(self) -> None:
        with self._voice.watching():
            self._session.close()
        self.closed = True

    def _say_goodbye(self) -> None:
        session = self._session
        if not session.versions:
            words = "Nothing was asked for, so no session was opened."
        elif self.closed:
            words = f"The session is closed; aurax session open {session.session_id[:8]} opens it again."
        else:
            words = way_back(session.session_id, session.versions, servers_stay=session.is_served_by_others)
        self._voice.left(Goodbye(session.session_id, words, self.closed))

    # What lines ask for -------------------------------------------------------------------------------------------

    def _say(self, line: Line) -> None:
        if self._session.state.now is None:
            self._ask_for(SongRequest.of(prompt=line.text, **self._options))
            return
        self._voice.answered(self._session.steer(line.text), self._session.state)

    def _new(self, line: Line) -> None:
        self._ask_for(parse_request(line.text, self._options))

    def _ask_for(self, request: SongRequest) -> None:
        song = prepare(request)
        self._voice.understood(song.intent, song.request.seed)
        self._voice.answered(self._session.request_song(song), self._session.state)

    def _undo(self, _line: Line) -> None:
        self._voice.answered(self._session.undo(), self._session.state)

    def _go(self, line: Line) -> None:
        self._voice.answered(self._session.select(line.version or ""), self._session.state)

    def _name(self, line: Line) -> None:
        self._voice.answered(self._session.name(line.text, version=line.version), self._session.state)

    def _rate(self, line: Line) -> None:
        self._voice.answered(self._session.rate(line.stars, line.text), self._session.state)

    def _cancel(self, line: Line) -> None:
        self._voice.answered(self._session.cancel(line.version), self._session.state)

    def _versions(self, _line: Line) -> None:
        by_name = self._session.folders
        places = {one.song_id: by_name[one.name] for one in self._session.versions if one.name in by_name}
        self._voice.versions(self._session.state, places)

    def _files(self, line: Line) -> None:
        self._voice.files(*self._session.files(line.version))

    def _save(self, line: Line) -> None:
        self._voice.saved(self._session.save(Path(line.text), version=line.version))

    def _help(self, _line: Line) -> None:
        self._voice.helped()


def read_typed() -> str | None:
    """The next line that a person types, with a prompt; None at the end."""
    with suppress(ImportError):
        import readline  # noqa: F401 - lines can be edited and brought back
    try:
        return input(PROMPT)
    except EOFError:
        print()  # noqa: T201
        return None


def read_piped() -> str | None:
    """The next line of standard input; None at the end.

    Raises:
        InvalidOption: it is not UTF-8, or longer than any prompt.
    """
    content = sys.stdin.buffer.readline(_LONGEST_LINE_BYTES)
    is_whole = len(content) < _LONGEST_LINE_BYTES or content.endswith(b"\n")
    rest = content
    while not is_whole and rest and not rest.endswith(b"\n"):
        rest = sys.stdin.buffer.readline(_LONGEST_LINE_BYTES)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        is_whole, text = False, ""
    if not is_whole:
        raise InvalidOption(
            f"lines in UTF-8 of at most {_LONGEST_LINE_BYTES} bytes", "another one", "write it as plain text"
        )
    return text or None


PROMPT = "> "


def typed_so_far() -> str:
    """The prompt, and what stands after it now; empty where that is not known."""
    try:
        import readline
    except ImportError:
        return ""
    return PROMPT + readline.get_line_buffer()


def _is_typed() -> bool:
    """Whether a line waits to be read."""
    try:
        return bool(select.select([sys.stdin], [], [], 0.0)[0])
    except (OSError, ValueError):
        return False


@contextmanager
def _ending_when_told() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the conversation; the session stays open."""

    def tell(*_: object) -> None:
        raise Told

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
