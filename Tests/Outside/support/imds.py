"""Stubs of what hands out credentials on AWS's machines: instance metadata, a container's endpoint."""

import dataclasses
import datetime
import http.server
import json
import secrets
import threading
import time
import urllib.parse


@dataclasses.dataclass
class Request:
    """A request as it came, the names of its headers in lower case."""
    method: str
    path: str
    headers: dict
    body: bytes


class Stub:
    """An HTTP server in threads; a context manager. What it answers, subclasses say."""

    def __init__(self, address="127.0.0.1", port=0):
        self.requests = []
        self._lock = threading.Lock()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: else the client's delayed acknowledgement costs 40 ms.
            wbufsize = -1

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                with stub._lock:
                    stub.requests.append(request)
                    status, content_type, answer = stub.answer(request)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            # A client that keeps its connection doesn't keep the test from ending.
            daemon_threads = True
            block_on_close = False

        self._server = Server((address, port), Handler)
        host, port = self._server.server_address[:2]
        #: `http://127.0.0.1:43210`
        self.url = f"http://{host}:{port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self):
        """Forgets the requests so far."""
        with self._lock:
            self.requests.clear()

    def answer(self, request):
        """`request`'s answer: status, content type, body. One at a time."""
        raise NotImplementedError


def text(status, body):
    return status, "text/plain", body.encode()


def document(status, body):
    return status, "application/json", json.dumps(body).encode()


def iso(moment):
    """A moment as AWS writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def temporary(key_id, lifetime=6 * 3600, **others):
    """Temporary credentials as both services write them."""
    return {"AccessKeyId": key_id, "SecretAccessKey": f"secret-of-{key_id}", "Token": f"token-of-{key_id}",
            "Expiration": iso(time.time() + lifetime), **others}


class InstanceMetadata(Stub):
    """The instance metadata service (EC2 User Guide, "Use the Instance Metadata Service").

    Parameters: `versions` is what it speaks (version 1 has no tokens: the request for one is answered with
    `tokenless_status`), `role` the instance's role (`None`: it has none), and `credentials` what it says of the role.
    """

    TOKEN, ROLES = "/latest/api/token", "/latest/meta-data/iam/security-credentials/"

    def __init__(self, *, versions=(2,), role="app-role", credentials=None, tokenless_status=404, **place):
        super().__init__(**place)
        self.versions, self.role, self.tokenless_status = versions, role, tokenless_status
        now = iso(time.time())
        self.credentials = credentials or temporary("INSTANCEKEY", Code="Success", Type="AWS-HMAC", LastUpdated=now)
        self._tokens = {}

    def answer(self, request):
        if request.path == self.TOKEN:
            return self._token(request)
        token = request.headers.get("x-aws-ec2-metadata-token")
        if token is None and 1 not in self.versions:
            return text(401, "")
        if token is not None and self._tokens.get(token, 0) < time.monotonic():
            return text(401, "")
        if self.role is None or request.method != "GET":
            return text(404, "")
        if request.path == self.ROLES:
            return text(200, self.role)
        return document(200, self.credentials) if request.path == self.ROLES + self.role else text(404, "")

    def _token(self, request):
        if 2 not in self.versions:
            return text(self.tokenless_status, "")
        lifetime = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        if request.method != "PUT" or "x-forwarded-for" in request.headers:
            return text(403, "")
        if not lifetime.isdigit() or not 1 <= int(lifetime) <= 21600:
            return text(400, "")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = time.monotonic() + int(lifetime)
        return text(200, token)


class ContainerEndpoint(Stub):
    """The endpoint of a container's credentials: ECS's, and with `token` EKS Pod Identity's, which wants to see one.

    `credentials` is what it says, or a function that gives it; `statuses` are what it answers first instead, one after
    the other.
    """

    def __init__(self, *, path="/v2/credentials/1", token=None, credentials=None, statuses=(), **place):
        super().__init__(**place)
        self.path, self.token, self._statuses = path, token, list(statuses)
        self.credentials = credentials or temporary("CONTAINERKEY", RoleArn="arn:aws:iam::123456789012:role/task")
        self.full_url = self.url + path

    def answer(self, request):
        if self._statuses:
            return document(self._statuses.pop(0), {"code": "InternalServerException", "message": "not now"})
        if request.method != "GET" or request.path != self.path:
            return document(404, {"code": "NotFound", "message": "no such path"})
        if self.token is not None and request.headers.get("authorization") != self.token:
            return document(400, {"code": "InvalidParameter", "message": "the authorization token isn't valid"})
        return document(200, self.credentials() if callable(self.credentials) else self.credentials)


class ControlPlane(Stub):
    """An upstream that looks at nothing but the key: it answers a reject with success where the key lives.

    `is_alive` tells that for an access key id; without it every key lives.
    """

    def __init__(self, *, is_alive=lambda key_id: True, **place):
        super().__init__(**place)
        self._is_alive = is_alive

    def answer(self, request):
        if not self._is_alive(key_id(request)):
            return document(403, {"__type": "ExpiredTokenException", "message": "The security token has expired"})
        connection = urllib.parse.unquote(request.path).rsplit("/", 2)[1]
        return document(200, {"Connection": {
            "ConnectionId": connection, "ConnectionStatus": {"StatusCode": "REJECTING"}}})


def key_id(request):
    """The access key id that signed a request; `None` if it isn't signed."""
    _, found, rest = request.headers.get("authorization", "").partition("Credential=")
    return rest.partition("/")[0] if found else None
