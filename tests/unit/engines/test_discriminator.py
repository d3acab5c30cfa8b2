"""The discriminator that ships with AURA-X hears damage, and does not hear what a style intends."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.engines.discriminator import discriminator_engine as implementation
from aurax.engines.discriminator.discriminator_engine import MODEL, DiscriminatorEngine, load_discriminator
from aurax.engines.discriminator.features import WINDOW_SAMPLES, fill_window, window_starts, windows
from aurax.engines.engine import Chunk, EngineContext, Never, generate
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.requests import DiscriminationRequest
from aurax.errors import BadCheckpoint, Cancelled, InvalidOption, MissingExtra, NoGpu, SilentAudio

CONTEXT = EngineContext(Path("nowhere"), device="cpu", threads=1)
SPEC = find_engine(load_engines(), "discriminator", "discriminator")


@cache
def engine() -> DiscriminatorEngine:
    return load_discriminator(SPEC.info, CONTEXT)


@cache
def song(duration_s: float = 12.0) -> Samples:
    """Kick, hat, bass and wide chords at 120 bpm; clean."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    rng = np.random.default_rng(1)
    beat = time_s % 0.5
    kick = 0.5 * np.sin(2 * np.pi * (48 * beat + 5 * (1 - np.exp(-40 * beat)))) * np.exp(-12 * beat)
    hat = 0.05 * np.diff(rng.standard_normal(time_s.size), prepend=0) * np.exp(-50 * ((time_s + 0.25) % 0.5))
    left, right = np.zeros_like(time_s), np.zeros_like(time_s)
    for bar, root in enumerate((45, 41, 48, 43)):
        inside = (np.floor(time_s / 2) % 4) == bar
        swell = np.minimum(1, (time_s % 2) * 20) * np.minimum(1, (2 - time_s % 2) * 20) * inside
        for place, interval in enumerate((0, 3, 7, 10)):
            hertz = 440 * 2 ** ((root + interval + 12 - 69) / 12)
            tone = sum(np.sin(2 * np.pi * hertz * k * time_s + place) / k**1.3 for k in range(1, 12)) * swell * 0.05
            left += tone * (1.2 if place % 2 else 0.4)
            right += tone * (0.4 if place % 2 else 1.2)
        bass = np.sin(2 * np.pi * 440 * 2 ** ((root - 81) / 12) * time_s) * swell * 0.2
        left, right = left + bass, right + bass
    both = np.stack((left, right)) + kick + hat
    return (0.7 * both / np.abs(both).max()).astype(np.float32)


def clipped(audio: Samples, share: float) -> Samples:
    """A share of all samples driven into a ceiling."""
    ceiling = np.quantile(np.abs(audio), 1 - share)
    return np.clip(audio, -ceiling, ceiling).astype(np.float32)


def interrupted(audio: Samples, gap_s: float) -> Samples:
    """Three silent gaps."""
    out = audio.copy()
    for start_s in (1.3, 5.1, 8.7):
        out[:, round(start_s * SAMPLE_RATE) : round((start_s + gap_s) * SAMPLE_RATE)] = 0
    return out


