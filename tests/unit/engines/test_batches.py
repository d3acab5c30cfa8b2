from __future__ import annotations

import pytest
import torch

from aurax.engines.batches import precision_of, run_halving
from aurax.engines.engine import Precision
from aurax.errors import OutOfMemory

CPU = torch.device("cpu")


def _fits(most: int, sizes: list[int]) -> object:
    def run(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        if len(batch) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB.")
        return batch * 2

    return run


@pytest.mark.parametrize(("most", "tried"), [(8, [7]), (4, [7, 4, 3]), (2, [7, 4, 2, 2, 3, 2, 1])])
def test_a_batch_that_does_not_fit_is_run_in_halves(most: int, tried: list[int]) -> None:
    sizes: list[int] = []
    batch = torch.arange(14.0).reshape(7, 2)
    assert torch.equal(run_halving("tiny", _fits(most, sizes), batch), batch * 2)
    assert sizes == tried


def test_a_single_one_that_does_not_fit_is_out_of_memory() -> None:
    with pytest.raises(OutOfMemory, match="CUDA out of memory"):
        run_halving("tiny", _fits(0, []), torch.zeros(4, 2))


@pytest.mark.parametrize(
    ("precision", "fast", "kind"),
    [
        ("bf16", False, torch.bfloat16),
        ("fp32", True, torch.float32),
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
        ("int8", False, torch.float32),
    ],
)
def test_matrices_are_multiplied_in_the_precision_asked_for_or_fast(
    monkeypatch: pytest.MonkeyPatch, precision: Precision, fast: bool, kind: torch.dtype
) -> None:
    monkeypatch.setattr("aurax.engines.batches.has_fast_bf16", lambda device: fast)
    with precision_of(precision, CPU):
        assert (torch.zeros(2, 2) @ torch.zeros(2, 2)).dtype == kind


def test_float64_stays_float64() -> None:
    with precision_of("fp64", CPU):
        assert (torch.zeros(2, 2, dtype=torch.float64) @ torch.zeros(2, 2, dtype=torch.float64)).dtype == torch.float64
