"""A proxy in front of a server on loopback that fails on demand: error answers, cut, stalled and slow connections.

It runs in threads of its own, so it serves blocking and asynchronous tests alike. With `http=True` it reads the head of
each request, passes one request per connection and notes it; else it passes bytes of any protocol.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

_BLOCK_BYTES = 64 * 1024
_POLL_S = 0.02


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a connection.

    Args:
        status: answer this HTTP status instead of passing the request on.
        body: of that answer.
        cut_sent_after_bytes: break off when the client has sent so much.
        cut_received_after_bytes: break off when the client has got so much.
        stall: take the connection, and never answer.
        delay_s: wait so long before passing anything on.
        times: how many connections it befalls; None for all until it is healed.
        methods: only requests of these methods; empty for all.
        containing: only requests whose method and path contain this text, such as `PUT /bucket/audio/`.
    """

    status: int | None = None
    body: bytes = b""
    cut_sent_after_bytes: int | None = None
    cut_received_after_bytes: int | None = None
    stall: bool = False
    delay_s: float = 0.0
    times: int | None = None
    methods: tuple[str, ...] = ()
    containing: str = ""


def s3_error(status: int, code: str, message: str = "", times: int | None = None) -> Fault:
    """An answer as S3 gives it when it refuses.

    Args:
        status: of HTTP.
        code: such as `SlowDown`.
        message: for people.
        times: how many requests it befalls; None for all until it is healed.
    """
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Fault(status=status, body=body.encode(), times=times)


class FaultProxy:
    """Listens on loopback and passes everything to a server, unless a fault says otherwise.

    Args:
        target_port: of the server, on loopback.
        http: whether to read requests.
    """

    def __init__(self, target_port: int, *, http: bool = True) -> None:
        self._target_port = target_port
        self._http = http
        self._fault: Fault | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()
        self.requests: list[str] = []
        """Method and path of every request so far, those that failed included; only with `http`."""
        self.heads: list[str] = []
        """The whole heads of those requests."""
        self.connections = 0
        """How many connections were taken."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="fault-proxy", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def fail(self, fault: Fault) -> None:
        """Let a fault befall the connections that come from now on, in place of the one before."""
        with self._lock:
            self._fault = fault

    def heal(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._fault = None

    def cut_all(self) -> None:
        """Break off every open connection."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            _reset(connection)

    def close(self) -> None:
        """Stop listening and break off what is open."""
        self._ended.set()
        # A thread blocked in accept keeps the port unless it is woken first.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
                self.connections += 1
            threading.Thread(target=self._serve, args=(client,), name="fault-proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server: socket.socket | None = None
        try:
            request = _read_head(client) if self._http else b""
            if self._http and not request:
                return
            line = " ".join(request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2])
            if self._http:
                self.requests.append(line)
                self.heads.append(request.partition(b"\r\n\r\n")[0].decode("latin-1"))
            fault = self._take(line) or Fault()
            if fault.delay_s:
                self._ended.wait(fault.delay_s)
            if fault.stall:
                self._hold(client)
                return
            if fault.status is not None:
                _answer(client, request, fault)
                return
            server = socket.create_connection(("127.0.0.1", self._target_port))
            with self._lock:
                self._open.add(server)
            self._exchange(client, server, _closing(request), fault)
        except OSError:
            _reset(client)
        finally:
            for connection in (client, server):
                if connection is not None:
                    with self._lock:
                        self._open.discard(connection)
                    connection.close()

    def _exchange(self, client: socket.socket, server: socket.socket, request: bytes, fault: Fault) -> None:
        def send() -> None:
            with contextlib.suppress(OSError):
                if not _pump(client, server, fault.cut_sent_after_bytes, request):
                    _reset(client)
                    _reset(server)

        sender = threading.Thread(target=send, name="fault-proxy", daemon=True)
        sender.start()
        if not _pump(server, client, fault.cut_received_after_bytes):
            _reset(client)
            _reset(server)
        elif not self._http:
            sender.join(_POLL_S)
        # Wakes the sender, whose client may keep its side open.
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        sender.join()

    def _take(self, line: str) -> Fault | None:
        with self._lock:
            fault = self._fault
            if fault is None or (fault.methods and line.split(" ")[0] not in fault.methods):
                return None
            if fault.containing not in line:
                return None
            if fault.times is not None:
                self._fault = replace(fault, times=fault.times - 1) if fault.times > 1 else None
            return fault

    def _hold(self, client: socket.socket) -> None:
        client.settimeout(_POLL_S)
        while not self._ended.is_set():
            try:
                if not client.recv(_BLOCK_BYTES):
                    return
            except TimeoutError:
                continue


@contextlib.contextmanager
def fault_proxy(target_port: int, *, http: bool = True) -> Iterator[FaultProxy]:
    """A running proxy in front of a server on loopback.

    Args:
        target_port: of the server.
        http: whether to read requests.
    """
    proxy = FaultProxy(target_port, http=http)
    try:
        yield proxy
    finally:
        proxy.close()


def _read_head(client: socket.socket) -> bytes:
    """What has arrived once a request's head is whole; empty when the client says nothing."""
    received = b""
    while b"\r\n\r\n" not in received:
        block = client.recv(_BLOCK_BYTES)
        if not block:
            return b""
        received += block
    return received


def _closing(request: bytes) -> bytes:
    """The same request, but the connection ends with it."""
    if not request:
        return b""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body


def _answer(client: socket.socket, request: bytes, fault: Fault) -> None:
    _drain(client, request)
    body = b"" if request.startswith(b"HEAD ") else fault.body
    head = (
        f"HTTP/1.1 {fault.status} Fault\r\nContent-Type: application/xml\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    client.sendall(head.encode() + body)
    client.shutdown(socket.SHUT_WR)
    _wait_for_end(client)


def _drain(client: socket.socket, request: bytes) -> None:
    """Read the request's body, because a client that still sends may never read an answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    left = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.split(b":")[1]) - len(body)
    while left > 0 and (block := client.recv(_BLOCK_BYTES)):
        left -= len(block)


def _wait_for_end(client: socket.socket) -> None:
    client.settimeout(1.0)
    deadline = time.monotonic() + 1.0
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline and client.recv(_BLOCK_BYTES):
            pass


def _pump(source: socket.socket, target: socket.socket, limit_bytes: int | None, first: bytes = b"") -> bool:
    """Pass bytes on until the source ends; False if the limit came first."""
    passed = 0
    block = first or source.recv(_BLOCK_BYTES)
    while block:
        if limit_bytes is not None and passed + len(block) > limit_bytes:
            target.sendall(block[: limit_bytes - passed])
            return False
        target.sendall(block)
        passed += len(block)
        block = source.recv(_BLOCK_BYTES)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    return True


def _reset(connection: socket.socket) -> None:
    """End a connection the hard way: its peer sees a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closing alone would wait for a thread that is blocked in recv.
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
