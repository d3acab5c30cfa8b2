"""Prompts that people wrote for music generators, labelled by hand: what does the reader get right?

Each field is scored by itself: recall is the share of labelled things that were read, precision the share of things
read that are labelled so. Of moods and sound qualities, which the labels part by feeling, both count as one in
precision, and each by itself in recall. A labelled thing is *silently dropped* if its words belong to no wish, and
*silently replaced* if a wish says `exact` although the label says that it cannot be had (a genre without a style, a
voice).

Labels: `data/prompts.json`; other files beside it are written and labelled here, to try kinds of prompts that it has
not, and have columns of their own. `also` lists what the labels leave out although the words say it; reading it is
neither right nor wrong. `tempo` of kind `word` gives the range in which the tempo must come to lie.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aurax.api import analyze
from aurax.errors import AuraxError
from aurax.intent.intent import Intent
from aurax.intent.wish import Wish, WishField
from benchmarks import report

DATA = Path(__file__).parent / "data"
FIELDS = (
    "genre", "tempo", "key", "meter", "duration_s", "wanted", "unwanted", "only", "vocals", "mood", "production", "era",
    "structure", "artist",
)  # fmt: skip
_FIELD_OF: Mapping[str, tuple[WishField, ...]] = {
    "genre": ("genre",), "tempo": ("tempo",), "key": ("key",), "meter": ("meter",), "duration_s": ("length",),
    "wanted": ("instrument", "vocals"), "unwanted": ("instrument",), "vocals": ("vocals", "genre"),
    "mood": ("mood", "production"), "production": ("production", "mood"), "era": ("era",), "structure": ("structure",),
    "artist": ("likeness",),
}  # fmt: skip


@dataclass
class Tally:
    """Counts of one field."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of labelled things that were read."""
        total = self.right + len(self.missed)
        return self.right / total if total else 1.0

    @property
    def precision(self) -> float:
        """Share of read things that are labelled."""
        total = self.right + len(self.wrong)
        return self.right / total if total else 1.0


@dataclass
class Score:
    """All counts of one group of prompts."""

    fields: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    dropped: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    prompts: int = 0


def score(rows: Iterable[Mapping[str, Any]]) -> Score:
    """Read every prompt and compare what was read with its labels."""
    total = Score()
    for row in rows:
        total.prompts += 1
        try:
            intent = analyze(row["prompt"])
        except AuraxError as error:
            total.failed.append(f"{row['id']} {row['prompt']!r}: {error}")
            continue
        _score_one(total, row, intent)
    return total


def _score_one(total: Score, row: Mapping[str, Any], intent: Intent) -> None:
    gold, also = row["gold"], row.get("also", [])
    for name in ("genre", "tempo", "key", "meter", "duration_s", "only", "vocals", "era", "artist"):
        _score_value(total.fields[name], row, name, intent)
    for name in ("wanted", "unwanted", "structure"):
        _score_list(total.fields[name], row["id"], gold.get(name, []), _items(name, intent), known=also)
    qualities = [*gold.get("mood", []), *gold.get("production", []), *also]
    for name in ("mood", "production"):
        items = [one for one in intent.wishes if one.field == name]
        _score_list(
            total.fields[name],
            row["id"],
            gold.get(name, []),
            items,
            also=_of(intent, "mood", "production"),
            known=qualities,
        )
    total.dropped += _dropped(row, intent)
    total.replaced += _replaced(row, intent)


def _score_value(tally: Tally, row: Mapping[str, Any], name: str, intent: Intent) -> None:
    gold, prompt = row["gold"].get(name), row["id"]
    found, right = _value(name, gold, intent)
    if gold is None:
        if found and not any(_plain(found) in _plain(one) or _shares(one, intent, name) for one in row.get("also", [])):
            tally.wrong.append(f"{prompt}: {found}")
    elif right:
        tally.right += 1
    else:
        tally.missed.append(f"{prompt}: {gold} (read: {found or 'nothing'})")
        if found:
            tally.wrong.append(f"{prompt}: {found} for {gold}")


def _shares(also: str, intent: Intent, name: str) -> bool:
    """Whether something that is rightly read besides the labels is what this field was read from."""
    return any(one.field in _FIELD_OF.get(name, ()) and _same(also, one) for one in intent.wishes)


