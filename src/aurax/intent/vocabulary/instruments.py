"""Instrument words, and the family or role each stands for.

The families are those of the built-in instruments; a word for an instrument that is not built in names the nearest
family and says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstrumentWord:
    """What one instrument word means.

    Args:
        wanted: family or role that must be heard when it is asked for; empty where asking for it promises nothing.
        refused: families or roles that must not be heard when it is refused.
        stands_in: sentence for the record where something else plays its part.
    """

    wanted: str
    refused: tuple[str, ...]
    stands_in: str = ""


_EXACT: dict[str, str] = {
    "drums": "drums, drum, drum kit, drumkit, drumset, schlagzeug, batterie, bateria, batteria, trommel, trommeln,"
             " tambores, brushes, drum break, breakbeat, amen break, breaks",
    "acoustic drums": "acoustic drums, live drums, real drums, acoustic kit, live-sounding drums",
    "electronic drums": "electronic drums, synth drums, electronic kit, e-drums",
    "drum machine": "drum machine, drumcomputer, boite a rythmes, 707, 606, linn drum, linndrum",
    "808": "808, tr-808, 808 kit, 808 drums, 808 drum machine, 808 kick",
    "909": "909, tr-909, 909 kit, 909 drums, 909 kick",
    "gated drums": "gated drums, gated snare, gated reverb drums, gated toms",
    "kick": "kick, kick drum, bass drum, kickdrum, bassdrum, grosse caisse, bombo, grancassa",
    "snare": "snare, snare drum, clap, handclap, hand clap, rim, rimshot, rim shot, caisse claire, finger snap, snap",
    "hat": "hat, hi-hat, hihat, high hat, cymbal, ride, ride cymbal, becken",
    "bass": "bass, bassline, bass line, bajo, basse, basso, baixo",
    "sub bass": "sub bass, sub, subbass, 808 bass, 808s, gliding 808, gliding 808s, sine bass",
    "synth bass": "synth bass, synthbass, moog bass, analog bass, reese, reese bass, saw bass",
    "fm bass": "fm bass, log drum bass",
    "piano": "piano, grand piano, felt piano, upright piano, klavier, pianoforte, klavierspiel, flugel",
    "acoustic piano": "acoustic piano",
    "electric piano": "electric piano, e-piano, epiano, wurlitzer, wurli, tine piano, dx7, piano electrico, e-klavier",
    "rhodes": "rhodes, fender rhodes",
    "keys": "keys, keyboard, tastiera, teclado, clavier",
    "organ": "organ, hammond, orgel, orgue, organo, orgao, drawbar organ, church organ",
    "guitar": "guitar, acoustic guitar, nylon guitar, classical guitar, gitarre, guitare, guitarra, chitarra,"
              " violao, fingerpicked guitar",
    "pluck": "pluck, plucked synth, plucks",
    "plucked string": "plucked string, plucked strings",
    "bell": "bell, bells, tubular bells, glocken, campanas, cloches, campane, chime, wind chime",
    "mallet": "mallet, mallets",
    "music box": "music box, spieluhr, boite a musique, caja de musica, carillon",
    "vibraphone": "vibraphone, vibes",
    "glockenspiel": "glockenspiel",
    "synth": "synth, synthesizer, synthesiser, sintetizador, synthe, synthetiseur, synthie, poly synth, analog synth",
    "supersaw": "supersaw, super saw, hypersaw",
    "synth pad": "synth pad",
    "synth lead": "synth lead, lead synth, sync lead, saw lead",
    "sequencer": "sequencer, sequenced synth",
    "pad": "pad, pads, flachen, nappes, drone, drones",
    "chords": "chords, chord, akkorde, accords, acordes, accordi, stab, chord stab",
    "lead": "lead, melody, melodie, melodia, lead melody, lead line, melodies, tune, topline, top line, hook line",
    "counter": "counter melody, countermelody, counterpoint",
    "arp": "arp, arpeggio, arpeggios, arpeggi, arpeggiated, arpeggiator, arpegios, arpeges, synth arp",
    "riser": "riser, uplifter, noise riser, build-up riser",
    "sweep": "sweep, noise sweep",
    "impact": "impact, sub drop, braam",
    "boom": "boom, low boom",
    "fx": "fx, sound effect, sound effects, effects, sfx, ear candy",
    "texture": "texture, noise bed, background noise, ambience, atmosphere, field recording",
    "vinyl": "vinyl, vinyl noise, record noise",
    "crackle": "crackle, vinyl crackle, record crackle, crackling",
    "tape": "tape hiss, tape noise",
    "noise": "noise, hiss, white noise, static",
    "rain": "rain, rain sound, rainfall, raindrops, regen, pluie, lluvia, pioggia, chuva, sound of rain",
}  # fmt: skip

_STAND_INS: tuple[tuple[str, str, str], ...] = (
    ("flute-like", "the soft lead", "flute, saxophone, sax, clarinet, bass clarinet, oboe, recorder, pan flute,"
     " whistle, whistling, flote, querflote, flauta, flauto, saxofon, saxophon, panflote, ocarina, bassoon, theremin,"
     " melodica"),
    ("synth lead", "the saw lead", "trumpet, trombone, brass, horn, french horn, tuba, trompete, trompette, trompeta,"
     " brass section, horns, distorted guitar, lead guitar, bagpipes, 8-bit lead, square lead, chiptune lead"),
    ("strings synth", "the string-like synth", "violin, viola, cello, strings, string section, string quartet,"
     " orchestra, violine, geige, cuerdas, cordes, archi, streicher, violon, violino, violonchelo, cordas, fiddle,"
     " orchester, orquesta, erhu, mellotron"),
    ("choir-like", "the soft pad", "choir, choral, chorale, choirs, chor, choeur, coro, vocal pad, aahs"),
    ("guitar", "the plucked string", "electric guitar, e-gitarre, ukulele, banjo, mandolin, steel guitar, slide guitar,"
     " twelve-string guitar"),
    ("plucked string", "the plucked string", "harp, lute, sitar, koto, zither, harpsichord, clavinet, clav, kora, oud,"
     " pizzicato, harfe, arpa, harpe, cembalo, shamisen, guzheng, balalaika"),
    ("mallet", "the bell", "marimba, xylophone, kalimba, celesta, celeste, steel drum, steel drums, steelpan, balafon,"
     " handpan, hang drum, thumb piano, gamelan"),
    ("organ", "the organ", "accordion, harmonica, harmonium, akkordeon, accordeon, acordeon, bandoneon, fisarmonica"),
    ("bass", "the synthesised bass", "upright bass, double bass, contrabass, bass guitar, electric bass, slap bass,"
     " fretless bass, kontrabass, contrebasse, acoustic bass"),
    ("synth bass", "the synth bass", "303, tb-303, 303 line, acid line, acid bass"),
    ("perc", "the kit's percussion", "conga, bongo, tambourine, cowbell, clave, triangle, woodblock, timpani, taiko,"
     " tabla, djembe, timbales, log drum, cajon, agogo, guiro"),
    ("rain", "the rain bed", "ocean, waves, wind, sea sounds, thunder, waterfall, birdsong, birds, crickets, fireplace,"
     " campfire, fire crackle"),
)  # fmt: skip

_WIDER_REFUSALS: dict[str, tuple[str, ...]] = {
    "piano": ("piano", "electric piano"),
    "synth": ("synth", "synth lead", "synth pad"),
    "lead": ("lead", "counter"),
    "acoustic drums": ("acoustic drums",),
    "vinyl": ("vinyl",),
    "crackle": ("vinyl",),
    "tape": ("vinyl",),
    "noise": ("noise",),
}
"""Refusing these also refuses what would stand in for them."""


def _build() -> dict[str, InstrumentWord]:
    words: dict[str, InstrumentWord] = {}
    for value, names in _EXACT.items():
        meaning = InstrumentWord(value, _WIDER_REFUSALS.get(value, (value,)))
        words.update(dict.fromkeys((name.strip() for name in names.split(",")), meaning))
    for value, player, names in _STAND_INS:
        for name in (one.strip() for one in names.split(",")):
            words[name] = InstrumentWord(value, (value,), _stand_in_sentence(name, player))
    words |= dict.fromkeys(("tom", "toms", "perc", "shaker", "maraca"), InstrumentWord("perc", ("perc",)))
    words |= dict.fromkeys(
        ("percussion", "percussive", "perkussion", "percusion", "percussioni", "percussao"),
        InstrumentWord("perc", ("drums",)),
    )
    words |= dict.fromkeys(
        ("beat", "beats", "rhythm", "rhythm section", "backbeat", "ritmo", "schlag"), InstrumentWord("", ("drums",))
    )
    return words


def _stand_in_sentence(name: str, player: str) -> str:
    plural = name.endswith("s") and not name.endswith(("ss", "bass"))
    return f"no {name} {'are' if plural else 'is'} built in; {player} plays {'their' if plural else 'its'} part"


INSTRUMENT_WORDS: dict[str, InstrumentWord] = _build()
"""Every instrument word that the reader knows, in the singular."""

VOICE_WORDS: tuple[str, ...] = (
    "vocals", "vocal", "singing", "singer", "voice", "voices", "lyrics", "sung", "rap", "rapper", "rapping", "gesang",
    "voz", "voix", "voce", "vocal chops", "acapella", "a cappella", "spoken word", "verse lyrics", "stimme", "singen",
    "female vocal", "male vocal", "female vocals", "male vocals", "chant", "chanting", "humming",
)  # fmt: skip
"""Words that ask for a human voice, which AURA-X does not have."""

EMOJI_INSTRUMENTS: dict[str, str] = {
    "🎹": "piano", "🎸": "guitar", "🥁": "drums", "🎷": "saxophone", "🎺": "trumpet", "🎻": "violin", "🪕": "banjo",
    "🔔": "bell", "📼": "tape hiss",
}  # fmt: skip
"""Emoji to instrument words."""
