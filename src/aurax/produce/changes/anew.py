"""Changes that need other notes: length, genre, mood, form, added parts, another take."""

from __future__ import annotations

from aurax.errors import AuraxError
from aurax.intent.contract import Requirement
from aurax.intent.intent import Intent
from aurax.intent.readers.lengths import LONGEST_S, SHORTEST_S
from aurax.intent.revision import Change
from aurax.intent.settle.character import added_character
from aurax.intent.superseding import merged_wishes, wish_of, with_wish, without_requirements, without_wishes
from aurax.intent.wish import Wish
from aurax.produce.changes.song import RevisedSong, Tools, done, instead, refused, steps_of
from aurax.produce.changes.tempo import tempo_now
from aurax.score.seeds import generator
from aurax.score.time import Meter, TimeGrid

_LENGTH_STEP = 1.4
_LARGEST_SEED = 2**31
_NOTES_CHANGE = "the song is composed again, so its notes may change"


def change_length(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Compose a longer or shorter song."""
    if change.scope.sections:
        return song, refused(change, "the lengths of single sections cannot be changed yet")
    grid = TimeGrid(tempo_now(song, tools), song.score.plan.meter if song.score else song.intent.meter or Meter())
    now_s = song.score.plan.duration_s if song.score is not None else song.intent.duration_s
    wished_s, bars = _length(change, now_s, grid, song)
    if wished_s <= 0.0 or (bars is not None and bars < 1):
        return song, refused(change, "nothing would be left of the song")
    length_s = min(max(wished_s, SHORTEST_S if not song.intent.loop else grid.bar_s), LONGEST_S)
    bounded = abs(length_s - wished_s) > 0.01
    if bounded:
        bars = None
    if song.intent.loop and bars is None:
        bars = max(1, round(length_s / grid.bar_s))
    if abs(length_s - now_s) < 0.05 and bars in (None, song.intent.bars):
        return song, refused(change, f"it lasts {length_s:.0f} s already")
    intent = without_requirements(without_wishes(song.intent, lambda wish: wish.field == "length"), "duration")
    promise = (
        Requirement(criterion="duration", target=float(bars), unit="bars")
        if bars is not None
        else Requirement(criterion="duration", target=round(length_s, 3), tolerance=1.0, unit="bar")
    )
    value = f"{bars} bars" if bars is not None else f"{length_s:.3g} s"
    intent = with_wish(intent, wish_of(change, song.note, "length", value), [promise])
    intent = intent.model_copy(update={"duration_s": round(length_s, 3), "bars": bars, "section_bars": ()})
    song = song.changed("plan", intent=intent)
    if bounded:
        return song, instead(change, f"{length_s:g} s", f"songs last from {SHORTEST_S:g} to {LONGEST_S:g} s")
    return song, done(change, _NOTES_CHANGE)


def another_take(change: Change, song: RevisedSong, _tools: Tools) -> tuple[RevisedSong, Change]:
    """The same wishes with another seed."""
    seed = int(generator(song.seed, "another take").integers(_LARGEST_SEED))
    return song.changed("plan", seed=seed), done(change, "other notes for the same wishes")


def add_part(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Compose the song with another part in it."""
    name = change.text
    if change.scope.sections:
        return song, refused(change, "who plays in which section is for the style to say")
    if song.score is not None and name not in song.intent.unwanted and song.score.named(name):
        return song, refused(change, f"{name} plays already")
    asked = tools.read(f"with {name}")
    wishes = [one for one in asked.wishes if one.field in ("instrument", "vocals")]
    if not wishes or all(one.fate in ("not_done", "not_understood") for one in wishes):
        reason = wishes[0].reason if wishes else f"no {name} is installed"
        return song, refused(change, reason)
    freed = {name, *asked.wanted, *_refused_with(name, tools)}
    intent = without_wishes(
        song.intent, lambda wish: wish.field == "instrument" and wish.refused and wish.value in freed
    )
    intent = _merged(intent, asked, change, song.note, ("instrument",))
    intent = intent.model_copy(
        update={
            "wanted": tuple(dict.fromkeys((*intent.wanted, *asked.wanted))),
            "unwanted": tuple(one for one in intent.unwanted if one not in freed),
        }
    )
    song = song.changed("plan", intent=intent)
    if wishes[0].fate == "substituted":
        return song, instead(change, wishes[0].substitute, wishes[0].reason)
    return song, done(change, _NOTES_CHANGE)


def change_mood(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Compose the song with another mood or character of sound."""
    asked = _read_either(change, tools, ("mood", "production"))
    wishes = [one for one in asked.wishes if one.field in ("mood", "production")]
    if not wishes or all(one.fate == "not_done" for one in wishes):
        return song, refused(change, wishes[0].reason if wishes else f"nothing here changes for {change.text!r} yet")
    character = added_character(song.intent.character, asked.character)
    same = character == song.intent.character and not set(asked.moods) - set(song.intent.moods)
    if same:
        return song, refused(change, "it is as far as it goes already")
    intent = _merged(song.intent, asked, change, song.note, ("mood", "production"))
    free = not any(one.field == "key" for one in intent.wishes)
    intent = intent.model_copy(
        update={
            "character": character,
            "moods": tuple(dict.fromkeys((*intent.moods, *asked.moods))),
            "mode": asked.mode if free and asked.mode else intent.mode,
            "energy_shape": asked.energy_shape if asked.energy_shape != "style" else intent.energy_shape,
        }
    )
    return song.changed("plan", intent=intent), done(change, _NOTES_CHANGE)


def change_genre(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Compose the song in another style."""
    asked = _read_either(change, tools, ("genre", "likeness"))
    wishes = [one for one in asked.wishes if one.field in ("genre", "likeness")]
    if not wishes:
        return song, refused(change, f"{change.text!r} is not known here")
    if steps_of(change) < 0 or (wishes[0].refused and asked.style == song.intent.style):
        return song, refused(change, "say which genre it should be instead")
    intent = without_wishes(song.intent, lambda wish: wish.field in ("genre", "likeness"))
    intent = without_requirements(intent, "genre")
    intent = _merged(intent, asked, change, song.note, ("genre", "likeness", "vocals"))
    tempo_asked = any(one.field == "tempo" for one in intent.wishes)
    key_asked = any(one.field == "key" for one in intent.wishes)
    intent = intent.model_copy(
        update={
            "style": asked.style,
            "tempo_bpm": intent.tempo_bpm if tempo_asked else asked.tempo_bpm,
            "tonic": intent.tonic if key_asked else None,
            "mode": intent.mode if key_asked else asked.mode,
        }
    )
    song = song.changed("plan", intent=intent)
    if wishes[0].fate == "substituted":
        return song, instead(change, wishes[0].substitute, wishes[0].reason)
    return song, done(change, _NOTES_CHANGE)


def change_form(change: Change, song: RevisedSong, tools: Tools) -> tuple[RevisedSong, Change]:
    """Compose the song with another form, ending or run of energy."""
    asked = _read_either(change, tools, ("structure",))
    wishes = [one for one in asked.wishes if one.field == "structure"]
    if not wishes or all(one.fate == "not_done" for one in wishes):
        return song, refused(change, wishes[0].reason if wishes else f"the {change.text} cannot be changed yet")
    values = {one.value for one in wishes}
    intent = without_wishes(song.intent, lambda wish: wish.field == "structure" and wish.value in values)
    if asked.ending != "style" or asked.refused_endings:
        intent = without_wishes(intent, lambda wish: wish.field == "structure" and wish.value.endswith(" ending"))
        intent = intent.model_copy(update={"ending": asked.ending, "refused_endings": asked.refused_endings})
    if asked.energy_shape != "style":
        intent = without_wishes(intent, lambda wish: wish.field == "structure" and wish.value.startswith("energy "))
        intent = intent.model_copy(update={"energy_shape": asked.energy_shape})
    intent = _merged(intent, asked, change, song.note, ("structure",))
    refused_names = {*intent.refused_sections, *asked.refused_sections} - set(asked.sections)
    intent = intent.model_copy(
        update={
            "sections": tuple(
                one for one in dict.fromkeys((*intent.sections, *asked.sections)) if one not in asked.refused_sections
            ),
            "refused_sections": tuple(sorted(refused_names)),
            "section_bars": () if asked.sections or asked.refused_sections else intent.section_bars,
        }
    )
    return song.changed("plan", intent=intent), done(change, _NOTES_CHANGE)


def _length(change: Change, now_s: float, grid: TimeGrid, song: RevisedSong) -> tuple[float, int | None]:
    amount = steps_of(change)
    if change.unit == "bars":
        now = song.score.plan.bars if song.score is not None else round(now_s / grid.bar_s)
        bars = round(now + amount if change.relative else amount)
        return grid.bars_to_s(bars), bars
    if change.unit == "s":
        return (now_s + amount if change.relative else amount), None
    if change.unit == "percent":
        return now_s * (1.0 + amount / 100.0), None
    return round(now_s * _LENGTH_STEP**amount), None


def _read_either(change: Change, tools: Tools, fields: tuple[str, ...]) -> Intent:
    """What the words of a change ask for; where they say nothing alone, its plain name."""
    try:
        asked = tools.read(change.words)
        if any(one.field in fields for one in asked.wishes):
            return asked
    except AuraxError:
        pass
    return tools.read(f"less {change.text}" if steps_of(change) < 0 else change.text)


def _merged(intent: Intent, asked: Intent, change: Change, note: str, fields: tuple[str, ...]) -> Intent:
    def told(wish: Wish) -> Wish:
        return wish.model_copy(update={"words": change.words, "start": change.start, "end": change.end})

    placed = asked.model_copy(update={"wishes": tuple(told(one) for one in asked.wishes)})
    return merged_wishes(intent, placed, note, fields)  # type: ignore[arg-type]


def _refused_with(name: str, tools: Tools) -> tuple[str, ...]:
    return tools.read(f"no {name}").unwanted
