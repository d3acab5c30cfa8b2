"""The stages one by one: analyze, compose, render, mix, master, judge."""

from __future__ import annotations

import sys
from pathlib import Path

from aurax import analyze, compose, judge, master, mix, render
from aurax.audio.files import write_audio
from aurax.judge.wording import failure_words


def main(folder: Path) -> None:
    """Make fifteen seconds of lo-fi and write the master into a folder."""
    intent = analyze("warm lo-fi hip hop with electric piano, 84 bpm, 15 seconds")
    print(f"understood: {intent.style}, {intent.tempo_bpm} bpm, {intent.duration_s:g} s; contract:")
    for requirement in intent.contract.requirements:
        print(f"  {requirement.criterion}: {requirement.target} {requirement.unit}")

    score = compose(intent, seed=7)
    print(f"composed: {score.plan.key}, {score.plan.bars} bars, {len(score.tracks)} tracks")

    stems = render(score)
    mixed = mix(score, stems)
    finished = master(mixed.mix, score)
    verdict = judge(intent, score, mixed, finished)
    print(f"verdict: {'passed' if verdict.passed else 'fails'} with {verdict.score:.0f} of 100")
    print(f"  what was asked for: {verdict.fidelity.score:.0f}; how well it is made: {verdict.quality.score:.0f}")
    for check in verdict.failures:
        print(f"  {failure_words(check)}")

    folder.mkdir(parents=True, exist_ok=True)
    write_audio(folder / "master.flac", finished)
    print(f"wrote {folder / 'master.flac'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/stages"))
