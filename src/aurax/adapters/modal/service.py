"""What runs inside the functions on Modal: messages in, messages out. Nothing here imports Modal."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping

from aurax.adapters.modal.failures import without_secrets
from aurax.adapters.modal.functions import HOST, ModalFunction
from aurax.adapters.modal.messages import Header, StartedReply, UsageReply, error_reply, require_same_version
from aurax.adapters.modal.wire import checksum, pack_chunk, pack_reply, unpack_call, unpack_header
from aurax.adapters.objects.store import ObjectStore
from aurax.engines.engine import Chunk, EngineContext, EngineSpec, Never
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.limit import Clock
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.runtime import EngineCall
from aurax.errors import AuraxError, InvalidOption, MissingWeights
from aurax.settings import Settings


class Service:
    """One engine in one container.

    A container whose memory is to be remembered as a snapshot first calls `prepare`, while there is no GPU yet; every
    container calls `start`. Neither ever raises: a container that dies at its start would be started again and again,
    and paid for. The first call tells what is wrong.

    Args:
        function: what it runs in.
        engine: name or alias; the engine of a call when empty, loaded when first called.
        settings: of the container.
        engines: by name, as `load_engines` finds them, which is the default.
        refresh: looks again for weights that were fetched after the container had started.
        store: shared with the callers; opened from the settings when None.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        function: ModalFunction,
        engine: str,
        settings: Settings,
        engines: Mapping[str, EngineSpec] | None = None,
        *,
        refresh: Callable[[], None] | None = None,
        store: ObjectStore | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._function = function
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._engines = load_engines() if engines is None else engines
        self._runtime = LocalRuntime(
            EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision),
            self._engines,
            clock=clock,
        )
        self._start_s = 0.0
        self._cold = True
        self._refresh = refresh
        self._store = store

    def prepare(self) -> None:
        """Import the engine's packages, which takes most of a start, without loading its weights.

        Weights take another form on a GPU than on a CPU, so loading them here would have to be done again.
        """
        if self._engine:
            nowhere = EngineContext(self._settings.weights_dir / ".none", device="cpu")
            self._quietly(lambda: find_engine(self._engines, self._engine).load(nowhere).close(), MissingWeights)

    def start(self) -> None:
        """Load the engine where it is to run."""
        before_s = self._clock()
        if self._engine:
            self._quietly(lambda: self._runtime.prepare(self._engine))
        self._start_s = self._clock() - before_s

    def answer(self, message: bytes, call_id: str | None = None) -> Iterator[bytes]:
        """Do one call.

        Args:
            message: from `pack_call`.
            call_id: Modal's name of the call.

        Returns:
            A `StartedReply`, the chunks, then a `UsageReply`, an `ErrorReply`, or both in this order.
        """
        yield pack_reply(StartedReply(call_id=call_id))
        try:
            header = unpack_header(message)
            require_same_version(header)
            store = self._shared_store(header)
            call, _ = unpack_call(message, store)
            yield from self._chunks(call, store)
        except MissingWeights as error:
            fix = f"run 'aurax modal fetch {self._engine or 'ENGINE'}'"
            yield pack_reply(error_reply(MissingWeights(error.expected, error.found, fix)))
        except AuraxError as error:
            yield pack_reply(error_reply(error))
        except Exception as error:
            # The log on Modal has all of it; here, one line is enough.
            traceback.print_exc(file=sys.stderr)
            yield pack_reply(
                error_reply(
                    AuraxError(
                        f"{self._function.name} on Modal to finish",
                        f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}",
                        "see 'aurax modal logs'",
                    )
                )
            )

    def close(self) -> None:
        """Free all memory."""
        self._runtime.close()

    def _chunks(self, call: EngineCall, store: ObjectStore | None) -> Iterator[bytes]:
        info = self._runtime.info(call.engine)
        if info.kind != self._function.kind:
            raise InvalidOption(
                f"a {self._function.kind} for {self._function.name}", f"{info.name}, a {info.kind}", "call another one"
            )
        if self._refresh is not None and self._runtime.available(info.name) is not None:
            self._quietly(self._refresh)
        before = 0
        for item in self._runtime.stream(call, Never()):
            if isinstance(item, Chunk):
                yield pack_chunk(item, before, store)
                before = checksum(item.audio, before)
                continue
            load_s = item.load_s + (self._start_s if self._cold else 0.0)
            usage = item.model_copy(
                update={
                    "runtime": HOST,
                    "device": self._function.device,
                    "seconds": item.seconds - item.load_s + load_s,
                    "load_s": load_s,
                    "cold": item.cold or self._cold,
                }
            )
            self._cold = False
            yield pack_reply(UsageReply(usage=usage))

    def _shared_store(self, header: Header) -> ObjectStore | None:
        if header.objects is None:
            return None
        location = self._settings.objects_url if self._store is None else self._store.location
        if header.objects != location:
            raise InvalidOption(
                f"the object store with which the functions were deployed, {without_secrets(location or 'none')}",
                without_secrets(header.objects),
                "set AURAX_OBJECTS_URL as you want it and run 'aurax modal deploy'",
            )
        if self._store is None:
            self._store = ObjectStore(location, self._settings.cache_dir)
        return self._store

    def _quietly(self, work: Callable[[], None], *expected: type[AuraxError]) -> None:
        try:
            work()
        except expected:
            return
        except Exception:
            traceback.print_exc(file=sys.stderr)
