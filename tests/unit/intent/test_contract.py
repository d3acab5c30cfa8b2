"""The contract holds a requirement for each wish that was understood."""

import json
from pathlib import Path

import pytest

LABELLED = Path(__file__).parents[3] / "benchmarks" / "data" / "prompts.json"
PROMPTS = [row["prompt"] for row in json.loads(LABELLED.read_text(encoding="utf-8"))]
MORE = [
    "lofi at 80 bpm, no, 90 bpm, in A minor, better C minor, 3/4 or 4/4, one minute or two minutes",
    "Ten minutes would be too long; give me four, at most five minutes",
    "not jazz but lofi, without vocals, no reverb, fade out, no breakdown, like Nujabes, 90s, -12 LUFS",
    "16 bar loop, fast, only bass and drums",
]
FREE = {"use", "unknown"}
"""What the contract has nothing to measure for: the licence is checked before, and unknown words promise nothing."""


@pytest.mark.parametrize("prompt", [*PROMPTS, *MORE], ids=lambda prompt: prompt[:30])
def test_every_wish_that_was_understood_has_a_requirement(read, prompt):
    intent = read(prompt)
    promised = {one.wish for one in intent.contract.requirements}
    left = [one for place, one in enumerate(intent.wishes) if place not in promised and one.field not in FREE]
    assert left == []


@pytest.mark.parametrize("prompt", [*PROMPTS, *MORE], ids=lambda prompt: prompt[:30])
def test_every_wish_quotes_its_place_in_the_prompt(read, prompt):
    intent = read(prompt)
    assert [one.words for one in intent.wishes] == [intent.prompt[one.start : one.end] for one in intent.wishes]
    assert all(one.words.strip() for one in intent.wishes)
