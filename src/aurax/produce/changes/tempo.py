"""Slower, faster, and at another tempo: the notes stay, and the length of the song changes with them."""

from __future__ import annotations

from aurax.compose.edits.tempo import set_tempo
from aurax.intent.contract import Requirement
from aurax.intent.intent import Intent
from aurax.intent.readers.tempo_numbers import FASTEST_BPM, SLOWEST_BPM
from aurax.intent.revision import Change
from aurax.intent.superseding import wish_of, with_requirement, with_wish, without_requirements, without_wishes
from aurax.produce.changes.song import GENERATED, RevisedSong, Tools, done, instead, refused, steps_of
from aurax.score.score import Score

_STEP = 1.08
"""What "slower" and "faster" mean without a number: enough to be heard at once, not another song."""


def change_tempo(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Set another tempo."""
    if change.scope.sections:
        return song, refused(change, "a song keeps one tempo")
    if song.generated and not song.anew:
        return song, refused(change, GENERATED)
    now = tempo_now(song, tools)
    wished = _wished(change, now)
    bpm = min(max(wished, SLOWEST_BPM), FASTEST_BPM)
    if abs(bpm - now) < 0.01:
        return song, refused(
            change,
            f"it is at {now:g} BPM already, and tempos end there" if bpm != wished else f"it is at {now:g} BPM already",
        )
    intent = without_wishes(song.intent, lambda wish: wish.field == "tempo")
    intent = without_requirements(intent, "tempo")
    promise = Requirement(criterion="tempo", target=bpm, tolerance=1.0, unit="bpm")
    intent = with_wish(intent, wish_of(change, song.note, "tempo", f"{bpm:g} bpm"), [promise])
    character = intent.character.model_copy(update={"tempo_percent": 0.0})
    intent = intent.model_copy(update={"tempo_bpm": bpm})
    score, remark = song.score, ""
    if song.editable is not None:
        score = set_tempo(song.editable, bpm, tools.instruments)
        intent, remark = with_length_of(intent, song.editable, score)
    else:
        intent = intent.model_copy(update={"character": character})
    result = done(change, remark)
    if bpm != wished:
        result = instead(change, f"{bpm:g} BPM", f"tempos go from {SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM")
    return song.changed("score" if song.score is not None else "plan", intent=intent, score=score), result


def tempo_now(song: RevisedSong, tools: Tools) -> float:
    """The tempo that "slower" starts from: the song's own, else the asked-for one, else the style's usual one."""
    if song.score is not None and song.intent.tempo_bpm is None:
        return song.score.plan.tempo_bpm
    if song.editable is not None:
        return song.editable.plan.tempo_bpm
    if song.intent.tempo_bpm is not None:
        return song.intent.tempo_bpm
    style = tools.styles[song.intent.style]
    return round(style.typical_tempo_bpm * (1.0 + song.intent.character.tempo_percent / 100.0), 2)


def with_length_of(intent: Intent, before: Score, after: Score) -> tuple[Intent, str]:
    """The intent with the length that edited notes have, and a sentence on it.

    A length in bars stays promised as it was. One in seconds no longer holds: the same bars last longer or shorter.
    """
    now_s, before_s = after.plan.duration_s, before.plan.duration_s
    differ = _clock(now_s) != _clock(before_s)
    lasts, lasted = (_clock(now_s), _clock(before_s)) if differ else (f"{now_s:.1f} s", f"{before_s:.1f} s")
    remark = f"the same bars last {lasts} instead of {lasted}"
    asked_s = [one for one in intent.wishes if one.field == "length" and not one.refused and one.value.endswith(" s")]
    if intent.bars is not None:
        if asked_s:
            remark += f", so {asked_s[-1].words!r} no longer holds"
            intent = without_wishes(intent, lambda wish: wish.field == "length" and wish.value.endswith(" s"))
            if not intent.contract.named("duration"):
                bars = Requirement(criterion="duration", target=float(after.plan.bars), unit="bars")
                intent = with_requirement(intent, bars)
        return intent.model_copy(update={"duration_s": after.plan.grid.bars_to_s(after.plan.bars)}), remark
    asked = [one for one in intent.wishes if one.field == "length" and not one.refused]
    if asked:
        remark += f", so {asked[-1].words!r} no longer holds"
    intent = without_wishes(intent, lambda wish: wish.field == "length")
    intent = without_requirements(intent, "duration")
    length_s = round(after.plan.duration_s, 3)
    promise = Requirement(criterion="duration", target=length_s, tolerance=1.0, unit="bar")
    return with_requirement(intent.model_copy(update={"duration_s": length_s}), promise), remark


def _wished(change: Change, now: float) -> float:
    amount = steps_of(change)
    if change.unit == "bpm":
        return now + amount if change.relative else amount
    if change.unit == "percent":
        return round(now * max(0.0, 1.0 + amount / 100.0), 2)
    return float(round(now * _STEP**amount))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
