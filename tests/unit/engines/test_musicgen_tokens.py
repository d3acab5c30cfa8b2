from __future__ import annotations

import pytest
import torch
from builders.musicgen_checkpoints import KINDS, Kind
from builders.musicgen_decoding import LONG, SHORT, codes, decode, melody, tiny
from torch import Tensor

from aurax.engines.engine import Never, Precision
from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.tokens import TokenDecoder
from aurax.engines.requests import Sampling
from aurax.errors import BadEngineOutput, Cancelled, OutOfMemory


class Counted:
    """A `Cancel` that is set after being asked a number of times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


class Broken:
    """A backend whose logits, or whose memory, give out at a step."""

    bytes_per_step = 0

    def __init__(self, logits: Tensor, at: int, error: Exception | None = None) -> None:
        self.logits, self.at, self.error = logits, at, error
        self.steps = 0

    def begin(self, conditions: Conditions, candidates: int, positions: int, guided: bool) -> None:
        self.steps = 0

    def read(self, tokens: Tensor) -> None:
        raise AssertionError("there is nothing to read")

    def step(self, tokens: Tensor, position: int) -> Tensor:
        self.steps += 1
        if self.steps < self.at:
            return torch.zeros_like(self.logits)
        if self.error is not None:
            raise self.error
        return self.logits

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_depend_on_their_own_seeds_alone(kind: Kind) -> None:
    model = tiny(kind)
    decoder, sampling = model.decoder(), Sampling(top_k=20, temperature=1.2)
    conditions = model.conditions(SHORT, melody() if model.config.is_melody else None)
    opening = codes(model.config, 5)
    seeds = (11, 12, 13, 2**63 - 1)

    together = decode(decoder, conditions, 20, sampling, seeds, opening)
    alone = torch.cat([decode(decoder, conditions, 20, sampling, (seed,), opening) for seed in seeds])

    assert torch.equal(together, alone)
    assert len({tuple(candidate.flatten().tolist()) for candidate in together}) == len(seeds)


@pytest.mark.parametrize("kind", ["stereo", "melody"])
def test_every_candidate_can_go_on_from_codes_of_its_own(kind: Kind) -> None:
    model = tiny(kind)
    decoder, conditions, seeds = model.decoder(), model.conditions(), (21, 22)
    openings = codes(model.config, 12).view(model.config.codebooks, 2, 6).transpose(0, 1)
    together = decode(decoder, conditions, 15, Sampling(), seeds, openings)
    for candidate, seed, opening in zip(together, seeds, openings, strict=True):
        assert torch.equal(candidate, decode(decoder, conditions, 15, Sampling(), (seed,), opening)[0])


def test_equal_seeds_give_equal_candidates() -> None:
    model = tiny("mono")
    found = decode(model.decoder(), model.conditions(), 15, Sampling(), (4, 4))
    assert torch.equal(found[0], found[1])


@pytest.mark.parametrize("precision", ["fp64", "fp32", "bf16", "int8"])
def test_the_same_call_gives_the_same_tokens(precision: Precision) -> None:
    model = tiny("stereo")
    decoder = model.decoder(precision)
    first = decode(decoder, model.conditions(), 12, Sampling(), (1, 2))
    # Something else in between must leave no trace.
    decode(decoder, model.conditions(LONG), 20, Sampling(guidance=1.0), (3, 4, 5))
    assert torch.equal(decode(decoder, model.conditions(), 12, Sampling(), (1, 2)), first)


@pytest.mark.parametrize("kind", ["mono", "stereo"])
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_every_frame_asked_for_comes_and_holds_only_real_tokens(kind: Kind, frames: int) -> None:
    model = tiny(kind)
    found = decode(model.decoder("fp32"), model.conditions(), frames, Sampling(), (0, 1, 2))
    assert found.shape == (3, model.config.codebooks, frames)
    assert found.dtype == torch.int64
    assert int(found.min()) >= 0
    assert int(found.max()) < model.config.vocabulary


def test_a_frame_comes_as_soon_as_its_last_codebook_is_known() -> None:
    backend = Broken(torch.zeros(1, 4, 64), at=1)
    decoder = TokenDecoder(backend, tiny("mono").config)
    stream = decoder.frames(
        tiny("mono").conditions(), frames=50, seeds=(0,), sampling=Sampling(guidance=1.0), cancel=Never()
    )
    next(stream)
    assert backend.steps == 4
    next(stream)
    assert backend.steps == 5


@pytest.mark.parametrize("times", [0, 1, 7])
def test_a_set_cancel_ends_the_decoding_before_the_next_step(times: int) -> None:
    backend = Broken(torch.zeros(2, 4, 64), at=1)
    decoder = TokenDecoder(backend, tiny("mono").config)
    stream = decoder.frames(
        tiny("mono").conditions(), frames=50, seeds=(0,), sampling=Sampling(), cancel=Counted(times)
    )
    with pytest.raises(Cancelled):
        list(stream)
    assert backend.steps == max(0, times - 1)


def test_nan_in_the_model_is_refused_and_not_sampled() -> None:
    decoder = TokenDecoder(Broken(torch.full((2, 4, 64), torch.nan), at=6), tiny("mono").config)
    stream = decoder.frames(tiny("mono").conditions(), frames=50, seeds=(0,), sampling=Sampling(), cancel=Never())
    next(stream)
    with pytest.raises(BadEngineOutput):
        list(stream)


def test_a_lack_of_memory_says_so() -> None:
    backend = Broken(torch.zeros(2, 4, 64), at=3, error=torch.OutOfMemoryError("CUDA out of memory."))
    decoder = TokenDecoder(backend, tiny("mono").config)
    with pytest.raises(OutOfMemory, match="musicgen-mono"):
        list(decoder.frames(tiny("mono").conditions(), frames=50, seeds=(0,), sampling=Sampling(), cancel=Never()))
