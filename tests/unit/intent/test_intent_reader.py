import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurax.errors import AuraxError, InvalidPrompt, UnknownPlugin
from aurax.intent.intent import Intent
from aurax.intent.reader import analyze


def said(intent, *words):
    return any(all(word in sentence for word in words) for sentence in intent.assumptions)


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t", "\x00\x01", "\u200b"])
def test_empty_prompts_are_refused(read, prompt):
    with pytest.raises(InvalidPrompt, match="empty"):
        read(prompt)


def test_long_prompts_are_refused_with_count_and_limit(read):
    assert read("lofi " * 400).style == "lofi"
    with pytest.raises(InvalidPrompt, match=r"2,000.*2,001"):
        read("x" * 2001)


def test_control_characters_are_stripped(read):
    assert read("lo\x07fi be\x1fat").prompt == "lofi beat"


@pytest.mark.parametrize(
    "prompt",
    [
        "lofi \x1b[31mrain\x1b[0m, 90 bpm",
        "lofi \x9b1;31mrain\x9b0m, 90 bpm",
        "lofi \x1b]0;house 10 seconds\x07rain, 90 bpm",
        "lofi \x1b]8;;https://example.org/2m\x1b\\rain\x1b]8;;\x1b\\, 90 bpm",
        "lofi \x1bP1 minute\x1b\\rain, 90 bpm",
    ],
)
def test_what_is_left_of_a_terminal_s_sequences_is_not_read(read, prompt):
    assert read(prompt) == read("lofi rain, 90 bpm")


@pytest.mark.parametrize("prompt", ["lofi rain, 90 bpm \x1b[", "lofi rain, 90 bpm\x1b", "lofi \x1b]rain, 90 bpm"])
def test_words_behind_a_broken_sequence_are_still_read(read, prompt):
    assert read(prompt).tempo_bpm == 90


_SALAD = """no not very a bit without lofi techno piano drums or and , . but only solo 120 bpm 90s long in F# minor H
major at 3/4 2 min 1:30 fast slow waltz 16 bars loop for rainy night like -8 LUFS key of X - 🌧
half an hour seconds less"""
_WORDS = st.sampled_from(_SALAD.split())


def intent_or_error(prompt, styles, instruments):
    try:
        return analyze(prompt, styles, instruments)
    except AuraxError as error:
        return error


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=2000))
def test_any_text_is_an_intent_or_a_clear_error(styles, instruments, prompt):
    answer = intent_or_error(prompt, styles, instruments)
    if isinstance(answer, Intent):
        assert Intent.model_validate_json(answer.model_dump_json()) == answer
    else:
        assert answer.expected
        assert answer.fix


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=30))
def test_any_salad_of_music_words_is_an_intent_or_a_clear_error(styles, instruments, words):
    answer = intent_or_error(" ".join(words), styles, instruments)
    if isinstance(answer, Intent):
        assert not set(answer.wanted) & set(answer.unwanted)
        assert answer.duration_s <= 1200
        assert answer.duration_s >= 5 or answer.bars is not None
    else:
        assert answer.found


def test_a_number_beats_a_word(read):
    intent = read("fast, 60 bpm ambient")
    assert intent.tempo_bpm == 60
    assert intent.character.tempo_percent == 0
    assert said(intent, "fast", "60 BPM")


def test_what_is_said_later_counts(read):
    assert read("80 bpm, no, 95 bpm").tempo_bpm == 95
    assert said(read("80 bpm, no, 95 bpm"), "95 BPM", "80 BPM")
    assert read("in C major, or D minor").tonic == "D"
    assert said(read("1 minute, or rather 2 minutes"), "120 s", "60 s")


def test_a_named_mode_beats_the_mood(read):
    intent = read("sad song in major")
    assert intent.mode == "major"
    assert said(intent, "sad", "major")


def test_moods_set_mode_and_character(read):
    sad, happy = read("something sad"), read("something happy")
    assert (sad.mode, happy.mode) == ("minor", "major")
    assert sad.character.brightness_octaves < 0 < happy.character.brightness_octaves
    assert sad.character.tempo_percent == -12


def test_adjectives_add_up_and_degrees_scale_them(read):
    plain = read("warm lofi").character.brightness_octaves
    assert read("very warm lofi").character.brightness_octaves == pytest.approx(1.5 * plain)
    assert read("a bit warm lofi").character.brightness_octaves == pytest.approx(0.5 * plain)
    assert read("lofi, not too warm").character.brightness_octaves == pytest.approx(-0.5 * plain)
    assert read("less warm lofi").character.brightness_octaves == pytest.approx(-plain)
    both = read("warm dark lofi").character.brightness_octaves
    assert both == pytest.approx(plain + read("dark lofi").character.brightness_octaves)


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("chill lo-fi hip hop", "lofi"),
        ("lo fi beats", "lofi"),
        ("deep house", "deep-house"),
        ("retrowave", "synthwave"),
        ("an ambient drone", "ambient"),
        ("techno", "deep-house"),
        ("jazz trio", "lofi"),
        ("neon night drive", "synthwave"),
        ("sleep music", "ambient"),
        ("not synthwave but lofi", "lofi"),
        ("lofi meets techno", "lofi"),
        ("ambient techno", "deep-house"),
        ("drum & bass", "deep-house"),
        ("rock", "synthwave"),
        ("film music", "ambient"),
        ("something at 124 bpm", "deep-house"),
        ("deep-house with jazz chords", "deep-house"),
    ],
)
def test_styles(read, prompt, style):
    assert read(prompt).style == style