def starved(audio: Samples, step: float) -> Samples:
    """Each grain of 43 ms coarsely quantized in its spectrum and nothing above 7 kHz, as by a starved codec."""
    size = 2048
    grains = audio[:, : audio.shape[1] // size * size].reshape(2, -1, size)
    spectrum = np.fft.rfft(grains, axis=2)
    unit = step * np.abs(spectrum).max(axis=2, keepdims=True) + 1e-9
    spectrum = np.round(spectrum.real / unit) * unit + 1j * np.round(spectrum.imag / unit) * unit
    spectrum[:, :, 300:] = 0
    return np.fft.irfft(spectrum, axis=2).reshape(2, -1).astype(np.float32)


def wobbled(audio: Samples, cents: float) -> Samples:
    """Pitch that swings three times a second, by so many cents at most."""
    frame = np.arange(audio.shape[1])
    depth = cents / 1200 * np.log(2) * SAMPLE_RATE / (2 * np.pi * 3)
    place = frame + depth * np.sin(2 * np.pi * 3 * frame / SAMPLE_RATE)
    return np.stack([np.interp(place, frame, channel) for channel in audio]).astype(np.float32)


def judge(audio: Samples, *intended: str) -> dict[str, float]:
    return generate(engine(), DiscriminationRequest(Waveform(audio), intended)).measurements


@pytest.mark.parametrize(
    ("defect", "damaged"),
    [
        ("distortion", lambda: clipped(song(), 0.1)),
        ("dropout", lambda: interrupted(song(), 0.4)),
        ("codec", lambda: starved(song(), 0.03)),
        ("phase", lambda: song() * np.array([[1], [-1]], np.float32)),
    ],
)
def test_damage_is_heard_as_what_it_is_and_lowers_the_quality(defect: str, damaged: Callable[[], Samples]) -> None:
    clean, spoilt = judge(song()), judge(damaged())
    assert spoilt[f"defect/{defect}"] > clean[f"defect/{defect}"] + 0.25
    assert spoilt["quality"] < clean["quality"] - 0.25


@pytest.mark.parametrize(
    ("defect", "degrees"),
    [
        ("distortion", lambda: [song(), clipped(song(), 0.01), clipped(song(), 0.15)]),
        ("dropout", lambda: [song(), interrupted(song(), 0.01), interrupted(song(), 0.1)]),
        ("warble", lambda: [song(), wobbled(song(), 15.0), wobbled(song(), 100.0)]),
    ],
)
def test_worse_damage_is_heard_as_worse(defect: str, degrees: Callable[[], list[Samples]]) -> None:
    heard = [judge(audio) for audio in degrees()]
    severities = [one[f"defect/{defect}"] for one in heard]
    qualities = [one["quality"] for one in heard]
    assert severities == sorted(severities)
    assert qualities == sorted(qualities, reverse=True)
    assert severities[-1] > severities[0] + 0.25


def test_an_intended_defect_is_measured_but_does_not_lower_the_quality() -> None:
    spoilt = clipped(song(), 0.15)
    plain, forgiven = judge(spoilt), judge(spoilt, "distortion")
    assert forgiven["defect/distortion"] == plain["defect/distortion"] > 0.4
    others = {name: value for name, value in forgiven.items() if name != "quality"}
    assert others == {name: value for name, value in plain.items() if name != "quality"}
    assert forgiven["quality"] > plain["quality"] + 0.2


def test_an_intended_defect_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidOption, match="sadness"):
        judge(song(), "sadness")


def test_every_measurement_is_between_nothing_and_all() -> None:
    measured = judge(interrupted(song(), 0.3))
    places = {name: value for name, value in measured.items() if name.endswith("/at_s")}
    assert len(places) == 10
    assert all(0.0 <= value <= 12.0 for value in places.values())
    assert all(0.0 <= value <= 1.0 for name, value in measured.items() if name not in places)


def test_the_window_of_a_single_gap_is_found() -> None:
    audio = np.tile(song(), 3)
    audio[:, 20 * SAMPLE_RATE : 20 * SAMPLE_RATE + 20_000] = 0
    assert 14.0 <= judge(audio)["defect/dropout/at_s"] <= 20.0


def test_the_playback_level_changes_little() -> None:
    loud, soft = judge(song()), judge(song() * np.float32(0.1))
    assert soft["quality"] == pytest.approx(loud["quality"], abs=0.1)


def test_the_same_audio_gives_the_same_bits() -> None:
    again = load_discriminator(SPEC.info, CONTEXT)
    request = DiscriminationRequest(Waveform(clipped(song(), 0.05)))
    assert generate(again, request).measurements == generate(engine(), request).measurements


def test_long_audio_is_heard_in_batches_and_progress_rises_to_one() -> None:
    chunks: list[Chunk] = list(engine().stream(DiscriminationRequest(Waveform(np.tile(song(), 5))), Never()))
    progress = [chunk.progress for chunk in chunks]
    assert len(chunks) > 1
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert not any(chunk.audio for chunk in chunks)


def test_a_cancel_between_two_batches_ends_the_stream() -> None:
    class AfterFirst:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 1

    with pytest.raises(Cancelled):
        list(engine().stream(DiscriminationRequest(Waveform(np.tile(song(), 5))), AfterFirst()))


def test_silence_is_refused_and_silent_stretches_are_no_defect() -> None:
    with pytest.raises(SilentAudio):
        judge(np.zeros((2, 8 * SAMPLE_RATE), np.float32))
    silence = np.zeros((2, 20 * SAMPLE_RATE), np.float32)
    before = judge(np.concatenate((silence, song()), axis=1))
    assert before["quality"] > judge(interrupted(song(), 0.4))["quality"]


