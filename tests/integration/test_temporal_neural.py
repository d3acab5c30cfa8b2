"""The neural and the dual mode through the workflows, on a real Temporal server, with activities swapped by name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from builders.temporal import working
from tasks import song_task
from temporal_fakes import LAYER, SOURCES, TRACKS, FakeActivities, failing
from temporalio.client import Client

from aurax.adapters.temporal.client import cancel_song, song_result, start_song
from aurax.adapters.temporal.names import song_workflow_id
from aurax.errors import (
    AuraxError,
    BudgetExceeded,
    Cancelled,
    LicenceForbids,
    MissingWeights,
    Preempted,
    QuotaExceeded,
)
from aurax.judge.verdict import Layer
from aurax.produce.policy import candidate_seed, take_seed
from aurax.services.generate_candidates import GenerateRequest
from aurax.services.song import Song
from aurax.services.task import EngineChoice, SongTask

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

SEED = 7
TOO_DEAR = BudgetExceeded("up to $0.20 within the song's budget", "$0.05 left of $0.50", "raise --budget")


def request(mode: str, **options: Any) -> SongTask:
    return song_task(seed=SEED, engine="musicgen-melody", dual=mode == "dual", **options)


async def make(client: Client, fakes: FakeActivities, tmp_path: Path, mode: str, **options: Any) -> Song:
    async with working(client, fakes.all(), tmp_path) as settings:
        return await song_result(await start_song(client, request(mode, **options), settings))


def seeds(first: int, last: int, seed: int = SEED) -> tuple[int, ...]:
    return tuple(candidate_seed(seed, index) for index in range(first, last))


def once_failing(layer: Layer) -> FakeActivities:
    """The first take fails at a layer."""
    check = failing("stem_level:bass" if layer == "mix" else "voice_leading", layer)
    return FakeActivities(failures=lambda asked: (check,) if asked.mix_request.take.number == 1 else ())


def in_take(number: int, error: AuraxError) -> Any:
    """An error in every call of one take."""
    return lambda order: error if order.take_number == number else None


async def test_generated_audio_goes_through_every_stage_once(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    song = await make(client, fakes, tmp_path, "neural")
    assert (song.passed, song.take) == (True, 1)
    stages = ("analyze", "generate_candidates", "separate_stems", "arrange_stems")
    assert fakes.calls == dict.fromkeys((*stages, "mix_stems", "master_mix", "judge_take", "deliver_song"), 1)
    assert fakes.mixes[0].score.key == f"documents/heard-{SEED}.json"
    assert [stem.key for stem in fakes.mixes[0].stems] == [f"documents/stem-{name}.json" for name in SOURCES]
    assert fakes.delivered[0].score == fakes.mixes[0].score
    worked = {piece.stage for piece in fakes.delivered[0].work}
    assert worked == {"intent", "generate", "separate", "arrange", "mix", "master", "judge"}


async def test_candidates_are_generated_in_one_call_and_the_best_goes_on(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        passing_audio=lambda index: index > 0, audio_points=lambda index: {0: 99.0, 1: 60.0, 2: 80.0}[index]
    )
    await make(client, fakes, tmp_path, "neural")
    assert [order.seeds for order in fakes.generations] == [seeds(0, 3)]
    chosen = candidate_seed(SEED, 2)
    assert fakes.separations[0].audio.key == f"audio/raw-{chosen}.flac"
    assert (fakes.arrangings[0].audio, fakes.arrangings[0].seed) == (fakes.separations[0].audio, chosen)
    assert (fakes.arrangings[0].separator, len(fakes.arrangings[0].stems)) == ("hpss", len(SOURCES))


async def test_every_call_knows_the_engine_the_licence_and_the_budget(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    await make(client, fakes, tmp_path, "neural", commercial=True, budget_usd=0.5)
    choice = EngineChoice(mode="neural", engine="musicgen-melody", commercial=True, budget_usd=0.5)
    assert [fakes.generations[0].engines, fakes.separations[0].engines, fakes.arrangings[0].engines] == [choice] * 3


async def test_a_second_round_has_other_seeds_when_no_candidate_passes(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(passing_audio=lambda index: index == 4)
    await make(client, fakes, tmp_path, "neural")
    assert [(order.first_index, order.seeds) for order in fakes.generations] == [(0, seeds(0, 3)), (3, seeds(3, 6))]
    assert fakes.separations[0].audio.key == f"audio/raw-{candidate_seed(SEED, 4)}.flac"


async def test_the_best_of_the_first_round_is_carried_into_the_second_run(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(
        passing_audio=lambda index: False, audio_points=lambda index: 90.0 if index == 1 else float(index)
    )
    wanted = request("neural")
    async with working(client, fakes.all(), tmp_path) as settings:
        await song_result(await start_song(client, wanted, settings))
    assert fakes.separations[0].audio.key == f"audio/raw-{candidate_seed(SEED, 1)}.flac"
    composing = client.get_workflow_handle(f"{song_workflow_id(wanted.song_id)}/take-1/compose")
    started = (await composing.fetch_history()).events[0].workflow_execution_started_event_attributes
    assert started.continued_execution_run_id


async def test_another_mix_uses_the_same_audio_and_arrangement(client: Client, tmp_path: Path) -> None:
    fakes = once_failing("mix")
    song = await make(client, fakes, tmp_path, "neural")
    assert (song.take, fakes.calls["mix_stems"]) == (2, 2)
    assert [fakes.calls[name] for name in ("generate_candidates", "separate_stems", "arrange_stems")] == [1, 1, 1]
    assert (fakes.mixes[1].stems, fakes.mixes[1].score) == (fakes.mixes[0].stems, fakes.mixes[0].score)


@pytest.mark.parametrize("layer", ["plan", "score"])
async def test_a_fault_of_the_music_is_cured_by_audio_of_other_seeds(
    client: Client, tmp_path: Path, layer: Layer
) -> None:
    fakes = once_failing(layer)
    song = await make(client, fakes, tmp_path, "neural")
    assert song.take == 2
    assert [order.seeds for order in fakes.generations] == [seeds(0, 3), seeds(0, 3, take_seed(SEED, 2))]
    assert [order.take_number for order in fakes.separations] == [1, 2]
    assert fakes.delivered[0].score.key == f"documents/heard-{take_seed(SEED, 2)}.json"


async def test_the_layer_and_the_tracks_are_made_side_by_side(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(meet=asyncio.Barrier(len(TRACKS) + 1))
    await make(client, fakes, tmp_path, "dual")
    assert fakes.calls["generate_layer"] == 1
    assert fakes.calls["generate_candidates"] == 0
    assert fakes.layers[0].score.key == f"documents/score-{SEED}.json"
    assert fakes.mixes[0].score.key == "documents/score-with-layer.json"
    assert [stem.key for stem in fakes.mixes[0].stems] == [f"documents/stem-{name}.json" for name in (*TRACKS, LAYER)]
    assert fakes.delivered[0].score == fakes.mixes[0].score


async def test_a_layer_that_does_not_agree_with_the_notes_is_left_out(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(layer_fits=False)
    song = await make(client, fakes, tmp_path, "dual")
    assert song.passed
    assert fakes.mixes[0].score.key == f"documents/score-{SEED}.json"
    assert [stem.key for stem in fakes.mixes[0].stems] == [f"documents/stem-{name}.json" for name in TRACKS]
    assert "generate" in {piece.stage for piece in fakes.delivered[0].work}


async def test_another_mix_keeps_the_layer(client: Client, tmp_path: Path) -> None:
    fakes = once_failing("mix")
    await make(client, fakes, tmp_path, "dual")
    assert (fakes.calls["generate_layer"], fakes.calls["render bass"]) == (1, 1)
    assert fakes.mixes[1].stems == fakes.mixes[0].stems


async def test_a_layer_that_fails_calls_off_the_tracks_before_the_song_ends(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_s=60.0, layer_errors=[MissingWeights("weights", "none", "fetch them")])
    with pytest.raises(MissingWeights, match="fetch them"):
        await make(client, fakes, tmp_path, "dual")
    assert fakes.cancelled_renders == sum(fakes.calls[f"render {track}"] for track in TRACKS) > 0
    assert fakes.running_at_the_end == 0
    assert [(ending.status, ending.error) for ending in fakes.endings] == [("failed", "MissingWeights")]


async def test_a_track_that_fails_calls_off_the_layer_before_the_song_ends(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(generation_s=60.0, render_errors=[MissingWeights("a sample", "none", "fetch it")])
    fakes.fail_after = fakes.generating
    with pytest.raises(MissingWeights, match="fetch it"):
        await make(client, fakes, tmp_path, "dual")
    assert (fakes.cancelled_generations, fakes.running_at_the_end) == (1, 0)
    assert len(fakes.endings) == 1


@pytest.mark.parametrize("error", [TOO_DEAR, QuotaExceeded("a GPU", "a spending limit", "raise it")])
async def test_a_second_take_that_nobody_pays_for_leaves_the_first(
    client: Client, tmp_path: Path, error: AuraxError
) -> None:
    fakes = once_failing("score")
    fakes.generation_errors = in_take(2, error)
    song = await make(client, fakes, tmp_path, "neural")
    assert (song.take, song.takes, song.passed) == (1, 1, False)
    assert fakes.delivered[0].score.key == f"documents/heard-{SEED}.json"
    assert fakes.calls["generate_candidates"] == 2, "the refusal is not retried"
    assert fakes.endings == []


async def test_money_that_ends_between_generation_and_separation_leaves_the_best_take(
    client: Client, tmp_path: Path
) -> None:
    worst = failing("voice_leading", "score"), failing("register", "score")
    fakes = FakeActivities(
        failures=lambda asked: worst[: asked.mix_request.take.number], separation_errors=in_take(3, TOO_DEAR)
    )
    song = await make(client, fakes, tmp_path, "neural")
    assert (song.take, song.takes) == (1, 2)


async def test_a_first_take_that_nobody_pays_for_fails_the_song(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(generation_errors=in_take(1, TOO_DEAR))
    with pytest.raises(BudgetExceeded) as caught:
        await make(client, fakes, tmp_path, "neural")
    assert (caught.value.found, caught.value.fix) == (TOO_DEAR.found, TOO_DEAR.fix)
    assert fakes.calls["deliver_song"] == 0
    assert [(ending.status, ending.error) for ending in fakes.endings] == [("failed", "BudgetExceeded")]


async def test_another_failure_of_a_second_take_fails_the_song(client: Client, tmp_path: Path) -> None:
    fakes = once_failing("score")
    fakes.generation_errors = in_take(2, MissingWeights("weights", "none", "fetch them"))
    with pytest.raises(MissingWeights):
        await make(client, fakes, tmp_path, "neural")
    assert fakes.calls["deliver_song"] == 0


@pytest.mark.parametrize(
    "error",
    [
        LicenceForbids("weights that allow it", "CC-BY-NC-4.0", "choose another engine"),
        MissingWeights("weights", "none", "fetch them"),
    ],
)
async def test_what_cannot_pass_is_not_retried(client: Client, tmp_path: Path, error: AuraxError) -> None:
    fakes = FakeActivities(generation_errors=in_take(1, error))
    with pytest.raises(type(error)) as caught:
        await make(client, fakes, tmp_path, "neural")
    assert (caught.value.expected, caught.value.found, caught.value.fix) == (error.expected, error.found, error.fix)
    assert fakes.calls["generate_candidates"] == 1


async def test_a_gpu_that_was_taken_away_is_asked_for_again_with_the_same_seeds(client: Client, tmp_path: Path) -> None:
    troubles = [Preempted("a GPU until the end", "it was taken away", "ask again")]

    def taken_away(order: GenerateRequest) -> AuraxError | None:
        return troubles.pop() if troubles else None

    fakes = FakeActivities(generation_errors=taken_away)
    song = await make(client, fakes, tmp_path, "neural")
    assert song.passed
    assert [order.seeds for order in fakes.generations] == [seeds(0, 3)] * 2


@pytest.mark.parametrize("mode", ["neural", "dual"])
async def test_cancelling_in_the_middle_of_generation_stops_it_and_cleans_up(
    client: Client, tmp_path: Path, mode: str
) -> None:
    fakes = FakeActivities(generation_s=60.0)
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, request(mode), settings)
        await fakes.generating.wait()
        await cancel_song(handle)
        with pytest.raises(Cancelled):
            await song_result(handle)
    assert (fakes.cancelled_generations, fakes.running_at_the_end) == (1, 0)
    assert [ending.status for ending in fakes.endings] == ["cancelled"]
    assert fakes.calls["mix_stems"] == 0
