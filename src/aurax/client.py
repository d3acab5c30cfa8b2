"""AURA-X on a server, from Python: `AuraxClient(address, key)`; see docs/mcp.md."""

from __future__ import annotations

from aurax.adapters.web_client.client import AuraxClient
from aurax.adapters.web_client.finding import find_client
from aurax.adapters.web_client.sessions import RemoteSession

__all__ = ["AuraxClient", "RemoteSession", "find_client"]