def _value(name: str, gold: Any, intent: Intent) -> tuple[str, bool]:
    """What was read of a field, and whether it is what the label says."""
    wishes = [one for one in intent.wishes if one.field in _FIELD_OF.get(name, ()) and not one.refused]
    if name == "genre":
        wishes = [one for one in wishes if one.field == "genre"]
        told = ", ".join(one.words for one in wishes)
        return told, gold is not None and any(_same(gold["words"], one) for one in wishes)
    if name == "tempo":
        told = f"{intent.tempo_bpm:g}" if wishes and intent.tempo_bpm else ", ".join(one.words for one in wishes)
        if gold is None:
            return (told if any(any(char.isdigit() for char in one.words) for one in wishes) else ""), False
        low, high = gold["bpm"]
        return told or f"{intent.tempo_bpm}", intent.tempo_bpm is not None and low <= intent.tempo_bpm <= high
    if name == "key":
        told = " ".join(part for part in (intent.tonic, intent.mode if wishes else None) if part)
        return told, (gold is not None and bool(told) and told.startswith(gold)) or gold == intent.mode
    if name == "meter":
        return str(intent.meter or ""), str(intent.meter) == gold
    if name == "duration_s":
        told = f"{intent.duration_s:g} s" if wishes else ""
        return told, gold is not None and bool(told) and gold[0] <= intent.duration_s <= gold[1]
    if name == "only":
        return (
            "only" if intent.only_wanted or any(one.value == "nothing else" for one in intent.wishes) else ""
        ), bool(intent.only_wanted or any(one.value == "nothing else" for one in intent.wishes)) == bool(gold)
    if name == "vocals":
        sung = [one for one in intent.wishes if one.field == "vocals"]
        told = "yes" if any(not one.refused for one in sung) else "no" if sung else ""
        return told, told == gold
    told = ", ".join(one.value for one in wishes)
    return told, gold is not None and any(_same(str(gold), one) or _same_era(str(gold), one) for one in wishes)


def _items(name: str, intent: Intent) -> list[Wish]:
    if name == "structure":
        return [one for one in intent.wishes if one.field == "structure"]
    wanted = name == "wanted"
    return [
        one
        for one in intent.wishes
        if one.field == "instrument" and one.refused != wanted and one.value != "nothing else"
    ]  # fmt: skip


def _of(intent: Intent, *kinds: str) -> list[Wish]:
    return [one for one in intent.wishes if one.field in kinds]


def _score_list(
    tally: Tally,
    prompt: str,
    gold: Sequence[str],
    items: Sequence[Wish],
    also: Sequence[Wish] = (),
    known: Sequence[str] = (),
) -> None:
    gold = [part for one in gold for part in _parts(one)]
    for one in gold:
        if any(_same(one, item) for item in (*items, *also)):
            tally.right += 1
        else:
            tally.missed.append(f"{prompt}: {one}")
    for item in items:
        if not any(_same(one, item) for one in (*gold, *known)):
            tally.wrong.append(f"{prompt}: {item.words}")


def _parts(label: str) -> list[str]:
    """A structure label such as `sections:verse,chorus` names several things."""
    kind, colon, rest = label.partition(":")
    if not colon:
        return [label]
    if kind == "sections":
        return rest.split(",")
    return [rest]


def _same(label: str, wish: Wish) -> bool:
    """Whether a label and a wish name the same thing: they share a word, or one contains the other."""
    names = [_plain(text) for text in (wish.words, wish.value, wish.corrected)]
    wanted = _plain(label)
    if any(wanted and name and (wanted in name or name in wanted) for name in names):
        return True
    return any(_akin(one, other) for one in wanted.split() for name in names for other in name.split())


def _akin(one: str, other: str) -> bool:
    if one.rstrip("s") == other.rstrip("s"):
        return True
    return min(len(one), len(other)) >= 5 and one[:5] == other[:5]


def _same_era(label: str, wish: Wish) -> bool:
    digits = re.search(r"\d0", label)
    return digits is not None and digits[0] in wish.value


def _plain(text: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w&\s]", " ", bare).split())


