"""Stretching time by splices: copies of the source at its own speed, joined where they resemble each other.

Between two anchors (half beats) as few splices as possible bring the source from one offset to the next; each is put
where the waveform agrees best with itself across the jump, away from the attack at the anchor. All stems share one
plan, made on their sum, so that their sum is the stretched mix.

Source: W. Verhelst and M. Roelands, An Overlap-Add Technique Based on Waveform Similarity (WSOLA), ICASSP 1993; the
splices are placed lazily rather than at every frame, so that what needs no stretching stays as it was.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.arrange.joints import Segment
from aurax.audio.waveform import Samples

FADE_S = 0.014
"""Length of the crossfade at each splice."""
_COARSE = 4
_LARGEST_JUMP_S = 0.022
_SEARCH_S = 0.007
"""How far a jump may be from the wanted one: half a period of 70 Hz. It bounds the error at the next anchor."""
_LEAST_JUMP_S = 0.0025
_AFTER_ANCHOR_S = 0.03
_BEFORE_ANCHOR_S = 0.016
_WINDOW_S = 0.018
_PLACES = 6
_LOUDNESS_COST = 0.25


def plan_splices(
    mono: Samples, sample_rate: int, source_s: NDArray[np.float64], target_s: NDArray[np.float64]
) -> list[Segment]:
    """Plan which part of the source sounds when.

    Args:
        mono: the sum of all stems, shape (frames,).
        sample_rate: in hertz.
        source_s: rising times in the source.
        target_s: when they are wanted in the result.

    Returns:
        Segments whose speed is the source's own; at each anchor the source is within 5 ms of where it is wanted.
    """
    coarse = mono[: mono.size // _COARSE * _COARSE].reshape(-1, _COARSE).mean(axis=1)
    rate = sample_rate / _COARSE
    offset = float(source_s[0] - target_s[0])
    splices: list[tuple[float, float]] = [(0.0, offset)]
    for index in range(len(target_s) - 1):
        wanted = float(source_s[index + 1] - target_s[index + 1])
        start = float(target_s[index]) + _AFTER_ANCHOR_S
        stop = float(target_s[index + 1]) - _BEFORE_ANCHOR_S
        if abs(wanted - offset) < _LEAST_JUMP_S or stop - start < _WINDOW_S:
            continue
        count = math.ceil(abs(wanted - offset) / _LARGEST_JUMP_S)
        length = (stop - start) / count
        for part in range(count):
            remaining = wanted - offset
            if abs(remaining) < _LEAST_JUMP_S:
                break
            jump = remaining / (count - part)
            place, taken = _best_splice(coarse, rate, start + part * length, length, offset, jump, part == count - 1)
            offset += taken
            splices.append((place, offset))
    segments = [Segment(0, round(offset * sample_rate)) for _, offset in splices[:1]]
    for place, offset in splices[1:]:
        start_frame = round(place * sample_rate)
        segments.append(Segment(start_frame, start_frame + round(offset * sample_rate)))
    return segments


def _best_splice(
    coarse: Samples, rate: float, start_s: float, length_s: float, offset_s: float, jump_s: float, last: bool
) -> tuple[float, float]:
    """Place and jump with the best agreement of the waveform across the jump."""
    window = round(_WINDOW_S * rate)
    # The last splice before an anchor must land near it.
    reach = round((0.6 if last else 1.0) * _SEARCH_S * rate)
    best, chosen = -math.inf, (start_s, jump_s)
    tried: list[tuple[float, float, float, float]] = []
    for place_s in np.linspace(start_s, start_s + length_s, _PLACES + 1)[:-1]:
        here = round((place_s + offset_s) * rate) - window // 2
        there = here + round(jump_s * rate) - reach
        if here < 0 or there < 0 or max(here, there) + window + 2 * reach > coarse.size:
            continue
        template = coarse[here : here + window]
        field = coarse[there : there + window + 2 * reach]
        products = np.correlate(field, template, "valid")
        heap = np.concatenate([[0.0], np.cumsum(np.square(field, dtype=np.float64))])
        powers = np.maximum(heap[window:] - heap[:-window], 0.0)
        own = float(np.dot(template, template))
        agreement = products / np.sqrt(powers * own + 1e-12)
        lag = int(np.argmax(agreement))
        tried.append((float(agreement[lag]), own, float(place_s), (round(jump_s * rate) - reach + lag) / rate))
    loudest = max((own for _, own, _, _ in tried), default=0.0)
    for agreement_there, own, place_s, taken_s in tried:
        value = agreement_there - _LOUDNESS_COST * math.sqrt(own / loudest) if loudest > 0.0 else 0.0
        if value > best:
            best, chosen = value, (place_s, taken_s)
    return chosen