def test_audio_under_a_second_is_refused_and_over_a_second_is_mirrored_to_a_window() -> None:
    with pytest.raises(InvalidOption, match="at least 1 s"):
        judge(song()[:, : SAMPLE_RATE // 2])
    short = song()[:, : 2 * SAMPLE_RATE]
    filled = fill_window(short)
    assert filled.shape == (2, WINDOW_SAMPLES)
    np.testing.assert_array_equal(filled[:, 2 * SAMPLE_RATE : 4 * SAMPLE_RATE], short[:, ::-1])
    assert 0.0 <= judge(short)["quality"] <= 1.0


@pytest.mark.parametrize("frames", [WINDOW_SAMPLES, WINDOW_SAMPLES + 1, 5 * WINDOW_SAMPLES + 7])
def test_windows_cover_all_audio_and_end_with_it(frames: int) -> None:
    starts = window_starts(frames)
    assert starts[0] == 0
    assert starts[-1] + WINDOW_SAMPLES == frames
    assert all(0 < later - former <= 4 * SAMPLE_RATE for former, later in pairwise(starts))


def test_what_a_window_sounds_like_does_not_depend_on_its_batch() -> None:
    audio = np.tile(song(), 5)
    whole = [features.mel[place] for batch, features in windows(audio) for place in range(len(batch))]
    start = window_starts(audio.shape[1])[9]
    ((_, alone),) = windows(audio[:, start : start + WINDOW_SAMPLES])
    np.testing.assert_array_equal(whole[9], alone.mel[0])


@pytest.mark.parametrize("content", [b"", b"no network at all", None])
def test_a_damaged_model_is_refused_without_a_word_of_the_runtime(
    content: bytes | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "discriminator.onnx"
    whole = MODEL.read_bytes()
    model.write_bytes(whole[: len(whole) // 2] if content is None else content)
    model.with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    with pytest.raises(BadCheckpoint, match=r"discriminator\.onnx"):
        load_discriminator(SPEC.info, CONTEXT, model)
    assert capfd.readouterr() == ("", "")


def test_a_model_without_its_card_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "discriminator.onnx"
    model.write_bytes(MODEL.read_bytes())
    with pytest.raises(BadCheckpoint, match=r"discriminator\.json"):
        load_discriminator(SPEC.info, CONTEXT, model)


def test_a_card_of_another_model_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "discriminator.onnx"
    model.write_bytes(MODEL.read_bytes())
    card = implementation.read_card(MODEL.with_suffix(".json"))
    model.with_suffix(".json").write_text(card.model_copy(update={"floors": {"noise": 0.1}}).model_dump_json())
    with pytest.raises(BadCheckpoint, match="1 severities"):
        load_discriminator(SPEC.info, CONTEXT, model)


def test_a_gpu_that_onnxruntime_cannot_use_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementation.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(NoGpu):
        load_discriminator(SPEC.info, EngineContext(Path("nowhere"), device="cuda"))


def test_without_onnxruntime_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "aurax.engines.discriminator.discriminator_engine")
    with pytest.raises(MissingExtra, match="neural"):
        SPEC.load(CONTEXT)


def test_nothing_is_written_while_it_listens(capfd: pytest.CaptureFixture[str]) -> None:
    generate(load_discriminator(SPEC.info, CONTEXT), DiscriminationRequest(Waveform(song())))
    assert capfd.readouterr() == ("", "")


def test_it_can_be_closed_twice_and_then_refuses() -> None:
    own = load_discriminator(SPEC.info, CONTEXT)
    own.close()
    own.close()
    with pytest.raises(InvalidOption, match="closed"):
        generate(own, DiscriminationRequest(Waveform(song())))


def test_the_card_tells_what_the_model_reached_on_music_it_never_heard() -> None:
    card = implementation.read_card(MODEL.with_suffix(".json"))
    assert set(card.floors) <= set(card.held_out_auc)
    assert all(0.5 < auc <= 1.0 for auc in card.held_out_auc.values())
    assert card.licence == "GPL-3.0-or-later"
    assert MODEL.stat().st_size <= 1_500_000
