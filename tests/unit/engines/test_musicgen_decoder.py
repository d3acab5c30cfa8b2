from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from builders.musicgen_checkpoints import KINDS, Kind
from builders.musicgen_decoding import CPU, LONG, SHORT, codes, melody, tiny
from torch import Tensor

from aurax.engines.musicgen import graphs
from aurax.engines.musicgen.cross import Folded, Kept, attend_to, moved
from aurax.engines.musicgen.decoder import TorchStep
from aurax.engines.musicgen.graphs import bucket
from aurax.engines.musicgen.linear import Dense, Int8, make_linear, quantise, settle


def run(backend: TorchStep, kind: Kind, columns: Tensor, first: int = 0) -> Tensor:
    """Logits of all columns from the first on, what comes before being read at once."""
    model = tiny(kind)
    conditions = model.conditions(SHORT, melody() if model.config.is_melody else None)
    backend.begin(conditions, candidates=2, positions=columns.shape[1], guided=True)
    if first:
        backend.read(columns[:, :first])
    steps = range(first, columns.shape[1])
    return torch.stack([backend.step(columns[:, place].expand(2, -1), place).clone() for place in steps])


@pytest.mark.parametrize("kind", KINDS)
def test_attention_over_buckets_equals_attention_over_what_is_filled(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "SMALLEST_BUCKET", 8)
    model = tiny(kind)
    columns = codes(model.config, 40)
    exact = run(model.backend("fp64", buckets=False), kind, columns)
    bucketed = run(model.backend("fp64", buckets=True), kind, columns)
    assert torch.allclose(bucketed, exact, rtol=0.0, atol=1e-12)


def test_buckets_double_until_they_fill_the_room() -> None:
    assert [bucket(filled, 1600) for filled in (1, 256, 257, 512, 513, 1024, 1025, 1600)] == [
        256, 256, 512, 512, 1024, 1024, 1600, 1600
    ]  # fmt: skip
    assert bucket(3, 64) == 64


@pytest.mark.parametrize("filled", range(1, 700, 37))
def test_a_bucket_holds_what_is_filled_and_never_more_than_the_room(filled: int) -> None:
    assert filled <= bucket(filled, 704) <= 704


class RecordedGraph:
    """Stands for a CUDA graph: it counts how often it is replayed."""

    def __init__(self) -> None:
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1


