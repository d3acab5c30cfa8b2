from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aurax.engines.musicgen.sampling import Sampler
from aurax.engines.requests import Sampling
from aurax.errors import BadEngineOutput

DRAWS = 4000


def draw(sampling: Sampling, logits: Tensor, draws: int = DRAWS) -> Tensor:
    """Many draws from one distribution, shape (vocabulary,): how often each token came."""
    sampler = Sampler("musicgen", sampling, (3,))
    tokens = torch.stack([sampler.choose(logits.expand(1, 1, -1))[0, 0] for _ in range(draws)])
    return torch.bincount(tokens, minlength=logits.shape[-1]) / draws


def test_tokens_come_as_often_as_the_logits_say() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    often = draw(Sampling(guidance=1.0, top_k=0), logits)
    # Four standard deviations of a share estimated from this many draws.
    assert torch.allclose(often, logits.softmax(-1), atol=4 * 0.5 / DRAWS**0.5)


def test_a_temperature_divides_the_logits() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    often = draw(Sampling(guidance=1.0, top_k=0, temperature=0.5), logits)
    assert torch.allclose(often, (logits / 0.5).softmax(-1), atol=4 * 0.5 / DRAWS**0.5)


def test_top_k_leaves_the_k_likeliest() -> None:
    logits = torch.tensor([0.0, 2.0, 1.9, 0.1])
    often = draw(Sampling(guidance=1.0, top_k=2), logits, 200)
    assert (often > 0).tolist() == [False, True, True, False]


def test_top_p_leaves_the_fewest_likeliest_that_reach_it() -> None:
    logits = torch.tensor([0.1, 0.5, 0.15, 0.25]).log()
    often = draw(Sampling(guidance=1.0, top_k=0, top_p=0.7), logits, 200)
    assert (often > 0).tolist() == [False, True, False, True]


def test_a_tiny_top_p_leaves_one() -> None:
    logits = torch.tensor([0.1, 0.5, 0.15, 0.25]).log()
    assert draw(Sampling(guidance=1.0, top_p=1e-9), logits, 50).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_an_impossible_token_is_never_drawn() -> None:
    logits = torch.tensor([0.0, -2000.0, 0.0, -2000.0])
    often = draw(Sampling(guidance=1.0, top_k=0), logits, 500)
    assert often[1] == 0.0
    assert often[3] == 0.0


def test_greedy_takes_the_likeliest_whatever_the_seed() -> None:
    logits = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(0))
    found = Sampler("musicgen", Sampling(guidance=1.0, greedy=True), (1, 2, 3)).choose(logits)
    assert torch.equal(found, logits.argmax(-1))


def test_guidance_moves_away_from_the_unconditional_half() -> None:
    conditional, unconditional = torch.tensor([1.0, 1.2, 0.0]), torch.tensor([0.0, 1.0, 0.0])
    logits = torch.stack([conditional, unconditional]).unsqueeze(1)
    # 0 + (1 − 0) · 3 = 3 passes 1 + (1.2 − 1) · 3 = 1.6.
    assert Sampler("musicgen", Sampling(guidance=3.0, greedy=True), (0,)).choose(logits).item() == 0
    assert Sampler("musicgen", Sampling(guidance=1.0, greedy=True), (0,)).choose(logits[:1]).item() == 1


def test_guidance_of_one_needs_no_unconditional_half() -> None:
    assert Sampler("musicgen", Sampling(guidance=3.0), (0,)).guided
    assert not Sampler("musicgen", Sampling(guidance=1.0), (0,)).guided


def test_a_candidate_draws_the_same_alone_and_among_others() -> None:
    logits = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(0))
    together = Sampler("musicgen", Sampling(guidance=1.0), (5, 6, 7))
    alone = Sampler("musicgen", Sampling(guidance=1.0), (6,))
    for _ in range(5):
        assert torch.equal(together.choose(logits)[1], alone.choose(logits[1:2])[0])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("greedy", [True, False])
def test_logits_that_are_not_finite_are_refused(value: float, greedy: bool) -> None:
    logits = torch.zeros(2, 4, 16)
    logits[1, 2, 3] = value
    with pytest.raises(BadEngineOutput, match="musicgen"):
        Sampler("musicgen", Sampling(greedy=greedy), (0,)).choose(logits)
