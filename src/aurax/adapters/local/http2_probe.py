"""Whether a gRPC server on this machine answers: the first frames of HTTP/2, without a gRPC library."""

from __future__ import annotations

import asyncio
import contextlib

_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""Connection preface and an empty SETTINGS frame (RFC 9113, sections 3.4 and 6.5)."""
_HEADER_BYTES = 9
_SETTINGS = 4


async def answers(port: int, timeout_s: float) -> bool:
    """Whether something on a loopback port speaks HTTP/2; a stopped process accepts connections but says nothing.

    Args:
        port: TCP port.
        timeout_s: how long it may take to answer.
    """
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_GREETING)
            await writer.drain()
            header = await reader.readexactly(_HEADER_BYTES)
            return header[3] == _SETTINGS
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        if writer is not None:
            with contextlib.suppress(OSError):
                writer.close()
