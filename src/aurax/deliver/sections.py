"""How sections are named where people read them: markers of the MIDI file and the DAW project, and the report."""

from __future__ import annotations

from collections import Counter

from aurax.score.plan import Plan


def section_titles(plan: Plan) -> tuple[str, ...]:
    """Title of each section in order, such as `"Intro"`, `"Chorus 1"`, `"Chorus 2"`.

    A number follows only where the name occurs more than once.
    """
    totals = Counter(section.name for section in plan.sections)
    seen: Counter[str] = Counter()
    titles = []
    for section in plan.sections:
        seen[section.name] += 1
        number = f" {seen[section.name]}" if totals[section.name] > 1 else ""
        titles.append(section.name[:1].upper() + section.name[1:] + number)
    return tuple(titles)
