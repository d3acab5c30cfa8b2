from __future__ import annotations

import base64
import re
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from aurax.audio.waveform import Waveform
from aurax.deliver.energy import energy_frames
from aurax.deliver.palette import NEUTRAL_COLOUR, ROLE_COLOURS, role_colour
from aurax.deliver.piano_roll import piano_roll
from aurax.deliver.pictures import curve_path, spectrogram_uri, spectrum_picture, target_db, time_ticks, waveform_paths
from aurax.deliver.png import palette_png
from aurax.score.plan import Plan
from aurax.score.role import ROLES
from aurax.score.score import Note, Score, Track


def points(path: str) -> np.ndarray:
    return np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path.rstrip("Z")) if pair])


def decode(png: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Palette indices and palette of a PNG that `palette_png` wrote."""
    chunks, position = {}, 8
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        kind, body = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", png, position + 8 + length)[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        position += 12 + length
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    return rows[:, 1:], np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)


def test_png_holds_the_picture() -> None:
    indices = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    palette = np.array([[0, 0, 0], [255, 0, 0], [255, 255, 255]], np.uint8)

    found, colours = decode(palette_png(indices, palette))

    assert found.tolist() == indices.tolist()
    assert colours.tolist() == palette.tolist()


def test_every_role_has_a_colour_of_its_own() -> None:
    assert set(ROLE_COLOURS) == set(ROLES)
    assert len(set(ROLE_COLOURS.values())) == len(ROLES)
    assert role_colour("return") == NEUTRAL_COLOUR


def test_full_scale_fills_the_waveform_picture() -> None:
    square = np.ones((2, 48_000), np.float32)
    square[:, 24_000:] = -0.5
    peaks, rms = waveform_paths(Waveform(square))

    assert points(peaks)[0].tolist() == [0.5, 0.0]
    assert points(rms)[-1, 1] == 100.0
    assert points(peaks)[:, 1].max() == 75.0


def test_waveform_picture_does_not_grow_with_the_song() -> None:
    sizes = [len(waveform_paths(Waveform(np.zeros((2, frames), np.float32)))[0]) for frames in (100_000, 3_000_000)]

    assert max(sizes) < 40_000


def test_curve_stays_inside_its_picture() -> None:
    line = points(curve_path(np.array([0.0, -14.0, -100.0]), top=-8.0, bottom=-38.0))

    assert line[:, 1].tolist() == [0.0, 20.0, 100.0]


@pytest.mark.parametrize("duration_s", [1.0, 42.0, 180.0, 600.0, 3000.0])
def test_time_axis_has_few_and_true_labels(duration_s: float) -> None:
    ticks = time_ticks(duration_s)

    assert 1 <= len(ticks) <= 11
    for tick in ticks:
        minutes, seconds = tick.label.split(":")
        assert 60 * int(minutes) + int(seconds) == pytest.approx(tick.percent * duration_s / 100)


@pytest.mark.parametrize(("hz", "lowest_row", "highest_row"), [(100.0, 135, 149), (1000.0, 70, 84), (8000.0, 12, 26)])
def test_spectrogram_shows_a_tone_at_its_height(hz: float, lowest_row: int, highest_row: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(96_000) / 48_000)

    uri = spectrogram_uri(energy_frames(Waveform(np.stack([tone, tone]).astype(np.float32))))
    indices, _ = decode(base64.b64decode(uri.removeprefix("data:image/png;base64,")))

    assert indices.shape[0] == 168
    assert lowest_row <= indices.mean(axis=1).argmax() <= highest_row


def test_spectrogram_of_silence_is_dark() -> None:
    uri = spectrogram_uri(energy_frames(Waveform(np.zeros((2, 48_000), np.float32))))

    indices, _ = decode(base64.b64decode(uri.removeprefix("data:image/png;base64,")))

    assert indices.max() < 32


def test_target_follows_the_slopes_of_the_style(plan: Plan) -> None:
    target = plan.production.spectrum
    hz = np.array([50.0, 200.0, 400.0, 1000.0, 2000.0, 4000.0, 6000.0, 12_000.0])

    levels = target_db(target, hz)

    assert levels[0] == 18.0
    assert levels[3] == 0.0
    assert levels[2] - levels[1] == pytest.approx(-4.5)
    assert levels[5] - levels[4] == pytest.approx(-6.0)
    assert levels[7] - levels[6] == pytest.approx(-9.0)


def test_sound_on_target_lies_inside_the_area(plan: Plan) -> None:
    """Noise shaped like the target must be drawn in the middle of the style's area."""
    rng = np.random.default_rng(3)
    spectrum = np.fft.rfft(rng.normal(size=480_000))
    hz = np.fft.rfftfreq(480_000, 1 / 48_000)
    shaped = np.fft.irfft(spectrum * 10 ** (target_db(plan.production.spectrum, np.maximum(hz, 20)) / 20))
    wave = (0.1 * shaped / np.abs(shaped).max()).astype(np.float32)

    picture = spectrum_picture(energy_frames(Waveform(np.stack([wave, wave]))), None, plan.production.spectrum)

    line, area = points(picture.master), points(picture.target)
    upper, lower = area[: len(line)], area[len(line) :][::-1]
    inside = (line[:, 1] >= upper[:, 1]) & (line[:, 1] <= lower[:, 1])
    assert inside.mean() > 0.95
    assert picture.mix == ""


def test_notes_are_drawn_where_they_sound(plan: Plan) -> None:
    notes = (Note(0, 1920, 60, 90), Note(7680, 960, 64, 90, offset_ticks=96))
    track = Track("lead", "lead", "x", (), 81, False, notes)

    roll = piano_roll(Score(plan, (track,)), duration_s=20.0)

    boxes = [[float(n) for n in box] for box in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)", roll.parts[0].path)]
    (left_1, top_1, width_1, _), (left_2, top_2, _, _) = boxes
    assert left_1 == 0.0
    assert left_2 == pytest.approx(1000 * 4.05 / 20, abs=0.1)
    assert width_1 == pytest.approx(1000 * 1.0 / 20, rel=0.1)
    assert top_2 < top_1


def test_drums_lie_below_the_keys(score: Score) -> None:
    roll = piano_roll(score, 42.0)

    tops = {part.name: [float(n) for n in re.findall(r"M[\d.]+ ([\d.]+)", part.path)] for part in roll.parts}
    assert min(tops["kick"]) > max(tops["bass"] + tops["chords"])
    assert [tick.label for tick in roll.ticks] == ["C2", "C3", "C4", "kick"]


def test_a_song_of_drums_alone_can_be_drawn(score: Score) -> None:
    roll = piano_roll(replace(score, tracks=score.tracks[:1]), 42.0)

    assert [part.notes for part in roll.parts] == [32]
    assert roll.lines == ()
