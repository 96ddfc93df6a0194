"""moto's STS, and beside it a witness of what it is asked."""

import io
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ACTIONS = {"AssumeRole", "AssumeRoleWithWebIdentity"}


class STS:
    """moto's server on a free port of 127.0.0.1; a context manager.

    `calls` are the parameters of each request for a role, with `signer`, the access key id that signed it. moto
    believes every signature, so the witness checks them with botocore: against `known`, which has secret and session
    token for each access key id, and against what moto itself has handed out. What doesn't match goes to `wrong`.
    """

    def __init__(self, known, region):
        self.calls, self.wrong = [], []
        self._region = region
        self._known = dict(known)
        self._moto = DomainDispatcherApplication(create_backend_app)

        class Handler(WSGIRequestHandler):
            def log(self, *_):
                pass

        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def begin(self, seed):
        """Forgets the calls and what was wrong; from here on moto hands out the keys that `seed` leads to."""
        request = urllib.request.Request(f"{self.url}/moto-api/seed?a={seed}", method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
        self.calls.clear()
        self.wrong.clear()

    def secrets(self):
        """Everything that must not be shown: of keys, and of the sessions that moto has handed out."""
        return {part for pair in self._known.values() for part in pair if part}

    def _application(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        answer = list(self._moto(environ, start_response))
        if form.get("Action") in ACTIONS:
            form["signer"] = self._signer(environ, body)
            self.calls.append(form)
            self._learn(b"".join(answer))
        return answer

    def _signer(self, environ, body):
        """Who signed; `None` if nobody did. A wrong signature goes to `wrong`.

        Settings may pair a key with another key's secret; whoever believes them signs so, and is named by both.
        """
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is None:
            return None
        key = authorization.partition("Credential=")[2].partition("/")[0]
        for owner in (key, *self._known):
            secret, token = self._known[owner]
            if environ.get("HTTP_X_AMZ_SECURITY_TOKEN") == token and authorization.endswith(
                    f"Signature={self._signature(environ, body, authorization, Credentials(key, secret, token))}"):
                return key if owner == key else f"{key}, with the secret of {owner}"
        self.wrong.append(f"{key}: {authorization}")
        return key

    def _signature(self, environ, body, authorization, credentials):
        """The signature that botocore comes to."""
        # What botocore signs, it takes from the request itself: only what the other side signed may be in it.
        names = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: environ[_variable(name)] for name in names if name != "host"}
        request = AWSRequest("POST", f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}", data=body)
        request.context["timestamp"] = environ["HTTP_X_AMZ_DATE"]
        for name, value in headers.items():
            request.headers[name] = value
        auth = SigV4Auth(credentials, "sts", self._region)
        return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)

    def _learn(self, answer):
        """Remembers the credentials that an answer has."""
        for element in xml.etree.ElementTree.fromstring(answer).iter():
            if element.tag.endswith("}Credentials"):
                found = {child.tag.partition("}")[2]: child.text for child in element}
                self._known[found["AccessKeyId"]] = (found["SecretAccessKey"], found["SessionToken"])


def _variable(name):
    """A header's name in WSGI's environment."""
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"

