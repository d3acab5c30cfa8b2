"""Score and stems → `.dawproject`, which Bitwig Studio, Studio One, Cubase and others open.

The archive is made in two steps, so that no stem is stored a second time: `write_project_parts` writes its documents
where the song is made, `assemble_dawproject` adds the stems where the song is delivered.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aurax.audio.wav_copy import copy_as_wav, wav_bytes
from aurax.deliver.atomic import whole_file
from aurax.deliver.project_audio import LARGEST_WAV_PROJECT_BYTES, ProjectAudio
from aurax.deliver.project_xml import EmbeddedStem, metadata_xml, project_xml
from aurax.errors import CorruptData
from aurax.score.score import Score

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold; a real one would change the file every time
_UNIX = 3
_FILE_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class ProjectStem:
    """A stem that the project holds.

    Args:
        name: the stem's name; unique within the song.
        sample_rate: frames a second.
        channels: number of channels.
        frames: length.
        role: what it does, for its colour; empty for effect returns.
    """

    name: str
    sample_rate: int
    channels: int
    frames: int
    role: str = ""


def audio_suffix(stems: Sequence[ProjectStem], wanted: ProjectAudio = "auto") -> Literal[".wav", ".flac"]:
    """Whether a project of these stems holds WAV or FLAC; WAV by default if its size allows."""
    if wanted == "auto":
        total_bytes = sum(wav_bytes(stem.frames, stem.channels) for stem in stems)
        return ".wav" if total_bytes <= LARGEST_WAV_PROJECT_BYTES else ".flac"
    return ".wav" if wanted == "wav" else ".flac"


def inside_paths(stems: Sequence[ProjectStem], suffix: str) -> list[str]:
    """Places of the stems in the archive, numbered so that two names never meet after cleaning."""
    return [
        f"audio/{number:02d}-{re.sub(r'[^A-Za-z0-9]+', '-', stem.name).strip('-') or 'stem'}{suffix}"
        for number, stem in enumerate(stems, 1)
    ]


def write_project_parts(
    path: Path,
    score: Score,
    title: str,
    stems: Sequence[ProjectStem],
    *,
    audio: ProjectAudio = "auto",
    aurax_version: str = "",
) -> list[str]:
    """Write the project's documents as a small zip without its audio.

    Args:
        path: the file; replaced as a whole if it exists.
        score: notes, tempo and sections.
        title: the song's title.
        stems: what the project will hold, in the order of its tracks.
        audio: whether the stems will be WAV or FLAC.
        aurax_version: stated as the writing program's version.

    Returns:
        Where in the archive each stem belongs; the suffix says as what.

    Raises:
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.
    """
    inside = inside_paths(stems, audio_suffix(stems, audio))
    embedded = [
        EmbeddedStem(stem.name, place, stem.sample_rate, stem.channels, stem.frames, stem.role)
        for stem, place in zip(stems, inside, strict=True)
    ]
    documents = {
        "project.xml": project_xml(score, embedded, aurax_version),
        "metadata.xml": metadata_xml(score.plan, title),
    }
    with whole_file(path) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, content in documents.items():
            archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), content)
    return inside


def assemble_dawproject(path: Path, parts: Path, stem_files: Mapping[str, Path]) -> None:
    """Put a project together from its documents and the song's stems; the same parts give the same bytes.

    Args:
        path: the `.dawproject`; replaced as a whole if it exists.
        parts: what `write_project_parts` wrote.
        stem_files: place in the archive → a 24-bit FLAC or WAV file. Embedded as it is where the suffixes agree,
            else as a WAV of the same samples; never compressed.

    Raises:
        CorruptData: the parts are no zip, or a stem's file is missing, unreadable or of another format.
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.
    """
    for inside, stem in stem_files.items():
        if not stem.is_file():
            raise CorruptData(f"the stem {inside} at {stem}", "no such file", "deliver the song again")
        if Path(inside).suffix not in (".wav", stem.suffix.lower()):
            raise CorruptData(f"a file for {inside}", stem.name, "deliver the song again")
    documents = _documents(parts)
    with whole_file(path) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, content in documents.items():
            archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), content)
        for inside, stem in stem_files.items():
            with archive.open(_entry(inside, zipfile.ZIP_STORED), "w") as target:
                if Path(inside).suffix == stem.suffix.lower():
                    with stem.open("rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
                else:
                    copy_as_wav(stem, target)


def _entry(name: str, compress_type: int) -> zipfile.ZipInfo:
    """An entry without anything that differs between machines and runs."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compress_type
    entry.create_system = _UNIX
    entry.external_attr = _FILE_MODE
    return entry


def _documents(parts: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(parts) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise CorruptData("the documents of a project", f"{parts.name}: {error}", "deliver the song again") from error
