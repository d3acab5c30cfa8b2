"""How fast a song is made: warm and cold, by stage, by length, with and without clip reuse, against FluidSynth."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aurax import analyze, compose
from aurax.render.instrument_registry import load_instruments
from aurax.render.pool import RenderPool
from aurax.score.score import Score
from aurax.score.seeds import generator
from benchmarks import report
from benchmarks.runs import Run, make, make_here, servers

WARM_UP = tuple(f"{style}, 20 seconds" for style in ("lofi", "deep house", "synthwave", "ambient"))
THREE_MINUTES = (
    "rainy-night lo-fi hip hop, 82 bpm, 3 minutes",
    "deep house with warm chords, 122 bpm, 3 minutes",
    "synthwave night drive, 100 bpm, 3 minutes",
    "slow ambient with bells, 3 minutes",
    "dusty lofi with piano, 3 minutes",
    "energetic deep house with organ, 3 minutes",
    "dark synthwave with arpeggios, 3 minutes",
)
LENGTHS = (("30 s", "30 seconds"), ("3 min", "3 minutes"), ("10 min", "10 minutes"))
SOUND_FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/default-GM.sf2")


def main() -> None:
    """Measure everything in one run and write one table and one JSON."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data = folder / "data"
        cold = make(folder / "cold", folder / "out-cold", THREE_MINUTES[0], "--seed", "1", "--takes", "1")
        with servers(data):
            for number, prompt in enumerate(WARM_UP):
                make(data, folder / f"warm-up-{number}", prompt, "--seed", "99")
            warm = [
                make_here(data, folder / f"warm-{number}", prompt, seed=1)
                for number, prompt in enumerate(THREE_MINUTES)
            ]
            commands = [
                make(data, folder / f"command-{number}", prompt, "--seed", "2", "--takes", "1")
                for number, prompt in enumerate(THREE_MINUTES[:3])
            ]
            watched = make(data, folder / "watched", THREE_MINUTES[0], "--seed", "3", "--takes", "1", watch_memory=True)
            cached = make(data, folder / "cached", THREE_MINUTES[0], "--seed", "1", "--takes", "1")
            grown = [
                make(data, folder / f"length-{name}", f"synthwave, 100 bpm, {length}", "--seed", "5", "--takes", "1")
                for name, length in LENGTHS
            ]
        fluidsynth = _fluidsynth_s(warm[0].folder / "song.mid", folder)
        reuse = _reuse(folder / "clips")
    _write(cold, warm, commands, cached, grown, watched.peak_memory_mb, reuse, fluidsynth)


