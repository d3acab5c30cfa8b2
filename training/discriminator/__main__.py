"""Train the discriminator that AURA-X ships: `python -m training.discriminator`.

Renders a bank of clips, makes examples, fits the network, measures it on what it never heard, and writes the model,
its card and the report into the repository. The bank and the examples are kept and used again.

Needs the extras `dev`, `neural` and `training`, and fluidsynth with fluid-soundfont-gm (to measure). About 35 minutes
on two cores that others use too.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from aurax.engines.discriminator import features as described
from aurax.engines.discriminator.card import ModelCard
from aurax.engines.discriminator.features import Array, Features
from training.discriminator import bank, damage, examples, fluid, intended, songs, synth
from training.discriminator.examples import DEFECTS, Examples, Order
from training.discriminator.fit import export, fit, hear
from training.discriminator.measure import Figures, count, questions
from training.discriminator.report import write_report

_TRAINING = (
    "Synthetic music only: songs of AURA-X in the styles lofi, deep-house and ambient, and random loops of a plain "
    "synthesizer (generator A); graded damage and intended treatments are inflicted on the fly."
)
_HELD_OUT = (
    "the style synthwave and riffs on sampled instruments (generator B, FluidSynth), both never heard in training."
)


def main() -> None:
    """Read the options and do all of it."""
    parser = argparse.ArgumentParser(prog="python -m training.discriminator", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "aurax-discriminator"))
    parser.add_argument("--out", type=Path, default=Path(described.__file__).parent, help="folder of model and card")
    parser.add_argument("--report", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--examples", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the bank and of the questions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="of the fitting; their number changes the last bits")
    parser.add_argument("--workers", type=int, default=2, help="processes that render and make examples")
    options = parser.parse_args()

    clips = bank.plan(options.scale)
    bank.build(options.folder / "bank", clips, options.workers)
    print(f"bank: {len(clips)} clips", flush=True)
    training = [clip for clip in clips if not clip.held_out]
    heard = _examples(options.folder, [Order(seed, training) for seed in range(options.examples)], options.workers)
    print(f"examples: {len(heard.severity)}", flush=True)
    critic = fit(heard, epochs=options.epochs, seed=options.seed, threads=options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    part = options.out / "discriminator.part"
    export(critic, part)
    part.replace(options.out / "discriminator.onnx")
    asked = questions(clips, options.scale)
    unheard = _examples(options.folder, [question.order for question in asked], options.workers)
    found = _answers(options.out / "discriminator.onnx", unheard.features)
    figures = count(asked, unheard.severity, unheard.present, found)
    undamaged = ~heard.present.any(axis=1)
    quiet = hear(critic, Features(*(kind[undamaged] for kind in heard.features)))
    card = _card(options, dict(zip(DEFECTS, np.quantile(quiet, 0.9, axis=0).tolist(), strict=True)), figures)
    (options.out / "discriminator.json").write_text(card.model_dump_json(indent=1) + "\n")
    write_report(options.report, card, figures)
    print(f"mean AUC {np.mean(list(figures.auc.values())):.3f}, false alarms {figures.false_alarm_rate:.1%}")


def _examples(folder: Path, orders: Sequence[Order], workers: int) -> Examples:
    """Examples, made anew when an order or the code that makes them has changed."""
    digest = hashlib.sha256("".join(f"{order}" for order in orders).encode())
    for module in (bank, damage, examples, fluid, intended, songs, synth, described):
        digest.update(Path(str(module.__file__)).read_bytes())
    kept = folder / f"examples-{digest.hexdigest()[:12]}.npz"
    if not kept.exists():
        made = examples.make(orders, folder / "bank", workers)
        part = kept.with_suffix(".part.npz")
        np.savez(part, severity=made.severity, present=made.present, **made.features._asdict())
        part.replace(kept)
    with np.load(kept) as found:
        return Examples(Features(*(found[kind] for kind in Features._fields)), found["severity"], found["present"])


def _answers(model: Path, features: Features) -> Array:
    """What the written model finds, run as the engine runs it."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    parts = [
        session.run(None, {name: kind[at : at + 32].astype(np.float32) for name, kind in features._asdict().items()})
        for at in range(0, len(features.mel), 32)
    ]
    return np.concatenate([part[0] for part in parts])


def _card(options: argparse.Namespace, floors: dict[str, float], figures: Figures) -> ModelCard:
    return ModelCard(
        name="AURA-X discriminator",
        licence="GPL-3.0-or-later",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        command=(
            f"python -m training.discriminator --examples {options.examples} --epochs {options.epochs} "
            f"--scale {options.scale:g} --seed {options.seed} --threads {options.threads}"
        ),
        seed=options.seed,
        training=_TRAINING,
        held_out=_HELD_OUT,
        floors={defect: round(floor, 4) for defect, floor in floors.items()},
        held_out_auc={defect: round(auc, 4) for defect, auc in figures.auc.items()},
        false_alarms=round(figures.false_alarm_rate, 4),
    )


if __name__ == "__main__":
    main()
