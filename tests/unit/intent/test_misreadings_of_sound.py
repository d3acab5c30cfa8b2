"""Misreadings that were found by trying, each with others of its kind: genre, instruments, voices, moods, names."""

import pytest


def fields(intent, field, *, refused=None):
    return [wish for wish in intent.wishes if wish.field == field and refused in (None, wish.refused)]


def values(intent, field, *, refused=None):
    return [wish.value for wish in fields(intent, field, refused=refused)]


@pytest.mark.parametrize(
    "prompt",
    [
        "lofi w/o drums",
        "lofi, drums: none",
        "lofi, exclude drums",
        "lofi, avoid: drums",
        "lofi; exclude: vocals, drums",
        "lofi without any drums at all",
        "drumless lofi",
        "Negative prompt: vocals, drums. lofi",
        "lofi with no drums whatsoever",
        "instead of drums a shaker, lofi",
        "lofi, everything but the drums",
        "replace the drums with handclaps, lofi",
    ],
)
def test_drums_that_are_refused_are_not_wanted(read, prompt):
    intent = read(prompt)
    assert "drums" in values(intent, "instrument", refused=True)
    assert "drums" not in intent.wanted


@pytest.mark.parametrize(
    ("prompt", "wanted", "unwanted"),
    [
        ("everything drops out except the piano", "piano", "piano"),
        ("no instruments except a piano", "piano", "piano"),
        ("replace the guitars with synths, rock", "synth", "guitar"),
        ("synthwave with real drums rather than a drum machine", "acoustic drums", "drum machine"),
        ("genre: house; instruments: piano; avoid: strings, sax", "piano", "strings"),
        ("polka, rather than a bass guitar a tuba", "tuba", "electric bass"),
    ],
)
def test_what_is_wanted_and_what_is_refused_stay_apart(read, prompt, wanted, unwanted):
    intent = read(prompt)
    assert wanted in values(intent, "instrument", refused=False)
    assert unwanted not in values(intent, "instrument", refused=False) or wanted == unwanted
    assert wanted not in values(intent, "instrument", refused=True)


def test_a_heading_refuses_its_whole_list_and_nothing_after_it(read):
    intent = read("house; avoid: sax, distortion, vocals; instruments: piano")
    assert values(intent, "instrument", refused=True) == ["saxophone"]
    assert values(intent, "production", refused=True) == ["distorted"]
    assert values(intent, "vocals", refused=True) == ["vocals"]
    assert values(intent, "instrument", refused=False) == ["piano"]


def test_a_refusal_goes_through_words_that_only_describe(read):
    assert values(read("ambient, no steady beat"), "instrument", refused=True) == ["beat"]


@pytest.mark.parametrize(
    "prompt",
    [
        "no 808s just live bass",
        "lofi, mellow sax only in the bridge",
        "rock with organ solos",
        "blues with a crying guitar solo",
        "drums, keys and a guitar solo",
        "acoustic guitar in the verses only",
        "strings only at the end, pop",
    ],
)
def test_only_and_solo_of_a_part_exclude_nobody(read, prompt):
    assert not read(prompt).only_wanted


@pytest.mark.parametrize(
    "prompt",
    [
        "solo cello only",
        "cello solo",
        "solo piano",
        "just a piano, nothing else",
        "bass and drums only",
        "piano. no other instruments",
        "Format: Solo | Instruments: Kalimba",
        "harmonica and acoustic guitar, nothing more",
        "a piece for solo harp",
    ],
)
def test_only_and_solo_of_the_song_exclude_all_others(read, prompt):
    assert read(prompt).only_wanted


@pytest.mark.parametrize(
    "prompt",
    [
        "techno, no melody in the hook",
        "house with no drums until the drop",
        "pop, no vocals in the intro",
        "techno, no kick for the first minute",
    ],
)
def test_what_is_refused_in_one_part_is_not_refused_in_the_song(read, prompt):
    intent = read(prompt)
    assert intent.unwanted == ()
    assert fields(intent, "instrument", refused=True) + fields(intent, "vocals", refused=True) == []
    assert [wish.fate for wish in fields(intent, "structure") if wish.words.startswith("no ")] == ["not_done"]


