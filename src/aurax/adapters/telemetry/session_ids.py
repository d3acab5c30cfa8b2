"""The id of a session, carried beside the payloads to every step of its songs, so that what they log names it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle, ChildWorkflowHandle

from aurax.adapters.telemetry.tracing import own_trace

_SONG = "SongWorkflow"
_HEADER = "aurax-session"
_ID = re.compile(r"[0-9a-f]{32}")


class CarriedSession(Interceptor):
    """Hands the id on from a song's workflow to its children and their activities."""

    def workflow_interceptor_class(self, _input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """What every workflow goes through."""
        return _Inbound


def session_of(headers: Mapping[str, Payload]) -> str | None:
    """The id that was carried, if it is one; anybody can write headers.

    Args:
        headers: of an activity or a workflow.
    """
    carried = headers.get(_HEADER)
    try:
        session = None if carried is None else json.loads(carried.data)
    except ValueError:
        return None
    return session if isinstance(session, str) and _ID.fullmatch(session) else None


class _Inbound(WorkflowInboundInterceptor):
    session: str | None = None

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        lineage = getattr(input.args[0], "lineage", None) if input.args else None
        self.session = getattr(lineage, "session_id", None) or session_of(input.headers)
        return await super().execute_workflow(input)


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, inbound: _Inbound) -> None:
        super().__init__(next)
        self._inbound = inbound

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        input.headers = self._with_session(input.headers)
        return super().start_activity(input)

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> ChildWorkflowHandle[Any, Any]:
        input.headers = self._with_session(input.headers)
        # The trace of a session that lasts for hours would be found by nobody.
        with own_trace() if input.workflow == _SONG else nullcontext():
            return await super().start_child_workflow(input)

    def _with_session(self, headers: Mapping[str, Payload]) -> Mapping[str, Payload]:
        session = self._inbound.session
        if session is None:
            return headers
        payload = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(session).encode())
        return {**headers, _HEADER: payload}
