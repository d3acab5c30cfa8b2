"""The labelled notes are read as well as they are known to be; `python -m benchmarks notes` tells which are not."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks import notes


@cache
def scored() -> notes.Score:
    return notes.score(notes.rows())


def test_there_are_enough_labelled_notes_to_tell() -> None:
    assert len(notes.rows()) >= 150


def test_notes_are_read_as_they_are_labelled() -> None:
    assert scored().share >= 0.98, scored().failures


@pytest.mark.parametrize("field", notes.FIELDS)
def test_each_field_of_a_change_is_found_and_nothing_else(field: str) -> None:
    tally = scored().fields[field]
    assert min(tally.precision, tally.recall) >= 0.98, [*tally.missed, *tally.wrong]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "ja", "zh"])
def test_plain_notes_are_read_in_every_language(language: str) -> None:
    score = notes.score(row for row in notes.rows() if row["lang"] == language)
    assert score.share >= 0.9, score.failures
