"""Wishes in numbers: tempo, key, meter, length and loudness, and what the contract holds for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aurax.intent.contract import LUFS_TOLERANCE, Requirement
from aurax.intent.draft import Draft
from aurax.intent.found import Found
from aurax.intent.readers.all_numbers import Numbers
from aurax.intent.readers.lengths import LengthBound
from aurax.intent.readers.moments import Moment
from aurax.intent.settle.counts import Counts, tempos_of
from aurax.intent.settle.length import Length
from aurax.intent.settle.song import Settled
from aurax.intent.settle.tempo import Tempo
from aurax.intent.wish import WishField

_SAME_LENGTH_S = 0.5
_WORD_REACH = 4.0
"""How many times longer or shorter than a word such as "short" means a number beside it may be."""
_NEAR_MOMENT = 0.3
"""How near whole sections come to a moment that was asked for by the clock."""


def number_drafts(numbers: Numbers, settled: Settled) -> list[Draft]:
    """What becomes of everything that was said in numbers and units."""
    counts, length = settled.counts, settled.length
    return [
        *tempo_drafts(numbers, counts, settled.tempo),
        *key_drafts(numbers, counts),
        *meter_drafts(numbers, counts),
        *length_drafts(numbers, counts, length, settled.option_s),
        *loudness_drafts(numbers.loudness),
        *moment_drafts(numbers),
        *bound_drafts(numbers.bounds, length),
        *refused_length_drafts(numbers.refused_lengths, length),
    ]


def tempo_drafts(numbers: Numbers, counts: Counts, tempo: Tempo) -> list[Draft]:
    """What becomes of every word on the tempo."""
    wish = numbers.tempo
    promise = (
        Requirement(criterion="tempo", target=tempo.bpm or 0.0, tolerance=tempo.tolerance_bpm, unit="bpm"),
    )  # fmt: skip
    drafts = []
    counting = counts.tempo.span if counts.tempo else None
    ranges = {one.span: one.value for one in wish.numbers}
    for one in (*tempos_of(numbers), *wish.terms):
        number = ranges.get(one.span)
        ends = f"{number.low_bpm:g} to {number.high_bpm:g}" if number and number.is_range else f"{one.value:g}"
        if one.span == counting:
            drafts.append(Draft(one.start, one.end, "tempo", f"{ends} bpm", requirements=promise))
        else:
            same = counts.tempo is not None and one.value == counts.tempo.value
            drafts.append(_outdone(one, "tempo", f"{ends} bpm", promise, same=same))
    for word in wish.words:
        percent = word.value.percent
        value = "fast" if percent > 0 else "slow" if percent < 0 else "medium tempo"
        drafts.append(Draft(word.start, word.end, "tempo", value, requirements=promise if tempo.promised else ()))
    for change in wish.changes:
        value = {"faster": "getting faster", "slower": "getting slower"}.get(change.value.kind, "a changing tempo")
        goal = f" to {change.value.to_bpm:g} bpm" if change.value.to_bpm else ""
        requirement = Requirement(criterion="structure", target=value + goal)
        drafts.append(
            Draft(
                change.start,
                change.end,
                "structure",
                value + goal,
                fate="not_done",
                reason="a song keeps one tempo",
                requirements=(requirement,),
            )
        )
    return drafts


def key_drafts(numbers: Numbers, counts: Counts) -> list[Draft]:
    """What becomes of every key and mode."""
    if counts.key is None:
        return []
    target = " ".join(part for part in (counts.key.value.tonic, counts.key.value.mode) if part)
    promise = (Requirement(criterion="key", target=target),)
    drafts = []
    for one in numbers.keys:
        value = " ".join(part for part in (one.value.tonic, one.value.mode) if part)
        if one.span == counts.key.span:
            if counts.key.value.note:
                drafts.append(
                    Draft(one.start, one.end, "key", one.quote, fate="substituted", substitute=target, nearness=0.7,
                          reason=counts.key.value.note, requirements=promise)
                )  # fmt: skip
            else:
                drafts.append(Draft(one.start, one.end, "key", target, requirements=promise))
        else:
            drafts.append(_outdone(one, "key", value, promise, same=value in target))
    return drafts


def meter_drafts(numbers: Numbers, counts: Counts) -> list[Draft]:
    """What becomes of every time signature."""
    return [
        Draft(
            one.start,
            one.end,
            "meter",
            str(one.value),
            requirements=(Requirement(criterion="meter", target=str(one.value)),),
        )
        if one is counts.meter
        else _outdone(
            one,
            "meter",
            str(one.value),
            (Requirement(criterion="meter", target=str(one.value)),),
            same=counts.meter is not None and one.value == counts.meter.value,
        )
        for one in numbers.meters
    ]


def length_drafts(numbers: Numbers, counts: Counts, length: Length, option_s: float | None) -> list[Draft]:
    """What becomes of every length; an option that names another one beats them all."""
    drafts = []
    promise = (_length_requirement(length),)
    summed = bool(numbers.sections)
    bars = [numbers.bars] if numbers.bars is not None and not summed else []
    told = [*numbers.lengths, *bars, *numbers.length_words[:1]]
    keeper = next((one for one in reversed(told) if one.quote == length.quote), None)
    for one in told:
        value = f"{one.value:g} bars" if one is numbers.bars else f"{one.value:g} s"
        if option_s is not None and abs(option_s - one.value) > 0.5:
            reason = f"the option asks for {option_s:g} s"
            draft = Draft(one.start, one.end, "length", value, fate="not_done", reason=reason, requirements=promise)
            drafts.append(draft)
        elif one is keeper or option_s is not None:
            drafts.append(Draft(one.start, one.end, "length", value, requirements=promise))
        else:
            same = counts.length is not None and _agree(one, counts.length, numbers)
            drafts.append(_outdone(one, "length", value, promise, same=same))
    return drafts


def _agree(one: Found[float], counting: Found[float], numbers: Numbers) -> bool:
    """Whether another length says the same; a number makes a word such as "short" more precise."""
    if one not in numbers.length_words:
        return one.value == counting.value
    return one.value / _WORD_REACH <= counting.value <= one.value * _WORD_REACH


def refused_length_drafts(refused: Sequence[Found[float]], length: Length) -> list[Draft]:
    """Lengths that the song must not have ("ten minutes would be too long")."""
    drafts = []
    for one in refused:
        avoided = abs(one.value - length.duration_s) > _SAME_LENGTH_S
        drafts.append(
            Draft(
                one.start,
                one.end,
                "length",
                f"{one.value:g} s",
                refused=True,
                fate="exact" if avoided else "not_done",
                reason="" if avoided else "it is the length of the style",
                requirements=(_length_requirement(length),),
            )
        )
    return drafts


def bound_drafts(bounds: Sequence[Found[LengthBound]], length: Length) -> list[Draft]:
    """Limits of the length ("at most 90 seconds"), which the length keeps unless something contradicts them."""
    drafts = []
    for one in bounds:
        kept = abs(one.value.fit_s(length.duration_s) - length.duration_s) < _SAME_LENGTH_S
        drafts.append(
            Draft(
                one.start,
                one.end,
                "length",
                f"{one.value.kind} {one.value.seconds:g} s",
                fate="exact" if kept else "not_done",
                reason="" if kept else f"the song lasts {length.duration_s:g} s",
                requirements=(_length_requirement(length),),
            )
        )
    return drafts


def _length_requirement(length: Length) -> Requirement:
    if length.bars is None:
        return Requirement(criterion="duration", target=length.duration_s, tolerance=1.0, unit="bar")
    return Requirement(criterion="duration", target=float(length.bars), unit="bars")


def loudness_drafts(loudness: Found[float] | None) -> list[Draft]:
    """What becomes of an asked-for loudness."""
    if loudness is None:
        return []
    requirement = Requirement(criterion="loudness", target=loudness.value, tolerance=LUFS_TOLERANCE, unit="lufs")
    return [
        Draft(loudness.start, loudness.end, "loudness", f"{loudness.value:g} LUFS", requirements=(requirement,))
    ]  # fmt: skip


def moment_drafts(numbers: Numbers) -> list[Draft]:
    """Times and lengths inside the song: sections whose lengths make up the song are exact, all else is not."""
    summed = {one.span for one in numbers.sections}
    drafts = []
    for one in numbers.moments:
        value = _moment_words(one.value)
        requirement = Requirement(criterion="structure", target=value)
        if one.span in summed:
            drafts.append(Draft(one.start, one.end, "structure", value, requirements=(requirement,)))
            continue
        drafts.append(
            Draft(
                one.start,
                one.end,
                "structure",
                value,
                fate="substituted",
                substitute="whole sections as the style has them",
                nearness=_NEAR_MOMENT,
                reason="sections follow the style, not the clock",
                requirements=(requirement,),
            )
        )
    return drafts


def _moment_words(moment: Moment) -> str:
    amount = f"{moment.amount:g} {'bars' if moment.unit == 'bars' else 's'}"
    between = {"length": "of", "at": "at"}.get(moment.place, moment.place)
    return f"{moment.noun or 'a moment'} {between} {amount}"


def _outdone(one: Found[Any], field: WishField, value: str, promise: tuple[Requirement, ...], *, same: bool) -> Draft:
    """A wish that another one of its kind outdoes."""
    if same:
        return Draft(one.start, one.end, field, value, requirements=promise)
    reason = "another one was said last"
    return Draft(one.start, one.end, field, value, fate="not_done", reason=reason, requirements=promise)
