import pytest

from aurax.errors import InvalidOption, InvalidPrompt


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("lofi, 82 bpm", 82),
        ("lofi at 120", 120),
        ("house at 124 BPM", 124),
        ("80-90 bpm lofi", 85),
        ("lofi 82.5bpm", 82.5),
        ("tempo 75", 75),
        ("between 80 and 90, around 84 bpm", 84),
        ("120BPM techno", 120),
        ("largo, piano", 50),
        ("allegro con brio", 132),
        ("deep house in F minor, 120", 120),
        ("bpm: 96", 96),
        ("80 to 90 bpm", 85),
        ("82 beats per minute", 82),
        ("82,5 bpm", 82.5),
    ],
)
def test_a_tempo_is_read(read, prompt, bpm):
    assert read(prompt).tempo_bpm == bpm


@pytest.mark.parametrize("prompt", ["lofi", "in 4/4", "90 seconds of lofi", "808 bass", "90s house"])
def test_other_numbers_are_no_tempo(read, prompt):
    assert read(prompt).contract.named("tempo") == ()


@pytest.mark.parametrize(
    ("prompt", "low_bpm", "high_bpm"),
    [
        ("lofi, slow", 70, 75),
        ("lofi, fast", 85, 90),
        ("very fast lofi", 88, 90),
        ("lofi, not too fast", 74, 80),
        ("mid-tempo lofi", 78, 82),
        ("fast bebop", 200, 290),
        ("slow blues", 50, 75),
        ("drum and bass, slow", 155, 172),
    ],
)
def test_a_tempo_word_names_a_place_in_the_range_of_the_genre(read, prompt, low_bpm, high_bpm):
    intent = read(prompt)
    assert low_bpm <= intent.tempo_bpm <= high_bpm
    assert intent.contract.named("tempo")[0].target == intent.tempo_bpm


@pytest.mark.parametrize("prompt", ["0 bpm", "lofi at 5000 bpm", "-80 bpm", "29 bpm", "301 bpm"])
def test_impossible_tempos_are_refused(read, prompt):
    with pytest.raises(InvalidPrompt, match="30 to 300 BPM"):
        read(prompt)


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("lofi, 1 minute", 60),
        ("lofi, 2 min", 120),
        ("90 seconds of lofi", 90),
        ("lofi 1:45", 105),
        ("half a minute of lofi", 30),
        ("a three-minute song", 180),
        ("lofi, 2m30s", 150),
        ("lofi, 2.5 minutes", 150),
        ("two and a half minutes", 150),
        ("lofi, 90s long", 90),
        ("lofi 20s, warm", 20),
        ("lofi 30s", 30),
        ("1 minute 30 seconds", 90),
        ("2 minutes and 15 secs", 135),
        ("30s jingle", 30),
        ("one minute and a half", 90),
        ("2-3 minutes", 150),
        ("20 sec", 20),
        ("ruhig, zwei minuten", 120),
        ("due minuti di pianoforte", 120),
        ("half a minute, leave the last two seconds empty", 30),
        ("a 45-second lofi track", 45),
        ("20 minutes", 1200),
        ("3 min, fade out over ten seconds", 180),
        ("2 minutes, drop at 0:45", 120),
        ("60 sekunden", 60),
    ],
)
def test_a_duration_is_read(read, prompt, seconds):
    assert read(prompt).duration_s == seconds


@pytest.mark.parametrize(
    "prompt",
    ["90s house", "lofi, 90s, warm", "lofi 90s", "90s boom bap", "80s synthwave", "lofi of the 90s", "a 1980s drive"],
)
def test_decades_are_no_durations(read, prompt):
    intent = read(prompt)
    assert intent.contract.named("duration")[0].quote == ""


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [("a short lofi track", 45), ("extended ambient", 330), ("lofi jingle", 10), ("lofi", 150), ("synthwave", 190)],
)
def test_length_words_and_the_styles_own_length(read, prompt, seconds):
    assert read(prompt).duration_s == seconds


