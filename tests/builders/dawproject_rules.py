"""What an importer may rely on in a `.dawproject`: the form in `dawproject.rng`, and what a schema cannot say."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import soundfile
from lxml import etree

_FORM = etree.RelaxNG(etree.parse(Path(__file__).with_name("dawproject.rng")))
_METADATA = ("Title", "Artist", "Genre")
_TOLERANCE_S = 1e-5


def broken_rules(path: Path) -> list[str]:
    """Everything that is wrong with a project, in words; empty when it is sound."""
    with zipfile.ZipFile(path) as archive:
        return [*_archive(archive), *_form(archive), *_links(archive), *_times(archive), *_audio(archive)]


def _project(archive: zipfile.ZipFile) -> Any:
    return etree.fromstring(archive.read("project.xml"))


def _archive(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    if archive.testzip() is not None:
        yield f"damaged entry {archive.testzip()}"
    if len(names) != len(set(names)):
        yield "an entry stands there twice"
    if names[:2] != ["project.xml", "metadata.xml"]:
        yield f"documents first, not {names[:2]}"
    metadata = etree.fromstring(archive.read("metadata.xml"))
    if metadata.tag != "MetaData" or tuple(child.tag for child in metadata) != _METADATA:
        yield "metadata out of order"


def _form(archive: zipfile.ZipFile) -> Iterator[str]:
    if not _FORM.validate(_project(archive)):
        yield from (str(error) for error in _FORM.error_log)


def _links(archive: zipfile.ZipFile) -> Iterator[str]:
    project = _project(archive)
    ids = Counter(project.xpath("//@id"))
    yield from (f"id {name} is used {times} times" for name, times in ids.items() if times > 1)
    tracks, channels = set(project.xpath("//Track/@id")), set(project.xpath("//Channel/@id"))
    yield from (f"no track {name}" for name in project.xpath("//Lanes/@track") if name not in tracks)
    yield from (f"no channel {name}" for name in project.xpath("//Channel/@destination") if name not in channels)
    masters = project.xpath("//Channel[@role='master']/@id")
    if len(masters) != 1 or set(project.xpath("//Channel/@destination")) - set(masters):
        yield "channels that do not lead to one master"
    inside = {name for name in archive.namelist() if not name.endswith(".xml")}
    files = project.xpath("//File/@path")
    if Counter(files) != Counter(inside):
        yield f"files {sorted(files)} named, {sorted(inside)} there"
    for kind, holds in (("audio", "Audio"), ("notes", "Notes")):
        for track in project.xpath(f"//Track[@contentType='{kind}']/@id"):
            if not project.xpath(f"//Lanes[@track='{track}']//{holds}"):
                yield f"track {track} of {kind} without {holds}"


def _times(archive: zipfile.ZipFile) -> Iterator[str]:
    project = _project(archive)
    markers = [float(time) for time in project.xpath("//Marker/@time")]
    if markers[0] != 0 or any(first >= second for first, second in pairwise(markers)):
        yield f"markers at {markers}"
    for parameter in project.xpath("//Tempo|//Pan|//Volume"):
        if not float(parameter.get("min")) <= float(parameter.get("value")) <= float(parameter.get("max")):
            yield f"{parameter.tag} {parameter.get('value')} out of range"
    for clip in project.xpath("//Clip[Notes]"):
        ends = [float(note.get("time")) + float(note.get("duration")) for note in clip.iter("Note")]
        if max(ends) > float(clip.get("duration")) + 1e-6:
            yield f"notes of {clip.get('name')} end at {max(ends)}, after their clip"
        if any(float(note.get("duration")) <= 0 for note in clip.iter("Note")):
            yield f"a note of {clip.get('name')} without length"


def _audio(archive: zipfile.ZipFile) -> Iterator[str]:
    project = _project(archive)
    tempo = float(project.xpath("//Tempo/@value")[0])
    for clip in project.xpath("//Clip[Warps]"):
        audio, (first, *_, last) = clip.find("Warps/Audio"), clip.findall("Warps/Warp")
        path = audio.find("File").get("path")
        if path not in archive.namelist():
            continue  # the links tell it
        info = soundfile.info(io.BytesIO(archive.read(path)))
        if (str(info.channels), str(info.samplerate)) != (audio.get("channels"), audio.get("sampleRate")):
            yield f"{clip.get('name')}: other channels or rate than said"
        length_s = float(audio.get("duration"))
        if abs(info.frames / info.samplerate - length_s) > _TOLERANCE_S:
            yield f"{clip.get('name')}: {info.frames} frames, {length_s} s said"
        corners = [float(warp.get(name)) for warp in (first, last) for name in ("time", "contentTime")]
        wanted = [0.0, 0.0, float(clip.get("duration")), length_s]
        if any(abs(one - other) > _TOLERANCE_S for one, other in zip(corners, wanted, strict=True)):
            yield f"{clip.get('name')}: warped from {corners} to {wanted}"
        if abs(float(clip.get("duration")) * 60 / tempo - length_s) > _TOLERANCE_S:
            yield f"{clip.get('name')}: stretched at the song's own tempo"
