"""Requests that an engine cannot fulfil are refused before any work, with what would be possible."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from builders.fake_engines import info

from aurax.audio.waveform import Waveform
from aurax.engines.checking import check_request
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    Sampling,
    SeparationRequest,
)
from aurax.errors import InvalidOption, SilentAudio

CONDITIONS = {"text", "negative_text", "duration", "seed", "melody", "continuation", "reference"}
GENERATOR = info("gen", conditions=frozenset(CONDITIONS))
PLAIN = info("plain")
SEPARATOR = info("sep", "separator", outputs=("vocals", "other"))
DISCRIMINATOR = info("dis", "discriminator")
MASTERER = info("mas", "masterer", outputs=("master",), conditions=frozenset({"reference"}))
WISH = GenerationRequest("lofi", 10.0)


def sound(duration_s: float = 1.0, channels: int = 2, rate: int = 48_000) -> Waveform:
    return Waveform(np.full((channels, round(duration_s * rate)), 0.1, np.float32), rate)


@pytest.mark.parametrize(
    ("described", "request_"),
    [
        (GENERATOR, WISH),
        (GENERATOR, replace(WISH, duration_s=60.0, seeds=tuple(range(16)))),
        (GENERATOR, replace(WISH, seeds=(0, 2**63 - 1))),
        (GENERATOR, replace(WISH, melody=sound(), negative_prompt="drums", continuation=sound(9.0))),
        (GENERATOR, replace(WISH, sampling=Sampling(guidance=1.0, temperature=0.01, top_k=0, top_p=1.0, steps=1))),
        (SEPARATOR, SeparationRequest(sound(), overlap=0.9, shifts=20)),
        (DISCRIMINATOR, DiscriminationRequest(sound())),
        (MASTERER, MasteringRequest(sound(), loudness_lufs=-14.0, ceiling_dbtp=0.0, reference=sound())),
    ],
)
def test_requests_at_their_bounds_pass(described: Any, request_: Request) -> None:
    check_request(described, request_)


@pytest.mark.parametrize(
    ("described", "request_", "kind"),
    [
        (SEPARATOR, WISH, "a generator"),
        (GENERATOR, SeparationRequest(sound()), "a separator"),
        (GENERATOR, DiscriminationRequest(sound()), "a discriminator"),
        (DISCRIMINATOR, MasteringRequest(sound()), "a masterer"),
    ],
)
def test_a_request_for_another_kind_says_which(described: Any, request_: Request, kind: str) -> None:
    with pytest.raises(InvalidOption, match=kind):
        check_request(described, request_)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompt": " \n"}, "a prompt for gen; found an empty one"),
        ({"prompt": "x" * 2001}, "at most 2000 characters.*2001"),
        ({"duration_s": 0.0}, "above 0 and at most 60 s"),
        ({"duration_s": -1.0}, "above 0"),
        ({"duration_s": 60.1}, "at most 60 s.*found 60.1 s"),
        ({"duration_s": math.nan}, "found nan s"),
        ({"duration_s": math.inf}, "found inf s"),
        ({"seeds": ()}, "1 to 16 seeds.*found 0"),
        ({"seeds": tuple(range(17))}, "1 to 16 seeds.*found 17"),
        ({"seeds": (-1,)}, "seeds from 0"),
        ({"seeds": (2**63,)}, "seeds from 0"),
        ({"continuation": sound(10.0)}, "longer than the audio to continue.*10 s after 10 s"),
        ({"melody": sound(61.0)}, "melody of at most 60 s"),
        ({"melody": sound(channels=1)}, "stereo melody at 48000 Hz.*1 channels"),
        ({"continuation": sound(rate=44_100)}, "stereo continuation.*44100 Hz"),
    ],
)
def test_a_wish_out_of_range_is_refused_with_the_range(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        check_request(GENERATOR, replace(WISH, **changes))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"guidance": 0.9}, "guidance from 1 to 20"),
        ({"guidance": math.nan}, "guidance"),
        ({"temperature": 0.0}, "temperature from 0.01 to 5"),
        ({"top_k": -1}, "top_k from 0"),
        ({"top_p": 1.1}, "top_p from 0 to 1"),
        ({"steps": 0}, "steps from 1 to 1000"),
        ({"steps": 1001}, "steps from 1 to 1000"),
    ],
)
def test_sampling_out_of_range_is_refused_with_the_range(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidOption, match=name):
        check_request(GENERATOR, replace(WISH, sampling=Sampling(**changes)))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"negative_prompt": "drums"}, "a negative prompt"),
        ({"melody": sound()}, "a melody"),
        ({"continuation": sound()}, "audio to continue"),
    ],
)
def test_what_an_engine_cannot_take_is_refused_and_not_ignored(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidOption, match=f"takes {what}; found plain, which takes duration, seed, text"):
        check_request(PLAIN, replace(WISH, **changes))


def test_tempo_and_key_are_wishes_that_an_engine_may_leave_to_the_prompt() -> None:
    check_request(PLAIN, replace(WISH, bpm=120.0, key="A minor"))


@pytest.mark.parametrize(
    ("described", "request_", "words"),
    [
        (SEPARATOR, SeparationRequest(sound(), overlap=0.95), "overlap from 0 to 0.9"),
        (SEPARATOR, SeparationRequest(sound(), shifts=21), "shifts from 0 to 20"),
        (SEPARATOR, SeparationRequest(sound(61.0)), "mixture of at most 60 s"),
        (DISCRIMINATOR, DiscriminationRequest(sound(channels=1)), "stereo audio"),
        (MASTERER, MasteringRequest(sound(), ceiling_dbtp=0.1), "ceiling_dbtp from -12 to 0"),
        (MASTERER, MasteringRequest(sound(), loudness_lufs=-4.0), "loudness_lufs from -40 to -5"),
        (MASTERER, MasteringRequest(sound(), reference=sound(rate=44_100)), "stereo reference"),
    ],
)
def test_audio_and_its_options_are_checked_for_every_kind(described: Any, request_: Request, words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        check_request(described, request_)


def test_a_reference_is_only_for_those_who_can_follow_it() -> None:
    plain = info("plain-master", "masterer", outputs=("master",), conditions=frozenset())
    with pytest.raises(InvalidOption, match="a reference track; found plain-master, which takes nothing of the kind"):
        check_request(plain, MasteringRequest(sound(), reference=sound()))


@pytest.mark.parametrize(
    ("described", "request_"),
    [
        (SEPARATOR, SeparationRequest(sound(0.0))),
        (DISCRIMINATOR, DiscriminationRequest(sound(0.0))),
        (MASTERER, MasteringRequest(sound(0.0))),
        (GENERATOR, replace(WISH, melody=sound(0.0))),
    ],
)
def test_audio_without_frames_is_called_silent(described: Any, request_: Request) -> None:
    with pytest.raises(SilentAudio, match="no frames"):
        check_request(described, request_)
