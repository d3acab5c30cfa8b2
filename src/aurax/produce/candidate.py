"""Rating generated audio before more is spent on it: is it clean music of the wanted tempo and key?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aurax.intent.intent import Intent
from aurax.score.key import Key

_CLOSE_SHARE = 0.01
"""A tempo this near is as good as exact: stretching so little cannot be heard."""
_FAR_SHARE = 0.08
"""Beyond this, stretching to the wanted tempo would be heard."""
_AUDIBLE_LUFS = -45.0
_MOSTLY_SILENT = 0.5
_NOT_KNOWN = 0.5


@dataclass(frozen=True)
class Findings:
    """What was measured of one candidate.

    Args:
        tempo_bpm: heard; None where nothing beats.
        tempo_confidence: 0 to 1.
        key: heard; None where nothing is in tune.
        key_confidence: 0 to 1.
        integrated_lufs: loudness; −inf for silence.
        silent_share: share of the 100 ms blocks below −60 LUFS.
        correlation: left against right, −1 to 1.
        quality: the discriminator's, 0 to 1; None where it could not listen.
    """

    tempo_bpm: float | None
    tempo_confidence: float
    key: Key | None
    key_confidence: float
    integrated_lufs: float
    silent_share: float
    correlation: float
    quality: float | None = None


@dataclass(frozen=True)
class Rating:
    """What a candidate is worth.

    Args:
        points: 0 to 100.
        passed: whether a song can be made of it at all.
        failures: what is wrong, in a word each.
    """

    points: float
    passed: bool
    failures: tuple[str, ...]


def rate(intent: Intent, wanted_bpm: float, wanted_key: Key, findings: Findings) -> Rating:
    """Weigh what was measured.

    Args:
        intent: the wish; its contract says whether tempo and key were asked for.
        wanted_bpm: tempo the generator was asked for.
        wanted_key: key the generator was asked for.
        findings: of the candidate.
    """
    tempo = _tempo_score(wanted_bpm, findings)
    key = _key_score(wanted_key, findings)
    silent = findings.integrated_lufs < _AUDIBLE_LUFS or findings.silent_share > _MOSTLY_SILENT
    key_weight = 2.0 if _is_promised(intent, "key") else 0.5
    parts = [
        (2.0, tempo),
        (key_weight, key),
        (2.0, 0.0 if silent else 1.0 - findings.silent_share),
        (1.0, 1.0 if findings.correlation >= 0.0 else 1.0 + findings.correlation),
        *([(4.0, findings.quality)] if findings.quality is not None else []),
    ]
    points = 100.0 * sum(weight * score for weight, score in parts) / sum(weight for weight, _ in parts)
    off_tempo = tempo == 0.0 and _is_promised(intent, "tempo")
    failures = tuple(_failures(silent=silent, tempo=tempo, key=key, quality=findings.quality))
    return Rating(points=round(points, 2), passed=not silent and not off_tempo, failures=failures)


def _is_promised(intent: Intent, criterion: str) -> bool:
    """Whether the contract asks for it and it can be had; what no candidate can do rules out none."""
    return any(
        one.wish is None or one.wish >= len(intent.wishes) or intent.wishes[one.wish].is_done
        for one in intent.contract.named(criterion)
    )


def _failures(*, silent: bool, tempo: float, key: float, quality: float | None) -> Iterator[str]:
    if silent:
        yield "silence"
    if tempo < _NOT_KNOWN:
        yield "tempo"
    if key < _NOT_KNOWN:
        yield "key"
    if quality is not None and quality < _NOT_KNOWN:
        yield "quality"


def _tempo_score(wanted_bpm: float, findings: Findings) -> float:
    if findings.tempo_bpm is None:
        return _NOT_KNOWN
    off = abs(findings.tempo_bpm / wanted_bpm - 1.0)
    score = min(1.0, max(0.0, (_FAR_SHARE - off) / (_FAR_SHARE - _CLOSE_SHARE)))
    return findings.tempo_confidence * score + (1.0 - findings.tempo_confidence) * _NOT_KNOWN


def _key_score(wanted: Key, findings: Findings) -> float:
    """The wanted scale is as good as the wanted key; sharing all but one of its notes is half as good."""
    if findings.key is None:
        return _NOT_KNOWN
    shared = len(set(wanted.pitch_classes) & set(findings.key.pitch_classes))
    score = 1.0 if findings.key.tonic_pitch_class == wanted.tonic_pitch_class and shared == 7 else (shared - 5) / 2.0
    score = min(1.0, max(0.0, score))
    return findings.key_confidence * score + (1.0 - findings.key_confidence) * _NOT_KNOWN
