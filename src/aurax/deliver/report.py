"""`report.html`: one page that shows a song, how it was made and how it was judged. It loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from aurax.audio.waveform import Waveform
from aurax.deliver.atomic import whole_file
from aurax.deliver.energy import energy_frames, loudness_curve_lufs
from aurax.deliver.palette import role_colour
from aurax.deliver.piano_roll import piano_roll
from aurax.deliver.pictures import (
    Tick,
    curve_path,
    spectrogram_ticks,
    spectrogram_uri,
    spectrum_picture,
    time_ticks,
    waveform_paths,
)
from aurax.deliver.record import LossyRecord, SongRecord, outcome_of
from aurax.deliver.sections import section_titles
from aurax.errors import CorruptData
from aurax.intent.intent import Intent
from aurax.judge.wording import expected_words, measured_words, number_words
from aurax.score.score import Score
from aurax.score.sound import sound_of
from aurax.text import visible

_LOUDNESS_SPAN_LU = 24.0
"""How far below the target the loudness picture reaches."""
_LOUDNESS_ABOVE_LU = 6.0
_STEM_FLOOR_LUFS = -50.0
_STAGE_COLOURS = ("#3e8bf2", "#8e5cf0", "#37a6b8", "#2fae7a", "#e0a82e", "#f2762e", "#e2559f", "#8a94a6")


def write_report(
    path: Path,
    record: SongRecord,
    score: Score,
    master: Waveform,
    mix: Waveform | None = None,
    *,
    files: Sequence[str] = (),
) -> None:
    """Write the report of a delivered song.

    Args:
        path: the HTML file, in the song's folder; replaced as a whole if it exists.
        record: everything that is said.
        score: the accepted take's notes and plan.
        master: the finished audio.
        mix: the unmastered mix, drawn next to the master where given.
        files: further files of the song's folder to link, relative to it.

    Raises:
        CorruptData: the master holds no audio at all.
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.
    """
    if master.frames == 0:
        raise CorruptData("a master with sound in it", "0 frames", "make the song again")
    html = _template().render(
        record=record,
        plan=score.plan,
        transcribed=score.origin == "transcribed",
        sections=_sections(record, score, master.duration_s),
        pictures=_pictures(score, master, mix, record.intent.loudness_lufs),
        checks=sorted(record.verdict.checks, key=lambda check: check.passed),
        wishes=_wishes(record),
        outcome=outcome_of(record),
        stems=_stems(record),
        stages=_stages(record.timings_s),
        files=_files(record, files),
    )
    with whole_file(path) as scratch:
        scratch.write_text(html, encoding="utf-8")


def _pictures(score: Score, master: Waveform, mix: Waveform | None, asked_lufs: float | None) -> dict[str, Any]:
    """Everything drawn. The audio is read once for its peaks and once for its spectrum."""
    aim_lufs = score.plan.production.loudness_lufs if asked_lufs is None else asked_lufs
    energy = energy_frames(master)
    mix_energy = energy_frames(mix) if mix is not None else None
    top, bottom = aim_lufs + _LOUDNESS_ABOVE_LU, aim_lufs - _LOUDNESS_SPAN_LU
    peaks, rms = waveform_paths(master)
    steps = range(int(bottom // 6 * 6), int(top) + 1, 6)
    return {
        "peaks": peaks,
        "rms": rms,
        "loudness": curve_path(loudness_curve_lufs(energy), top, bottom),
        "mix_loudness": curve_path(loudness_curve_lufs(mix_energy), top, bottom) if mix_energy else "",
        "loudness_lufs": aim_lufs,
        "loudness_target": Tick(100 * (top - aim_lufs) / (top - bottom), "target"),
        "loudness_ticks": [
            Tick(100 * (top - level) / (top - bottom), _number(float(level))) for level in steps if bottom < level < top
        ],
        "spectrogram": spectrogram_uri(energy),
        "spectrogram_ticks": spectrogram_ticks(),
        "spectrum": spectrum_picture(energy, mix_energy, sound_of(score.plan).spectrum),
        "roll": piano_roll(score, master.duration_s),
        "chords": _chords(score, master.duration_s),
        "time_ticks": time_ticks(master.duration_s),
        "duration_s": master.duration_s,
    }


def _chords(score: Score, duration_s: float) -> list[dict[str, Any]]:
    """Chord labels along the song; a chord that is struck again without change stays one label within its section."""
    grid = score.plan.grid
    edges = {grid.bars_to_ticks(section.start_bar) for section in score.plan.sections}
    spans: list[list[Any]] = []
    for span in score.plan.chords:
        if spans and spans[-1][2] == span.chord and span.start_ticks not in edges:
            spans[-1][1] = span.end_ticks
        else:
            spans.append([span.start_ticks, span.end_ticks, span.chord])
    return [
        {
            "left": 100 * grid.ticks_to_s(start) / duration_s,
            "width": 100 * grid.ticks_to_s(end - start) / duration_s,
            "symbol": chord.symbol,
            "roman": chord.roman,
        }
        for start, end, chord in spans
    ]


def _sections(record: SongRecord, score: Score, duration_s: float) -> list[dict[str, Any]]:
    plan, rows = score.plan, []
    roles = {part.name: part.role for part in plan.parts}
    for section, entry, title in zip(plan.sections, record.plan.sections, section_titles(plan), strict=True):
        start, end = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        chords = [span.chord for span in plan.chords if start <= span.start_ticks < end]
        rows.append(
            {
                "title": title,
                "first_bar": entry.start_bar,
                "last_bar": entry.start_bar + entry.bars - 1,
                "start_s": entry.start_s,
                "left": 100 * entry.start_s / duration_s,
                "width": 100 * (entry.end_s - entry.start_s) / duration_s,
                "energy": entry.energy,
                "parts": [{"name": name, "colour": role_colour(roles.get(name, ""))} for name in section.parts],
                "chords": _loop([chord.symbol for chord in chords]),
            }
        )
    return rows


def _loop(names: list[str]) -> dict[str, Any]:
    """A sequence as the shortest loop that makes it, and how often."""
    for length in range(1, len(names) // 2 + 1):
        if len(names) % length == 0 and names == names[:length] * (len(names) // length):
            return {"names": names[:length], "times": len(names) // length}
    return {"names": names, "times": 1}


def _wishes(record: SongRecord) -> list[tuple[str, str]]:
    """What was understood, in the words of the page; wishes left to the style are left out."""
    intent = record.intent
    words = [
        ("Style", intent.style),
        ("Mood", ", ".join(intent.moods)),
        ("Tempo", f"{intent.tempo_bpm:g} bpm" if intent.tempo_bpm else ""),
        ("Key", " ".join(part for part in (intent.tonic, intent.mode) if part)),
        ("Meter", str(intent.meter) if intent.meter else ""),
        ("Length", _length(intent)),
        ("Wanted", ", ".join(intent.wanted) + (" and nothing else" if intent.wanted and intent.only_wanted else "")),
        ("Unwanted", ", ".join(intent.unwanted)),
        ("Form", ", ".join(intent.sections)),
        ("Energy", "" if intent.energy_shape == "style" else intent.energy_shape),
        ("Ending", "" if intent.ending == "style" else intent.ending),
        ("Loudness", f"{intent.loudness_lufs:g} LUFS" if intent.loudness_lufs is not None else ""),
    ]
    return [(name, value) for name, value in words if value]


def _length(intent: Intent) -> str:
    if intent.bars is None:
        return _clock(intent.duration_s)
    bars = "1 bar" if intent.bars == 1 else f"{intent.bars} bars"
    return f"a loop of {bars}" if intent.loop else f"{bars} and an ending"


def _stems(record: SongRecord) -> list[dict[str, Any]]:
    return [
        {
            "name": stem.name,
            "role": stem.role,
            "colour": role_colour(stem.role),
            "path": stem.path,
            "lufs": stem.integrated_lufs,
            "bar": 0.0
            if stem.integrated_lufs is None
            else min(100.0, max(2.0, 100.0 * (1.0 - stem.integrated_lufs / _STEM_FLOOR_LUFS))),
        }
        for stem in record.stems
    ]


def _stages(timings_s: dict[str, float]) -> list[dict[str, Any]]:
    """Stages as shares of the whole; what no stage accounts for is named as such."""
    stages = [(name, seconds) for name, seconds in timings_s.items() if name != "total"]
    known = sum(seconds for _, seconds in stages)
    total = max(timings_s.get("total", known), known, 1e-9)
    if total - known > 0.02 * total:
        stages.append(("everything else", total - known))
    return [
        {
            "name": name.replace("_", " "),
            "seconds": seconds,
            "percent": 100 * seconds / total,
            "colour": _STAGE_COLOURS[min(index, len(_STAGE_COLOURS) - 1)],
        }
        for index, (name, seconds) in enumerate(stages)
    ]


def _files(record: SongRecord, more: Sequence[str]) -> list[tuple[str, str]]:
    known = [
        (record.master.path, "the finished song"),
        (record.mix.path, "before mastering; the stems sum to it"),
        (record.midi, "the notes, for any sequencer"),
        (record.dawproject, "stems, notes and markers for a DAW; its note tracks are muted"),
    ]
    known += [(one.path, _turned_down(one)) for one in record.master.lossy]
    said = {path for path, _ in known}
    return known + [(path, "") for path in more if path not in said]


def _turned_down(lossy: LossyRecord) -> str:
    """What was done to a lossy file; nothing below a tenth of a decibel."""
    if lossy.gain_db > -0.1:
        return ""
    return f"{_decimal(-lossy.gain_db)} dB quieter, so that the decoded sound keeps the ceiling"


def _number(value: float | str | None) -> str:
    """A measured or expected value as people write it."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return number_words(value)


def _decimal(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def _bars(bars: Sequence[int]) -> str:
    """Bars as ranges: 3–5, 9."""
    ranges: list[list[int]] = []
    for bar in sorted(set(bars)):
        if ranges and bar == ranges[-1][1] + 1:
            ranges[-1][1] = bar
        else:
            ranges.append([bar, bar])
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        number=_number,
        decimal=_decimal,
        clock=_clock,
        bars=_bars,
        address=quote,
        visible=_visible,
        expected=expected_words,
        measured=measured_words,
    )
    return environment.get_template("report.html.j2")


def _visible(text: str) -> str:
    return visible(text, keep="\n")
