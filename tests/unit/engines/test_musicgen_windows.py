from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from aurax.engines.musicgen.windows import Window, decode_windows, plan_windows, window_seed


@pytest.mark.parametrize(("total", "given"), [(1, 0), (1500, 0), (1500, 1400)])
def test_what_fits_into_one_window_is_made_in_one_and_sees_all_that_is_given(total: int, given: int):
    assert plan_windows(total, given, window=1500, keep=600) == [Window(0, 0, given, total)]


def test_a_minute_is_made_in_windows_that_advance_by_eighteen_seconds():
    windows = plan_windows(3000, 0, window=1500, keep=600)
    assert [(window.start, window.opening, window.end) for window in windows] == [
        (0, 0, 1500),
        (900, 600, 2400),
        (1800, 600, 3000),
    ]


@pytest.mark.parametrize("given", [0, 3, 11, 40, 99])
@pytest.mark.parametrize("total", [100, 101, 117])
def test_new_frames_follow_each_other_to_the_end(total: int, given: int):
    done = given
    for window in plan_windows(total, given, window=20, keep=8):
        assert window.start + window.opening == done
        assert window.end - window.start <= 20
        assert window.opening == min(done, 8)
        assert window.new > 0
        done = window.end
    assert done == total


def test_every_window_draws_by_a_seed_of_its_own_and_the_first_by_the_candidates():
    seeds = [window_seed(5, index) for index in range(50)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 50
    assert seeds == [window_seed(5, index) for index in range(50)]
    assert all(0 <= seed < 2**63 for seed in [*seeds, window_seed(2**63 - 1, 3)])
    assert not set(seeds[1:]) & {window_seed(6, index) for index in range(50)}


def counting(calls: list[tuple[Window, Tensor | None, tuple[int, ...]]]):
    def decode(window: Window, opening: Tensor | None, seeds: tuple[int, ...]) -> Iterator[Tensor]:
        calls.append((window, opening, seeds))
        for index in range(window.new):
            yield torch.full((len(seeds), 1), window.start + window.opening + index)

    return decode


def test_each_window_opens_with_the_frames_before_it():
    calls: list[tuple[Window, Tensor | None, tuple[int, ...]]] = []
    windows = plan_windows(50, 0, window=20, keep=8)
    frames = list(decode_windows(windows, None, (1, 2), counting(calls)))
    assert [int(frame[1, 0]) for frame in frames] == list(range(50))
    assert calls[0][1] is None
    for window, opening, seeds in calls[1:]:
        assert opening is not None
        assert opening.shape == (2, 1, 8)
        assert opening[0, 0].tolist() == list(range(window.start, window.start + 8))
        assert seeds == (window_seed(1, window.index), window_seed(2, window.index))


def test_given_codes_open_the_first_window_for_all_and_are_not_made_again():
    calls: list[tuple[Window, Tensor | None, tuple[int, ...]]] = []
    given = torch.arange(30)[None]
    frames = list(decode_windows(plan_windows(50, 30, window=20, keep=8), given, (1, 2), counting(calls)))
    assert [int(frame[1, 0]) for frame in frames] == list(range(30, 50))
    assert calls[0][1].tolist() == [list(range(22, 30))]
    assert calls[1][1].shape == (2, 1, 8)


def test_given_codes_also_open_a_second_window_that_reaches_back_to_them():
    calls: list[tuple[Window, Tensor | None, tuple[int, ...]]] = []
    windows = [Window(0, 0, 4, 6), Window(1, 1, 5, 8)]
    list(decode_windows(windows, torch.arange(4)[None], (1, 2), counting(calls)))
    assert calls[1][1].tolist() == [[[1, 2, 3, 4, 5]]] * 2
