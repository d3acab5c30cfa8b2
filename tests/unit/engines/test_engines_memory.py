from __future__ import annotations

import pytest
import torch

from aurax.engines.memory import pick_device, translated
from aurax.errors import NoGpu, OutOfMemory


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NoGpu, match="AURAX_DEVICE=cpu"):
        pick_device("cuda")
    assert pick_device("auto").type == "cpu"


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto").type == "cuda"
    assert pick_device("cuda").type == "cuda"
    assert pick_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried…"),
        MemoryError(),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_a_lack_of_memory_is_translated(error: Exception) -> None:
    with pytest.raises(OutOfMemory, match="musicgen-large"), translated("musicgen-large"):
        raise error


def test_what_the_cpu_cannot_allocate_is_translated() -> None:
    with pytest.raises(OutOfMemory), translated("musicgen-large"):
        torch.empty(2**58)


def test_freeing_comes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: freed.append(True))
    with pytest.raises(OutOfMemory), translated("musicgen-large"):
        raise torch.OutOfMemoryError("CUDA out of memory.")
    assert freed == [True]


@pytest.mark.parametrize("error", [RuntimeError("shapes disagree"), ValueError("no")])
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)), translated("musicgen-large"):
        raise error
