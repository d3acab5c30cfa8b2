"""Numbers with and without units, in words and in every language."""

import pytest

from aurax.intent.readers.amounts import find_amounts
from aurax.intent.readers.numbers import cjk_number, find_numbers
from aurax.intent.text import clean_prompt, fold


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("twenty-five", 25), ("forty five", 45), ("one hundred and ten", 110), ("a hundred and twenty", 120),
        ("two hundred", 200), ("one hundred twenty-eight", 128), ("nineteen", 19), ("half a", 0.5),
        ("two and a half", 2.5), ("½", 0.5), ("2½", 2.5), ("2,5", 2.5), ("１２８", 128),
        ("fünfundzwanzig", 25), ("hundertzwanzig", 120), ("einhundertzehn", 110), ("hundertfünfundzwanzig", 125),
        ("zweieinhalb", 2.5), ("anderthalb", 1.5), ("eine halbe", 0.5), ("dreißig", 30),
        ("quatre-vingt-dix", 90), ("soixante-quinze", 75), ("soixante et onze", 71), ("cent vingt-huit", 128),
        ("quarante-cinq", 45), ("deux cent", 200),
        ("ciento diez", 110), ("treinta y cinco", 35), ("veintidós", 22), ("doscientos diez", 210),
        ("cento e dez", 110), ("vinte e cinco", 25), ("cento e vinte e cinco", 125),
        ("centoventi", 120), ("ventotto", 28), ("quarantacinque", 45), ("duecento", 200),
        ("百二十", 120), ("一百二十八", 128), ("二十五", 25), ("九十", 90),
    ],
)  # fmt: skip
def test_numbers_in_words_compose(words, value):
    (number,) = find_numbers(fold(words))
    assert number.value == value
    assert (number.start, number.end) == (0, len(words))


@pytest.mark.parametrize(
    ("text", "value"), [("一百二", 120), ("一百零五", 105), ("二〇", 20), ("十", 10), ("三百", 300)]
)
def test_chinese_characters_count_in_tens_and_hundreds(text, value):
    assert cjk_number(text) == value


@pytest.mark.parametrize(
    ("prompt", "low", "high", "unit"),
    [
        ("60 and 70 beats a minute", 60, 70, "bpm"), ("between 60 and 70 beats a minute", 60, 70, "bpm"),
        ("90~95 bpm", 90, 95, "bpm"), ("80 bis 90 bpm", 80, 90, "bpm"), ("120-ish bpm", 120, 120, "bpm"),
        ("hundertzwanzig Schläge pro Minute", 120, 120, "bpm"), ("120 pulsaciones por minuto", 120, 120, "bpm"),
        ("90 battements par minute", 90, 90, "bpm"), ("128拍每分钟", 128, 128, "bpm"),
        ("100 batidas por minuto", 100, 100, "bpm"),
        ("novanta battiti al minuto", 90, 90, "bpm"),
        ("twenty-five seconds", 25, 25, "s"), ("1 min 30 s", 90, 90, "s"), ("1m30", 90, 90, "s"),
        ("1'30\"", 90, 90, "s"),
        ("2m30s", 150, 150, "s"), ("2½ minutes", 150, 150, "s"), ("2-3 minutes", 120, 180, "s"),
        ("1 min 30", 90, 90, "s"),
        ("2 min to 3 min", 120, 180, "s"), ("one minute and a half", 90, 90, "s"), ("3:00", 180, 180, "s"),
        ("zwei bis drei Minuten", 120, 180, "s"), ("anderthalb Minuten", 90, 90, "s"),
        ("deux minutes et demie", 150, 150, "s"), ("de 2 à 3 minutes", 120, 180, "s"), ("une minute", 60, 60, "s"),
        ("dos minutos y medio", 150, 150, "s"), ("entre dos y tres minutos", 120, 180, "s"),
        ("medio minuto", 30, 30, "s"),
        ("dois minutos e meio", 150, 150, "s"), ("um minuto", 60, 60, "s"), ("due minuti e mezzo", 150, 150, "s"),
        ("mezzo minuto", 30, 30, "s"), ("3分", 180, 180, "s"), ("2分30秒", 150, 150, "s"), ("1分半", 90, 90, "s"),
        ("2〜3分", 120, 180, "s"), ("約３分間", 180, 180, "s"), ("两分钟", 120, 120, "s"), ("两分半", 150, 150, "s"),
        ("半分钟", 30, 30, "s"), ("一分半钟", 90, 90, "s"), ("30秒", 30, 30, "s"),
        ("8-taktige Schleife", 8, 8, "bars"), ("8小節", 8, 8, "bars"), ("16小节", 16, 16, "bars"),
        ("eight bars", 8, 8, "bars"),
        ("quatre mesures", 4, 4, "bars"), ("ocho compases", 8, 8, "bars"), ("otto battute", 8, 8, "bars"),
    ],
)  # fmt: skip
def test_amounts_of_a_unit_are_read_in_every_language(prompt, low, high, unit):
    (amount,) = find_amounts(clean_prompt(prompt))
    assert (amount.low, amount.high, amount.unit) == (low, high, unit)


@pytest.mark.parametrize(
    "prompt",
    [
        "4 on the floor", "two guitars", "one drop", "12-string", "first love", "7th chords", "5 piece band",
        "24-bit",
        "8-bit", "808s", "909s", "club 54", "route 66", "section B", "A min", "a second guitar", "3:30 pm vibes",
        "四分の三拍子", "八分音符", "16分音符", "十分悲伤", "十分に明るい", "二胡", "三味線", "一人の夜",
        "100m sprint", "two chords a bar",
        "6 string bass", "einen Takt", "second verse", "minute details", "bar chimes", "三拍子",
    ],
)  # fmt: skip
def test_other_numbers_are_no_amounts(prompt):
    assert find_amounts(clean_prompt(prompt)) == []
