import numpy as np
import pytest

from aurax.compose.form import FormStyle, SectionShape, fit_tempo, make_form, section_energies
from aurax.compose.style_registry import load_styles
from aurax.errors import InvalidOption
from aurax.score.time import Meter, TimeGrid

STYLE = FormStyle(
    shapes={
        "intro": SectionShape(4, 3), "verse": SectionShape(16, 5), "chorus": SectionShape(8, 7),
        "bridge": SectionShape(8, 5), "outro": SectionShape(4, 3),
    },
    cycle=("verse", "chorus"),
    middle="bridge",
    endings={"ring": 1.0},
)  # fmt: skip


def form(bars: int, sections: tuple[str, ...] = (), seed: int = 0) -> list[tuple[str, int]]:
    return make_form(bars, STYLE, sections, np.random.default_rng(seed))


@pytest.mark.parametrize("bars", [*range(1, 40), 64, 77, 128, 301])
@pytest.mark.parametrize("style", sorted(load_styles()))
def test_a_form_has_exactly_the_asked_bars(style, bars):
    drafted = make_form(bars, load_styles()[style].form, (), np.random.default_rng(bars))

    assert sum(length for _, length in drafted) == bars
    assert all(length > 0 for _, length in drafted)


def test_the_shortest_songs_are_their_hook():
    assert form(1) == [("chorus", 1)]
    assert form(5) == [("chorus", 5)]


def test_half_a_minute_has_an_intro_the_hook_and_an_ending():
    assert form(8) == [("intro", 2), ("chorus", 4), ("outro", 2)]
    assert form(10) == [("chorus", 8), ("outro", 2)]
    assert form(12) == [("intro", 2), ("chorus", 8), ("outro", 2)]


def test_a_minute_has_verse_and_chorus():
    assert [name for name, _ in form(28)] == ["intro", "verse", "chorus", "outro"]


def test_three_minutes_return_to_verse_and_chorus():
    names = [name for name, _ in form(76)]

    assert names[0] == "intro"
    assert names[-1] == "outro"
    assert names.count("verse") >= 2
    assert names.count("chorus") >= 2


def test_ten_minutes_keep_returning():
    assert [name for name, _ in form(260)].count("chorus") >= 4


def test_three_asked_sections_are_the_whole_form():
    drafted = form(24, ("verse", "chorus", "verse", "chorus"))

    assert [name for name, _ in drafted] == ["verse", "chorus", "verse", "chorus"]
    assert sum(length for _, length in drafted) == 24


def test_given_lengths_of_sections_are_kept_where_they_fill_the_song():
    told = make_form(16, STYLE, ("intro", "chorus", "outro"), np.random.default_rng(1), section_bars=(4, 8, 4))

    assert told == [("intro", 4), ("chorus", 8), ("outro", 4)]


def test_given_lengths_that_do_not_fill_the_song_leave_the_order_and_the_length():
    told = make_form(20, STYLE, ("intro", "chorus", "outro"), np.random.default_rng(1), section_bars=(4, 8, 4))

    assert [name for name, _ in told] == ["intro", "chorus", "outro"]
    assert sum(bars for _, bars in told) == 20


@pytest.mark.parametrize("bars", [8, 24, 76])
@pytest.mark.parametrize("refused", [("bridge",), ("intro",), ("intro", "outro"), ("verse",)])
def test_refused_sections_are_left_out_and_their_bars_are_not(bars, refused):
    for seed in range(8):
        told = make_form(bars, STYLE, (), np.random.default_rng(seed), refused=refused)

        assert not {name for name, _ in told} & set(refused)
        assert sum(length for _, length in told) == bars


def test_who_refuses_every_section_gets_the_main_one():
    refused = ("intro", "verse", "chorus", "bridge", "outro")

    assert make_form(24, STYLE, (), np.random.default_rng(1), refused=refused) == [("chorus", 24)]


def test_an_asked_bridge_is_added_before_the_last_chorus():
    names = [name for name, _ in form(28, ("bridge",))]

    assert names.index("bridge") + 1 == len(names) - 1 - names[::-1].index("chorus")


def test_an_asked_bridge_does_not_part_a_build_from_its_chorus():
    drafted = make_form(60, load_styles()["synthwave"].form, ("break",), np.random.default_rng(0))
    names = [name for name, _ in drafted]

    assert names[names.index("break") + 1 : names.index("break") + 3] == ["build", "chorus"]


def test_more_asked_sections_than_bars_keep_the_first_ones():
    assert form(2, ("intro", "verse", "chorus", "outro")) == [("intro", 1), ("verse", 1)]


def energies(shape: str, offset: float = 0.0) -> list[float]:
    drafted = [("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("outro", 4)]
    return list(section_energies(drafted, STYLE, shape, offset))


def test_the_last_chorus_is_the_climax():
    assert energies("style") == [3.0, 5.0, 7.0, 5.5, 8.0, 3.0]


def test_a_building_song_rises_to_its_end_and_a_fading_one_falls():
    assert energies("builds") == sorted(energies("builds"))
    assert energies("fades") == sorted(energies("fades"), reverse=True)


def test_a_flat_song_keeps_its_energies_close():
    assert max(energies("flat")) - min(energies("flat")) < 2.0


@pytest.mark.parametrize("offset", [-9.0, -3.0, 2.0, 9.0])
def test_adjectives_move_all_energies_and_keep_their_order(offset):
    plain, moved = energies("style"), energies("style", offset)

    assert all((after > before) == (offset > 0) for before, after in zip(plain, moved, strict=True))
    assert all(0.5 <= energy <= 10.0 for energy in moved)
    assert moved[1] < moved[2]


@pytest.mark.parametrize("duration_s", [5.0, 20.0, 30.0, 47.3, 60.0, 180.0, 600.0])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_a_free_tempo_moves_by_three_percent_for_whole_phrases(duration_s, meter):
    tempo, bars = fit_tempo(duration_s, 100.0, Meter.parse(meter), 1.5, exact=False)
    tail_s = duration_s - TimeGrid(tempo, Meter.parse(meter)).bars_to_s(bars)

    assert 97.0 <= tempo <= 103.0
    assert tempo * 2 == int(tempo * 2)
    assert 1.5 <= tail_s < 1.5 + TimeGrid(tempo, Meter.parse(meter)).bar_s
    assert bars % 4 == 0 or duration_s < 60.0


def test_an_asked_tempo_is_never_touched():
    assert fit_tempo(61.0, 93.7, Meter(), 1.5, exact=True) == (93.7, 23)


def test_a_tiny_song_still_has_a_bar():
    tempo, bars = fit_tempo(5.0, 50.0, Meter(), 4.0, exact=True)

    assert (tempo, bars) == (50.0, 1)


def test_a_free_tempo_rises_where_not_even_a_bar_fits():
    tempo, bars = fit_tempo(3.0, 50.0, Meter(), 4.0, exact=False)

    assert bars == 1
    assert TimeGrid(tempo, Meter()).bars_to_s(1) <= 3.0


def test_a_duration_below_one_bar_of_an_asked_tempo_is_refused():
    with pytest.raises(InvalidOption, match="at least one bar"):
        fit_tempo(3.0, 50.0, Meter(), 1.5, exact=True)
