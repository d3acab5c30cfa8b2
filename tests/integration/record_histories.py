"""Record the histories that the replay test reads: `python tests/integration/record_histories.py neural session`.

Run it after a change of the workflows that old runs survive (`workflow.patched`), and keep the old files too: give
the new ones another number. Without a mode it records all of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks import song_task
from temporal_fakes import FakeActivities, failing
from temporalio.testing import WorkflowEnvironment

from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.names import session_workflow_id, song_workflow_id
from aurax.adapters.temporal.session_client import SessionClient
from aurax.adapters.temporal.worker import build_worker
from aurax.errors import BudgetExceeded, SilentAudio
from aurax.produce.stages import Mode
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState
from aurax.services.understand import understand
from aurax.settings import Settings

NUMBER = 2
"""Of this generation of recordings."""
SESSION_NUMBER = 3


async def record(folder: Path, mode: Mode) -> None:
    """Make a song that goes through what can happen in its mode, and write down what every workflow did."""
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_log_level="error",
        data_converter=data_converter(None),
    )
    async with server:
        settings = Settings.load(data_dir=Path(tempfile.gettempdir()), render_workers=2)
        async with build_worker(server.client, settings, FAKES[mode]().all()):
            engine = None if mode == "symbolic" else "musicgen-melody"
            task = song_task(song_id="recorded", seed=7, engine=engine, dual=mode == "dual", understood=True)
            await song_result(await start_song(server.client, task, settings))
        song = song_workflow_id("recorded")
        names = {
            "SongWorkflow": song,
            "CompositionWorkflow": f"{song}/take-1/compose",
            "ArrangementWorkflow": f"{song}/take-1/arrange",
            "MixingWorkflow": f"{song}/take-1/mix",
        }
        histories = {
            name: await server.client.get_workflow_handle(workflow_id).fetch_history()
            for name, workflow_id in names.items()
        }
        started = histories["CompositionWorkflow"].events[0].workflow_execution_started_event_attributes
        first_round = server.client.get_workflow_handle(
            names["CompositionWorkflow"], run_id=started.first_execution_run_id
        )
        histories["CompositionWorkflow-first-round"] = await first_round.fetch_history()
        number = NUMBER if mode == "symbolic" else f"{mode}-{NUMBER}"
        for name, history in histories.items():
            (folder / f"{name}-{number}.json").write_text(
                json.dumps(without_this_machine(json.loads(history.to_json())), indent=1) + "\n"
            )


async def record_session(folder: Path) -> None:
    """A session with everything: songs, a note in mid-production, versions, undo, a rating, a cancellation."""
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_log_level="error",
        data_converter=data_converter(None),
    )
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with server:
        settings = Settings.load(data_dir=Path(tempfile.gettempdir()), render_workers=2)
        async with build_worker(server.client, settings, fakes.all()):
            session = SessionClient(server.client, settings, "recorded")
            await session.open(SessionState(session_id="recorded"))
            wanted = SongRequest.of(prompt="lofi", seed=7)
            song = await session.request_song(PreparedSong(wanted, understand(wanted)))
            await fakes.mixing.wait()
            await session.steer("brighter")
            fakes.mix_may_go_on.set()
            await all_ended(session)
            version = await session.steer("slower")
            await all_ended(session)
            await session.undo()
            await session.rate(4, "good")
            await session.name("v2", "slow")
            await session.select("slow")
            fakes.mix_may_go_on.clear()
            fakes.mixing.clear()
            stopped = await session.steer("louder bass")
            await fakes.mixing.wait()
            await session.cancel(str(stopped.version))
            await all_ended(session)
            await session.close()
            while await session.is_open():
                await asyncio.sleep(0.1)
        names = {
            f"SessionWorkflow-{SESSION_NUMBER}": session_workflow_id("recorded"),
            f"SongWorkflow-steered-{SESSION_NUMBER}": song_workflow_id(str(song.song_id)),
            f"SongWorkflow-version-{SESSION_NUMBER}": song_workflow_id(str(version.song_id)),
            f"SongWorkflow-cancelled-{SESSION_NUMBER}": song_workflow_id(str(stopped.song_id)),
            f"MixingWorkflow-cancelled-{SESSION_NUMBER}": f"{song_workflow_id(str(stopped.song_id))}/take-1/mix",
        }
        for name, workflow_id in names.items():
            history = await server.client.get_workflow_handle(workflow_id).fetch_history()
            (folder / f"{name}.json").write_text(
                json.dumps(without_this_machine(json.loads(history.to_json())), indent=1) + "\n"
            )


async def all_ended(session: SessionClient) -> None:
    while not all(one.is_ended for one in (await session.state()).versions):
        await asyncio.sleep(0.1)


def two_takes() -> FakeActivities:
    """No score of the first round passes, the first master fails, the first take is mastered anew."""
    return FakeActivities(
        passing_candidates=lambda asked: asked.index > 2,
        failures=lambda asked: (failing("sub_share", "master"),) if asked.mix_request.take.number == 1 else (),
        master_errors=[SilentAudio("a loud part", "silence", "mix again")],
    )


def money_for_one_take() -> FakeActivities:
    """No audio of the first round passes, the first take falls short, and nobody pays for the second."""
    too_dear = BudgetExceeded("up to $0.20 within the song's budget", "$0.05 left of $0.50", "raise --budget")
    return FakeActivities(
        passing_audio=lambda index: index > 2,
        failures=lambda asked: (failing("voice_leading", "score"),),
        generation_errors=lambda order: too_dear if order.take_number == 2 else None,
    )


FAKES: dict[Mode, Callable[[], FakeActivities]] = {
    "symbolic": two_takes,
    "neural": money_for_one_take,
    "dual": two_takes,
}


def without_this_machine(value: Any) -> Any:
    """Take out host names and file paths, which no replay reads."""
    if isinstance(value, dict):
        return {
            name: "" if name in ("identity", "stackTrace") else without_this_machine(one) for name, one in value.items()
        }
    return [without_this_machine(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    target = Path(__file__).parent / "histories"
    target.mkdir(exist_ok=True)
    for chosen in FAKES:
        if chosen in (sys.argv[1:] or FAKES):
            asyncio.run(record(target, chosen))
    if "session" in (sys.argv[1:] or ["session"]):
        asyncio.run(record_session(target))
