"""Score and stems → the XML documents of a `.dawproject`.

Source: DAWproject 1.0, Project.xsd and MetaData.xsd (github.com/bitwig/dawproject).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from xml.etree.ElementTree import Element, SubElement, tostring

from aurax.deliver.midi import last_bar_line_ticks, played_notes
from aurax.deliver.palette import NEUTRAL_COLOUR, role_colour
from aurax.deliver.sections import section_titles
from aurax.score.plan import Plan
from aurax.score.score import Score, Track
from aurax.score.time import TICKS_PER_QUARTER

FORMAT_VERSION = "1.0"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class EmbeddedStem:
    """A stem as it lies in the project's archive.

    Args:
        name: the stem's name; unique within the song.
        inside: its file's path in the archive.
        sample_rate: frames a second.
        channels: number of channels.
        frames: length.
        role: what it does, for its colour; empty for effect returns.
    """

    name: str
    inside: str
    sample_rate: int
    channels: int
    frames: int
    role: str = ""


def project_xml(score: Score, stems: Sequence[EmbeddedStem], aurax_version: str) -> bytes:
    """`project.xml`: tempo, meter, section markers, one audio track per stem and one note track per part.

    The stems play at unity gain and sum to the mix. The note tracks are muted, so that an instrument put on one does
    not double its stem; unmute it and mute the stem to hear the new sound. Each note track holds one clip from the
    first bar to the last, because notes that begin early or ring over a section's edge would be cut by shorter clips.

    Args:
        score: notes, tempo and sections.
        stems: the audio in the archive.
        aurax_version: stated as the writing program's version.
    """
    return _document(_ProjectXml(score, stems, aurax_version or "0").root)


def metadata_xml(plan: Plan, title: str) -> bytes:
    """`metadata.xml`: title, artist and genre."""
    return _document(_metadata(plan, title))


def _document(root: Element) -> bytes:
    content: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return content


def _metadata(plan: Plan, title: str) -> Element:
    root = Element("MetaData")
    for name, text in (("Title", title), ("Artist", "AURA-X"), ("Genre", plan.style.replace("-", " "))):
        SubElement(root, name).text = _clean(text)
    return root


def _clean(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)


def _beats(ticks: float) -> str:
    """Ticks as DAWproject beats, which are quarter notes in every meter."""
    return f"{ticks / TICKS_PER_QUARTER:.6f}"


class _ProjectXml:
    """Builds `project.xml`. The schema orders child elements; every id is unique."""

    def __init__(self, score: Score, stems: Sequence[EmbeddedStem], version: str) -> None:
        self._ids = (f"id{number}" for number in count())
        self._plan = score.plan
        self._end_ticks = last_bar_line_ticks(score)
        self.root = Element("Project", version=FORMAT_VERSION)
        SubElement(self.root, "Application", name="AURA-X", version=_clean(version))
        self._transport()
        self._structure = SubElement(self.root, "Structure")
        arrangement = SubElement(self.root, "Arrangement", id=next(self._ids))
        self._lanes = SubElement(arrangement, "Lanes", timeUnit="beats", id=next(self._ids))
        self._master_channel = next(self._ids)
        for stem in stems:
            self._audio_track(stem)
        for track in score.tracks:
            self._note_track(track)
        self._track("Master", "audio notes", NEUTRAL_COLOUR, role="master", muted=False)
        self._markers(arrangement)

    def _transport(self) -> None:
        transport = SubElement(self.root, "Transport")
        tempo = f"{self._plan.tempo_bpm:.6f}"
        SubElement(transport, "Tempo", max="999", min="20", unit="bpm", value=tempo, id=next(self._ids), name="Tempo")
        meter = self._plan.meter
        SubElement(
            transport,
            "TimeSignature",
            denominator=str(meter.denominator),
            numerator=str(meter.numerator),
            id=next(self._ids),
        )

    def _track(self, name: str, content: str, colour: str, *, role: str, muted: bool) -> str:
        """Add a track with its mixer channel and return its id."""
        track_id = next(self._ids)
        track = SubElement(
            self._structure,
            "Track",
            contentType=content,
            loaded="true",
            id=track_id,
            name=_clean(name),
            color=colour,
        )
        is_master = role == "master"
        channel_id = self._master_channel if is_master else next(self._ids)
        channel = SubElement(track, "Channel", audioChannels="2", role=role, solo="false", id=channel_id)
        if not is_master:
            channel.set("destination", self._master_channel)
        SubElement(channel, "Mute", value=str(muted).lower(), id=next(self._ids), name="Mute")
        for element, unit, top, value in (("Pan", "normalized", "1", "0.5"), ("Volume", "linear", "2", "1")):
            SubElement(channel, element, max=top, min="0", unit=unit, value=value, id=next(self._ids), name=element)
        return track_id

    def _clips(self, track_id: str) -> Element:
        lane = SubElement(self._lanes, "Lanes", track=track_id, id=next(self._ids))
        return SubElement(lane, "Clips", id=next(self._ids))

    def _note_track(self, track: Track) -> None:
        colour = role_colour(track.role)
        track_id = self._track(f"{track.name} (notes)", "notes", colour, role="regular", muted=True)
        clip = SubElement(
            self._clips(track_id),
            "Clip",
            time="0",
            duration=_beats(self._end_ticks),
            playStart="0",
            name=_clean(track.name),
            color=colour,
        )
        notes = SubElement(clip, "Notes", id=next(self._ids))
        for note in played_notes(track.notes, self._end_ticks):
            SubElement(
                notes,
                "Note",
                time=_beats(note.start_ticks),
                duration=_beats(note.duration_ticks),
                channel="9" if track.is_drums else "0",
                key=str(note.pitch),
                vel=f"{note.velocity / 127:.6f}",
                rel="0.5",
            )

    def _audio_track(self, stem: EmbeddedStem) -> None:
        colour = role_colour(stem.role)
        track_id = self._track(stem.name, "audio", colour, role="regular", muted=False)
        seconds = stem.frames / stem.sample_rate
        beats = f"{seconds * self._plan.tempo_bpm / 60.0:.6f}"
        if self._plan.is_loop:  # its audio is rounded to the nearest frame, its clip has whole bars
            beats = _beats(self._end_ticks)
        clip = SubElement(
            self._clips(track_id),
            "Clip",
            time="0",
            duration=beats,
            contentTimeUnit="beats",
            playStart="0",
            name=_clean(stem.name),
            color=colour,
        )
        warps = SubElement(clip, "Warps", contentTimeUnit="seconds", timeUnit="beats", id=next(self._ids))
        audio = SubElement(
            warps,
            "Audio",
            algorithm="raw",  # no stretching at the song's own tempo: the stems stay sample-exact
            channels=str(stem.channels),
            duration=f"{seconds:.6f}",
            sampleRate=str(stem.sample_rate),
            id=next(self._ids),
        )
        SubElement(audio, "File", path=stem.inside)
        SubElement(warps, "Warp", time="0", contentTime="0")
        SubElement(warps, "Warp", time=beats, contentTime=f"{seconds:.6f}")

    def _markers(self, arrangement: Element) -> None:
        markers = SubElement(arrangement, "Markers", timeUnit="beats", id=next(self._ids))
        for section, title in zip(self._plan.sections, section_titles(self._plan), strict=True):
            time = _beats(self._plan.grid.bars_to_ticks(section.start_bar))
            SubElement(markers, "Marker", time=time, name=_clean(title), color=NEUTRAL_COLOUR)
