"""The functions on Modal and what each may take; `app` registers them so, `aurax modal status` lists them."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.engines.engine import EngineInfo
from aurax.engines.requests import Kind

HOST = "modal"
"""The name of this runtime."""
APP = "aurax"
VOLUME = "aurax-weights"
OBJECTS_SECRET = "aurax-objects"
"""Holds the object store's credentials (such as `AWS_ACCESS_KEY_ID`), where songs are kept in one."""
HUB_SECRET = "aurax-hub"
"""Holds `HF_TOKEN`, for weights whose licence must be accepted on their page first."""
WEIGHTS_DIR = "/weights"


@dataclass(frozen=True)
class ModalFunction:
    """One class on Modal.

    Args:
        name: of the class.
        kind: of the engines it runs.
        gpu: Modal's name of the GPU; None for a CPU.
        cores: physical cores that are reserved.
        memory_mib: memory that is reserved.
        timeout_s: longest call.
        scaledown_s: how long an idle container stays warm.
        max_containers: at once; bounds what a mistake can cost.
        at_once: calls that one container takes together, so that one's audio travels while another's is worked on.
    """

    name: str
    kind: Kind
    gpu: str | None
    cores: float
    memory_mib: int
    timeout_s: int
    scaledown_s: int
    max_containers: int
    at_once: int = 1

    @property
    def device(self) -> str:
        """As `Usage.device` and the price table have it: `cpu`, or the GPU that is charged."""
        return self.gpu or "cpu"


GENERATE = ModalFunction("Generate", "generator", "A100-40GB", 2, 24 * 1024, 1800, 120, 8)
SEPARATE = ModalFunction("Separate", "separator", "T4", 2, 12 * 1024, 900, 60, 8)
SEPARATE_HQ = ModalFunction("SeparateHq", "separator", "L4", 2, 16 * 1024, 1800, 60, 4)
DISCRIMINATE = ModalFunction("Discriminate", "discriminator", "A10", 2, 12 * 1024, 300, 60, 4, at_once=4)
MASTER = ModalFunction("Master", "masterer", None, 4, 8 * 1024, 600, 60, 8, at_once=2)

FUNCTIONS = (GENERATE, SEPARATE, SEPARATE_HQ, DISCRIMINATE, MASTER)

_LIGHT_SEPARATORS = ("htdemucs", "hpss")
"""How the names of separators begin that a T4 carries; all others get the larger GPU."""


def function_for(info: EngineInfo) -> ModalFunction:
    """Where an engine runs.

    Args:
        info: of the engine.
    """
    if info.kind == "separator":
        return SEPARATE if info.name.startswith(_LIGHT_SEPARATORS) else SEPARATE_HQ
    return next(function for function in FUNCTIONS if function.kind == info.kind)
