import pytest

TRADE = [
    "lofi beat for an advert",
    "a commercial lofi track",
    "lofi, for commercial use",
    "royalty-free lofi",
    "royalty free lofi",
    "lofi for sale",
    "lofi for a paying client",
    "lofi for our radio commercial",
    "commercially released lofi",
    "lofi for a TV ad campaign",
    "lofi for a tv ad",
]
PRIVATE = [
    "lofi beat",
    "lofi, not for commercial use",
    "no commercial use please, lofi",
    "non-commercial lofi",
    "noncommercial lofi",
    "Non Commercial lofi",
    "lofi, never for sale",
    "lofi without adverts",
    "do not use it commercially, lofi",
    "lofi, not to be used commercially",
    "lofi with ad libs",
    "an adverse lofi beat",
    "lofi by a salesman",
]


@pytest.mark.parametrize("prompt", TRADE)
def test_words_of_trade_mark_a_song_as_commercial(read, prompt):
    assert read(prompt).commercial


@pytest.mark.parametrize("prompt", PRIVATE)
def test_refused_words_and_words_that_only_look_like_trade_do_not(read, prompt):
    assert not read(prompt).commercial


def test_the_last_word_on_it_counts(read):
    assert read("lofi, not for commercial use; well, for an advert after all").commercial
    assert not read("lofi for an advert, no, not commercial").commercial


def test_the_reason_is_told_in_the_words_of_the_prompt(read):
    assumptions = read("lofi beat for an Advert").assumptions
    assert any(sentence.startswith("'for an Advert': weights that forbid commercial use") for sentence in assumptions)
    assert read("non-commercial lofi beat").assumptions == read("lofi beat").assumptions


@pytest.mark.parametrize("prompt", ["lofi for an advert", "lofi, non-commercial", "lofi, for commercial use"])
def test_what_a_song_is_for_is_neither_its_title_nor_an_unknown_word(read, prompt):
    intent = read(prompt)
    assert intent.title == read("lofi").title
    assert intent.unknown_words == ()


def test_what_a_song_is_for_changes_nothing_of_its_music(read):
    plain, paid = read("lofi in D minor at 80 bpm"), read("royalty-free lofi in D minor at 80 bpm")
    told = {"prompt", "commercial", "assumptions", "wishes", "contract"}
    assert paid.model_dump(exclude=told) == plain.model_dump(exclude=told)
