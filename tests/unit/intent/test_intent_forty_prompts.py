"""Forty prompts as people write them, and what must be read from each (production facts, development prompts)."""

import pytest

LONG_STORY = (
    "Write a full song, around three and a half minutes. Quiet verse with just guitar and a soft kick, second "
    "verse adds bass and shaker, huge wide chorus with synths and live-sounding drums, a half-time bridge, key change "
    "for the last chorus, then fade out over ten seconds. Somewhere near 104 bpm, G major to start"
)
SCIENCE = (
    "I need about half a minute for a kids' science channel: ukulele, whistling, claps, happy, nothing childish "
    "though, and leave the last two seconds empty for our logo sound"
)

PROMPTS = [
    ("lofi beat", {"style": "lofi"}),
    (
        "chill lo-fi hip hop for a rainy night, no piano",
        {"style": "lofi", "unwanted": ("piano", "electric piano"), "mode": "minor", "title": "Rainy Night"},
    ),
    (
        "dusty 90s boom bap at 90 bpm with jazz chords",
        {"style": "lofi", "tempo_bpm": 90, "wanted": (), "duration_s": 150},
    ),
    (
        "dark trap in F# minor with gliding 808s",
        {"tonic": "F#", "mode": "minor", "wanted": ("sub-bass",), "duration_s": 150},
    ),
    ("UK drill, cold piano, 2 minutes", {"duration_s": 120, "wanted": ("piano",)}),
    (
        "deep house with warm chords, 122 bpm, 4 minutes",
        {"style": "deep-house", "tempo_bpm": 122, "duration_s": 240, "wanted": ("chords",)},
    ),
    (
        "peak-time techno, hypnotic, no melody",
        {"style": "deep-house", "unwanted": ("lead", "counter"), "tempo_bpm": 132},
    ),
    (
        "uplifting trance at 138 with a big breakdown",
        {"style": "synthwave", "tempo_bpm": 138, "sections": ("break",), "mode": "major"},
    ),
    (
        "liquid drum and bass, bittersweet, female-vocal feel but no actual vocals",
        {"style": "lofi", "wanted": (), "unwanted": (), "moods": ("nostalgic",)},
    ),
    (
        "80s synthwave for a night drive, gated snare, arpeggios",
        {"style": "synthwave", "wanted": ("gated snare", "arpeggio"), "duration_s": 190},
    ),
    ("future bass drop that feels like a sunrise", {"mode": "major", "wanted": (), "sections": ("chorus",)}),
    ("ambient drone, no drums, 3 minutes", {"style": "ambient", "unwanted": ("drums",), "duration_s": 180}),
    ("catchy summer pop instrumental", {"mode": "major", "tempo_bpm": 112}),
    ("disco funk with slap bass and strings", {"style": "deep-house", "wanted": ("fm-bass", "warm-pad")}),
    ("epic trailer, exactly 60 seconds, ends with a hit", {"duration_s": 60, "ending": "hit"}),
    ("jazz trio ballad in Eb with brushes", {"style": "lofi", "tonic": "Eb", "tempo_bpm": 70, "wanted": ("kit-lofi",)}),
    (
        "neo-soul groove with Rhodes, bass and drums only",
        {"style": "lofi", "wanted": ("rhodes", "bass", "drums"), "only_wanted": True},
    ),
    ("reggaeton at 94 bpm in A minor", {"tempo_bpm": 94, "tonic": "A", "mode": "minor"}),
    ("sunny afrobeats with log drum", {"mode": "major", "wanted": ("fm-bass",)}),
    ("bossa nova for a cafe", {"style": "lofi", "mode": "major"}),
    (
        "a waltz for music box, 45 seconds",
        {"wanted": ("bell",), "only_wanted": True, "duration_s": 45},
    ),
    ("something sad", {"mode": "minor", "moods": ("sad",)}),
    ("workout music, very fast", {"tempo_bpm": 160}),
    ("8-bit boss battle", {"tempo_bpm": 150}),
    ("minimal piano, sparse, lots of space", {"wanted": ("piano",), "moods": ("minimal", "wide")}),
    ("acid techno 140 bpm, 303 line, no claps", {"tempo_bpm": 140, "wanted": ("synth-bass",), "unwanted": ("snare",)}),
    ("dub techno, deep, 5 minutes", {"style": "deep-house", "duration_s": 300}),
    ("trip hop, smoky, strings and vinyl crackle", {"style": "lofi", "wanted": ("warm-pad", "vinyl crackle")}),
    ("hopeful corporate background, but please not cheesy, 90s long", {"duration_s": 90, "mode": "major"}),
    ("starts very quiet, beat comes in at 0:20", {"energy_shape": "builds"}),
    ("chill house but without four on the floor", {"style": "deep-house", "unwanted": ()}),
    (
        "cinematic in 6/8, D minor, choir, no percussion",
        {"style": "ambient", "tonic": "D", "mode": "minor", "wanted": ("soft-pad",), "unwanted": ("perc", "drums")},
    ),
    ("jungle with amen-style breaks and a warm sub", {"wanted": ("kit-lofi", "sub bass")}),
    ("phonk, cowbell riff, aggressive", {"wanted": ("bell",), "mode": "phrygian"}),
    ("lullaby, very soft, no bass", {"unwanted": ("bass",), "tempo_bpm": 66}),
    (
        "seamless 16-bar loop, synth arps, 110 bpm",
        {"tempo_bpm": 110, "wanted": ("synth arpeggio",), "energy_shape": "flat"},
    ),
    ("lo-fi meets orchestral", {"style": "lofi"}),
    (
        "tense stealth game music in 7/8, bass clarinet or something low and woody",
        {"wanted": ("soft-lead",), "mode": "minor"},
    ),
    (SCIENCE, {"duration_s": 30, "mode": "major", "wanted": ("pluck", "soft-lead", "clap")}),
    (
        LONG_STORY,
        {
            "duration_s": 210,
            "tempo_bpm": 104,
            "tonic": "G",
            "mode": "major",
            "ending": "fade",
            "only_wanted": False,
            "sections": ("verse", "verse", "chorus", "bridge", "chorus"),
        },
    ),
]


@pytest.mark.parametrize(("prompt", "expected"), PROMPTS, ids=[prompt[:40] for prompt, _ in PROMPTS])
def test_what_is_read_from_a_prompt(read, prompt, expected):
    intent = read(prompt)
    assert {name: getattr(intent, name) for name in expected} == expected
    assert intent.title


@pytest.mark.parametrize(
    ("prompt", "meter"),
    [
        ("a waltz for music box, 45 seconds", "3/4"),
        ("cinematic in 6/8, D minor, choir, no percussion", "6/8"),
        ("tense stealth game music in 7/8, bass clarinet or something low and woody", "7/8"),
    ],
)
def test_their_meters(read, prompt, meter):
    assert str(read(prompt).meter) == meter


def test_sixteen_bars_at_110_bpm_last_35_seconds(read):
    assert read("seamless 16-bar loop, synth arps, 110 bpm").duration_s == pytest.approx(34.909, abs=0.001)


def test_few_of_their_words_are_unknown(read):
    unknown = [word for prompt, _ in PROMPTS for word in read(prompt).unknown_words]
    assert len(unknown) <= 10
