"""The instruments that are installed."""

from __future__ import annotations

from pathlib import Path

from aurax.errors import BrokenPlugin
from aurax.plugins import plugin_packages
from aurax.render.instrument import DESCRIPTION, Instrument, load_instrument


def load_instruments() -> dict[str, Instrument]:
    """Load every installed instrument: each folder with an `instrument.toml` in a package of `aurax.instruments`.

    Returns:
        Instruments by name, in the order of their names within each package, built-in ones first.

    Raises:
        BrokenPlugin: an instrument does not follow its contract, or two have the same name.
    """
    found: dict[str, Instrument] = {}
    for package in plugin_packages("aurax.instruments"):
        for root in sorted(package.__path__):
            for description in sorted(Path(root).glob(f"*/{DESCRIPTION}")):
                instrument = load_instrument(description.parent)
                if instrument.info.name in found:
                    raise BrokenPlugin(
                        "instrument names that differ from each other",
                        f"two instruments named {instrument.info.name!r}",
                        f"rename or uninstall the one in {package.__name__}",
                    )
                found[instrument.info.name] = instrument
    return found
