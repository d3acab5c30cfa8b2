"""Loops and bar counts, as the reader settles them."""

import pytest

from aurax.errors import InvalidOption, InvalidPrompt


@pytest.mark.parametrize(
    ("prompt", "bars", "bpm"),
    [
        ("8-bar loop at 120 bpm, lofi", 8, 120),
        ("seamless loop, 4 bars, ambient", 4, None),
        ("4 bar house loop 124 bpm", 4, 124),
        ("one bar loop 120 bpm house", 1, 120),
        ("drum loop, 2 bars, 124 bpm house", 2, 124),
        ("lofi, 8-taktige Schleife, 80 bpm", 8, 80),
        ("Endlosschleife, 4 Takte, synthwave", 4, None),
        ("boucle de 8 mesures, synthwave", 8, None),
        ("bucle de 4 compases, ambient", 4, None),
        ("lofi, loop de 8 compassos", 8, None),
        ("loop di 8 battute, lofi", 8, None),
        ("ループ lofi, 16 bars", 16, None),
        ("loopable lofi", 8, None),
        ("seamlessly looping lofi music, 4 bars", 4, None),
        ("a lofi beat that loops, 8 bars", 8, None),
    ],
)
def test_a_loop_has_exactly_its_bars_and_promises_its_seam(read, prompt, bars, bpm):
    intent = read(prompt)
    assert (intent.loop, intent.bars, intent.tempo_bpm) == (True, bars, bpm)
    (duration,) = intent.contract.named("duration")
    assert (duration.target, duration.tolerance, duration.unit) == (bars, 0.0, "bars")
    assert len(intent.contract.named("loop_seam")) == 1


@pytest.mark.parametrize(
    "prompt",
    [
        "lofi without loops, 1 minute",
        "not a loop, 12 seconds of lofi",
        "no loop please, lofi",
        "lofi with a guitar loop, 2 minutes",
        "lofi with drum loops, 2 minutes",
        "house built on a vocal loop",
        "looping arpeggios, synthwave, 1 minute",
    ],
)
def test_refused_loops_and_loops_as_material_are_no_loop(read, prompt):
    intent = read(prompt)
    assert not intent.loop
    assert intent.contract.named("loop_seam") == ()


@pytest.mark.parametrize(
    ("prompt", "bars"),
    [("8 bars of lofi at 120 bpm", 8), ("lofi, 16 bars", 16), ("2 bars, 124 bpm house", 2), ("lofi, 12 Takte", 12)],
)
def test_bars_without_a_loop_are_exact_too(read, prompt, bars):
    intent = read(prompt)
    assert (intent.loop, intent.bars) == (False, bars)
    assert intent.contract.named("duration")[0].unit == "bars"


@pytest.mark.parametrize(
    "prompt",
    [
        "lofi, intro 4 bars, drop 8 bars",
        "lofi with a 4 bar intro",
        "chords change every 2 bars, lofi",
        "lofi, drums enter after 8 bars",
        "two chords a bar, lofi",
    ],
)
def test_bars_of_a_part_or_a_moment_are_not_the_length(read, prompt):
    assert read(prompt).bars is None


@pytest.mark.parametrize(
    ("prompt", "bars", "bpm"),
    [
        ("loop of 20 seconds, lofi", 6, 72.0),  # inside 70 to 90 BPM there is no multiple of four bars
        ("lofi beat that loops, 1 minute", 20, 80.0),
        ("synthwave loop, 10 seconds", 4, 96.0),
        ("8-bar synthwave loop, 20 seconds", 8, 96.0),
        ("lofi loop of 3 seconds", 1, 80.0),
    ],
)
def test_a_loop_of_seconds_gets_whole_bars_at_a_tempo_that_fits_exactly(read, prompt, bars, bpm):
    intent = read(prompt)
    assert intent.bars == bars
    assert intent.tempo_bpm == pytest.approx(bpm)
    assert 240.0 * bars / intent.tempo_bpm == pytest.approx(intent.duration_s, abs=1e-9)
    assert any(f"at {bpm:g} BPM" in line for line in intent.assumptions)


def test_seconds_and_tempo_together_give_the_nearest_whole_bars_and_say_so(read):
    intent = read("lofi loop, 20 seconds, 90 bpm")
    assert (intent.bars, intent.tempo_bpm) == (7, 90)
    assert intent.duration_s == pytest.approx(7 * 240 / 90)
    assert any("18.667 s (7 bars at 90 BPM) instead of 20 s" in line for line in intent.assumptions)


def test_bars_tempo_and_other_seconds_keep_bars_and_tempo(read):
    intent = read("8-bar loop at 120 bpm, 20 seconds, lofi")
    assert (intent.bars, intent.tempo_bpm, intent.duration_s) == (8, 120, 16.0)
    assert any("16.000 s" in line for line in intent.assumptions)


def test_an_option_sets_the_length_of_a_loop(read):
    intent = read("synthwave loop", duration_s=10.0)
    assert (intent.bars, intent.tempo_bpm) == (4, 96)
    with pytest.raises(InvalidOption):
        read("synthwave loop", duration_s=0.5)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("lofi loop with fade out", "fade out"),
        ("lofi loop that ends with a bang", "ends with a bang"),
        ("lofi loop with an outro", "outro"),
        ("lofi loop that builds up", "builds up"),
    ],
)
def test_what_a_loop_cannot_have_is_not_done_and_says_why(read, prompt, words):
    intent = read(prompt)
    wish = next(one for one in intent.wishes if one.words == words)
    assert (wish.fate, "loop" in wish.reason) == ("not_done", True)
    assert (intent.ending, intent.energy_shape, intent.sections) == ("style", "flat", ())


@pytest.mark.parametrize("prompt", ["2.5 bars loop, lofi", "loop of 0.2 seconds", "2000 bar loop, lofi"])
def test_impossible_loops_are_refused(read, prompt):
    with pytest.raises(InvalidPrompt):
        read(prompt)
