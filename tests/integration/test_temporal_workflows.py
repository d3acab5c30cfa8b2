"""The workflows on a real Temporal server, with activities swapped by name."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import get_args

import pytest
from builders.temporal import working
from tasks import song_task
from temporal_fakes import TRACKS, FakeActivities, failing
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from aurax.adapters.temporal.client import cancel_song, song_result, start_song
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.runner import workflow_runner
from aurax.adapters.temporal.worker import WORKFLOWS
from aurax.errors import Cancelled, InvalidPrompt, RenderFailed, SilentAudio, StorageFull
from aurax.produce.policy import candidate_seed, take_seed
from aurax.produce.stages import Mode
from aurax.services.song import Song
from aurax.services.task import SongTask

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

HISTORIES = Path(__file__).parent / "histories"
SEED = 7


async def make(client: Client, fakes: FakeActivities, tmp_path: Path, takes: int = 3) -> Song:
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, request(takes), settings)
        return await song_result(handle)


def request(takes: int = 3) -> SongTask:
    return song_task(seed=SEED, takes=takes)


async def test_a_song_passes_every_stage_once(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    song = await make(client, fakes, tmp_path)
    assert (song.passed, song.take, song.takes) == (True, 1, 1)
    assert fakes.calls == {
        "analyze": 1,
        "compose_candidate": 3,
        **{f"render {track}": 1 for track in TRACKS},
        "mix_stems": 1,
        "master_mix": 1,
        "judge_take": 1,
        "deliver_song": 1,
    }
    assert sorted(piece.stage for piece in fakes.delivered[0].work) == sorted(
        ["intent", *["compose"] * 3, *["render"] * 3, "mix", "master", "judge"]
    )


async def test_orchestration_costs_little(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with working(client, fakes.all(), tmp_path) as settings:
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            await song_result(await start_song(client, request(), settings))
            seconds.append(time.perf_counter() - start)
    assert sorted(seconds)[1] < 3.0


async def test_the_first_candidate_uses_the_seed_of_the_request(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    await make(client, fakes, tmp_path)
    assert sorted(fakes.seeds) == sorted([SEED, candidate_seed(SEED, 1), candidate_seed(SEED, 2)])
    assert fakes.delivered[0].score.key == f"documents/score-{SEED}.json"


async def test_the_best_candidate_goes_on(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        passing_candidates=lambda asked: asked.index > 0, points=lambda asked: {0: 99.0, 1: 60.0, 2: 80.0}[asked.index]
    )
    await make(client, fakes, tmp_path)
    assert fakes.delivered[0].score.key == f"documents/score-{candidate_seed(SEED, 2)}.json"


async def test_composition_starts_again_as_new_when_no_candidate_passes(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(passing_candidates=lambda asked: asked.index == 4)
    await make(client, fakes, tmp_path)
    assert sorted(fakes.seeds) == sorted(candidate_seed(SEED, index) for index in range(6))
    assert fakes.delivered[0].score.key == f"documents/score-{candidate_seed(SEED, 4)}.json"


async def test_composition_that_never_passes_ends_with_the_best_of_all_rounds(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        passing_candidates=lambda asked: False, points=lambda asked: 90.0 if asked.index == 1 else 1.0
    )
    await make(client, fakes, tmp_path)
    assert len(fakes.seeds) == 6
    assert fakes.delivered[0].score.key == f"documents/score-{candidate_seed(SEED, 1)}.json"


async def test_a_fault_of_tone_is_cured_by_mastering_the_same_mix_anew(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        failures=lambda asked: (failing("sub_share", "master"),) if asked.mix_request.take.number == 1 else ()
    )
    song = await make(client, fakes, tmp_path)
    assert (song.take, song.takes, song.passed) == (2, 2, True)
    assert (fakes.calls["mix_stems"], fakes.calls["master_mix"], fakes.calls["compose_candidate"]) == (1, 2, 3)
    assert fakes.masters[1].mix_request.take.mix.low_trim_db == -2.1
    assert fakes.masters[1].mixed == fakes.masters[0].mixed


async def test_a_fault_of_levels_is_cured_by_another_mix_of_the_same_stems(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        failures=lambda asked: (failing("stem_level:bass", "mix"),) if asked.mix_request.take.number == 1 else ()
    )
    await make(client, fakes, tmp_path)
    assert (fakes.calls["mix_stems"], fakes.calls["render bass"]) == (2, 1)
    assert fakes.mixes[1].take.mix.stem_trim_db == {"bass": -3.0}
    assert fakes.mixes[1].stems == fakes.mixes[0].stems


async def test_a_fault_of_notes_is_cured_by_a_new_score(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        failures=lambda asked: (failing("voice_leading", "score"),) if asked.mix_request.take.number == 1 else ()
    )
    song = await make(client, fakes, tmp_path)
    assert song.take == 2
    assert fakes.delivered[0].takes[1].settings.seed == take_seed(SEED, 2)
    assert fakes.delivered[0].score.key == f"documents/score-{take_seed(SEED, 2)}.json"


async def test_takes_end_at_their_bound_and_the_best_is_delivered(client: Client, tmp_path: Path) -> None:
    worst = failing("voice_leading", "score"), failing("register", "score")
    fakes = FakeActivities(failures=lambda asked: worst[: 1 if asked.mix_request.take.number == 2 else 2])
    song = await make(client, fakes, tmp_path, takes=3)
    assert (song.passed, song.take, song.takes) == (False, 2, 3)


async def test_failed_mastering_discards_its_attempt_and_mixes_again_more_gently(
    client: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities(master_errors=[SilentAudio("a loud part", "silence", "mix again")])
    song = await make(client, fakes, tmp_path)
    assert song.passed
    assert [discard.prefix for discard in fakes.discarded] == ["take 1/mix 0/"]
    assert fakes.calls["discard_attempt"] == 2, "the compensation itself is retried"
    first, second = fakes.mixes
    assert (second.attempt, second.take.mix.low_trim_db) == (1, first.take.mix.low_trim_db - 1.5)
    assert fakes.delivered[0].mixed.mix.key == "audio/mix-1-1.flac"


async def test_mastering_that_always_fails_gives_up_within_bounds(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(master_errors=[SilentAudio("a loud part", "silence", "mix again")] * 9)
    with pytest.raises(SilentAudio, match="mix again"):
        await make(client, fakes, tmp_path)
    assert (fakes.calls["mix_stems"], fakes.calls["master_mix"]) == (3, 3)
    assert [discard.prefix for discard in fakes.discarded] == [f"take 1/mix {attempt}/" for attempt in range(3)]
    assert [(ending.status, ending.error) for ending in fakes.endings] == [("failed", "SilentAudio")]


async def test_a_full_disk_is_not_answered_by_another_mix(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(master_errors=[StorageFull("room", "none", "free some")])
    with pytest.raises(StorageFull, match="free some"):
        await make(client, fakes, tmp_path)
    assert fakes.calls["mix_stems"] == 1


async def test_a_failure_that_may_pass_is_retried_for_that_track_alone(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_errors=[RenderFailed("audio", "NaN", "try again")])
    song = await make(client, fakes, tmp_path)
    assert song.passed
    assert (fakes.calls["render bass"], fakes.calls["render kick"]) == (2, 1)


async def test_a_failure_that_cannot_pass_is_not_retried_and_reaches_the_client(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_errors=[InvalidPrompt("music", "soup", "ask for a song")] * 3)
    with pytest.raises(InvalidPrompt) as caught:
        await make(client, fakes, tmp_path)
    assert (caught.value.expected, caught.value.found, caught.value.fix) == ("music", "soup", "ask for a song")
    assert fakes.calls["render bass"] == 1
    assert fakes.endings[0].status == "failed"


async def test_cancelling_stops_the_work_within_seconds_and_cleans_up(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_s=60.0)
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, request(), settings)
        await fakes.rendering.wait()
        start = time.perf_counter()
        await cancel_song(handle)
        elapsed_s = time.perf_counter() - start
        with pytest.raises(Cancelled):
            await song_result(handle)
    assert elapsed_s < 4.0
    assert fakes.cancelled_renders == len(TRACKS)
    assert [ending.status for ending in fakes.endings] == ["cancelled"]


async def test_a_song_whose_steps_fail_once_they_are_cancelled_ends_as_cancelled(
    client: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities(render_s=60.0, cancelled_render_error=InvalidPrompt("an answer", "none", "ask again"))
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, request(), settings)
        await fakes.rendering.wait()
        await cancel_song(handle)
        with pytest.raises(Cancelled):
            await song_result(handle)
    assert fakes.cancelled_renders == len(TRACKS)
    assert [ending.status for ending in fakes.endings] == ["cancelled"]


async def test_cancelling_a_finished_song_changes_nothing(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, request(), settings)
        song = await song_result(handle)
        await cancel_song(handle)
        assert await song_result(handle) == song
    assert fakes.endings == []


async def test_asking_twice_for_the_same_song_joins_the_first(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_s=0.3)
    async with working(client, fakes.all(), tmp_path) as settings:
        wanted = request()
        first = await start_song(client, wanted, settings)
        second = await start_song(client, wanted, settings)
        assert await song_result(first) == await song_result(second)
    assert fakes.calls["analyze"] == 1


@pytest.mark.parametrize("file", sorted(HISTORIES.glob("*.json")), ids=lambda file: file.stem)
async def test_recorded_histories_replay_with_the_code_of_today(file: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=data_converter(None), workflow_runner=workflow_runner())
    recorded = file.read_text()
    started = json.loads(recorded)["events"][0]["workflowExecutionStartedEventAttributes"]
    async with asyncio.timeout(30):  # another history than the code's own would never end here
        result = await replayer.replay_workflow(WorkflowHistory.from_json(started["workflowId"], recorded))
    assert result.replay_failure is None


async def test_there_are_recorded_histories_of_every_workflow_in_every_mode() -> None:
    recorded = {file.stem.rpartition("-")[0] for file in HISTORIES.glob("*.json")}
    for mode in get_args(Mode):
        suffix = "" if mode == "symbolic" else f"-{mode}"
        of_songs = {workflow.__name__ for workflow in WORKFLOWS} - {"SessionWorkflow"}
        assert {f"{name}{suffix}" for name in of_songs} <= recorded
        assert f"CompositionWorkflow-first-round{suffix}" in recorded
    assert {"SessionWorkflow", "SongWorkflow-steered", "SongWorkflow-version", "SongWorkflow-cancelled"} <= recorded
