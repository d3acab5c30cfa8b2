from __future__ import annotations

from typing import Any

import pytest
import torch
from builders.musicgen_checkpoints import KINDS, Kind
from builders.musicgen_decoding import LONG, SHORT, Tiny, codes, decode, melody, tiny
from torch import Tensor

from aurax.engines.engine import Precision
from aurax.engines.requests import Sampling

FRAMES = 40


def generate(model: Any, inputs: dict[str, Tensor], frames: int, guidance: float) -> Tensor:
    """The tokens that transformers finds, the opening's included; shape (codebooks, frames)."""
    heard: list[Tensor] = []
    decode_audio = model.audio_encoder.decode

    def listen(ids: Tensor, *args: Any, **kwargs: Any) -> Any:
        heard.append(ids)
        return decode_audio(ids, *args, **kwargs)

    model.audio_encoder.decode = listen
    try:
        # The delay pattern takes three of the new tokens.
        model.generate(**inputs, max_new_tokens=frames + 3, do_sample=False, guidance_scale=guidance)
    finally:
        model.audio_encoder.decode = decode_audio
    channels = [ids[0, 0] for ids in heard]
    return torch.stack(channels, dim=1).flatten(0, 1)


@pytest.mark.parametrize("opening", [0, 6])
@pytest.mark.parametrize("guidance", [3.0, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_greedy_tokens_equal_those_of_transformers(kind: Kind, guidance: float, opening: int) -> None:
    model = tiny(kind)
    known = codes(model.config, opening)
    inputs = model.prompt(SHORT) | ({"decoder_input_ids": known} if opening else {})

    expected = generate(model.oracle, inputs, FRAMES, guidance)
    found = decode(
        model.decoder(),
        model.conditions(SHORT),
        FRAMES,
        Sampling(guidance=guidance, greedy=True),
        opening=known if opening else None,
    )

    assert expected.shape == (model.config.codebooks, opening + FRAMES)
    assert len(expected.unique()) > 10
    assert torch.equal(found[0], expected[:, opening:])


@pytest.mark.parametrize("kind", ["mono", "stereo"])
def test_greedy_tokens_equal_those_of_transformers_for_a_text_too_long_to_fold(kind: Kind) -> None:
    model = tiny(kind)
    expected = generate(model.oracle, model.prompt(LONG), FRAMES, 3.0)
    found = decode(model.decoder(), model.conditions(LONG), FRAMES, Sampling(greedy=True))
    assert torch.equal(found[0], expected)


@pytest.mark.parametrize("frames", [7, 13, 20])
@pytest.mark.parametrize("kind", ["melody", "melody-stereo"])
def test_greedy_tokens_after_a_melody_equal_those_of_transformers(kind: Kind, frames: int) -> None:
    model = tiny(kind)
    inputs = model.prompt(SHORT) | {"input_features": melody(frames)[None]}
    expected = generate(model.oracle, inputs, FRAMES, 3.0)
    found = decode(model.decoder(), model.conditions(SHORT, melody(frames)), FRAMES, Sampling(greedy=True))
    without = decode(model.decoder(), model.conditions(SHORT), FRAMES, Sampling(greedy=True))
    assert torch.equal(found[0], expected)
    assert not torch.equal(found, without)


@pytest.mark.parametrize("kind", ["mono", "stereo"])
def test_going_on_from_audio_equals_transformers_generating_from_it(kind: Kind) -> None:
    model = tiny(kind)
    generator = torch.Generator().manual_seed(7)
    audio = torch.rand(1, model.config.channels, 640 * 8, generator=generator, dtype=torch.float64) - 0.5
    with torch.inference_mode():
        channels = [model.oracle.audio_encoder.encode(channel[None, None]).audio_codes[0, 0] for channel in audio[0]]
    known = torch.stack(channels, dim=1).flatten(0, 1)

    expected = generate(model.oracle, model.prompt(SHORT) | {"input_values": audio}, FRAMES, 3.0)
    found = decode(model.decoder(), model.conditions(SHORT), FRAMES, Sampling(greedy=True), opening=known)

    assert torch.equal(expected[:, : known.shape[1]], known)
    assert torch.equal(found[0], expected[:, known.shape[1] :])


def true_logits(model: Tiny, text: str, columns: Tensor) -> Tensor:
    """Of transformers in fp64, the tokens being given; shape (columns, codebooks, vocabulary)."""
    with torch.inference_mode():
        logits = model.oracle(**model.prompt(text), decoder_input_ids=columns).logits
    return logits[:, -columns.shape[1] :].transpose(0, 1)


def logits_of(model: Tiny, precision: Precision, text: str, columns: Tensor) -> Tensor:
    backend = model.backend(precision)
    backend.begin(model.conditions(text), candidates=1, positions=columns.shape[1], guided=False)
    return torch.cat([backend.step(column[None], position).clone() for position, column in enumerate(columns.T)])


# fp32: rounding of 2^-24 over some hundred operations. bf16: 2^-9 likewise. int8: bf16, and weights rounded to 1/254 of
# their row's largest, which is some 3 of their standard deviations.
@pytest.mark.parametrize(("precision", "tolerance"), [("fp64", 1e-13), ("fp32", 2e-6), ("bf16", 0.02), ("int8", 0.03)])
@pytest.mark.parametrize("text", [SHORT, LONG])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_transformers_within_the_precision(
    kind: Kind, text: str, precision: Precision, tolerance: float
) -> None:
    model = tiny(kind)
    columns = codes(model.config, 30)
    expected = true_logits(model, text, columns)
    found = logits_of(model, precision, text, columns)
    error = (found.double() - expected).norm() / expected.norm()
    correlation = torch.corrcoef(torch.stack([found.double().flatten(), expected.flatten()]))[0, 1]
    assert float(error) < tolerance
    assert float(correlation) > 1.0 - tolerance
    assert found.dtype == (torch.float64 if precision == "fp64" else torch.float32)


@pytest.mark.parametrize("kind", ["mono", "melody"])
def test_positions_past_the_configured_length_go_on_as_in_transformers(kind: Kind) -> None:
    model = tiny(kind)
    columns = codes(model.config, model.config.max_positions + 10)
    backend = model.backend("fp64")
    backend.begin(model.conditions(SHORT), candidates=1, positions=columns.shape[1], guided=False)
    backend.read(columns[:, :-1])
    found = backend.step(columns[None, :, -1], columns.shape[1] - 1)
    expected = true_logits(model, SHORT, columns)[-1]
    assert torch.allclose(found[0], expected, rtol=0.0, atol=1e-10)
