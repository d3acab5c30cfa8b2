"""One line of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from aurax.produce.cost.money import from_micro_usd
from aurax.produce.stages import Charge

LineStatus = Literal["reserved", "settled", "failed"]
"""`reserved` until the call has ended; `failed` lines keep what a failed call used."""


class LedgerLine(BaseModel):
    """What one call cost, or may cost while it runs."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    song_id: str | None
    at: datetime
    """When the money was reserved."""
    status: LineStatus
    stage: Charge
    what: str
    """The call, in a few words."""
    engine: str | None = None
    runtime: str | None = None
    device: str | None = None
    seconds: float = 0.0
    """Time on the device, loading included."""
    cold: bool = False
    load_s: float = 0.0
    audio_s: float = 0.0
    estimate_micro_usd: int
    micro_usd: int
    """What counts against budgets: the estimate while reserved, then what it really cost."""
    tokens_in: int = 0
    tokens_out: int = 0
    priced_on: date | None = None
    """Since when the price that was applied is valid."""

    @property
    def usd(self) -> float:
        """What counts against budgets, in dollars."""
        return from_micro_usd(self.micro_usd)
