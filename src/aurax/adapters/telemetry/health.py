"""Whether a worker lives, and whether it can do work now: its event loop turns, it polls, what it needs answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Probe = Callable[[], Awaitable[object]]
"""Asks one thing that the worker needs; raises when it does not answer, and answers False when it says no."""

BEAT_S = 1.0
_BEATEN_WITHIN_S = 15.0
_PROBE_EVERY_S = 5.0
_PROBE_WITHIN_S = 4.0
_ANSWERED_WITHIN_S = 15.0
"""An older answer says nothing of now."""


@dataclass
class _Answer:
    at_s: float
    trouble: str = ""


class Health:
    """What is known of a worker's health; used in one event loop.

    Args:
        now_s: a clock in seconds that never goes back.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._beaten_s = now_s()
        self._answers: dict[str, _Answer | None] = {}
        self._probes: dict[str, Probe] = {}
        self._polling = False
        self._stopping = False

    def beat(self) -> None:
        """The event loop turns."""
        self._beaten_s = self._now_s()

    def polls(self) -> None:
        """Work is polled for from now on."""
        self._polling = True

    def stops(self) -> None:
        """No new work is taken from now on; what runs may still be finished."""
        self._stopping = True

    def watch(self, name: str, probe: Probe) -> None:
        """Ask something again and again while `run` runs.

        Args:
            name: shown in `/readyz`, such as `database`.
            probe: the question.
        """
        self._probes[name] = probe
        self._answers.setdefault(name, None)

    @property
    def alive(self) -> bool:
        """Whether the event loop turned lately."""
        return self._now_s() - self._beaten_s < _BEATEN_WITHIN_S

    @property
    def ready(self) -> bool:
        """Whether work is polled for and everything that it needs answered lately."""
        return all(state == "ok" for state in self.states().values())

    def states(self) -> dict[str, str]:
        """Each condition of being ready, with `ok` or what is wrong, without anybody's words or addresses."""
        states = {"polling": "ok" if self._polling else "not yet"}
        for name, answer in self._answers.items():
            states[name] = self._state(answer)
        if self._stopping:
            states["polling"] = "stopping"
        return states

    async def run(self) -> None:
        """Beat and ask until cancelled."""
        asking = asyncio.create_task(self._ask_on())
        try:
            while True:
                self.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            asking.cancel()

    async def ask(self) -> None:
        """Ask everything once, all at the same time."""
        await asyncio.gather(*(self._ask(name, probe) for name, probe in self._probes.items()))

    async def _ask_on(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(_PROBE_EVERY_S)

    async def _ask(self, name: str, probe: Probe) -> None:
        try:
            async with asyncio.timeout(_PROBE_WITHIN_S):
                answer = await probe()
        except TimeoutError:
            self._answers[name] = _Answer(self._now_s(), f"no answer within {_PROBE_WITHIN_S:g} s")
        except Exception as error:
            self._answers[name] = _Answer(self._now_s(), type(error).__name__)
        else:
            self._answers[name] = _Answer(self._now_s(), "no" if answer is False else "")

    def _state(self, answer: _Answer | None) -> str:
        if answer is None:
            return "not asked yet"
        if answer.trouble:
            return answer.trouble
        age_s = self._now_s() - answer.at_s
        return "ok" if age_s < _ANSWERED_WITHIN_S else f"last answered {age_s:.0f} s ago"
