"""What a call that was made costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from aurax.engines.runtime import Usage
from aurax.produce.cost.prices import Prices


def usd_of(usage: Usage, prices: Prices, at: date) -> float:
    """What a call costs: its device, cores and memory for as long as it took, loading included.

    The time that a container waits for another call before it is shut down is charged by the platform, but belongs to
    no call; estimates have it as a line of its own.

    Args:
        usage: of the call.
        prices: the table.
        at: the day of the call.

    Raises:
        InvalidOption: no price is known for the device.
    """
    if prices.is_free(usage.runtime):
        return 0.0
    return float(Decimal(repr(usage.seconds)) * usd_per_second(usage.runtime, usage.device, prices, at))


def usd_per_second(runtime: str, device: str, prices: Prices, at: date) -> Decimal:
    """What a second on a device costs, cores and memory of its container included.

    Args:
        runtime: `local`, or a host.
        device: as `Usage.device` has it.
        prices: the table.
        at: the day.

    Raises:
        InvalidOption: no price is known for the device.
    """
    if prices.is_free(runtime):
        return Decimal(0)
    container = prices.container(runtime, device)
    gpu = Decimal(0) if device == "cpu" else prices.price_at(f"{runtime}/{device}", at).usd
    cores = container.cores * prices.price_at(f"{runtime}/core", at).usd
    return gpu + cores + container.ram_gib * prices.price_at(f"{runtime}/ram", at).usd


def priced_on(usage: Usage, prices: Prices, at: date) -> date | None:
    """Since when the price that `usd_of` applies is valid; None for a call that costs nothing."""
    if prices.is_free(usage.runtime):
        return None
    return prices.price_at(f"{usage.runtime}/{'core' if usage.device == 'cpu' else usage.device}", at).valid_from
