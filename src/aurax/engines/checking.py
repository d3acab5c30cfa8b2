"""Requests, checked against what an engine is, before any work."""

from __future__ import annotations

import math

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.engines.engine import Condition, EngineInfo
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    SeparationRequest,
)
from aurax.errors import InvalidOption, SilentAudio

_MOST_CANDIDATES = 16
_LONGEST_PROMPT = 2000


def check_request(info: EngineInfo, request: Request) -> None:
    """Refuse what an engine cannot do.

    Args:
        info: of the engine.
        request: what it is asked.

    Raises:
        InvalidOption: another kind of engine is meant, or a value is out of its range.
        SilentAudio: there is no audio to work on.
    """
    if request.kind != info.kind:
        raise InvalidOption(
            f"a {request.kind} for this request", f"{info.name}, a {info.kind}", "choose one with 'aurax engines'"
        )
    if isinstance(request, GenerationRequest):
        _check_generation(info, request)
    elif isinstance(request, SeparationRequest):
        _check_audio(info, "mixture", request.mixture)
        _within(info, "overlap", request.overlap, 0.0, 0.9)
        _within(info, "shifts", request.shifts, 0, 20)
    elif isinstance(request, DiscriminationRequest):
        _check_audio(info, "audio", request.audio)
    elif isinstance(request, MasteringRequest):
        _check_audio(info, "mix", request.mix)
        _within(info, "ceiling_dbtp", request.ceiling_dbtp, -12.0, 0.0)
        if request.loudness_lufs is not None:
            _within(info, "loudness_lufs", request.loudness_lufs, -40.0, -5.0)
        if request.reference is not None:
            _needs(info, "reference", "a reference track")
            _check_audio(info, "reference", request.reference)


def _check_generation(info: EngineInfo, request: GenerationRequest) -> None:
    if not request.prompt.strip():
        raise InvalidOption(f"a prompt for {info.name}", "an empty one", "say in words what to play")
    if len(request.prompt) > _LONGEST_PROMPT:
        raise InvalidOption(
            f"a prompt of at most {_LONGEST_PROMPT} characters for {info.name}",
            f"{len(request.prompt)} characters",
            "shorten it",
        )
    if not (math.isfinite(request.duration_s) and 0.0 < request.duration_s <= info.longest_s):
        raise InvalidOption(
            f"a duration above 0 and at most {info.longest_s:g} s from {info.name}",
            f"{request.duration_s:g} s",
            "ask for less, or choose an engine that plays longer ('aurax engines' lists them)",
        )
    if not 1 <= len(request.seeds) <= _MOST_CANDIDATES:
        raise InvalidOption(
            f"1 to {_MOST_CANDIDATES} seeds, one for each candidate", str(len(request.seeds)), "ask in several calls"
        )
    if any(not 0 <= seed < 2**63 for seed in request.seeds):
        raise InvalidOption("seeds from 0 to 2^63 − 1", str(request.seeds), "choose numbers in that range")
    sampling = request.sampling
    _within(info, "guidance", sampling.guidance, 1.0, 20.0)
    _within(info, "temperature", sampling.temperature, 0.01, 5.0)
    _within(info, "top_k", sampling.top_k, 0, 100_000)
    _within(info, "top_p", sampling.top_p, 0.0, 1.0)
    if sampling.steps is not None:
        _within(info, "steps", sampling.steps, 1, 1000)
    if request.negative_prompt:
        _needs(info, "negative_text", "a negative prompt")
    if request.melody is not None:
        _needs(info, "melody", "a melody")
        _check_audio(info, "melody", request.melody)
    if request.continuation is not None:
        _needs(info, "continuation", "audio to continue")
        _check_audio(info, "continuation", request.continuation)
        if request.continuation.duration_s >= request.duration_s:
            raise InvalidOption(
                "a duration longer than the audio to continue",
                f"{request.duration_s:g} s after {request.continuation.duration_s:g} s",
                "ask for more, or give less to continue",
            )


def _needs(info: EngineInfo, condition: Condition, what: str) -> None:
    if condition not in info.conditions:
        raise InvalidOption(
            f"an engine that takes {what}",
            f"{info.name}, which takes {', '.join(sorted(info.conditions)) or 'nothing of the kind'}",
            "choose another ('aurax engines' lists them) or leave it out",
        )


def _within(info: EngineInfo, name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise InvalidOption(f"{name} from {low:g} to {high:g} for {info.name}", f"{value:g}", "choose a value in it")


def _check_audio(info: EngineInfo, name: str, audio: Waveform) -> None:
    if audio.channels != 2 or audio.sample_rate != SAMPLE_RATE:
        raise InvalidOption(
            f"stereo {name} at {SAMPLE_RATE} Hz for {info.name}",
            f"{audio.channels} channels at {audio.sample_rate} Hz",
            "convert it with aurax.audio.files.read_audio",
        )
    if audio.frames == 0:
        raise SilentAudio(f"{name} with sound in it", "no frames at all", "give some audio")
    if audio.duration_s > info.longest_s:
        raise InvalidOption(
            f"{name} of at most {info.longest_s:g} s for {info.name}", f"{audio.duration_s:.1f} s", "shorten it"
        )
