"""What a collector is told to put into a DAW project."""

import pytest
from pydantic import ValidationError

from aurax.audio.reference import ObjectRef
from aurax.services.song import EmbeddedStem

STORED = ObjectRef(key=f"audio/{'0' * 64}.flac", sha256="0" * 64, bytes=1)


@pytest.mark.parametrize("inside", ["audio/01-kick.wav", "audio/12-Lead-Pad.flac"])
def test_a_place_among_the_projects_audio_is_taken(inside: str) -> None:
    assert EmbeddedStem(inside=inside, audio=STORED).inside == inside


@pytest.mark.parametrize(
    "inside",
    ["audio/../x.wav", "../x.wav", "/audio/x.wav", "audio/x.wav\n", "audio\\x.wav", "audio/a/b.wav", "audio/x.exe", ""],
)
def test_a_place_outside_the_projects_audio_is_refused(inside: str) -> None:
    with pytest.raises(ValidationError):
        EmbeddedStem(inside=inside, audio=STORED)