def test_a_step_is_recorded_once_for_each_bucket_and_replayed_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[RecordedGraph] = []
    runs: list[tuple[int, list[int], int]] = []

    def graph() -> RecordedGraph:
        made.append(RecordedGraph())
        return made[-1]

    def step(tokens: Tensor, place: Tensor, length: int) -> Tensor:
        runs.append((int(tokens[0, 0]), place.tolist(), length))
        return torch.full((1,), float(length))

    monkeypatch.setattr(torch.cuda, "CUDAGraph", graph)
    monkeypatch.setattr(torch.cuda, "graph", lambda recorded: nullcontext())
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: SimpleNamespace(wait_stream=lambda other: None))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: SimpleNamespace(wait_stream=lambda other: None))

    graphed = graphs.GraphedStep(step, candidates=1, codebooks=4, device=CPU)
    found = [graphed(torch.full((1, 4), place), place, length).item() for place, length in ((6, 8), (7, 8), (8, 16))]

    assert found == [8.0, 8.0, 16.0]
    # Once to warm up and once to record, with the inputs in place; a replay runs no Python.
    assert runs == [(6, [6], 8), (6, [6], 8), (8, [8], 16), (8, [8], 16)]
    assert [recorded.replays for recorded in made] == [2, 1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_on_a_gpu_equal_the_cpu_skipped_without_a_gpu(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "SMALLEST_BUCKET", 16)
    model = tiny(kind)
    columns = codes(model.config, 40)
    expected = run(model.backend("fp64"), kind, columns, first=5)
    on_gpu = TorchStep(model.weights, model.config, torch.device("cuda"), "fp64")
    assert torch.allclose(run(on_gpu, kind, columns, first=5).cpu(), expected, rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_reading_at_once_equals_stepping_through(kind: Kind) -> None:
    model = tiny(kind)
    columns = codes(model.config, 20)
    stepped = run(model.backend("fp64"), kind, columns)
    read = run(model.backend("fp64"), kind, columns, first=12)
    assert torch.allclose(read, stepped[12:], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_folded_and_kept_cross_attention_are_the_same(text: str) -> None:
    model = tiny("mono")
    weights = model.weights.layers[0].cross
    assert weights is not None
    weights = moved(weights, CPU, torch.float64)
    states = torch.randn(len(text), model.config.hidden_size, dtype=torch.float64)
    x = torch.randn(3, 2, model.config.hidden_size, dtype=torch.float64)
    kept, folded = Kept(weights, states, model.config.heads), Folded(weights, states, model.config.heads)
    assert torch.allclose(kept(x), folded(x), rtol=0.0, atol=1e-12)


def test_cross_attention_folds_short_texts_and_keeps_long_ones() -> None:
    model = tiny("mono")
    weights = model.weights.layers[0].cross
    assert weights is not None
    short, long = torch.zeros(3, 64), torch.zeros(40, 64)
    assert isinstance(attend_to(weights, short, 4), Folded)
    assert isinstance(attend_to(weights, long, 4), Kept)
    assert attend_to(weights, short, 4).bytes < attend_to(weights, long, 4).bytes


def test_int8_is_off_by_half_a_step_of_its_row_at_most() -> None:
    weight = torch.randn(32, 64, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 3, 32)[:, None]
    values, scales = quantise(weight)
    assert int(values.abs().max()) <= 127
    # Rounding the scale to bfloat16 may push a row's largest number past 127, by 2^-9 of it.
    assert bool(((values * scales[:, None] - weight).abs() <= scales[:, None] * (0.5 + 127 / 256)).all())
    assert float((values * scales[:, None] - weight).norm() / weight.norm()) < 0.01


def test_a_row_of_zeros_stays_zero_in_int8() -> None:
    weight = torch.ones(2, 64)
    weight[0] = 0.0
    assert bool(torch.isfinite(1.0 / quantise(weight)[1]).all())
    assert Int8(weight, CPU)(torch.ones(1, 64))[0].tolist() == pytest.approx([0.0, 64.0], rel=0.01)


def test_int8_reads_a_fourth_of_what_fp32_reads() -> None:
    weight = torch.randn(64, 128)
    assert make_linear(weight, "int8", CPU).bytes == 64 * 128 + 64 * 2
    assert make_linear(weight, "fp32", CPU).bytes == 64 * 128 * 4


@pytest.mark.parametrize("shape", [(128,), (3, 128), (3, 2, 128)])
def test_int8_multiplies_as_the_matrix_that_it_rounds(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    weight, x = torch.randn(64, 128, generator=generator), torch.randn(shape, generator=generator)
    found, expected = Int8(weight, CPU)(x), Dense(weight, CPU, torch.float32)(x)
    assert found.shape == expected.shape
    assert float((found - expected).norm() / expected.norm()) < 0.02


def test_auto_is_int8_on_a_cpu_and_bf16_on_a_gpu() -> None:
    assert settle("auto", CPU) == "int8"
    assert settle("auto", torch.device("cuda")) == "bf16"
    assert settle("fp32", torch.device("cuda")) == "fp32"


def test_bytes_of_a_step_follow_the_precision() -> None:
    model = tiny("melody")
    fp32, bf16, int8 = (model.backend(precision).bytes_per_step for precision in ("fp32", "bf16", "int8"))
    assert fp32 == 2 * bf16
    assert bf16 / 2 < int8 < bf16 * 0.6


def test_closing_twice_is_harmless() -> None:
    backend = tiny("mono").backend("fp32")
    backend.close()
    backend.close()
    assert tiny("mono").weights.heads.shape[0] > 0
