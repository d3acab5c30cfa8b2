"""Errors that say what was expected, what was found, what to do, and whether trying again can help."""

from __future__ import annotations

import errno
from datetime import datetime

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ROOM_WORDS = ("no space left", "disk quota exceeded", "database or disk is full", "file too large")


class AuraxError(Exception):
    """Base of every error that AURA-X raises on purpose.

    Args:
        expected: what would have been right, in the user's words.
        found: what was there instead.
        fix: what the user can do about it.

    Attributes:
        retryable: whether the same call may succeed later without any change.
    """

    retryable = False

    def __init__(self, expected: str, found: str, fix: str) -> None:
        self.expected = expected
        self.found = found
        self.fix = fix
        super().__init__(f"expected {expected}; found {found}; {fix}")


class InvalidPrompt(AuraxError):
    """The prompt cannot be read as a wish for music (empty, too long, impossible values)."""


class InvalidOption(AuraxError):
    """A setting or an option is outside what is allowed."""


class NotFound(InvalidOption):
    """There is no such song, session, project, key or person; or it is somebody else's, which sounds the same."""


class NotAllowed(AuraxError):
    """The caller may not do that. It says no more to the caller; the log of the operator has the reason."""


class UnknownPlugin(AuraxError):
    """A style, instrument, criterion or engine of that name is not installed."""


class BrokenPlugin(AuraxError):
    """An installed style, instrument or criterion does not follow its contract."""


class UnwritableOutput(AuraxError):
    """The output folder exists already or cannot be written."""


class StorageFull(AuraxError):
    """No room is left on the disk."""


class CorruptData(AuraxError):
    """A file in the data folder cannot be read as what it should be."""


class StorageRefused(AuraxError):
    """The object store refuses: wrong keys, a missing right, no such bucket, or a clock that is wrong."""


class DamagedObject(CorruptData):
    """A stored object is gone or not what was stored; whatever made it can make it again."""


class RenderFailed(AuraxError):
    """An instrument produced no usable audio."""

    retryable = True


class SilentAudio(AuraxError):
    """No 400 ms block of the audio passes the −70 LUFS gate."""


class ServiceUnavailable(AuraxError):
    """A server that the work needs does not answer."""

    retryable = True


class ServiceFailed(AuraxError):
    """A server of this machine does not run, after several tries; starting it once more would end the same way."""


class UntrustedPayload(AuraxError):
    """A request or an answer was not sealed with this installation's key."""


class MissingExtra(AuraxError):
    """An engine needs packages that are not installed."""


class MissingWeights(AuraxError):
    """An engine's weights are not on this machine."""


class BadCheckpoint(AuraxError):
    """An engine's weights are truncated, of the wrong class, or in a format that is not allowed."""


class NoGpu(AuraxError):
    """A GPU was asked for where there is none."""


class OutOfMemory(AuraxError):
    """The memory of the device does not suffice, even for the smallest batch."""


class BadEngineOutput(AuraxError):
    """A model produced NaN or infinity."""


class LicenceForbids(AuraxError):
    """The licence of the weights forbids what the song is for."""


class BudgetExceeded(AuraxError):
    """The next paid call would cost more than the song's budget or the month's cap leaves."""


class LimitReached(AuraxError):
    """A limit of the person is reached: songs at once, songs a day, dollars a month, or stored bytes.

    Args:
        expected: room within the limit.
        found: how much is used.
        fix: what the person can do, and when there is room again.
        limit: its name, such as `songs_per_day`.
        frees_at: when there is room again, where that is known.
    """

    def __init__(
        self, expected: str, found: str, fix: str, *, limit: str = "", frees_at: datetime | None = None
    ) -> None:
        super().__init__(expected, found, fix)
        self.limit = limit
        self.frees_at = frees_at


class QuotaExceeded(AuraxError):
    """The GPU platform refuses further work: a spending limit or a quota is reached."""


class Preempted(AuraxError):
    """The GPU was taken away in the middle of the work."""

    retryable = True


class EngineTimeout(AuraxError):
    """An engine did not finish in its time."""

    retryable = True


class VersionMismatch(AuraxError):
    """What runs or is stored elsewhere is of another version than this program."""


class Cancelled(AuraxError):
    """The work was cancelled before it was finished."""


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, says that a disk or a quota has no room left.

    Libraries wrap the system's error in their own, or keep nothing of it but its words.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, StorageFull):
            return True
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        # Errors of our own may quote a person's words.
        if not isinstance(error, AuraxError) and any(one in str(error).lower() for one in _NO_ROOM_WORDS):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False