@pytest.mark.parametrize(
    "prompt", ["sax only in the bridge, lofi", "pop with strings in the chorus", "Only in the chorus add strings"]
)
def test_where_a_part_shall_play_is_said_not_to_be_done(read, prompt):
    assert [wish for wish in fields(read(prompt), "structure") if wish.fate == "not_done"]


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("jazz trio, upright bass, grand piano, smoky club", "jazz trio"),
        ("klezmer dance", "klezmer"),
        ("salsa, dance floor", "salsa"),
        ("dancehall riddim", "dancehall"),
        ("smooth bossa nova groove", "bossa nova"),
        ("musette, accordion", "musette"),
        ("power pop", "power pop"),
        ("western whistling", "cowboy song"),
        ("more like broken beat", "broken beat"),
    ],
)
def test_the_genre_is_the_one_that_is_named(read, prompt, genre):
    assert values(read(prompt), "genre")[0] == genre


@pytest.mark.parametrize(
    "prompt",
    [
        "haunted house, theremin",
        "sports highlight reel, horns",
        "scraping metal, drones",
        "deep into jungle, birdsong",
        "rain on our house, piano",
        "tree house, ukulele",
        "a power drill, noises",
    ],
)
def test_places_and_things_are_no_genres(read, prompt):
    assert fields(read(prompt), "genre") == []


@pytest.mark.parametrize(
    ("prompt", "absent"),
    [
        ("like Earth, Wind & Fire", "wind sounds"),
        ("a campfire song", "fire crackle"),
        ("summer vibes, pop", "vibraphone"),
        ("a nice tune", "melody"),
        ("pop with a male lead", "lead"),
        ("heavy metal with double bass drums", "upright bass"),
        ("piano in the rain", "rain"),
        ("a song about a train, folk", "machine noise"),
        ("vocals, breathy and low", "flute"),
    ],
)
def test_names_scenes_and_longer_words_are_no_other_instruments(read, prompt, absent):
    assert absent not in values(read(prompt), "instrument")


@pytest.mark.parametrize(
    ("prompt", "mood"),
    [
        ("trance with a massive drop", "epic"),
        ("lofi, hard stop", "aggressive"),
        ("retro RPG", "neon"),
        ("jazz, grand piano", "epic"),
        ("like Deep Purple", "deep"),
        ("power ballad", "energetic"),
        ("synth-heavy pop", "heavy"),
    ],
)
def test_adjectives_of_a_thing_do_not_colour_the_song(read, prompt, mood):
    assert mood not in read(prompt).moods


@pytest.mark.parametrize(
    ("prompt", "mood"),
    [
        ("but happier", "happy"),
        ("the saddest violin", "sad"),
        ("moodier", "dark"),
        ("the dreamiest pads", "dreamy"),
        ("warmer", "warm"),
    ],
)
def test_adjectives_are_understood_in_all_degrees(read, prompt, mood):
    assert mood in read(prompt).moods


@pytest.mark.parametrize(
    "voice",
    [
        "falsetto",
        "duet",
        "baritone",
        "screamed vocals",
        "vocoder",
        "spoken word",
        "wordless vocals",
        "vocal chops",
        "MC",
        "toasting",
        "male and female voices",
        "gravelly-voiced man",
        "shrieks",
        "crooner",
        "whispered vocals",
        "gang vocals",
        "whoa-ohs",
        "rap verse",
    ],
)
def test_voices_of_every_kind_are_voices_and_nobody_sings(read, voice):
    assert [wish.fate for wish in fields(read(f"pop with {voice}"), "vocals")] == ["not_done"]


@pytest.mark.parametrize("prompt", ["singing bowls", "soprano sax", "baritone guitar", "alto flute", "tenor saxophone"])
def test_instruments_named_like_voices_are_none(read, prompt):
    assert fields(read(prompt), "vocals") == []
    assert fields(read(prompt), "instrument")


@pytest.mark.parametrize(
    "prompt", ["instrumental only", "no lyrics", "no vocals", "vocals: none", "no singing please", "without any voices"]
)
def test_music_without_voices_is_exact(read, prompt):
    assert {(wish.refused, wish.fate) for wish in fields(read(f"{prompt}, house"), "vocals")} == {(True, "exact")}


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("like Earth, Wind & Fire", "Earth, Wind & Fire"),
        ("Deep Purple style organ", "Deep Purple"),
        ("if Nirvana made lullabies", "Nirvana"),
        ("surf rock, Pulp Fiction vibe", "Pulp Fiction"),
        ("Squarepusher style breakcore", "Squarepusher"),
        ("think Ludovico Einaudi", "Ludovico Einaudi"),
    ],
)
def test_names_of_artists_are_kept_whole(read, prompt, name):
    assert name in values(read(prompt), "likeness")


