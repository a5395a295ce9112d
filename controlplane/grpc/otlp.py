# SPDX-License-Identifier: Apache-2.0
"""The OTLP/gRPC door (walk a): `TraceService/Export`, acknowledged after the commit as over HTTP.

https://opentelemetry.io/docs/specs/otlp/#otlpgrpc. The request's bytes go to our own decoder as they came, so the library
parses nothing twice.
"""

import logging
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from controlplane.database import BusyError
from controlplane.http.otlp import Stored, Take, answer_to
from controlplane.http.packing import MIB, House, Refused, Room
from controlplane.security.caller import Caller, Credentials
from terms.problem import Problem, ProblemError

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
USUAL_PORT = 4317
LIMIT = 64 * MIB
DETAILS = "grpc-status-details-bin"
CLOSING_S = 5.0

_log = logging.getLogger("throughline.grpc")


class OtlpServer:
    """The door on a port of its own: the one asked for, or with -1 the usual one if it is free.

    `start` and `stop` belong to the app's lifespan.
    """

    def __init__(
        self, host: str, port: int, take: Take[Stored], credentials: Credentials, house: House
    ) -> None:
        self._host = f"[{host}]" if ":" in host else host
        self._take = take
        self._credentials = credentials
        self._house = house
        self._server: Any = None
        self._port = port

    async def start(self) -> None:
        """Listens. Raises ProblemError when the port that was asked for is taken; the usual one is done without, and told."""
        options = [("grpc.max_receive_message_length", LIMIT), ("grpc.so_reuseport", 0)]
        self._server = grpc.aio.server(options=options)
        export = grpc.unary_unary_rpc_method_handler(self._export)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, {"Export": export}),)
        )
        address = f"{self._host}:{USUAL_PORT if self._port < 0 else self._port}"
        try:
            self._server.add_insecure_port(address)
        except RuntimeError as error:
            self._server = None
            problem = Problem("cannot listen for gRPC", address, "choose another THROUGHLINE_GRPC_PORT")
            if self._port >= 0:
                raise ProblemError((problem,)) from error
            _log.warning("%s", problem)
            return
        await self._server.start()

    async def stop(self) -> None:
        """Lets running calls end for a few seconds."""
        if self._server is not None:
            await self._server.stop(CLOSING_S)

    async def _export(self, body: bytes, context: Any) -> bytes:
        caller = await self._caller(context)
        room = Room(self._house, LIMIT)
        try:
            room.take(len(body), len(body))
            stored = await self._take(body, False, caller)
        except ProblemError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except (BusyError, OperationalError, PoolTimeout, Refused) as error:
            _log.warning("not stored for now: %s", error)
            await _come_back(context)
        finally:
            room.leave()
        return bytes(answer_to(stored.rejected).SerializeToString())

    async def _caller(self, context: Any) -> Caller:
        scheme, _, token = _metadata(context).get("authorization", "").partition(" ")
        caller = await self._credentials.token_caller(token.strip()) if scheme.lower() == "bearer" else None
        if caller is not None and caller.may("ingest:spans"):
            return caller
        if caller is None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "send authorization: Bearer tl_...")
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "the credential may not send spans")
        raise AssertionError("an aborted call has ended")


def _metadata(context: Any) -> dict[str, str]:
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}


async def _come_back(context: Any) -> None:
    """UNAVAILABLE with RetryInfo: what OTLP's throttling section asks a busy server to answer."""
    message = "the server cannot store this for now; nothing was kept of it"
    info = AnyMessage()
    info.Pack(RetryInfo(retry_delay=Duration(seconds=BusyError.retry_after_s)))
    status = Status(code=grpc.StatusCode.UNAVAILABLE.value[0], message=message, details=[info])
    context.set_trailing_metadata(((DETAILS, status.SerializeToString()),))
    await context.abort(grpc.StatusCode.UNAVAILABLE, message)