def _write(
    cold: Run,
    warm: Sequence[Run],
    commands: Sequence[Run],
    cached: Run,
    grown: Sequence[Run],
    peak_mb: float,
    reuse: dict[str, float],
    fluidsynth: float | None,
) -> None:
    speeds = [run.speed for run in warm]
    totals = [run.song["timings_s"]["total"] for run in warm]
    stages = [name for name in warm[0].song["timings_s"] if name != "total"]
    medians = {name: statistics.median(run.song["timings_s"][name] for run in warm) for name in stages}
    overheads = [
        1 - sum(run.song["timings_s"][name] for name in stages) / run.song["timings_s"]["total"] for run in warm
    ]
    values: dict[str, Any] = {
        "warm_3_min": {
            "median_times_real_time": round(statistics.median(speeds), 2),
            "slowest": round(min(speeds), 2),
            "fastest": round(max(speeds), 2),
            "median_wall_s": round(statistics.median(run.wall_s for run in warm), 2),
            "median_line_s": round(statistics.median(totals), 2),
            "median_stage_s": {name: round(value, 3) for name, value in medians.items()},
            "median_orchestration_share": round(statistics.median(overheads), 3),
            "peak_memory_mb": round(peak_mb),
            "songs": [
                {"prompt": run.song["prompt"], "wall_s": round(run.wall_s, 2), "timings_s": run.song["timings_s"]}
                for run in warm
            ],
        },
        "warm_3_min_command": {
            "median_times_real_time": round(statistics.median(run.speed for run in commands), 2),
            "median_wall_s": round(statistics.median(run.wall_s for run in commands), 2),
        },
        "cold_3_min": {"wall_s": round(cold.wall_s, 2), "times_real_time": round(cold.speed, 2)},
        "same_song_again_3_min": {"wall_s": round(cached.wall_s, 2), "times_real_time": round(cached.speed, 2)},
        "by_length": {
            name: {
                "wall_s": round(run.wall_s, 2),
                "times_real_time": round(run.speed, 2),
            }
            for (name, _), run in zip(LENGTHS, grown, strict=True)
        },
        "clip_reuse": reuse,
        "fluidsynth_render_s": fluidsynth,
    }
    total = statistics.median(totals)
    rows = [
        (
            "3 min, warm (new song, servers up), median of seven",
            f"{statistics.median(run.wall_s for run in warm):.1f} s",
            f"{statistics.median(speeds):.1f}",
        ),
        ("slowest and fastest of those", "", f"{min(speeds):.1f} – {max(speeds):.1f}"),
        (
            "the same through the command, which starts Python, median of three",
            f"{statistics.median(run.wall_s for run in commands):.1f} s",
            f"{statistics.median(run.speed for run in commands):.1f}",
        ),
        ("3 min, cold (nothing runs, empty caches)", f"{cold.wall_s:.1f} s", f"{cold.speed:.1f}"),
        ("3 min, the same song again", f"{cached.wall_s:.1f} s", f"{cached.speed:.1f}"),
        *(
            (f"{name}, warm", f"{run.wall_s:.1f} s", f"{run.speed:.1f}")
            for (name, _), run in zip(LENGTHS, grown, strict=True)
        ),
    ]
    shares = [(name, f"{value:.2f} s", f"{100 * value / total:.0f} %") for name, value in medians.items()]
    shares.append(
        ("orchestration", f"{total - sum(medians.values()):.2f} s", f"{100 * statistics.median(overheads):.0f} %")
    )
    others = [
        ("peak memory, all processes, 3 min", f"{peak_mb:.0f} MB"),
        ("clip placements served by a clip rendered already", f"{100 * reuse['hit_ratio']:.0f} %"),
        ("rendering with clip reuse", f"{reuse['with_reuse_s']:.2f} s"),
        ("rendering the same score, every clip different", f"{reuse['without_reuse_s']:.2f} s"),
        ("FluidSynth rendering the same song's MIDI", "not installed" if fluidsynth is None else f"{fluidsynth:.2f} s"),
    ]
    report.write(
        "speed",
        values,
        [
            report.table(("prompt to delivered folder", "wall time", "× real time"), rows),
            report.table(("stage, median of warm 3 min", "time", "share"), shares),
            report.table(("what", "value"), others),
        ],
    )


def _reuse(folder: Path) -> dict[str, float]:
    """Render one score twice, as it is and with every bar made different by one step of velocity."""
    score = compose(analyze(THREE_MINUTES[0]), seed=1)
    with RenderPool(load_instruments(), folder, workers=2) as pool:
        _render_s(pool, compose(analyze("lofi, 20 seconds"), seed=2))
        with_reuse_s, placed, different = _render_s(pool, score)
        without_reuse_s, _, _ = _render_s(pool, _all_different(score))
    return {
        "hit_ratio": round(1 - different / placed, 3),
        "with_reuse_s": round(with_reuse_s, 2),
        "without_reuse_s": round(without_reuse_s, 2),
        "ratio": round(without_reuse_s / with_reuse_s, 2),
    }


def _render_s(pool: RenderPool, score: Score) -> tuple[float, int, int]:
    started = time.perf_counter()
    stems = [pool.render_track(track, score) for track in score.tracks]
    elapsed_s = time.perf_counter() - started
    keys = [placement.key for stem in stems for placement in stem.placements]
    return elapsed_s, len(keys), len(set(keys))


def _all_different(score: Score) -> Score:
    dice = generator(0, "benchmark")
    return replace(
        score,
        tracks=tuple(
            replace(
                track,
                notes=tuple(
                    replace(note, velocity=min(127, max(1, note.velocity + int(dice.integers(-3, 4)))))
                    for note in track.notes
                ),
            )
            for track in score.tracks
        ),
    )


def _fluidsynth_s(midi: Path, folder: Path) -> float | None:
    font = next((path for path in SOUND_FONTS if Path(path).exists()), None)
    if shutil.which("fluidsynth") is None or font is None:
        return None
    started = time.perf_counter()
    subprocess.run(
        ["fluidsynth", "-ni", "-r", "48000", "-F", str(folder / "fluid.wav"), font, str(midi)],
        check=True,
        capture_output=True,
    )
    return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
