"""Task queues, one for each resource, so that workers scale apart.

Workflows and light activities share the first queue; what renders and computes has one, what calls engines another.
Their names follow from the first one's, so that a workflow knows them by the queue on which it runs itself, and a
private name makes all of them private.
"""

from __future__ import annotations

from typing import get_args

from temporalio.common import Priority

from aurax.errors import InvalidOption
from aurax.produce.stages import QueueName

QUEUES: tuple[QueueName, ...] = get_args(QueueName)
"""Every queue; a worker polls all of them unless it is told otherwise."""


def queue_name(base: str, queue: QueueName) -> str:
    """The name of a task queue on the server.

    Args:
        base: name of the queue of workflows.
        queue: which one.
    """
    return base if queue == "workflows" else f"{base}-{queue}"


def read_queues(text: str) -> tuple[QueueName, ...]:
    """Read a choice of queues, separated by commas.

    Raises:
        InvalidOption: another name, or none.
    """
    names = {part.strip() for part in text.split(",") if part.strip()}
    chosen = tuple(queue for queue in QUEUES if queue in names)
    if not chosen or len(chosen) < len(names):
        raise InvalidOption(f"task queues out of {', '.join(QUEUES)}", repr(text[:100]), "name one or several of them")
    return chosen


def priority_of(owner: str | None) -> Priority:
    """The share of the work that an owner's songs get where others wait too; activities and children inherit it.

    A server that knows fairness gives each owner's waiting steps equal turns, so that fifty songs of one person do not
    hold up the first song of another. Other servers ignore it.

    Args:
        owner: id of the person; None for a machine of one person.
    """
    return Priority(fairness_key=owner[:64]) if owner else Priority.default
