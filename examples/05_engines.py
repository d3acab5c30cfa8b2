"""Engines one by one: generate as a stream, take it apart, and master it to a reference. Needs no weights."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from aurax.audio.files import write_audio
from aurax.audio.waveform import Waveform
from aurax.engines.engine import Chunk, Engine, EngineContext, generate
from aurax.engines.engine_registry import load_engines
from aurax.engines.requests import GenerationRequest, MasteringRequest, SeparationRequest


def load(name: str, weights: Path) -> Engine:
    """An engine on this machine; those with weights find them in a folder of their name."""
    return load_engines()[name].load(EngineContext(weights))


def tell(chunk: Chunk) -> None:
    """A line for every piece that comes."""
    frames = sum(piece.shape[1] for piece in chunk.audio.values())
    print(f"{chunk.progress:4.0%}  {frames} frames")


def main(folder: Path) -> None:
    """Make two candidates, separate the first, master it like the second."""
    folder.mkdir(parents=True, exist_ok=True)
    request = GenerationRequest("a plain groove", duration_s=6.0, seeds=(1, 2), bpm=110.0, key="D minor")
    made = generate(load("debug", folder), request, on_chunk=tell).audio
    first, second = made["candidate-0"], made["candidate-1"]

    stems = generate(load("hpss", folder), SeparationRequest(first)).audio
    total = np.sum([stem.samples for stem in stems.values()], axis=0)
    print(f"{', '.join(stems)} add up to the mixture within {np.abs(total - first.samples).max():.1e}")

    result = generate(load("mastering", folder), MasteringRequest(first, reference=darker(second)))
    before, after = (result.measurements[f"reference/tone_{when}_db"] for when in ("before", "after"))
    print(f"tone: {before:.1f} dB from the reference, then {after:.1f} dB")
    write_audio(folder / "master.flac", result.audio["master"])


def darker(track: Waveform) -> Waveform:
    """The same track without its brightness, as a reference."""
    weights = np.hanning(7)
    dull = [np.convolve(channel, weights / weights.sum(), mode="same") for channel in track.samples]
    return Waveform(np.asarray(dull, dtype=np.float32))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/engines"))
