"""Modal's server in this process, as far as the functions need one; Modal's own client talks to it in its protocol.

Deployed classes run through `answer`, whose messages it streams like the outputs of a generator.
"""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpclib
from google.protobuf import message_factory
from grpclib.server import Server
from modal._serialization import deserialize_data_format, deserialize_params, serialize_data_format
from modal_proto import api_grpc
from modal_proto import api_pb2 as api

Answer = Callable[[str, str, bytes, str], Iterator[bytes]]
"""From a class, its engine, a message and the call's name to the answers."""

_METHODS = api.DESCRIPTOR.services_by_name["ModalClient"].methods_by_name


class ModalServer:
    """A server on a free port of this machine.

    Args:
        answer: runs the methods of classes.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.functions: dict[str, api.Function] = {}
        self.deployed = False
        self.cancelled: list[str] = []
        self.files: dict[str, int] = {}
        self.url = ""
        self._numbers = 0
        self._bound: dict[str, tuple[str, str]] = {}
        self._calls: dict[str, tuple[str, str, bytes]] = {}
        self._given: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="modal-server")

    def __enter__(self) -> "ModalServer":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._thread.join(30)

    def _serve(self) -> None:
        async def serve() -> None:
            handlers = {name: self._handler(name, method) for name, method in _METHODS.items()}
            self._server = Server([type("Modal", (api_grpc.ModalClientBase,), handlers)()])
            await self._server.start("127.0.0.1", 0)
            port = self._server._server.sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            self._ready.set()
            await self._server.wait_closed()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(serve())

    def _handler(self, name: str, method: Any) -> Callable[..., Any]:
        empty = message_factory.GetMessageClass(method.output_type)
        own = getattr(self, f"_on_{_snake(name)}", None)

        async def handle(_service: Any, stream: Any) -> None:
            request = await stream.recv_message()
            if method.server_streaming:
                if own is not None:
                    await own(request, stream)
                return
            reply = None if own is None else own(request)
            if asyncio.iscoroutine(reply):
                reply = await reply
            await stream.send_message(empty() if reply is None else reply)

        return handle

    def _new(self, prefix: str) -> str:
        self._numbers += 1
        return f"{prefix}-{self._numbers:06d}"

    def _on_app_create(self, _: Any) -> Any:
        return api.AppCreateResponse(app_id="ap-1")

    def _on_app_publish(self, _: Any) -> Any:
        self.deployed = True
        return api.AppPublishResponse(url="http://127.0.0.1/app")

    def _on_auth_token_get(self, _: Any) -> Any:
        def part(value: dict[str, Any]) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        return api.AuthTokenGetResponse(token=f"{part({})}.{part({'exp': int(time.time()) + 3600})}.x")

    def _on_environment_get_or_create(self, _: Any) -> Any:
        reply = api.EnvironmentGetOrCreateResponse(environment_id="en-1")
        reply.metadata.settings.image_builder_version = "2025.06"
        return reply

    def _on_image_get_or_create(self, _: Any) -> Any:
        reply = api.ImageGetOrCreateResponse(image_id=self._new("im"))
        reply.result.status = api.GenericResult.GENERIC_STATUS_SUCCESS
        return reply

    def _on_volume_get_or_create(self, _: Any) -> Any:
        return api.VolumeGetOrCreateResponse(volume_id="vo-1", version=1)

    def _on_mount_get_or_create(self, _: Any) -> Any:
        return api.MountGetOrCreateResponse(mount_id=self._new("mo"))

    def _on_function_precreate(self, _: Any) -> Any:
        return api.FunctionPrecreateResponse(function_id=self._new("fu"))

    def _on_function_create(self, request: Any) -> Any:
        self.functions[request.function.function_name] = request.function
        reply = api.FunctionCreateResponse(
            function_id=request.existing_function_id,
            function=request.function,
            handle_metadata=_metadata(request.function),
        )
        reply.function_data.function_name = request.function.function_name
        reply.function_data.ranked_functions.add(rank=0, function=request.function)
        return reply

    def _on_class_create(self, _: Any) -> Any:
        return api.ClassCreateResponse(class_id=self._new("cs"))

    def _on_class_get(self, request: Any) -> Any:
        self._require(f"{request.object_tag}.*")
        return api.ClassGetResponse(class_id=self._new("cs"))

    def _on_function_get(self, request: Any) -> Any:
        definition = self._require(request.object_tag)
        reply = api.FunctionGetResponse(function_id=f"fu-{request.object_tag}", handle_metadata=_metadata(definition))
        reply.function.ranked_functions.add(rank=0, function=definition)
        return reply

    def _on_function_bind_params(self, request: Any) -> Any:
        tag = request.function_id.removeprefix("fu-")
        definition = self._require(tag)
        values = deserialize_params(request.serialized_params, definition, None)
        bound = self._new("fu")
        self._bound[bound] = (tag.removesuffix(".*"), values[1].get("engine", ""))
        return api.FunctionBindParamsResponse(bound_function_id=bound, handle_metadata=_metadata(definition))

    def _on_function_map(self, request: Any) -> Any:
        given = request.pipelined_inputs[0].input
        arguments, _ = deserialize_data_format(given.args, given.data_format, None)
        call_id = self._new("fc")
        self._calls[call_id] = (*self._bound[request.function_id], arguments[0])
        reply = api.FunctionMapResponse(function_call_id=call_id)
        reply.pipelined_inputs.add(idx=0, input_id=self._new("in"))
        return reply

    async def _on_function_call_get_data_out(self, request: Any, stream: Any) -> None:
        call_id = request.function_call_id
        answers = self.answer(*self._calls[call_id], call_id)
        index = 0
        while True:
            message = await asyncio.to_thread(next, answers, None)
            if message is None or call_id in self.cancelled:
                break
            index += 1
            await stream.send_message(
                api.DataChunk(
                    data_format=api.DATA_FORMAT_PICKLE,
                    data=serialize_data_format(message, api.DATA_FORMAT_PICKLE),
                    index=index,
                )
            )
        self._given[call_id] = index

    async def _on_function_get_outputs(self, request: Any) -> Any:
        while request.function_call_id not in self._given:
            await asyncio.sleep(0.01)
        done = api.GeneratorDone(items_total=self._given[request.function_call_id])
        reply = api.FunctionGetOutputsResponse()
        item = reply.outputs.add(data_format=api.DATA_FORMAT_GENERATOR_DONE)
        item.result.status = api.GenericResult.GENERIC_STATUS_SUCCESS
        item.result.data = done.SerializeToString()
        return reply

    def _on_function_call_cancel(self, request: Any) -> None:
        self.cancelled.append(request.function_call_id)

    async def _on_volume_list_files(self, _: Any, stream: Any) -> None:
        reply = api.VolumeListFilesResponse()
        for path, size in self.files.items():
            reply.entries.add(path=path, type=api.FileEntry.FileType.FILE, size=size)
        await stream.send_message(reply)

    async def _on_volume_list_files2(self, _: Any, stream: Any) -> None:
        reply = api.VolumeListFiles2Response()
        for path, size in self.files.items():
            reply.entries.add(path=path, type=api.FileEntry.FileType.FILE, size=size)
        await stream.send_message(reply)

    def _require(self, tag: str) -> Any:
        if not self.deployed or tag not in self.functions:
            raise grpclib.GRPCError(grpclib.Status.NOT_FOUND, f"no {tag}")
        return self.functions[tag]


def _metadata(definition: Any) -> Any:
    metadata = api.FunctionHandleMetadata(
        function_name=definition.function_name,
        function_type=definition.function_type,
        class_parameter_info=definition.class_parameter_info,
        function_schema=definition.function_schema,
        supported_input_formats=definition.supported_input_formats,
        supported_output_formats=definition.supported_output_formats,
    )
    for name, method in definition.method_definitions.items():
        metadata.method_handle_metadata[name].CopyFrom(
            api.FunctionHandleMetadata(
                function_name=method.function_name,
                function_type=method.function_type,
                is_method=True,
                use_method_name=name,
                function_schema=method.function_schema,
                supported_input_formats=method.supported_input_formats,
                supported_output_formats=method.supported_output_formats,
            )
        )
    return metadata


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