def _dropped(row: Mapping[str, Any], intent: Intent) -> list[str]:
    """Labelled things whose words belong to no wish at all."""
    lost = []
    for name, label in row["gold"].items():
        if name in ("only", "vocals", "structure", "duration_s", "key", "meter"):
            continue
        texts = [label["words"]] if name == "genre" else [label.get("words", "")] if name == "tempo" else label
        for text in [texts] if isinstance(texts, str) else texts:
            if text and not any(_same(text, one) or _same_era(text, one) for one in intent.wishes):
                lost.append(f"{row['id']} {name}: {text}")
    return lost


def _replaced(row: Mapping[str, Any], intent: Intent) -> list[str]:
    """Wishes that are called exact although they cannot be had."""
    gold, said = row["gold"], []
    genre = gold.get("genre")
    if genre is not None and genre["style"] is None:
        exact = [one for one in intent.wishes if one.field == "genre" and not one.refused and one.is_done]
        said += [f"{row['id']} genre: {one.words}" for one in exact if _same(genre["words"], one)]
    if gold.get("vocals") == "yes":
        said += [
            f"{row['id']} vocals: {one.words}"
            for one in intent.wishes
            if one.field == "vocals" and not one.refused and one.is_done
        ]
    return said


def _table(scores: Mapping[str, Score]) -> str:
    header = ["field", *(f"{group} {kind}" for group in scores for kind in ("recall", "precision", "of"))]
    rows = []
    for name in FIELDS:
        row: list[object] = [name]
        for one in scores.values():
            tally = one.fields[name]
            row += [f"{tally.recall:.3f}", f"{tally.precision:.3f}", tally.right + len(tally.missed)]
        rows.append(row)
    rows.append(["all", *(cell for one in scores.values() for cell in _all(one))])
    return report.table(header, rows)


def _all(one: Score) -> tuple[str, str, int]:
    right = sum(tally.right for tally in one.fields.values())
    missed = sum(len(tally.missed) for tally in one.fields.values())
    wrong = sum(len(tally.wrong) for tally in one.fields.values())
    return f"{right / max(1, right + missed):.3f}", f"{right / max(1, right + wrong):.3f}", right + missed


def _groups(path: Path) -> dict[str, list[Mapping[str, Any]]]:
    """The prompts of a file in English and in other languages; files besides the first show their name."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    extra = path.stem.removeprefix("prompts").strip("_")
    groups = {
        "en": [one for one in rows if one["lang"] == "en"],
        "other languages": [one for one in rows if one["lang"] != "en"],
    }
    kept = {name: found for name, found in groups.items() if found}
    if extra and len(kept) == 1:
        return {extra: next(iter(kept.values()))}
    return {f"{extra} {name}".strip(): found for name, found in kept.items()}


def main(arguments: Sequence[str] = ()) -> None:
    """Score every file of labelled prompts; `--errors` lists every miss, `--prompts FILE` scores another file."""
    options = argparse.ArgumentParser(prog="python -m benchmarks intent")
    options.add_argument("--errors", action="store_true")
    options.add_argument("--prompts", type=Path)
    chosen = options.parse_args(list(arguments))
    scores = {
        group: score(rows)
        for path in ([chosen.prompts] if chosen.prompts else sorted(DATA.glob("*.json")))
        for group, rows in _groups(path).items()
    }
    lost = {
        group: {"dropped": one.dropped, "replaced": one.replaced, "failed": one.failed} for group, one in scores.items()
    }
    text = _table(scores)
    silent = report.table(
        ["", "prompts", "refused with an error", "silently dropped", "silently replaced"],
        [(group, one.prompts, len(one.failed), len(one.dropped), len(one.replaced)) for group, one in scores.items()],
    )
    if chosen.errors:
        for group, one in scores.items():
            for name in FIELDS:
                for kind, said in (("missed", one.fields[name].missed), ("wrong", one.fields[name].wrong)):
                    for line in said:
                        print(f"{group} {name} {kind} {line}")
            for kind in ("failed", "dropped", "replaced"):
                for line in getattr(one, kind):
                    print(f"{group} {kind} {line}")
    if chosen.prompts is None:
        values = {
            group: {
                name: {"recall": one.fields[name].recall, "precision": one.fields[name].precision} for name in FIELDS
            }
            for group, one in scores.items()
        }
        report.write("intent", {"fields": values, "silent": lost}, [text, silent])
    else:
        print(text, "\n\n", silent)
