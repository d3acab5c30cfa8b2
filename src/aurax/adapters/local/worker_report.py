"""What a worker or web server tells its supervisor, as lines of JSON in a pipe: its start, its beat, why it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from aurax import errors
from aurax.errors import AuraxError, MissingExtra, ServiceFailed

BEAT_S = 1.0
"""A healthy worker reports this often that its event loop runs."""


class Complaint(BaseModel):
    """An error as plain data."""

    model_config = ConfigDict(frozen=True)

    kind: str
    expected: str
    found: str
    fix: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """The data of any error; one that was not raised on purpose keeps its own words."""
        if isinstance(error, AuraxError):
            return cls(kind=type(error).__name__, expected=error.expected, found=error.found, fix=error.fix)
        words = f"{type(error).__name__}: {error}"[:500]
        if isinstance(error, ImportError):
            fix = "install AURA-X again with what it needs, such as 'make song'"
            return cls(kind=MissingExtra.__name__, expected="every package that AURA-X needs", found=words, fix=fix)
        return cls(
            kind=AuraxError.__name__,
            expected="the worker to work",
            found=words,
            fix="see worker.log, run 'aurax doctor'",
        )

    def error(self) -> AuraxError:
        """The error again, of its own type."""
        kind = getattr(errors, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, AuraxError)):
            kind = ServiceFailed
        return kind(self.expected, self.found, self.fix)


class Report(BaseModel):
    """One message of a worker.

    Args:
        kind: `step` names what its start is busy with; `ready` comes once it polls, or serves; `alive` is its beat;
            `failed` is its last word.
        step: for `step`.
        address: where it serves, for `ready`.
        complaint: for `failed`.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["step", "ready", "alive", "failed"]
    step: str = ""
    address: str = ""
    complaint: Complaint | None = None


class Reporter:
    """The worker's end of the pipe.

    Args:
        descriptor: open for writing; None where no supervisor listens.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.set_blocking(descriptor, False)
                os.set_inheritable(descriptor, False)

    def step(self, what: str) -> None:
        """Tell what the start is busy with."""
        self._say(Report(kind="step", step=what))

    def ready(self, address: str = "") -> None:
        """Tell that work is polled for, or where requests are answered."""
        self._say(Report(kind="ready", address=address))

    def failed(self, error: BaseException) -> None:
        """Tell why the worker ends."""
        self._say(Report(kind="failed", complaint=Complaint.of(error)))

    async def beat(self) -> None:
        """Tell every second that the event loop runs, until cancelled."""
        while True:
            self._say(Report(kind="alive"))
            await asyncio.sleep(BEAT_S)

    def _say(self, report: Report) -> None:
        if self._descriptor is not None:
            # A supervisor that is gone or stopped must not stop the worker.
            with contextlib.suppress(OSError):
                os.write(self._descriptor, report.model_dump_json().encode() + b"\n")


def read_report(line: bytes) -> Report | None:
    """One line of a worker; None when it is no report."""
    try:
        return Report.model_validate_json(line)
    except ValidationError:
        return None
