"""The held-out figures as a table for readers and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from aurax.engines.discriminator.card import ModelCard
from training.discriminator.measure import GENERATORS, TIERS, Figures


def write_report(folder: Path, card: ModelCard, figures: Figures) -> None:
    """Write `discriminator.md` and `discriminator.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = json.loads(json.dumps(asdict(figures)), parse_float=lambda text: round(float(text), 4))
    record = {"card": card.model_dump(mode="json"), "figures": rounded}
    (folder / "discriminator.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / "discriminator.md").write_text(_markdown(card, figures))


def _markdown(card: ModelCard, figures: Figures) -> str:
    lines = [
        "# Discriminator",
        "",
        f"Trained {card.date} with `{card.command}`. {card.training} Measured on {figures.windows} windows: "
        f"{card.held_out}",
        "",
        "AUC: the chance that a damaged window is found worse than an undamaged one (0.5 is guessing). Undamaged "
        "windows carry up to three intended treatments. *Others*: against windows with any other damage too. *Rank*: "
        "Spearman correlation of true and found severity.",
        "",
        "| defect | AUC | " + " | ".join((*GENERATORS, *TIERS)) + " | others | rank |",
        "|---|" + "---|" * (len(GENERATORS) + len(TIERS) + 3),
    ]
    for defect, auc in figures.auc.items():
        cells = [
            auc,
            *(figures.auc_by_generator[defect][one] for one in GENERATORS),
            *(figures.auc_by_tier[defect][one] for one in TIERS),
            figures.auc_against_others[defect],
            figures.rank[defect],
        ]
        name = "codec (Vorbis, never heard in training)" if defect == "vorbis" else defect
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    lines += [
        "",
        "False alarms: share of undamaged windows, each treated in one intended way, of which some defect is found "
        f"above 0.5. Mean {figures.false_alarm_rate:.1%}.",
        "",
        "| treatment | false alarms | heard as |",
        "|---|---|---|",
    ]
    for treatment, share in figures.false_alarms.items():
        heard = ", ".join(f"{defect} {count}×" for defect, count in figures.alarmed[treatment].items())
        lines.append(f"| {treatment.replace('_', ' ')} | {share:.1%} | {heard or 'none'} |")
    return "\n".join(lines) + "\n"
