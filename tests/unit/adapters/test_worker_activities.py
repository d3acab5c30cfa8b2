"""Names on the wire: a song that is being made when AURA-X is upgraded must find its activities again."""

from __future__ import annotations

from typing import Any, cast

from temporalio import activity

from aurax.adapters.temporal.worker import WORKFLOWS, worker_activities


def test_the_names_of_workflows_and_activities_stay() -> None:
    definitions = [activity._Definition.must_from_callable(one) for one in worker_activities(cast("Any", None))]
    assert {str(one.name) for one in definitions} >= {
        "analyze", "arrange_stems", "compose_candidate", "deliver_song", "discard_attempt", "end_song", "find_damage",
        "generate_candidates", "generate_layer", "judge_take", "master_mix", "mix_stems", "render_track",
        "separate_stems",
    }  # fmt: skip
    assert {one.__name__ for one in WORKFLOWS} >= {
        "ArrangementWorkflow", "CompositionWorkflow", "MixingWorkflow", "SongWorkflow"
    }  # fmt: skip
