import numpy as np
import pytest
import soxr

from aurax.engines.resampling import StreamResampler, resample, resampled_frames

RATES = [(32_000, 48_000), (48_000, 32_000), (44_100, 48_000), (48_000, 44_100)]


def noise(channels: int, frames: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)


def in_pieces(samples: np.ndarray, from_hz: int, to_hz: int, sizes: list[int]) -> np.ndarray:
    stream = StreamResampler(from_hz, to_hz, samples.shape[0])
    pieces, start = [], 0
    while start < samples.shape[1]:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(stream.push(samples[:, start : start + size]))
        start += size
    return np.concatenate([*pieces, stream.flush()], axis=1)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_stream_equals_the_whole(from_hz: int, to_hz: int, channels: int):
    samples = noise(channels, 30_011)
    streamed = in_pieces(samples, from_hz, to_hz, [1, 640, 0, 5000])
    np.testing.assert_allclose(streamed, resample(samples, from_hz, to_hz), atol=1e-6)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("frames", [0, 1, 7, 640, 30_011])
def test_the_length_is_exact(from_hz: int, to_hz: int, frames: int):
    length = resample(noise(2, frames), from_hz, to_hz).shape
    assert length == (2, resampled_frames(frames, from_hz, to_hz))
    assert abs(length[1] - frames * to_hz / from_hz) <= 0.5


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_a_tone_keeps_its_pitch_and_level(from_hz: int, to_hz: int):
    tone = np.sin(2 * np.pi * 1000 * np.arange(from_hz) / from_hz, dtype=np.float64).astype(np.float32)[None]
    wanted = np.sin(2 * np.pi * 1000 * np.arange(to_hz) / to_hz)
    middle = slice(to_hz // 4, 3 * to_hz // 4)
    np.testing.assert_allclose(resample(tone, from_hz, to_hz)[0, middle], wanted[middle], atol=1e-4)


def test_it_is_the_same_as_soxr_at_once():
    samples = noise(2, 10_000)
    np.testing.assert_allclose(resample(samples, 32_000, 48_000), soxr.resample(samples.T, 32_000, 48_000).T, atol=1e-6)


def test_the_same_rate_passes_through():
    samples = noise(2, 1000)
    assert np.array_equal(in_pieces(samples, 48_000, 48_000, [300]), samples)


def test_the_input_is_left_as_it_was():
    samples = noise(2, 1000)
    before = samples.copy()
    passed = StreamResampler(48_000, 48_000, 2).push(samples)
    passed[:] = 0
    assert np.array_equal(samples, before)
