from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest
import soundfile
from builders.dawproject_rules import broken_rules

from aurax.audio.files import read_audio
from aurax.deliver.dawproject import ProjectStem, assemble_dawproject, audio_suffix, write_project_parts
from aurax.deliver.project_audio import ProjectAudio
from aurax.deliver.project_xml import EmbeddedStem
from aurax.deliver.project_xml import project_xml as project_document
from aurax.errors import CorruptData
from aurax.score.score import Note, Score, Track
from aurax.score.time import Meter

STEMS = [ProjectStem("kick", 48_000, 2, 96_000, "kick"), ProjectStem("reverb return", 48_000, 2, 96_000)]


@pytest.fixture
def stem_paths(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(3)
    paths = [tmp_path / f"{stem.name}.flac" for stem in STEMS]
    for path in paths:
        soundfile.write(path, rng.uniform(-1, 1, (96_000, 2)).astype(np.float32), 48_000, subtype="PCM_24")
    return paths


def deliver(path: Path, score: Score, stem_paths: list[Path], audio: ProjectAudio = "auto") -> None:
    parts = path.with_name("parts.zip")
    inside = write_project_parts(parts, score, "Rain & Tape \x07", STEMS, audio=audio, aurax_version="0.1.0")
    assemble_dawproject(path, parts, dict(zip(inside, stem_paths, strict=True)))
    parts.unlink()


def project_xml(path: Path) -> Element:
    with zipfile.ZipFile(path) as archive:
        return fromstring(archive.read("project.xml"))


@pytest.fixture
def project(score: Score, stem_paths: list[Path], tmp_path: Path) -> Element:
    deliver(tmp_path / "song.dawproject", score, stem_paths)
    return project_xml(tmp_path / "song.dawproject")


@pytest.mark.parametrize("audio", ["wav", "flac"])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "7/8"])
def test_a_project_breaks_no_rule_of_the_format(
    score: Score, stem_paths: list[Path], tmp_path: Path, audio: ProjectAudio, meter: str
) -> None:
    plan = score.plan.model_copy(update={"meter": Meter.parse(meter), "tempo_bpm": 92.5})
    end = plan.grid.bars_to_ticks(plan.bars)
    ringing = Track("pad", "pad", "x", (), 89, False, (Note(0, 9600, 60, 90, -9), Note(end - 480, 9600, 62, 80, 7)))
    deliver(tmp_path / "song.dawproject", replace(score, plan=plan, tracks=(ringing,)), stem_paths, audio)

    assert broken_rules(tmp_path / "song.dawproject") == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"<Mute ", b"<Solo ", "Solo"),
        (b'contentTimeUnit="seconds"', b'contentTimeUnit="bars"', "contentTimeUnit"),
        (b'destination="id', b'destination="idx', "no channel"),
        (b"audio/01-kick.wav", b"audio/99-kick.wav", "files"),
        (b'key="38"', b'key="128"', "Note"),
        (b'sampleRate="48000"', b'sampleRate="44100"', "rate"),
    ],
)
def test_the_rules_find_what_is_wrong(
    score: Score, stem_paths: list[Path], tmp_path: Path, old: bytes, new: bytes, complaint: str
) -> None:
    deliver(tmp_path / "song.dawproject", score, stem_paths)
    with (
        zipfile.ZipFile(tmp_path / "song.dawproject") as sound,
        zipfile.ZipFile(tmp_path / "broken.dawproject", "w") as broken,
    ):
        for name in sound.namelist():
            broken.writestr(name, sound.read(name).replace(old, new) if name == "project.xml" else sound.read(name))

    assert complaint in "; ".join(broken_rules(tmp_path / "broken.dawproject"))


def test_stems_play_and_note_tracks_are_muted(project: Element) -> None:
    rows = [
        (track.attrib["name"], track.attrib["contentType"], track.find("Channel/Mute").attrib["value"])  # type: ignore[union-attr]
        for track in project.iter("Track")
    ]

    assert rows == [
        ("kick", "audio", "false"),
        ("reverb return", "audio", "false"),
        ("kick (notes)", "notes", "true"),
        ("bass (notes)", "notes", "true"),
        ("chords (notes)", "notes", "true"),
        ("Master", "audio notes", "false"),
    ]


def test_tempo_meter_and_sections_are_stated(project: Element) -> None:
    tempo, meter = project.find("Transport/Tempo"), project.find("Transport/TimeSignature")

    assert tempo is not None
    assert float(tempo.attrib["value"]) == 120.0
    assert meter is not None
    assert (meter.attrib["numerator"], meter.attrib["denominator"]) == ("4", "4")
    assert [(float(one.attrib["time"]), one.attrib["name"]) for one in project.iter("Marker")] == [
        (0.0, "Intro"),
        (8.0, "Verse 1"),
        (24.0, "Chorus 1"),
        (40.0, "Verse 2"),
        (56.0, "Chorus 2"),
        (72.0, "Outro"),
    ]


