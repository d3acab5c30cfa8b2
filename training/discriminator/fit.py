"""Fitting the network, and writing it as ONNX."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aurax.engines.discriminator.features import Features
from training.discriminator.examples import Examples
from training.discriminator.network import Critic

_HARDLY = 0.2
"""What the network shall say of damage of severity 0, which is there but hardly heard."""


def fit(examples: Examples, *, epochs: int, seed: int, threads: int = 2, batch: int = 32) -> Critic:
    """Train a network.

    Args:
        examples: to learn from.
        epochs: times that all examples are seen.
        seed: of the weights and the order.
        threads: of the CPU; the result depends on their number in the last bits.
        batch: examples to a step.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    kinds = [torch.from_numpy(kind) for kind in examples.features]
    targets = torch.from_numpy(np.where(examples.present, _HARDLY + (1 - _HARDLY) * examples.severity, 0)).float()
    critic = Critic(targets.shape[1], examples.features)
    steps = len(targets) // batch
    optimizer = torch.optim.AdamW(critic.parameters(), 3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * steps, pct_start=0.2)
    started = time.monotonic()
    for epoch in range(epochs):
        critic.train()
        total = 0.0
        order = torch.from_numpy(rng.permutation(len(targets)))
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            with torch.autocast("cpu", torch.bfloat16):
                logits = critic.logits(*(kind[chosen].float() for kind in kinds))
            loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{epochs}: loss {total / steps:.4f}, {time.monotonic() - started:.0f} s", flush=True)
    return critic.eval()


def export(critic: Critic, path: Path) -> None:
    """Write a network as one ONNX file that takes any number of windows."""
    example = tuple(
        torch.zeros(2, *shape) for shape in ((2, 64, 600), (critic.frame_mean.shape[1], 600), (96, 75), (4, 128))
    )
    windows = torch.export.Dim("windows", min=1, max=1024)
    torch.onnx.export(
        critic,
        example,
        path,
        input_names=list(Features._fields),
        output_names=["severity"],
        dynamic_shapes=tuple({0: windows} for _ in example),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _forget_where(path)


def _forget_where(path: Path) -> None:
    """Take the places in source files out of a model, which name folders of the machine that trained it."""
    import onnx

    model = onnx.load(path)
    parts = [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer]
    for part in [*parts, *model.graph.input, *model.graph.output, *model.functions]:
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, path)


def hear(critic: Critic, features: Features) -> NDArray[np.float32]:
    """Severities that a network finds, shape (windows, defects)."""
    kinds = [torch.from_numpy(kind) for kind in features]
    with torch.inference_mode():
        parts = [critic(*(kind[i : i + 64].float() for kind in kinds)) for i in range(0, len(kinds[0]), 64)]
    return torch.cat(parts).numpy()
