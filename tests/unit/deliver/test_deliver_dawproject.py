from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest
import soundfile

from aurax.deliver.dawproject import StemFile, write_dawproject
from aurax.errors import CorruptData
from aurax.score.score import Score

CHILDREN = {
    "Project": ["Application", "Transport", "Structure", "Arrangement"],
    "Transport": ["Tempo", "TimeSignature"],
    "Track": ["Channel"],
    "Channel": ["Mute", "Pan", "Volume"],
    "Arrangement": ["Lanes", "Markers"],
    "Warps": ["Audio", "Warp", "Warp"],
    "Audio": ["File"],
}
"""Child elements in the order that the DAWproject schema prescribes."""

REQUIRED = {
    "Project": {"version"},
    "Application": {"name", "version"},
    "Tempo": {"unit", "value"},
    "TimeSignature": {"numerator", "denominator"},
    "Clip": {"time"},
    "Note": {"time", "duration", "channel", "key"},
    "Warps": {"contentTimeUnit"},
    "Warp": {"time", "contentTime"},
    "Audio": {"channels", "duration", "sampleRate"},
    "File": {"path"},
    "Marker": {"time"},
}
"""Attributes that the schema demands."""


@pytest.fixture
def stems(tmp_path: Path) -> list[StemFile]:
    files = []
    for name, role in (("kick", "kick"), ("reverb return", "")):
        path = tmp_path / f"{name}.flac"
        soundfile.write(path, np.zeros((48_000 * 2, 2), np.float32), 48_000, subtype="PCM_24")
        files.append(StemFile(name, path, 48_000, 2, 96_000, role))
    return files


def project_xml(path: Path) -> Element:
    with zipfile.ZipFile(path) as archive:
        return fromstring(archive.read("project.xml"))


@pytest.fixture
def project(score: Score, stems: list[StemFile], tmp_path: Path) -> Element:
    write_dawproject(tmp_path / "song.dawproject", score, "Rain & Tape \x07", stems, aurax_version="0.1.0")
    return project_xml(tmp_path / "song.dawproject")


def test_elements_follow_the_order_and_attributes_of_the_schema(project: Element) -> None:
    for element in project.iter():
        if element.tag in CHILDREN:
            assert [child.tag for child in element] == CHILDREN[element.tag]
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib)


def test_ids_are_unique_and_references_lead_somewhere(project: Element) -> None:
    ids = [element.attrib["id"] for element in project.iter() if "id" in element.attrib]
    tracks = {element.attrib["id"] for element in project.iter("Track")}
    channels = {element.attrib["id"] for element in project.iter("Channel")}

    assert len(ids) == len(set(ids))
    assert {lane.attrib["track"] for lane in project.iter("Lanes") if "track" in lane.attrib} < tracks
    destinations = {one.attrib["destination"] for one in project.iter("Channel") if "destination" in one.attrib}
    assert len(destinations) == 1
    assert destinations < channels


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


def test_stems_lie_inside_unchanged_and_uncompressed(project: Element, stems: list[StemFile], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        assert archive.testzip() is None
        names = [file.attrib["path"] for file in project.iter("File")]
        assert names == ["audio/01-kick.flac", "audio/02-reverb-return.flac"]
        for name, stem in zip(names, stems, strict=True):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert archive.read(name) == stem.path.read_bytes()


def test_title_is_escaped_and_cleaned_of_what_xml_cannot_hold(project: Element, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        metadata = fromstring(archive.read("metadata.xml"))

    assert [(child.tag, child.text) for child in metadata] == [
        ("Title", "Rain & Tape "),
        ("Artist", "AURA-X"),
        ("Genre", "lo fi"),
    ]


def test_the_same_song_gives_the_same_bytes(score: Score, stems: list[StemFile], tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dawproject(tmp_path / name, score, "x", stems)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_stem_leaves_no_file_behind(score: Score, stems: list[StemFile], tmp_path: Path) -> None:
    stems[1].path.unlink()

    with pytest.raises(CorruptData, match="reverb return"):
        write_dawproject(tmp_path / "song.dawproject", score, "x", stems)

    assert [one.name for one in tmp_path.iterdir()] == ["kick.flac"]
