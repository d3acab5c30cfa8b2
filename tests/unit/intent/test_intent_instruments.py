import pytest


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("lofi with Rhodes and vinyl crackle", ("rhodes", "vinyl crackle")),
        ("piano and strings", ("piano", "warm-pad")),
        ("guitars, bells", ("pluck", "bell")),
        ("deep sub bass", ("sub bass",)),
        ("drum and bass", ()),
        ("bass and drums", ("bass", "drums")),
        ("synth arps", ("synth arpeggio",)),
        ("music box", ("bell",)),
        ("with a saxophone", ("soft-lead",)),
        ("choir", ("soft-pad",)),
        ("violin melody", ("soft-lead", "lead")),
        ("lofi beat", ()),
        ("hi-hats and claps", ("hat", "clap")),
        ("Klavier", ("piano",)),
        ("guitarra", ("pluck",)),
        ("🎹 lofi", ("piano",)),
        ("lofi 🎸🥁", ("pluck", "drums")),
        ("gliding 808s", ("sub-bass",)),
        ("instrumental", ()),
        ("an electric piano", ("electric piano",)),
        ("rain sounds", ("rain",)),
    ],
)
def test_wanted_instruments(read, prompt, wanted):
    assert read(prompt).wanted == wanted


@pytest.mark.parametrize(
    ("prompt", "unwanted"),
    [
        ("ambient, no drums", ("drums",)),
        ("without drums", ("drums",)),
        ("drumless lofi", ("drums",)),
        ("beatless ambient", ("drums",)),
        ("lofi minus the drums", ("drums",)),
        ("piano-free lofi", ("piano", "electric piano")),
        ("no piano", ("piano", "electric piano")),
        ("no drums or bass", ("drums", "bass")),
        ("no drums, no guitar", ("drums", "guitar", "pluck")),
        ("without piano, guitar and bass", ("piano", "electric piano", "guitar", "pluck", "bass")),
        ("no drums and bass", ("drums", "bass")),
        ("no drums, soft guitar", ("drums",)),
        ("no percussion", ("perc", "drums")),
        ("ohne Schlagzeug", ("drums",)),
        ("sin batería", ("drums",)),
        ("sans batterie", ("drums",)),
        ("senza batteria", ("drums",)),
        ("sem bateria", ("drums",)),
        ("techno, no melody", ("lead", "counter")),
        ("no claps", ("snare",)),
        ("no vocals", ()),
        ("I don't want any drums", ("drums",)),
        ("no big heavy drums", ("drums",)),
        ("no strings", ("strings",)),
        ("kein Klavier", ("piano", "electric piano")),
        ("no more cowbell", ("cowbell",)),
    ],
)
def test_unwanted_instruments(read, prompt, unwanted):
    assert read(prompt).unwanted == unwanted


def test_a_refusal_ends_where_the_wish_begins(read):
    intent = read("no drums but with a piano, and no bass")
    assert intent.wanted == ("piano",)
    assert intent.unwanted == ("drums", "bass")


def test_one_drum_named_beside_refused_drums_stays(read):
    intent = read("no drums but with a heavy kick")
    assert intent.wanted == ("kick",)
    assert intent.unwanted == ("snare", "hat", "perc")


def test_a_refusal_beats_a_wish_and_says_so(read):
    intent = read("lofi with piano, no piano")
    assert intent.wanted == ()
    assert "piano" in intent.unwanted
    assert any("refusal wins" in sentence for sentence in intent.assumptions)


def test_no_piano_leaves_a_rhodes_that_was_asked_for(read):
    intent = read("Rhodes, no piano")
    assert intent.wanted == ("rhodes",)
    assert intent.unwanted == ("piano",)


@pytest.mark.parametrize(
    "prompt",
    [
        "solo piano",
        "piano only",
        "just a guitar",
        "nothing but strings",
        "a waltz for music box",
        "Rhodes, bass and drums only",
        "only drums and bass",
        "unaccompanied guitar",
    ],
)
def test_only_means_only(read, prompt):
    intent = read(prompt)
    assert intent.only_wanted
    assert intent.wanted


@pytest.mark.parametrize(
    "prompt", ["lofi with a piano solo", "piano and bass", "quiet verse with just guitar, then drums", "lofi only"]
)
def test_not_every_only_is_only(read, prompt):
    assert not read(prompt).only_wanted


@pytest.mark.parametrize(
    ("prompt", "value", "player"),
    [
        ("lofi with saxophone", "saxophone", "soft lead"),
        ("an accordion", "accordion", "drawbar organ"),
        ("marimba", "marimba", "bell"),
        ("nylon guitar", "nylon guitar", "plucked string"),
        ("cello", "cello", "warm pad"),
    ],
)
def test_what_stands_in_for_an_instrument_is_named_and_is_not_near_enough_to_be_it(read, prompt, value, player):
    wish = next(one for one in read(prompt).wishes if one.field == "instrument")
    assert (wish.value, wish.fate, wish.substitute) == (value, "substituted", player)
    assert 0.0 < wish.nearness < 1.0


def test_nothing_is_said_to_play_what_nothing_comes_near(read):
    wish = next(one for one in read("birdsong").wishes if one.field == "instrument")
    assert (wish.fate, wish.nearness) == ("not_done", 0.0)
