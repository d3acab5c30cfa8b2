"""Forty prompts over the four styles: do all deliver, are they what was asked for and good, do any two sound alike?"""

from __future__ import annotations

import hashlib
import itertools
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from aurax.judge.verdict import Verdict
from aurax.judge.wording import expected_words, measured_words
from benchmarks import report
from benchmarks.runs import Run, make, servers

PROMPTS = (
    "rainy-night lo-fi hip hop, 82 bpm, 40 seconds",
    "dusty lofi beat in D minor with vinyl crackle, half a minute",
    "chill study beats, electric piano, no drums, 35 seconds",
    "lo-fi waltz in 3/4 with soft piano, 76 bpm, 40s",
    "bittersweet lofi at 74 bpm, guitar and bass only, 30 seconds",
    "warm jazzy chillhop in F major, 88 bpm, 0:45",
    "sleepy lofi without piano, very soft, 40 seconds",
    "happy summer lofi with bells, fast, 30 sec",
    "melancholic rainy lo-fi, starts quiet and builds up, 50 seconds",
    "lofi, Bb dorian, 80 bpm, ends abruptly, 32 seconds",
    "deep house with warm chords, 122 bpm, 45 seconds",
    "late night deep house in C minor with organ, 40 seconds",
    "sunny deep house, rhodes, 120 bpm, no lead, 35s",
    "driving club house at 125 bpm with a big break, 1 minute",
    "minimal deep house, sparse, hypnotic, 40 seconds",
    "soulful house in A dorian, 118 bpm, fade out, 45 seconds",
    "dark deep house, heavy bass, F# minor, 30 seconds",
    "chill house without four on the floor pads, 121 bpm, 36 seconds",
    "energetic deep house, bright, wide, 124 bpm, 40 seconds",
    "deep house intro loop, no hats, 119 bpm, 30 seconds",
    "synthwave night drive, 100 bpm, 45 seconds",
    "80s synthwave with arpeggios and gated snare in E minor, 40 seconds",
    "uplifting retrowave in C major, 110 bpm, 40 seconds",
    "dark cyberpunk synthwave, aggressive, 30 seconds",
    "slow dreamy synthwave ballad, 84 bpm, 50 seconds",
    "neon outrun chase, fast, 118 bpm, D minor, 35 seconds",
    "synthwave without drums, pads and lead, 92 bpm, 40s",
    "nostalgic synthwave in A minor, ends with a hit, 30 seconds",
    "epic synthwave with a long build and a final chorus, 1 minute",
    "synthwave in 3/4, 96 bpm, G minor, 36 seconds",
    "slow ambient with bells, 45 seconds",
    "ambient drone in D lydian, no drums, 1 minute",
    "calm piano ambient for sleep, 60 bpm, 40 seconds",
    "floating space ambient, wide, 50 seconds",
    "dark ambient in C minor, low and brooding, 45 seconds",
    "bright morning ambient in E major with soft lead, 40 seconds",
    "meditative ambient, only pads, 50 seconds",
    "ambient rain and felt piano, 66 bpm, 45 seconds",
    "warm analog ambient, slow swells, fade out, 40 seconds",
    "ambient waltz in 3/4, 70 bpm, music box, 36 seconds",
)


