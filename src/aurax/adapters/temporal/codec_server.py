"""A codec server: shows sealed payloads to Temporal's web page and its command, which have no key.

The protocol is Temporal's: `POST /decode` and `POST /encode` with a JSON body of payloads. What cannot be opened comes
back as a text that says why. To seal a payload for a workflow, its id must be in the header `X-Workflow-Id`, because
every payload is bound to its place.

Source: docs.temporal.io, Codec Server.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from google.protobuf.json_format import MessageToDict, Parse, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import WorkflowSerializationContext

from aurax.adapters.temporal.keys import PayloadKeys
from aurax.adapters.temporal.refusal import refusal_of
from aurax.adapters.temporal.sealing import SEALED, SealingCodec
from aurax.errors import InvalidOption

_LONGEST_HEAD_BYTES = 16_384
_LONGEST_BODY_BYTES = 32 * 1024 * 1024
"""Temporal's answers are bounded by 4 MB, its blobs by 2 MB; in JSON with base64 a page of a history takes more."""
_REQUEST_WITHIN_S = 20.0
_MOST_CONNECTIONS = 32
_SHORTEST_TOKEN = 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class CodecOptions:
    """How a codec server listens and whom it answers.

    Args:
        host: address of this machine.
        port: 0 takes any free one.
        origin: of the web page that may ask, such as `http://localhost:8233`.
        token: what every request must carry as a bearer token; None on a loopback address only.
    """

    host: str = "127.0.0.1"
    port: int = 8081
    origin: str = "http://localhost:8233"
    token: str | None = None

    def checked(self) -> CodecOptions:
        """The same.

        Raises:
            InvalidOption: others could ask without a token, or the token is too short.
        """
        if self.token is None and self.host not in _LOOPBACK:
            raise InvalidOption(
                "AURAX_CODEC_TOKEN to be set where the codec server answers other machines",
                f"the address {self.host} and no token",
                "set it (openssl rand -hex 32), or listen on 127.0.0.1",
            )
        if self.token is not None and len(self.token) < _SHORTEST_TOKEN:
            raise InvalidOption(
                f"AURAX_CODEC_TOKEN to have {_SHORTEST_TOKEN} characters at least",
                f"{len(self.token)}",
                "make one with 'openssl rand -hex 32'",
            )
        return self