@pytest.mark.parametrize("name", ["guitar", "jangly guitar", "distorted guitar", "nylon guitar"])
def test_a_guitar_is_not_called_exact(read, name):
    assert {wish.fate for wish in fields(read(f"rock, {name}"), "instrument")} == {"substituted"}


@pytest.mark.parametrize("prompt", ["ambient but with a beat", "drone, add a beat", "soundscape plus a beat"])
def test_a_beat_that_is_asked_for_is_a_wish(read, prompt):
    assert fields(read(prompt), "instrument")


@pytest.mark.parametrize("word", ["live", "seamless", "vintage"])
def test_words_that_ask_for_something_are_not_lost(read, word):
    assert [wish for wish in read(f"{word} funk band").wishes if word in wish.words]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("giutar", "guitar"),
        ("saxaphone", "saxophone"),
        ("ambiant", "ambient"),
        ("regaee", "reggae"),
        ("vilin", "violin"),
        ("timpany", "timpani"),
        ("sythwave", "synthwave"),
    ],
)
def test_typing_mistakes_are_corrected_and_said(read, typed, meant):
    intent = read(f"slow {typed}")
    assert [wish.corrected for wish in intent.wishes if typed in wish.words] == [meant]
    assert any(typed in line and meant in line for line in intent.assumptions)


@pytest.mark.parametrize("word", ["lemonade", "grandmother", "countdown", "biscuit"])
def test_ordinary_words_are_not_corrected(read, word):
    assert not any(wish.corrected for wish in read(f"a song about {word}").wishes)


def test_hashtags_are_words(read):
    intent = read("#lofi #chill #piano")
    assert (intent.style, intent.moods, intent.wanted) == ("lofi", ("chill",), ("piano",))
    assert intent.unknown_words == ()


def test_a_sharp_is_no_hashtag(read):
    assert read("lofi in C#").tonic == "C#"


def test_headings_are_no_instruments(read):
    assert values(read("Instruments: piano, harp. Genre: lofi"), "instrument") == ["piano", "harp"]


def test_no_melody_only_piano_asks_for_chords_alone(read):
    intent = read("no melody, only piano, 12 s")
    assert intent.only_wanted
    assert intent.wanted == ("piano",)
    assert {"lead", "counter"} <= set(intent.unwanted)


@pytest.mark.parametrize("prompt", ["fröhliche Gitarrenmusik", "Gitarrenmusik, fröhlich"])
def test_german_compounds_and_endings_are_understood(read, prompt):
    assert values(read(prompt), "instrument") == ["guitar"]
    assert "happy" in read(prompt).moods


@pytest.mark.parametrize("prompt", ["piano and cello duet", "a guitar duet", "a violin duo"])
def test_players_who_play_together_do_not_sing(read, prompt):
    assert fields(read(prompt), "vocals") == []


def test_a_list_of_refusals_goes_on_through_adjectives(read):
    intent = read("mellow house; avoid vocals and heavy kicks")
    assert values(intent, "instrument", refused=True) == ["kick"]
    assert "heavy" not in intent.moods


@pytest.mark.parametrize(
    "prompt",
    [
        "don't make it sound like elevator music, real jazz",
        "jazz, nothing like elevator music",
        "jazz, unlike elevator music",
    ],
)
def test_a_genre_it_must_not_sound_like_is_refused(read, prompt):
    assert values(read(prompt), "genre", refused=True) == ["elevator music"]
    assert values(read(prompt), "genre", refused=False) == ["jazz"]


@pytest.mark.parametrize(
    "prompt", ["melancholic cold winter song", "a sad song for a wedding", "grim coffee shop, piano"]
)
def test_feelings_set_the_mode_before_scenes_do(read, prompt):
    assert read(prompt).mode == "minor"


@pytest.mark.parametrize("name", ["Ocean Eyes", "Blue in the Night"])
def test_a_quoted_title_is_one_name(read, name):
    assert values(read(f'a ballad like "{name}"'), "likeness") == [name]


@pytest.mark.parametrize("texture", ["rain", "vinyl crackle", "ocean waves"])
def test_a_texture_may_be_heard_besides_a_solo(read, texture):
    intent = read(f"solo piano, slow and quiet, recorded at home, {texture}")
    assert intent.only_wanted
    assert len(intent.wanted) == 2