def test_bars_become_seconds_at_the_songs_tempo(read):
    assert read("16-bar loop, 120 bpm").duration_s == pytest.approx(32.0)
    assert read("8 bar loop in 3/4 at 90 bpm").duration_s == pytest.approx(16.0)


@pytest.mark.parametrize("prompt", ["3 hours of rain", "4 seconds", "21 minutes", "0 seconds of lofi", "90:00 ambient"])
def test_impossible_lengths_are_refused(read, prompt):
    with pytest.raises(InvalidPrompt, match="5 seconds to 20 minutes"):
        read(prompt)


def test_the_option_beats_the_prompt_and_has_the_same_limits(read):
    assert read("lofi, 2 minutes", duration_s=30).duration_s == 30
    with pytest.raises(InvalidOption):
        read("lofi", duration_s=2)


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("lofi in F# minor", "F#", "minor"),
        ("D dorian", "D", "dorian"),
        ("sad piano, Am", "A", "minor"),
        ("key of Bb", "Bb", "major"),
        ("in Eb, slow", "Eb", "major"),
        ("lydian ambient", None, "lydian"),
        ("lofi in a minor key", None, "minor"),
        ("minor key", None, "minor"),
        ("in c major", "C", "major"),
        ("in a minor, slow", "A", "minor"),
        ("B flat major", "Bb", "major"),
        ("C-sharp minor", "C#", "minor"),
        ("F#m", "F#", "minor"),
        ("in h-moll", "B", "minor"),
        ("fis-moll", "F#", "minor"),
        ("Es-Dur", "Eb", "major"),
        ("B-Dur", "Bb", "major"),
        ("G mixolydian", "G", "mixolydian"),
        ("A harmonic minor", "A", "harmonic minor"),
        ("E phrygian", "E", "phrygian"),
        ("Cmin", "C", "minor"),
        ("Dmaj", "D", "major"),
        ("in am", "A", "minor"),
        ("F♯ minor", "F#", "minor"),
        ("B♭ major", "Bb", "major"),
        ("lofi", None, None),
        ("a song in a rainy mood", None, "minor"),
        ("I am here for lofi", None, None),
        ("ambient, e minor", "E", "minor"),
    ],
)
def test_key_and_mode(read, prompt, tonic, mode):
    intent = read(prompt)
    assert (intent.tonic, intent.mode) == (tonic, mode)


@pytest.mark.parametrize("prompt", ["H minor", "key of X", "in J major", "lofi in Q minor", "key of z minor"])
def test_keys_that_do_not_exist_are_refused(read, prompt):
    with pytest.raises(InvalidPrompt, match="C to B"):
        read(prompt)


def test_an_unknown_mode_takes_its_neighbour_and_says_so(read):
    intent = read("D locrian ambient")
    assert intent.mode == "phrygian"
    assert any("locrian" in sentence.lower() for sentence in intent.assumptions)


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [
        ("in 3/4", "3/4"),
        ("a waltz", "3/4"),
        ("6/8 cinematic", "6/8"),
        ("7/8", "7/8"),
        ("lofi", None),
        ("5/4 jazz", "5/4"),
        ("open 24/7", None),
        ("1/16 notes", None),
    ],
)
def test_meters(read, prompt, meter):
    found = read(prompt).meter
    assert (None if found is None else str(found)) == meter


def test_an_impossible_meter_is_refused(read):
    with pytest.raises(InvalidPrompt, match="meter"):
        read("lofi in 4/5 time")


def test_loudness_in_numbers(read):
    assert read("lofi, -16 LUFS").loudness_lufs == -16.0
    assert read("techno at -8 lufs").contract.named("loudness")[0].target == -8.0
    assert read("loud club techno").loudness_lufs is None
    with pytest.raises(InvalidPrompt, match="LUFS"):
        read("0 LUFS")
