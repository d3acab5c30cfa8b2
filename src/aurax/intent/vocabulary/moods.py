"""Adjectives and scenes, and what each asks of the sound.

Source: docs/facts/words.md#adjectives and docs/facts/words.md#scenes; mood cues weigh mode > tempo > register.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mood:
    """One row of the vocabulary.

    Args:
        name: how the Intent calls it.
        words: comma-separated lower-case words without accents, in any language.
        change: fields of `Character` to add (`attack_scale` multiplies).
        mode: the mode it leans to.
        tempo_bpm: an absolute tempo that the scene implies.
        shape: `builds`, `fades` or `flat` where it shapes the energy.
    """

    name: str
    words: str
    change: dict[str, float] = field(default_factory=dict)
    mode: str | None = None
    tempo_bpm: float | None = None
    shape: str | None = None


MOODS: tuple[Mood, ...] = (
    Mood("happy", "happy, cheerful, upbeat, feel-good, joyful, joyous, cheery, sunny, glad, frohlich, heiter, joyeux,"
         " joyeuse, gai, feliz, alegre, felice, allegra, hopeful, optimistic",
         {"tempo_percent": 8, "brightness_octaves": 0.3, "register_semitones": 3}, "major"),
    Mood("sad", "sad, melancholic, melancholy, heartbroken, lonely, sorrowful, mournful, gloomy, tearful, blue,"
         " traurig, melancholisch, triste, melancolique, melancolico, malinconico, somber, sombre, grief, heartbreak",
         {"tempo_percent": -12, "brightness_octaves": -0.3, "density_percent": -25}, "minor"),
    Mood("nostalgic", "bittersweet, nostalgic, wistful, nostalgia, nostalgisch, nostalgique, nostalgico, longing,"
         " yearning", {"tempo_percent": -5, "wow_cents": 3}),
    Mood("dreamy", "dreamy, ethereal, floating, dreamlike, hazy, weightless, vertraumt, reveur, onirique, onirico,"
         " sonador, sognante, heavenly, celestial",
         {"reverb_db": 6, "attack_scale": 3, "width_percent": 20}, "lydian"),
    Mood("dark", "dark, moody, brooding, shadowy, dunkel, duster, oscuro, oscura, scuro, escuro, noir, bleak, cold,"
         " smoky", {"brightness_octaves": -0.5, "register_semitones": -5}, "minor"),
    Mood("sinister", "sinister, creepy, scary, horror, eerie, haunted, haunting, spooky, unsettling, unheimlich",
         {"density_percent": -40, "brightness_octaves": -0.3}, "phrygian"),
    Mood("aggressive", "aggressive, angry, hard, brutal, fierce, intense, furious, violent, aggressiv, agresivo,"
         " agressif, ruthless", {"saturation_db": 6, "tempo_percent": 6, "energy": 2, "reverb_db": -4}, "phrygian"),
    Mood("epic", "epic, heroic, huge, cinematic, massive, grand, majestic, episch, epique, epico, dramatic, orchestral",
         {"width_percent": 20, "energy": 2, "reverb_db": 3}),
    Mood("triumphant", "triumphant, uplifting, inspiring, inspirational, victorious, motivational, anthemic",
         {"energy": 1, "tempo_percent": 3, "brightness_octaves": 0.2}, "major", shape="builds"),
    Mood("calm", "calm, peaceful, relaxing, soothing, relaxed, serene, tranquil, quiet, still, ruhig, entspannt,"
         " calme, tranquilo, tranquila, tranquillo, calmo, calma, rilassante, relajante, relaxante, doucement,"
         " sosegado, leise, zen, placid", {"tempo_percent": -15, "energy": -3, "attack_scale": 2}),
    Mood("meditative", "meditative, meditation, sleep, sleepy, spa, yoga, deep sleep, einschlafen, dormir, meditacion",
         {"energy": -3, "attack_scale": 2, "density_percent": -30}, tempo_bpm=58, shape="flat"),
    Mood("romantic", "romantic, tender, intimate, love, romantisch, romantique, romantico, romantica, loving, sensual",
         {"tempo_percent": -10, "reverb_db": -2, "velocity": -10}),
    Mood("groovy", "groovy, funky, groove, grooves, grooving, swinging, swing, swung, shuffle",
         {"swing_percent": 4, "density_percent": 10}),
    Mood("tense", "tense, suspenseful, suspense, anxious, nervous, restless, stealth, paranoid",
         {"density_percent": 10, "brightness_octaves": -0.2, "energy": 1}, "minor", shape="builds"),
    Mood("energetic", "energetic, driving, pumping, energic, power, powerful, lively, banging, peak-time, energisch,"
         " energico, energica, energique, treibend, dynamic, vigorous",
         {"tempo_percent": 6, "sidechain_db": 2, "energy": 2}),
    Mood("chill", "chill, laid-back, mellow, chilled, chilling, easygoing, lazy, lounge, gemutlich, chillout",
         {"tempo_percent": -8, "lateness_ms": 10, "brightness_octaves": -0.3}),
    Mood("gritty", "gritty, raw, dusty, grimy, dirty, worn, vintage, old-school, staubig, polvoriento",
         {"saturation_db": 5, "brightness_octaves": -0.6, "wow_cents": 4, "noise_db": 6}),
    Mood("punchy", "punchy, tight, snappy, knocking, hard-hitting, crunchy drums", {"reverb_db": -4, "energy": 1}),
    Mood("warm", "warm, analog, analogue, cozy, cosy, warme, chaud, chaleureux, calido, calida, caldo, woody, round",
         {"brightness_octaves": -0.4, "saturation_db": 3, "low_end_db": 1}),
    Mood("bright", "bright, crisp, airy, sparkling, shiny, shimmering, glittering, hell, brillant, brillante, clear,"
         " shimmery, twinkling", {"brightness_octaves": 0.5}),
    Mood("clean", "clean, polished, modern, slick, glossy, sauber, limpio, propre",
         {"saturation_db": -3, "noise_db": -12, "width_percent": 10}),
    Mood("wide", "wide, spacious, lush, expansive, vast, roomy, open, lots of space, panoramic, reverberant",
         {"width_percent": 25, "reverb_db": 3}),
    Mood("heavy", "heavy, bass-heavy, subby, thick, fat, weighty, schwer, lourd, pesado, pesante",
         {"low_end_db": 3, "energy": 1}),
    Mood("minimal", "minimal, sparse, simple, minimalist, minimalistic, stripped, stripped-down, schlicht,"
         " minimaliste, sencillo", {"density_percent": -40}),
    Mood("soft", "soft, gentle, delicate, light, subtle, sanft, weich, zart, doux, douce, suave, dolce, tenderly,"
         " silky", {"velocity": -20, "attack_scale": 1.5, "energy": -1}),
    Mood("loud", "loud, laut, fort, fuerte, forte", {"energy": 1.5, "velocity": 8}),
    Mood("rainy", "rainy, drizzle, drizzly, stormy, verregnet, pluvieux, lluvioso, piovoso, chuvoso",
         {"tempo_percent": -6, "noise_db": 3, "brightness_octaves": -0.3}, "minor"),
    Mood("rainy night", "rainy night, nuit pluvieuse, noche lluviosa, notte piovosa, noite chuvosa, regnerische nacht",
         {"tempo_percent": -7, "noise_db": 4, "brightness_octaves": -0.4}, "minor"),
    Mood("night", "night, nocturnal, midnight, late night, late-night, nighttime, evening, nacht, nuit, noche, notte,"
         " noite, moonlight, moonlit", {"brightness_octaves": -0.2}),
    Mood("neon", "neon, night drive, late night drive, driving at night, highway, autobahn, retro, retro-futuristic",
         {"width_percent": 10}, "minor"),
    Mood("focus", "study, studying, focus, background, concentration, reading, homework, lernen, etudier, estudiar,"
         " working", {"energy": -1, "velocity": -6}, shape="flat"),
    Mood("party", "party, club, dancefloor, dance floor, danceable, dance, dancing, rave, festival, fiesta, fete,"
         " festa",
         {"energy": 2, "sidechain_db": 1, "tempo_percent": 3}),
    Mood("battle", "boss battle, chase, battle, fight, combat, action, pursuit",
         {"energy": 3, "density_percent": 20}, "minor", tempo_bpm=150),
    Mood("workout", "workout, gym, running, exercise, training, sport, sports, jogging", {"energy": 2}, tempo_bpm=140),
    Mood("sexy", "sexy, sultry, smooth, seductive, velvet, velvety", {"tempo_percent": -6, "lateness_ms": 8}, "dorian"),
    Mood("playful", "bouncy, playful, quirky, funny, silly, whimsical, cute, kids, kid's, children's, childish, kids',"
         " cheeky, verspielt", {"tempo_percent": 5, "attack_scale": 0.8, "register_semitones": 3}, "major"),
    Mood("hypnotic", "hypnotic, repetitive, trance-like, mesmerizing, mesmerising, looping, hypnotisch, monotonous",
         {"density_percent": -10}, shape="flat"),
    Mood("distorted", "crunchy, distorted, overdriven, fuzzy, saturated, verzerrt", {"saturation_db": 8}),
    Mood("winter", "winter, snow, snowy, christmas, icy, frozen, wintry, frosty",
         {"reverb_db": 4, "brightness_octaves": 0.2}, "major"),
    Mood("nature", "forest, nature, garden, mountains, river, wald, foret, bosque, meadow",
         {"reverb_db": 2, "energy": -1}),
    Mood("space", "space, cosmic, galaxy, interstellar, outer space, stars",
         {"reverb_db": 3, "width_percent": 15}, "lydian"),
    Mood("futuristic", "sci-fi, cyberpunk, futuristic, alien, dystopian",
         {"reverb_db": 2, "width_percent": 15}, "phrygian"),
    Mood("lullaby", "lullaby, bedtime, baby, cradle song, wiegenlied, berceuse, nana, ninna nanna",
         {"velocity": -20, "energy": -3}, "major", tempo_bpm=76),
    Mood("ballad", "ballad, ballade, balada, ballata", {"energy": -1}, tempo_bpm=72),
    Mood("mysterious", "mysterious, enigmatic, mystical, mystic, magical, secretive, occult",
         {"reverb_db": 3, "density_percent": -10}, "harmonic minor"),
    Mood("wedding", "wedding, corporate, advert, advertising, commercial, presentation, science channel",
         {"saturation_db": -3, "noise_db": -12}, "major"),
    Mood("euphoric", "euphoric, ecstatic, blissful, bliss, festival main stage, euphorisch",
         {"energy": 2, "brightness_octaves": 0.3, "width_percent": 15}, "major", shape="builds"),
    Mood("muffled", "muffled, underwater, submerged, filtered, behind a door", {"brightness_octaves": -1.2,
         "reverb_db": 2}),
    Mood("summer", "summer, beach, tropical, summery, sommer, verano, ete, estate, poolside, vacation, holiday",
         {"tempo_percent": 4, "brightness_octaves": 0.3, "energy": 1}, "major"),
    Mood("dense", "dense, layered, maximal, rich, complex, busy, full-bodied", {"density_percent": 35}),
    Mood("dry", "dry, close, upfront, trocken, sec, seco", {"reverb_db": -10, "width_percent": -15}),
    Mood("wet", "reverb, echo, reverby, cavernous, drenched, hall, cathedral, big reverb, echoing", {"reverb_db": 5}),
    Mood("sunrise", "sunrise, morning, coffee, morning coffee, dawn, breakfast, cafe, coffee shop, coffeehouse",
         {"tempo_percent": -3, "energy": -1}, "major"),
    Mood("sunset", "sunset, dusk, golden hour, twilight, sonnenuntergang", {"tempo_percent": -3}),
    Mood("deep", "deep, immersive, tief, profond, profundo, profondo", {"low_end_db": 1.5, "brightness_octaves": -0.2}),
    Mood("swirling", "evolving, swirling, drifting, slow-moving, breathing", {"attack_scale": 1.5, "reverb_db": 2}),
    Mood("emotional", "emotional, soulful, moving, touching, heartfelt, deep feelings, emotiv, gefuhlvoll",
         {"velocity": -4, "reverb_db": 1}),
    Mood("jazzy", "jazzy, jazz chords, sophisticated, ninth chords, extended chords", {"swing_percent": 3}, "dorian"),
    Mood("catchy", "catchy, memorable, hooky, earworm", {"energy": 0.5}),
    Mood("trailer", "trailer, blockbuster, film score", {"energy": 3, "width_percent": 20, "reverb_db": 3}, "minor",
         shape="builds"),
    Mood("60s", "60s, 1960s, sixties, 70s, 1970s, seventies", {"width_percent": -30, "saturation_db": 3,
         "brightness_octaves": -0.4}),
    Mood("80s", "80s, 1980s, eighties", {"reverb_db": 2, "width_percent": 5}),
    Mood("90s", "90s, 1990s, nineties", {"saturation_db": 2, "brightness_octaves": -0.2}),
)  # fmt: skip
"""Every adjective and scene that the reader knows."""

EMOJI: dict[str, str] = {
    "🌧": "rainy", "☔": "rainy", "⛈": "rainy", "🌙": "night", "🌃": "night", "🌌": "space", "🚀": "space",
    "🔥": "energetic", "⚡": "energetic", "💪": "workout", "😢": "sad", "😭": "sad", "💔": "sad", "😊": "happy",
    "😀": "happy", "😄": "happy", "☀": "happy", "🌞": "happy", "🎉": "party", "💃": "party", "🕺": "party",
    "🌊": "summer", "🏖": "summer", "🌴": "summer", "❄": "winter", "🎄": "winter", "☕": "sunrise", "🌅": "sunrise",
    "😴": "meditative", "🧘": "meditative", "📚": "focus", "🌲": "nature", "🌳": "nature", "😱": "sinister",
    "👻": "sinister", "❤": "romantic", "💕": "romantic", "😌": "calm", "🕊": "calm", "🌆": "neon", "😎": "chill",
}  # fmt: skip
"""Emoji to names of moods."""
