"""Workflows under our names, written by somebody else."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue


@workflow.defn(name="SongWorkflow")
class Impostor:
    """Claims to have made the song."""

    @workflow.run
    async def run(self, request: RawValue) -> Any:
        return {"song_id": "x", "files": [{"path": "../../x"}]}


@workflow.defn(name="SongWorkflow")
class Meddler:
    """Has the song's worker write something else."""

    @workflow.run
    async def run(self, request: RawValue) -> Any:
        return await workflow.execute_activity(
            "deliver_song", {"song_id": "../x"}, start_to_close_timeout=timedelta(seconds=5)
        )