def test_a_genre_without_a_style_is_owned_up_to(read):
    techno = read("peak-time techno").wishes[-1]
    assert (techno.value, techno.fate, techno.substitute) == ("techno", "substituted", "deep house")
    assert [one.fate for one in read("deep house").wishes] == ["exact"]


def test_the_style_option_overrides_and_names_its_neighbours(read):
    assert read("deep house", style="ambient").style == "ambient"
    with pytest.raises(UnknownPlugin, match=r"lofi, deep-house, synthwave, ambient.*did you mean 'synthwave'"):
        read("lofi", style="synthwav")


def test_no_styles_at_all_is_an_error():
    with pytest.raises(UnknownPlugin):
        analyze("lofi", (), ())


@pytest.mark.parametrize(
    ("prompt", "ending"),
    [
        ("fade out", "fade"),
        ("ends with a hit", "hit"),
        ("ends abruptly", "hit"),
        ("let it ring out", "ring"),
        ("lofi", "style"),
        ("no fade out", "style"),
    ],
)
def test_endings(read, prompt, ending):
    assert read(prompt).ending == ending


@pytest.mark.parametrize(
    ("prompt", "shape"),
    [
        ("slowly builds up", "builds"),
        ("starts quiet", "builds"),
        ("winds down", "fades"),
        ("study background", "flat"),
        ("lofi", "style"),
    ],
)
def test_energy_shapes(read, prompt, shape):
    assert read(prompt).energy_shape == shape


def test_sections_in_their_order_without_refused_ones(read):
    assert read("verse, big chorus, then a bridge").sections == ("verse", "chorus", "bridge")
    assert read("lofi, no intro").sections == ()


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("chill lo-fi hip hop for a rainy night, no piano", "Rainy Night"),
        ("dark techno, 130 bpm", "Dark Techno"),
        ("lofi", "Lofi"),
        ("120 bpm", "Deep house"),
        ("a waltz for music box", "Waltz Music Box"),
    ],
)
def test_titles(read, prompt, title):
    assert read(prompt).title == title


@pytest.mark.parametrize(
    ("prompt", "moods", "unwanted"),
    [
        ("ruhig und traurig, ohne Schlagzeug", ("calm", "sad"), ("drums",)),
        ("piano triste et calme, sans batterie", ("sad", "calm"), ("drums",)),
        ("música triste y oscura, sin batería", ("sad", "dark"), ("drums",)),
        ("pianoforte dolce e malinconico, senza batteria", ("soft", "sad"), ("drums",)),
        ("música calma e feliz, sem bateria", ("calm", "happy"), ("drums",)),
    ],
)
def test_common_words_of_other_languages(read, prompt, moods, unwanted):
    intent = read(prompt)
    assert intent.moods == moods
    assert intent.unwanted == unwanted


def test_a_language_nobody_taught_gives_defaults_and_says_so(read):
    intent = read("Тихая музыка для дождливой ночи")
    assert intent.style == "lofi"
    assert intent.unknown_words == ("Тихая музыка для дождливой ночи",)
    assert said(intent, "No genre is named")


def test_emoji_are_read_and_unknown_ones_reported(read):
    intent = read("🌧🌙 lofi 🦆")
    assert intent.moods == ("rainy", "night")
    assert intent.unknown_words == ("🦆",)


def test_unknown_words_are_listed_once_and_known_ones_never(read):
    assert read("lofi with zorbly blurgs and zorbly piano, please").unknown_words == ("zorbly blurgs", "zorbly")


def test_the_contract_quotes_the_prompt(read):
    intent = read("Deep house in F# minor, 122 bpm, 3/4, 4 minutes, Rhodes, no drums, -9 LUFS")
    assert [
        (one.criterion, one.target, one.tolerance, one.unit, one.quote) for one in intent.contract.requirements
    ] == [
        ("genre", "deep house", 0.0, "", "Deep house"),
        ("key", "F# minor", 0.0, "", "F# minor"),
        ("tempo", 122.0, 1.0, "bpm", "122 bpm"),
        ("meter", "3/4", 0.0, "", "3/4"),
        ("duration", 240.0, 1.0, "bar", "4 minutes"),
        ("instrument_present", "rhodes", 0.0, "", "Rhodes"),
        ("instrument_absent", "drums", 0.0, "", "no drums"),
        ("loudness", -9.0, 0.3, "lufs", "-9 LUFS"),
        ("true_peak", -1.0, 0.0, "dbtp", ""),
    ]


def test_every_requirement_of_the_prompt_points_to_its_wish(read):
    intent = read("Deep house in F# minor, 122 bpm, 3/4, 4 minutes, Rhodes, no drums, -9 LUFS, trap")
    for one in intent.contract.requirements:
        if one.criterion != "true_peak":
            assert one.wish is not None
            assert intent.wishes[one.wish].words == one.quote


def test_without_wishes_the_contract_promises_length_loudness_and_peak(read):
    contract = read("something").contract
    assert [one.criterion for one in contract.requirements] == ["duration", "loudness", "true_peak"]
    assert contract.named("loudness")[0].target == -14.0


def test_the_same_prompt_gives_the_same_intent(read):
    prompt = "warm dusty lofi for a rainy night, no piano, 82 bpm, 2 minutes"
    assert read(prompt) == read(prompt)
