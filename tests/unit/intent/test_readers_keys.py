"""Keys, meters, loudness and eras in every language."""

import pytest

from aurax.errors import InvalidPrompt
from aurax.intent.readers.eras import read_eras
from aurax.intent.readers.keys import read_keys
from aurax.intent.readers.loudness import read_loudness
from aurax.intent.readers.meters import read_meters
from aurax.intent.text import clean_prompt


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("en ré mineur", "D", "minor"), ("si bémol majeur", "Bb", "major"), ("do majeur", "C", "major"),
        ("96 bpm, la menor", "A", "minor"), ("sol mayor, 3 minutos", "G", "major"), ("si menor", "B", "minor"),
        ("dó sustenido menor", "C#", "minor"), ("lá menor", "A", "minor"), ("fa# minore", "F#", "minor"),
        ("mi bemolle maggiore", "Eb", "major"), ("fa diesis minore", "F#", "minor"), ("tonalité de ré", "D", None),
        ("fis-Moll", "F#", "minor"), ("Es-Dur", "Eb", "major"), ("H-Dur", "B", "major"), ("B-Dur", "Bb", "major"),
        ("Tonart D", "D", None), ("d moll", "D", "minor"), ("C Dur", "C", "major"),
        ("ニ短調", "D", "minor"), ("イ長調の曲", "A", "major"), ("嬰ヘ短調", "F#", "minor"),
        ("変ロ長調", "Bb", "major"),
        ("Dマイナー", "D", "minor"), ("キーはC", "C", None), ("舞曲,D小调,重低音", "D", "minor"),
        ("降B大调", "Bb", "major"),
        ("升F小调", "F#", "minor"), ("E flat minor", "Eb", "minor"), ("A flat minor", "Ab", "minor"),
        ("key: Bm", "B", "minor"),
        ("tonality Gm", "G", "minor"), ("lofi, A min, 85 bpm", "A", "minor"), ("F#m", "F#", "minor"),
        ("Ebm", "Eb", "minor"),
        ("phrygian mode", None, "phrygian"), ("slow blues in A, 12/8 shuffle", "A", None),
        ("en modo menor", None, "minor"),
        ("sludgy drop D guitars", "D", None), ("drop D guitars, E minor", "E", "minor"), ("key=Am", "A", "minor"),
        ("A natural minor", "A", "minor"), ("country, Bb, 90 bpm", "Bb", None), ("F blues, 12/8", "F", None),
        ("A minor key song", None, "minor"),
    ],
)  # fmt: skip
def test_keys_are_read(prompt, tonic, mode):
    (key,) = read_keys(clean_prompt(prompt))
    assert (key.value.tonic, key.value.mode) == (tonic, mode)


@pytest.mark.parametrize("prompt", ["D freygish", "D phrygian dominant", "D locrian", "drop D guitars"])
def test_a_neighbour_or_a_tuning_is_told(prompt):
    (key,) = read_keys(clean_prompt(prompt))
    assert key.value.tonic == "D"
    assert key.value.note


@pytest.mark.parametrize(
    "prompt",
    [
        "industrial EBM", "ebm", "in a minor way", "B-movie", "E-piano", "big D energy", "section B", "A section",
        "am radio",
        "Am I blue", "AM radio", "major lazer", "minor tweaks", "massive major drop", "drop a beat", "la mayor parte",
        "la menor duda", "mi mayor éxito", "Cm7 chords", "D&B", "jazzy keys, piano", "I am here", "I Am Legend",
        "in D.C.", "Ursa Major", "Asia Minor", "EDM drop",
        "a major drop",
        "C major label", "Aメロ",
    ],
)  # fmt: skip
def test_other_letters_are_no_key(prompt):
    assert read_keys(clean_prompt(prompt)) == []


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [
        ("in 3/4", "3/4"), ("7/4 time", "7/4"), ("12/8 shuffle", "12/8"), ("three four time", "3/4"),
        ("three-four", "3/4"),
        ("six eight time", "6/8"), ("in 7", "7/8"), ("in seven", "7/8"), ("five-four", "5/4"), ("a waltz", "3/4"),
        ("valse lente", "3/4"), ("vals", "3/4"), ("valsa", "3/4"), ("Walzer", "3/4"), ("tempo di valzer", "3/4"),
        ("ワルツ", "3/4"), ("圆舞曲", "3/4"), ("Dreivierteltakt", "3/4"), ("Sechsachteltakt", "6/8"),
        ("3/4-Takt", "3/4"),
        ("compás de 3/4", "3/4"), ("tres por cuatro", "3/4"), ("sei ottavi", "6/8"), ("à trois temps", "3/4"),
        ("四分の三拍子", "3/4"), ("八分の六拍子", "6/8"), ("3拍子", "3/4"), ("四三拍", "3/4"), ("3/4拍", "3/4"),
        ("slip jig", "9/8"),
    ],
)  # fmt: skip
def test_meters_are_read(prompt, meter):
    assert [str(one.value) for one in read_meters(clean_prompt(prompt))] == [meter]


