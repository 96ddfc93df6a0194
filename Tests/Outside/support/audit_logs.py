"""Audit logs to test with, made without the gateway: by the format's description, hashlib and json."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CALLER = {"caller": {"token": "9f2c61d0a4b7", "name": "test"}}
CLIENT = {"client": {"address": "10.1.2.3", "peer": "10.1.2.3"}}
OPENED = {"stage": "opened", "instance": "a1b2c3d4e5f60718", "version": "0.1.0"}
CLOSED = {**OPENED, "stage": "closed"}
CHECKPOINT = {"stage": "checkpoint"}


class Key:
    """A key that signs checkpoints."""

    def __init__(self):
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.id = hashlib.sha256(raw).hexdigest()[:16]
        self.public_pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.private_pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def members(self, time, sequence, prev):
        text = f"connection-gateway audit checkpoint 1\n{time}\n{sequence}\n{prev}\n"
        return {"keyId": self.id, "signature": base64.b64encode(self._key.sign(text.encode())).decode()}


def line_of(record):
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def chain(records, *, sequence=1, previous="0" * 64, key=None, time="2026-11-22T16:00:00.000000Z"):
    """The lines of a log of these records; `CHECKPOINT` stands for a checkpoint that `key` signs."""
    lines = []
    for number, record in enumerate(records, start=sequence):
        signed = key.members(time, number, previous) if record == CHECKPOINT else {}
        line = line_of({"time": time, "seq": number, **record, **signed, "prev": previous})
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    return lines


def goes_on(lines, records, key=None):
    """The lines of these records in a file that goes on from `lines`."""
    return chain([{**OPENED, "previousFile": "audit.jsonl.1"}, *records], sequence=json.loads(lines[-1])["seq"] + 1,
                 previous=hashlib.sha256(lines[-1]).hexdigest(), key=key)


def intent(request_id, connection_id="c-0123456789", **more):
    return {"stage": "intent", "requestId": request_id, "action": "connections.reject", "connectionId": connection_id,
            **CALLER, **CLIENT, **more}


def outcome(request_id, connection_id="c-0123456789"):
    return {**intent(request_id, connection_id), "stage": "outcome", "httpStatus": 200, "outcome": "rejected",
            "durationMs": 1}


def denied(path):
    return {"stage": "denied", "requestId": "r", "path": path, **CLIENT, "httpStatus": 401, "code": "unauthenticated",
            "outcome": "not_sent"}


def written(path, lines):
    """The path, now of a file of these lines."""
    path.write_bytes(b"".join(lines))
    return path
