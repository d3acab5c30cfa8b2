from __future__ import annotations

import json

import jsonschema
import pytest

from aurax.deliver.record import SongRecord, plan_record, song_schema
from aurax.score.plan import Plan


def test_song_json_has_exactly_the_keys_that_other_programs_rely_on(record: SongRecord) -> None:
    assert list(json.loads(record.model_dump_json())) == [
        "id", "created_at", "aurax_version", "prompt", "seed", "mode", "engine", "engines", "credits", "intent",
        "plan", "master", "mix", "stems", "midi", "dawproject", "report", "verdict", "outcome", "notes", "takes",
        "timings_s", "cost_usd",
    ]  # fmt: skip


def test_schema_accepts_a_record_and_is_itself_valid(record: SongRecord) -> None:
    jsonschema.Draft202012Validator.check_schema(song_schema())
    jsonschema.validate(json.loads(record.model_dump_json()), song_schema())


@pytest.mark.parametrize("change", [{"cost_usd": "free"}, {"extra": 1}, {"stems": [{"name": "kick"}]}])
def test_schema_refuses_wrong_records(record: SongRecord, change: dict[str, object]) -> None:
    broken = json.loads(record.model_dump_json()) | change

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, song_schema())


def test_a_record_survives_json(record: SongRecord) -> None:
    assert SongRecord.model_validate_json(record.model_dump_json()) == record


def test_every_field_of_a_record_is_documented() -> None:
    schema = song_schema()
    records = [schema, *(schema["$defs"][name] for name in schema["$defs"] if name.endswith("Record"))]

    undocumented = [
        f"{one['title']}.{name}"
        for one in records
        for name, field in one["properties"].items()
        if not field.get("description")
    ]

    assert len(records) == 11
    assert undocumented == []


def test_plan_record_counts_bars_from_one_and_leaves_no_gap(plan: Plan) -> None:
    sections = plan_record(plan).sections

    assert [(one.name, one.start_bar, one.bars, one.start_s, one.end_s) for one in sections[:3]] == [
        ("intro", 1, 2, 0.0, 4.0),
        ("verse", 3, 4, 4.0, 12.0),
        ("chorus", 7, 4, 12.0, 20.0),
    ]
    assert [one.end_s for one in sections[:-1]] == [one.start_s for one in sections[1:]]


@pytest.mark.parametrize(("ending", "loop"), [("loop", True), ("ring", False)])
def test_plan_record_says_how_many_bars_and_whether_they_loop(plan: Plan, ending: str, loop: bool) -> None:
    record = plan_record(plan.model_copy(update={"ending": ending}))

    assert (record.bars, record.loop) == (20, loop)


def test_a_record_of_a_version_that_called_the_mode_road_can_still_be_read(record: SongRecord) -> None:
    written = json.loads(record.model_dump_json())
    old = {("road" if name == "mode" else name): value for name, value in written.items()}

    assert SongRecord.model_validate(old) == record
