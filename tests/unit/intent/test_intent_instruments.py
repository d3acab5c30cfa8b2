import pytest


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("lofi with Rhodes and vinyl crackle", ("rhodes", "crackle")),
        ("piano and strings", ("piano", "strings synth")),
        ("guitars, bells", ("guitar", "bell")),
        ("deep sub bass", ("sub bass",)),
        ("drum and bass", ()),
        ("bass and drums", ("bass", "drums")),
        ("synth arps", ("arp",)),
        ("music box", ("music box",)),
        ("with a saxophone", ("flute-like",)),
        ("choir", ("choir-like",)),
        ("violin melody", ("strings synth", "lead")),
        ("lofi beat", ()),
        ("hi-hats and claps", ("hat", "snare")),
        ("Klavier", ("piano",)),
        ("guitarra", ("guitar",)),
        ("🎹 lofi", ("piano",)),
        ("lofi 🎸🥁", ("guitar", "drums")),
        ("gliding 808s", ("sub bass",)),
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
        ("no drums, no guitar", ("drums", "guitar")),
        ("without piano, guitar and bass", ("piano", "electric piano", "guitar", "bass")),
        ("no drums and bass", ("drums", "bass")),
        ("no drums, soft guitar", ("drums",)),
        ("no percussion", ("drums",)),
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
        ("no strings", ("strings synth",)),
        ("kein Klavier", ("piano", "electric piano")),
        ("no more cowbell", ("perc",)),
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
    assert any("kick" in sentence for sentence in intent.assumptions)


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
    ("prompt", "words"),
    [
        ("lofi with saxophone", "soft lead"),
        ("female vocals", "instrumental"),
        ("an accordion", "organ"),
        ("marimba", "bell"),
    ],
)
def test_instruments_that_are_not_built_in_are_owned_up_to(read, prompt, words):
    assert any(words in sentence for sentence in read(prompt).assumptions)
