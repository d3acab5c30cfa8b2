"""Logs: lines for people or JSON for machines, with ids and without secrets or anybody's words.

Everything that logs through Python's `logging` comes here, Temporal's library included. An error's message is written
only where it cannot quote a prompt; of any other error the type and the places in the code are.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, Any

from aurax.adapters.telemetry.fields import Field, current_fields
from aurax.adapters.telemetry.redaction import Redactor
from aurax.errors import MissingExtra, ServiceFailed, ServiceUnavailable, StorageFull
from aurax.settings import Settings
from aurax.text import visible

_PLAIN_ERRORS = (MissingExtra, OSError, ServiceFailed, ServiceUnavailable, StorageFull)
"""Errors about machines: their messages name addresses, files and sizes, never what a song is about."""
_OWN = "aurax"
_TEMPORAL_IDS = {"workflow_id": "workflow", "workflow_run_id": "run", "run_id": "run", "activity_type": "activity"}
_LONGEST_MESSAGE = 2000
_DEEPEST_CHAIN = 5
_MOST_FRAMES = 12
_QUOTING = "with error of type "
"""What follows in a message of Temporal's library is an error's own words."""


def configure_logs(settings: Settings, stream: IO[str] | None = None) -> None:
    """Send everything that is logged to one stream; replaces what was configured before.

    Args:
        settings: form, level, and whether errors may speak in their own words.
        stream: standard error if left out.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    kind = JsonFormatter if settings.log_format == "json" else TextFormatter
    handler.setFormatter(kind(Redactor.of(settings), private=settings.log_private))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    # Other libraries write requests and whole payloads at their lower levels.
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("temporalio").setLevel(max(level, logging.INFO))
    logging.getLogger(_OWN).setLevel(level)


class _Formatter(logging.Formatter):
    """Turns a record into fields.

    Args:
        redact: hides secrets.
        private: whether errors may speak in their own words.
    """

    def __init__(self, redact: Redactor, *, private: bool = False) -> None:
        super().__init__()
        self._redact = redact
        self._private = private

    def fields(self, record: logging.LogRecord) -> dict[str, Field]:
        """Everything that the line tells, in order."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
            **current_fields(),
            **_temporal_ids(record),
            **getattr(record, "fields", {}),
            **_trace_ids(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = self._error(record.exc_info[1])
        return {name: self._redact(value) if isinstance(value, str) else value for name, value in told.items()}

    def _message(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.name.partition(".")[0] != _OWN and not self._private:
            message = message.partition("\n")[0]
            if _QUOTING in message:
                message = message.partition(":")[0]
        return message[:_LONGEST_MESSAGE]

    def _error(self, error: BaseException) -> str:
        return "; caused by ".join(self._one_error(one) for one in _chain(error))[:_LONGEST_MESSAGE]

    def _one_error(self, error: BaseException) -> str:
        name = type(error).__name__
        words = f": {error}" if self._private or isinstance(error, _PLAIN_ERRORS) else ""
        places = " < ".join(_places(error))
        return f"{name}{words}{f' at {places}' if places else ''}"


class JsonFormatter(_Formatter):
    """One JSON document a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(self.fields(record), ensure_ascii=True, default=str)


class TextFormatter(_Formatter):
    """A line for people: time, level, what happened, then the rest as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; whatever a terminal would obey is shown as escapes."""
        fields = self.fields(record)
        head = " ".join(str(fields.pop(name)) for name in ("time", "level", "logger", "message"))
        tail = "".join(f" {name}={value}" for name, value in fields.items())
        return visible(head + tail)


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(_DEEPEST_CHAIN):
        if current is None:
            return
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _places(error: BaseException) -> list[str]:
    """Where in the code it was raised, innermost first."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{PurePath(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[::-1][:_MOST_FRAMES]


def _temporal_ids(record: logging.LogRecord) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("temporal_workflow", "temporal_activity"):
        details = getattr(record, name, None)
        if isinstance(details, dict):
            found |= {own: str(details[key]) for key, own in _TEMPORAL_IDS.items() if details.get(key)}
    return found


def _trace_ids() -> dict[str, str]:
    # Only where tracing has been set up; the package need not be installed.
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace": f"{context.trace_id:032x}", "span": f"{context.span_id:016x}"}
