"""What the use cases need from the outside, as types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OnEvent = Callable[[str, dict[str, Any]], None]
"""Called with kind and data of every event of a song."""
