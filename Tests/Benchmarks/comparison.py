"""The same job with FastAPI and boto3: a token, an audited reject, AWS's two errors told apart.

Written as someone would who knows both: a plain `def` endpoint, since boto3 blocks, so that it runs on the thread pool;
as many threads and pooled connections as there are callers; one client for all; no retries; no access log. It does less
than the gateway: its audit has no hash chain, and it checks only what the web framework checks by itself.
"""

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import time
import uuid
from typing import Annotated

import anyio.to_thread
import boto3
import fastapi
from botocore.config import Config
from botocore.exceptions import ClientError
from fastapi.responses import JSONResponse

#: How many calls it takes at one time.
CALLERS = 64

#: AWS's error code to the answer's status and code. Both are 409 at AWS.
TRANSLATION = {
    "ResourceNotFoundException": (404, "connection_not_found"),
    "DisabledOperationException": (409, "connection_not_rejectable"),
}


class Problem(Exception):
    def __init__(self, status, code, detail, headers=None):
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


class AuditLog:
    """JSON Lines. A record is on disk when `append` returns.

    No lock: O_APPEND keeps lines whole, and the kernel lets several threads wait for the disk at one time.
    """

    def __init__(self, folder):
        # One file for each worker process.
        path = pathlib.Path(folder) / f"audit-{os.getpid()}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def append(self, **record):
        time_text = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        os.write(self._file, json.dumps({"time": time_text, **record}).encode() + b"\n")
        os.fdatasync(self._file)


@contextlib.asynccontextmanager
async def lifespan(app):
    anyio.to_thread.current_default_thread_limiter().total_tokens = CALLERS
    tokens = json.loads(pathlib.Path(os.environ["GATEWAY_TOKENS"]).read_text())["tokens"]
    app.state.tokens = {entry["hash"]: entry for entry in tokens}
    app.state.audit = AuditLog(os.environ["COMPARISON_AUDIT_FOLDER"])
    app.state.opensearch = boto3.client(
        "opensearch", config=Config(max_pool_connections=CALLERS, retries={"total_max_attempts": 1}))
    yield


app = fastapi.FastAPI(lifespan=lifespan, openapi_url=None)


@app.exception_handler(Problem)
async def problem(request: fastapi.Request, problem: Problem):
    body = {"type": f"urn:connection-gateway:problem:{problem.code}", "status": problem.status, "code": problem.code,
            "detail": problem.detail}
    return JSONResponse(body, problem.status, problem.headers, media_type="application/problem+json")


async def caller(request: fastapi.Request, authorization: Annotated[str, fastapi.Header()] = ""):
    """Whose token it is."""
    scheme, _, token = authorization.partition(" ")
    entry = request.app.state.tokens.get("sha256:" + hashlib.sha256(token.encode()).hexdigest())
    if scheme.lower() != "bearer" or entry is None or expired(entry):
        raise Problem(401, "unauthenticated", "A valid token is needed.", {"WWW-Authenticate": "Bearer"})
    if "connections:reject" not in entry["scopes"]:
        raise Problem(403, "insufficient_scope", "The token may not reject.")
    return entry


def expired(entry):
    end = entry["expiresAt"]
    return end is not None and datetime.datetime.fromisoformat(end) <= datetime.datetime.now(datetime.UTC)


@app.get("/livez")
async def livez():
    return {"status": "ok"}


@app.post("/connections/{connection_id}/reject")
def reject(request: fastapi.Request,
           connection_id: Annotated[str, fastapi.Path(pattern="^[a-z][a-z0-9-]{9,255}$")],
           caller: Annotated[dict, fastapi.Depends(caller)]):
    state, request_id, started = request.app.state, uuid.uuid4().hex, time.monotonic()
    known = {"requestId": request_id, "action": "connections.reject", "connectionId": connection_id,
             "caller": {"token": caller["id"], "name": caller["name"]}, "client": request.client.host}
    state.audit.append(stage="intent", **known)
    failure = None
    try:
        answer = state.opensearch.reject_inbound_connection(ConnectionId=connection_id)
        status, code, metadata = 200, None, answer["ResponseMetadata"]
    except ClientError as error:
        failure, metadata = error, error.response["ResponseMetadata"]
        status, code = TRANSLATION.get(error.response["Error"]["Code"], (502, "upstream_error"))
    state.audit.append(stage="outcome", **known, httpStatus=status, code=code, awsRequestId=metadata["RequestId"],
                       durationMs=round((time.monotonic() - started) * 1000, 3))
    if failure is not None:
        raise Problem(status, code, failure.response["Error"]["Message"])
    return JSONResponse({"connection": described(answer["Connection"]), "requestId": request_id,
                         "awsRequestId": metadata["RequestId"], "attempts": 1}, headers={"X-Request-Id": request_id})


def described(connection):
    """AWS's `Connection` with our names."""
    def domain(side):
        information = connection[side]["AWSDomainInformation"]
        return {"ownerId": information["OwnerId"], "domainName": information["DomainName"],
                "region": information["Region"]}
    return {"id": connection["ConnectionId"], "status": connection["ConnectionStatus"]["StatusCode"],
            "mode": connection["ConnectionMode"], "local": domain("LocalDomainInfo"),
            "remote": domain("RemoteDomainInfo")}