def main() -> None:
    """Make all forty, then one again with the same seed and one with another."""
    with tempfile.TemporaryDirectory() as scratch:
        data, out = Path(scratch) / "data", Path(scratch) / "out"
        with servers(data):
            runs = [
                make(data, out / str(number), prompt, "--seed", str(number))
                for number, prompt in enumerate(PROMPTS, start=1)
            ]
            again = make(data, out / "again", PROMPTS[0], "--seed", "1")
            other = make(data, out / "other", PROMPTS[0], "--seed", "2")
        same_bits = _sha256(runs[0].folder / "master.flac") == _sha256(again.folder / "master.flac")
        other_song = _fingerprint(runs[0].folder) != _fingerprint(other.folder)
        prints = [_fingerprint(run.folder) for run in runs]
    alike = [
        (first + 1, second + 1)
        for first, second in itertools.combinations(range(len(prints)), 2)
        if any(one and one == other for one, other in zip(prints[first], prints[second], strict=True))
    ]
    verdicts = [run.song["verdict"] for run in runs]
    rows = [
        (
            number,
            run.song["prompt"],
            run.song["plan"]["style"],
            *_measures(run),
            run.song["outcome"]["line"],
            _failures(run),
        )
        for number, run in enumerate(runs, start=1)
    ]
    summary = {
        "prompts": len(runs),
        "delivered": len(runs),
        "fidelity_passed": sum(one["fidelity"]["passed"] for one in verdicts),
        "quality_passed": sum(one["quality"]["passed"] for one in verdicts),
        "verdict_passed": sum(one["passed"] for one in verdicts),
        "median_fidelity": statistics.median(one["fidelity"]["score"] for one in verdicts),
        "median_quality": statistics.median(one["quality"]["score"] for one in verdicts),
        "median_score": statistics.median(one["score"] for one in verdicts),
        "takes": sum(len(run.song["takes"]) for run in runs),
        "pairs_alike": alike,
        "same_seed_bit_identical": same_bits,
        "other_seed_other_song": other_song,
        "median_times_real_time": round(statistics.median(run.speed for run in runs), 2),
    }
    report.write(
        "prompts",
        {**summary, "songs": [_record(run) for run in runs]},
        [
            report.table(("what", "value"), [(name.replace("_", " "), value) for name, value in summary.items()]),
            report.table(
                (
                    "no.",
                    "prompt",
                    "style",
                    "fidelity",
                    "quality",
                    "score",
                    "takes",
                    "LUFS",
                    "dBTP",
                    "LRA",
                    "× real time",
                    "outcome",
                    "checks that fail",
                ),
                rows,
            ),
        ],
    )


def _measures(run: Run) -> tuple[str, ...]:
    master, verdict = run.song["master"], run.song["verdict"]
    return (
        f"{verdict['fidelity']['score']:.0f}",
        f"{verdict['quality']['score']:.0f}",
        f"{verdict['score']:.0f}",
        str(len(run.song["takes"])),
        f"{master['integrated_lufs']:.1f}",
        f"{master['true_peak_dbtp']:.1f}",
        f"{master['loudness_range_lu']:.1f}",
        f"{run.speed:.1f}",
    )


def _failures(run: Run) -> str:
    failing = Verdict.model_validate(run.song["verdict"]).failures
    return ", ".join(f"{one.name} ({measured_words(one)} for {expected_words(one)})" for one in failing) or "none"


def _record(run: Run) -> dict[str, Any]:
    return {
        "prompt": run.song["prompt"],
        "style": run.song["plan"]["style"],
        "wall_s": round(run.wall_s, 2),
        "passed": run.song["verdict"]["passed"],
        "fidelity": run.song["verdict"]["fidelity"],
        "quality": run.song["verdict"]["quality"],
        "score": run.song["verdict"]["score"],
        "outcome": run.song["outcome"]["line"],
        "takes": len(run.song["takes"]),
        "master": run.song["master"],
        "failing": _failures(run),
    }


def _fingerprint(folder: Path) -> tuple[str, str, str]:
    """Chords, melody and drums of a song, each as a text without key and tempo; empty where it has none."""
    score = json.loads((folder / "score.json").read_text())
    chords = " ".join(span["chord"]["roman"] for span in score["plan"]["chords"])
    lead = [note for track in score["tracks"] if track["role"] in ("lead", "counter") for note in track["notes"]]
    steps = [(after["start_ticks"] - before["start_ticks"], after["pitch"] - before["pitch"])
             for before, after in itertools.pairwise(lead)]  # fmt: skip
    drums = [
        (note["start_ticks"], note["pitch"])
        for track in score["tracks"]
        if track["role"] in ("kick", "snare", "hat", "perc")
        for note in track["notes"]
    ]
    return chords, str(steps or ""), str(drums or "")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
