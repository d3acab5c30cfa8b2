import numpy as np
import pytest
import torch
from builders.musicgen_checkpoints import tiny_model

from aurax.audio.waveform import Samples, Waveform
from aurax.engines.musicgen.codec import Codec
from aurax.engines.musicgen.output import Opening, Output, code_frames
from aurax.engines.resampling import resample
from aurax.errors import InvalidOption

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def mono() -> Codec:
    return Codec(tiny_model("mono").audio_encoder, 1)


@pytest.fixture(scope="module")
def stereo() -> Codec:
    return Codec(tiny_model("stereo").audio_encoder, 2)


def codes_for(codec: Codec, frames: int) -> torch.Tensor:
    return torch.randint(0, 64, (codec.codebooks, frames), generator=torch.Generator().manual_seed(1))


def played(output: Output, codes: torch.Tensor, sizes: list[int]) -> Samples:
    pieces, start = [output.opening], 0
    for size in sizes:
        pieces.append(output.push(codes[:, start : start + size]))
        start += size
    return np.concatenate([*pieces, output.push(codes[:, start:]), output.finish()], axis=1)


@pytest.mark.parametrize("duration_s", [0.001, 0.02, 0.5, 0.777777, 1.3])
@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_the_length_is_exact(duration_s: float, channels: str, request: pytest.FixtureRequest):
    codec = request.getfixturevalue(channels)
    audio = played(Output(codec, duration_s), codes_for(codec, code_frames(duration_s, codec)), [5])
    assert audio.shape == (2, round(duration_s * 48_000))
    assert audio.dtype == np.float32


def test_no_more_codes_are_wanted_than_the_length_takes(mono: Codec):
    assert code_frames(30.0, mono) == 1500
    assert code_frames(1.0, mono) == 50
    assert code_frames(1.001, mono) == 51
    assert code_frames(0.0001, mono) == 1


@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_it_is_what_the_codec_makes_at_48_khz_stereo(channels: str, request: pytest.FixtureRequest):
    codec = request.getfixturevalue(channels)
    codes = codes_for(codec, 50)
    wanted = np.broadcast_to(resample(codec.decode(codes), 32_000, 48_000), (2, 48_000))
    np.testing.assert_allclose(played(Output(codec, 1.0), codes, [12, 20]), wanted, atol=1e-6)


def given(seconds: float) -> Waveform:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, round(seconds * 48_000)))
    return Waveform(noise.astype(np.float32))


@pytest.mark.parametrize("channels", ["mono", "stereo"])
@pytest.mark.parametrize("start", [0, 7])
def test_given_audio_opens_the_output_and_the_codecs_goes_on(channels: str, start: int, request: pytest.FixtureRequest):
    codec = request.getfixturevalue(channels)
    audio = given(0.507)
    opening = Opening.hear(audio, codec)
    assert opening.frames == 25
    codes = torch.cat([opening.codes(codec, start), codes_for(codec, 25)], dim=1)
    output = played(Output(codec, 1.0, opening, start), codes, [12, 20])
    decoded = np.broadcast_to(resample(codec.decode(codes), 32_000, 48_000), (2, (50 - start) * 960))
    fade = slice(25 * 960 - 2400, 25 * 960)
    assert output.shape == (2, 48_000)
    assert np.array_equal(output[:, : fade.start], audio.samples[:, : fade.start])
    np.testing.assert_allclose(output[:, fade.stop :], decoded[:, fade.stop - start * 960 :], atol=1e-6)
    share = np.arange(1, 2401) / 2401
    mixed = (
        share * decoded[:, fade.start - start * 960 : fade.stop - start * 960] + (1 - share) * audio.samples[:, fade]
    )
    np.testing.assert_allclose(output[:, fade], mixed, atol=1e-6)


def test_the_opening_is_there_before_anything_is_decoded(mono: Codec):
    audio = given(2.0)
    output = Output(mono, 3.0, Opening.hear(audio, mono))
    assert np.array_equal(output.opening, audio.samples[:, : 2 * 48_000 - 2400])


def test_an_opening_shorter_than_the_fade_fades_at_once(mono: Codec):
    opening = Opening.hear(given(0.03), mono)
    output = Output(mono, 0.5, opening)
    assert output.opening.shape == (2, 0)
    codes = torch.cat([opening.codes(mono, 0), codes_for(mono, 24)], dim=1)
    assert played(output, codes, [3]).shape == (2, 24_000)


def test_less_audio_than_a_frame_cannot_be_continued(mono: Codec):
    with pytest.raises(InvalidOption, match=r"at least 0\.02 s"):
        Opening.hear(given(0.015), mono)


def test_a_mono_model_takes_the_mean_of_both_channels(mono: Codec, stereo: Codec):
    audio = given(0.5)
    mean = np.broadcast_to(audio.samples.mean(axis=0, keepdims=True), audio.samples.shape)
    np.testing.assert_allclose(
        Opening.hear(audio, mono).model_input[0], Opening.hear(Waveform(mean.copy()), mono).model_input[0], atol=1e-6
    )
    assert Opening.hear(audio, stereo).model_input.shape == (2, 16_000)
