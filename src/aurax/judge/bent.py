"""Words that bend a song: does the plan carry the changes that the reader gave to moods and words about the sound?"""

from __future__ import annotations

from aurax.intent.contract import Requirement
from aurax.judge.criterion import Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.wishes import asked_words, unmet, wish_of
from aurax.score.character import Character

_MOST_NAMED = 4


def judge_words(evidence: Evidence, criterion: str) -> list[Check]:
    """Judge every word of one kind.

    A word that the reader says changes something passes if the plan holds exactly the changes that were read from the
    prompt; one that the reader could not turn into a change fails, and no take can cure it. Generated audio is not
    judged: the generator was told the words, and nothing here hears moods.

    Args:
        evidence: with the plan.
        criterion: `mood` or `production`.
    """
    if evidence.score.origin == "transcribed":
        return []
    return [_judge_one(evidence, promise) for promise in evidence.intent.contract.named(criterion)]


def _judge_one(evidence: Evidence, promise: Requirement) -> Check:
    name = f"{promise.criterion}:{promise.target}"
    wish = wish_of(evidence, promise)
    if wish is not None and not wish.is_done:
        return unmet(name, "plan", promise, wish)
    bent = evidence.score.plan.character
    return finding(
        name,
        "plan",
        target=asked_words(promise, wish),
        measured="carried" if bent == evidence.intent.character else "dropped",
        passed=bent == evidence.intent.character,
        note=_changes(bent),
        promise=promise,
    )


def _changes(character: Character) -> str:
    """What is bent, the first few: `reverb +3 dB` reads `reverb_db 3`."""
    usual = Character()
    moved = [
        f"{name} {getattr(character, name):g}"
        for name in Character.model_fields
        if getattr(character, name) != getattr(usual, name)
    ]
    return ", ".join(moved[:_MOST_NAMED])