def test_notes_stand_in_beats_with_their_groove(project: Element) -> None:
    bass = [clip for clip in project.iter("Clip") if clip.attrib["name"] == "bass"][0]  # noqa: RUF015
    first = bass.find("Notes/Note")

    assert float(bass.attrib["duration"]) == 80.0
    assert first is not None
    assert float(first.attrib["time"]) == pytest.approx(8.0125, abs=1e-6)
    assert float(first.attrib["duration"]) == pytest.approx(1.875)
    assert (first.attrib["key"], first.attrib["channel"]) == ("38", "0")
    assert float(first.attrib["vel"]) == pytest.approx(90 / 127, abs=1e-5)


def test_a_stem_lasts_as_long_as_its_audio(project: Element) -> None:
    clip = next(clip for clip in project.iter("Clip") if clip.attrib["name"] == "kick")
    audio = clip.find("Warps/Audio")

    assert float(clip.attrib["duration"]) == 4.0  # 2 s at 120 beats a minute
    assert audio is not None
    assert (audio.attrib["sampleRate"], audio.attrib["channels"], float(audio.attrib["duration"])) == (
        "48000",
        "2",
        2.0,
    )


def test_flac_stems_lie_inside_unchanged_and_uncompressed(score: Score, stem_paths: list[Path], tmp_path: Path) -> None:
    deliver(tmp_path / "song.dawproject", score, stem_paths, "flac")

    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        assert archive.testzip() is None
        names = [file.attrib["path"] for file in project_xml(tmp_path / "song.dawproject").iter("File")]
        assert names == ["audio/01-kick.flac", "audio/02-reverb-return.flac"]
        for name, stem in zip(names, stem_paths, strict=True):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert archive.read(name) == stem.read_bytes()


def test_wav_stems_hold_the_same_samples_as_the_delivered_flac(
    project: Element, stem_paths: list[Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        assert archive.testzip() is None
        names = [file.attrib["path"] for file in project.iter("File")]
        assert names == ["audio/01-kick.wav", "audio/02-reverb-return.wav"]
        for name, stem in zip(names, stem_paths, strict=True):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
            archive.extract(name, tmp_path)
            info = soundfile.info(tmp_path / name)
            assert (info.format, info.subtype, info.samplerate, info.channels) == ("WAV", "PCM_24", 48_000, 2)
            assert np.array_equal(read_audio(tmp_path / name).samples, read_audio(stem).samples)


@pytest.mark.parametrize(
    ("wanted", "minutes", "suffix"),
    [("auto", 1, ".wav"), ("auto", 10, ".flac"), ("wav", 10, ".wav"), ("flac", 1, ".flac")],
)
def test_stems_are_wav_unless_that_makes_a_very_large_project(wanted: ProjectAudio, minutes: int, suffix: str) -> None:
    stems = [ProjectStem(f"s{n}", 48_000, 2, minutes * 60 * 48_000) for n in range(12)]

    assert audio_suffix(stems, wanted) == suffix


def test_title_is_escaped_and_cleaned_of_what_xml_cannot_hold(project: Element, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        metadata = fromstring(archive.read("metadata.xml"))

    assert [(child.tag, child.text) for child in metadata] == [
        ("Title", "Rain & Tape "),
        ("Artist", "AURA-X"),
        ("Genre", "lo fi"),
    ]


def test_a_loop_rounded_to_whole_frames_lasts_whole_bars(score: Score) -> None:
    plan = score.plan.model_copy(update={"tempo_bpm": 97.0, "tail_s": 0.0, "ending": "loop"})
    frames = round(plan.duration_s * 48_000)
    assert frames != plan.duration_s * 48_000
    content = project_document(replace(score, plan=plan), [EmbeddedStem("kick", "a.wav", 48_000, 2, frames)], "1")

    assert {clip.attrib["duration"] for clip in fromstring(content).iter("Clip")} == {"80.000000"}


@pytest.mark.parametrize("audio", ["wav", "flac"])
def test_the_same_song_gives_the_same_bytes(
    audio: ProjectAudio, score: Score, stem_paths: list[Path], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        deliver(tmp_path / name, score, stem_paths, audio)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_stem_is_stored_with_the_documents(score: Score, tmp_path: Path) -> None:
    write_project_parts(tmp_path / "parts.zip", score, "x", STEMS)

    with zipfile.ZipFile(tmp_path / "parts.zip") as archive:
        assert archive.namelist() == ["project.xml", "metadata.xml"]


def test_a_missing_stem_leaves_no_file_behind(score: Score, stem_paths: list[Path], tmp_path: Path) -> None:
    stem_paths[1].unlink()

    with pytest.raises(CorruptData, match="reverb return"):
        deliver(tmp_path / "song.dawproject", score, stem_paths)

    assert sorted(one.name for one in tmp_path.iterdir()) == ["kick.flac", "parts.zip"]


def test_a_broken_stem_leaves_no_file_behind(score: Score, stem_paths: list[Path], tmp_path: Path) -> None:
    stem_paths[1].write_bytes(stem_paths[1].read_bytes()[:20_000])

    with pytest.raises(CorruptData, match="reverb return"):
        deliver(tmp_path / "song.dawproject", score, stem_paths, "wav")

    assert not (tmp_path / "song.dawproject").exists()
