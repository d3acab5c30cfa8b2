"""What the header of a Demucs checkpoint says: an allowed class, and arguments of plain types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from demucs.htdemucs import HTDemucs

from aurax.errors import BadCheckpoint

CLASS_KEY = "klass"
CLASSES: Mapping[str, Any] = {"demucs.htdemucs.HTDemucs": HTDemucs}
"""Those that may be built, by the name in the header."""


def write_header(class_name: str, args: object, kwargs: object) -> dict[str, str]:
    """The metadata of a checkpoint, as Demucs 4.1 writes them.

    Args:
        class_name: one of `CLASSES`.
        args: positional arguments of the class.
        kwargs: named arguments of the class.

    Raises:
        BadCheckpoint: an argument is not of a plain type.
    """
    return {
        CLASS_KEY: class_name,
        "args": json.dumps(_to_json(list(args) if isinstance(args, tuple) else args)),
        "kwargs": json.dumps(_to_json(kwargs)),
    }


def read_arguments(metadata: Mapping[str, str], file: str) -> tuple[list[Any], dict[str, Any]]:
    """The positional and the named arguments of the class.

    Args:
        metadata: of the header.
        file: its name, for the message.

    Raises:
        BadCheckpoint: they are missing or no plain JSON of the right form.
    """
    try:
        args = _from_json(json.loads(metadata["args"]))
        kwargs = _from_json(json.loads(metadata["kwargs"]))
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise _bad(f"{type(error).__name__} ({error}) in that of {file}") from error
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise _bad(f"{type(args).__name__} and {type(kwargs).__name__} in that of {file}")
    return args, kwargs


def _to_json(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Fraction):
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _to_json(item) for name, item in value.items()}
    raise _bad(f"one of type {type(value).__name__}")


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(int(value["numerator"]), int(value["denominator"]))
        return {name: _from_json(item) for name, item in value.items()}
    return value


def _bad(found: str) -> BadCheckpoint:
    return BadCheckpoint(
        "arguments of plain types (numbers, texts, lists) in the header of a Demucs checkpoint",
        found,
        "fetch the file again from where Demucs publishes it",
    )