@pytest.mark.parametrize(
    "prompt",
    [
        "open 24/7", "1/16 notes", "3/4 of the song", "in 7 minutes", "two four minute songs", "9/11", "no waltz",
        "four on the floor", "in three parts", "not a waltz", "half-time drums", "50/50", "on 4/20/2024",
        "in 5 languages",
    ],
)  # fmt: skip
def test_other_fractions_are_no_meter(prompt):
    assert read_meters(clean_prompt(prompt)) == []


@pytest.mark.parametrize(
    ("prompt", "lufs"),
    [
        ("-14 LUFS", -14),
        ("minus 9 LUFS", -9),
        ("LUFS: -14", -14),
        ("−14LUFS", -14),
        ("-16 to -14 LUFS", -15),
        ("loud", None),
    ],
)
def test_loudness_in_numbers(prompt, lufs):
    found = read_loudness(clean_prompt(prompt))
    assert (None if found is None else found.value) == lufs


def test_an_impossible_loudness_is_refused():
    with pytest.raises(InvalidPrompt, match="LUFS"):
        read_loudness(clean_prompt("0 LUFS"))


@pytest.mark.parametrize(
    ("prompt", "decade", "year", "part"),
    [
        ("retrowave, 80s, analog synths", "1980s", None, ""), ("'80s pop", "1980s", None, ""),
        ("the eighties", "1980s", None, ""),
        ("80er", "1980s", None, ""), ("80er-Jahre Pop", "1980s", None, ""), ("années 80", "1980s", None, ""),
        ("años 80", "1980s", None, ""), ("anni '80", "1980s", None, ""), ("anos 80", "1980s", None, ""),
        ("80年代シティポップ", "1980s", None, ""), ("八十年代", "1980s", None, ""),
        ("mid-nineties", "1990s", None, "mid"),
        ("turn of the century", "2000s", None, ""), ("surf rock 1962", "1960s", 1962, ""),
        ("roots 1977", "1970s", 1977, ""),
        ("boom bap from 1994", "1990s", 1994, ""), ("1920s", "1920s", None, ""), ("20s jazz", "1920s", None, ""),
        ("the 30s", "1930s", None, ""), ("40s swing", "1940s", None, ""), ("early 2000s", "2000s", None, "early"),
        ("2010s edm", "2010s", None, ""), ("00s pop", "2000s", None, ""), ("late 60s", "1960s", None, "late"),
        ("lofi, 90s, warm", "1990s", None, ""), ("2024 trap", "2020s", 2024, ""), ("Y2K", "2000s", None, ""),
        ("boom bap '94", "1990s", 1994, ""), ("disco fin des années 70", "1970s", None, "late"),
    ],
)  # fmt: skip
def test_eras_are_read(prompt, decade, year, part):
    (era,) = read_eras(clean_prompt(prompt))
    assert (era.value.decade, era.value.year, era.value.part) == (decade, year, part)


@pytest.mark.parametrize(
    "prompt",
    [
        "lofi 20s", "90s long", "song of 90s", "30s jingle", "40 s", "20s, fade in", "duration 90s", "a 90s clip",
        "last 60s",
        "808s", "2000 bpm", "2049", "90 seconds", "2000 bar loop", "about 50s", "songs for my thirties",
        "not more than 90s", "30-60s",
        "high 90s bpm", "The 1975", "cyberpunk 2077",
        "1920x1080", "80 bpm",
    ],
)  # fmt: skip
def test_lengths_and_other_numbers_are_no_era(prompt):
    assert read_eras(clean_prompt(prompt)) == []