@asynccontextmanager
async def serve_codec(keys: PayloadKeys, options: CodecOptions) -> AsyncIterator[int]:
    """Answer until the block ends.

    Args:
        keys: open and seal payloads.
        options: how to listen.

    Yields:
        The port.

    Raises:
        InvalidOption: the options are not safe, or the address cannot be listened on.
    """
    answering = _Answering(SealingCodec(keys), options.checked())
    try:
        server = await asyncio.start_server(answering.connected, options.host, options.port, limit=_LONGEST_HEAD_BYTES)
    except (OSError, OverflowError) as error:
        raise InvalidOption(
            "an address of this machine with a free port",
            f"{options.host}:{options.port} ({error})",
            "choose another with --host and --port",
        ) from error
    async with server:
        yield int(server.sockets[0].getsockname()[1])


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class _Answering:
    def __init__(self, codec: SealingCodec, options: CodecOptions) -> None:
        self._codec, self._options = codec, options
        self._connections = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(_REQUEST_WITHIN_S):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError):
            pass  # whoever asks so gets no answer
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        headers: Mapping[str, str] = {}
        try:
            if self._connections > _MOST_CONNECTIONS:
                raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once")
            method, path, headers = _read_head(await reader.readuntil(b"\r\n\r\n"))
            self._check_caller(headers)
            if method == "OPTIONS":
                return self._response(HTTPStatus.NO_CONTENT, b"", headers)
            if path not in ("/decode", "/encode"):
                raise _Refused(HTTPStatus.NOT_FOUND, "there are POST /decode and POST /encode")
            if method != "POST":
                raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes POST")
            self._check_token(headers)
            payloads = _read_payloads(await _read_body(reader, headers))
            if path == "/decode":
                answer = [self._shown(payload, headers.get("x-namespace")) for payload in payloads]
            else:
                answer = await self._sealed(payloads, headers)
            body = json.dumps({"payloads": [MessageToDict(payload) for payload in answer]}).encode()
            return self._response(HTTPStatus.OK, body, headers)
        except _Refused as refused:
            body = json.dumps({"error": refused.why}).encode()
            return self._response(refused.status, body, headers)

    def _check_caller(self, headers: Mapping[str, str]) -> None:
        """A page of another site must get nothing, whatever name of this machine it asks for."""
        origin = headers.get("origin")
        if origin is not None and origin != self._options.origin:
            raise _Refused(HTTPStatus.FORBIDDEN, "this page may not ask; start the server with its --origin")
        host = headers.get("host", "").rpartition(":")[0].strip("[]") or headers.get("host", "")
        if self._options.token is None and host not in _LOOPBACK:
            raise _Refused(HTTPStatus.FORBIDDEN, "ask for 127.0.0.1 or localhost, or set AURAX_CODEC_TOKEN")

    def _check_token(self, headers: Mapping[str, str]) -> None:
        if self._options.token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        good = hmac.compare_digest(given.strip().encode(), self._options.token.encode())
        if scheme.lower() != "bearer" or not good:
            raise _Refused(HTTPStatus.UNAUTHORIZED, "give AURAX_CODEC_TOKEN as a bearer token")

    def _shown(self, payload: Payload, namespace: str | None) -> Payload:
        if payload.metadata.get("encoding") != SEALED:
            return payload  # the protocol leaves what is not encoded as it is
        opened = self._codec.open_where_it_says(payload, namespace)
        why = refusal_of(opened)
        return opened if why is None else _text(f"(AURA-X cannot show this: {why})")

    async def _sealed(self, payloads: list[Payload], headers: Mapping[str, str]) -> list[Payload]:
        if self._options.token is None:
            raise _Refused(HTTPStatus.FORBIDDEN, "payloads are sealed only for who has AURAX_CODEC_TOKEN; set it")
        namespace, workflow_id = headers.get("x-namespace"), headers.get("x-workflow-id")
        if not namespace or not workflow_id:
            raise _Refused(
                HTTPStatus.BAD_REQUEST,
                "a payload is sealed for one workflow: name it in X-Namespace and X-Workflow-Id "
                "(temporal --codec-header 'X-Workflow-Id=…')",
            )
        context = WorkflowSerializationContext(namespace=namespace, workflow_id=workflow_id)
        return await self._codec.with_context(context).encode(payloads)

    def _response(self, status: HTTPStatus, body: bytes, asked: Mapping[str, str]) -> bytes:
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Vary: Origin",
            "Connection: close",
        ]
        if asked.get("origin") == self._options.origin:
            lines += [
                f"Access-Control-Allow-Origin: {self._options.origin}",
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: POST, OPTIONS",
                "Access-Control-Allow-Headers: Authorization, Content-Type, X-Namespace, X-Workflow-Id",
                "Access-Control-Allow-Private-Network: true",
            ]
        return "\r\n".join([*lines, "", ""]).encode() + body


def _read_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise _Refused(HTTPStatus.BAD_REQUEST, "HTTP/1.1 is spoken here")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return parts[0], parts[1].partition("?")[0].rstrip("/"), headers


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a body of application/json is wanted")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise _Refused(HTTPStatus.LENGTH_REQUIRED, "the length of the body is wanted")
    if len(length) > 9 or int(length) > _LONGEST_BODY_BYTES:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {_LONGEST_BODY_BYTES} bytes are taken")
    return await reader.readexactly(int(length))


def _read_payloads(body: bytes) -> list[Payload]:
    try:
        return list(Parse(body, Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, UnicodeDecodeError, RecursionError):
        raise _Refused(HTTPStatus.BAD_REQUEST, 'the body must be {"payloads": [...]} as Temporal writes it') from None


def _text(words: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(words).encode())
