"""Asks botocore and the gateway which access key id they find in the same surroundings."""

import dataclasses
import os
import pathlib
import subprocess
from unittest import mock

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from .gateway import Gateway
from .imds import key_id
from .simulator import PENDING, REGION, environment

#: `resolved` of one that found nothing it would use.
REFUSED = "refused"

#: The static keys that the surroundings may have, by id, with their secrets.
SECRETS = {f"AKID{name}": f"secret-of-{name}" for name in
           ("ENVIRONMENT", "DEFAULT", "ALPHA", "BETA", "GAMMA", "OTHER", "PROCESS")}


def keys(name):
    """The lines of a profile with the static keys of this name."""
    return f"aws_access_key_id = AKID{name}\naws_secret_access_key = {SECRETS[f'AKID{name}']}\n"


def key_variables(name):
    return {"AWS_ACCESS_KEY_ID": f"AKID{name}", "AWS_SECRET_ACCESS_KEY": SECRETS[f"AKID{name}"]}


@dataclasses.dataclass
class Surroundings:
    """What there is to find: the two shared files (`None`: not there), variables, and other files by name.

    In each text `{folder}` is the folder that they are in, and the user's home.
    """
    config: str | bytes | None = None
    credentials: str | bytes | None = None
    variables: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)

    def write(self, folder):
        """Writes the files, and returns the variables."""
        folder = pathlib.Path(folder)
        files = {".aws/config": self.config, ".aws/credentials": self.credentials, **self.files}
        for name, content in files.items():
            if content is None:
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content.replace("{folder}", str(folder)))
        return {name: value.replace("{folder}", str(folder)) for name, value in self.variables.items()}


def nobody_types(prompt):
    raise EOFError(prompt)


def by_botocore(variables, home):
    """The access key id that botocore finds, or `REFUSED`, and why."""
    variables = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **variables}
    with mock.patch.dict(os.environ, environment(home, **variables), clear=True):
        try:
            session = botocore.session.Session()
            session.get_component("credential_provider").get_provider("assume-role")._prompter = nobody_types
            found = session.get_credentials()
            if found is None:
                return REFUSED, "none found"
            key = found.get_frozen_credentials().access_key
            return (key, "found") if key else (REFUSED, "an empty one")
        # What else it raises where a file or an answer isn't as it should be is of many kinds.
        except (BotoCoreError, ClientError, OSError, ValueError, KeyError, RuntimeError, EOFError, TypeError,
                subprocess.SubprocessError) as error:
            return REFUSED, repr(error)


def by_gateway(variables, home, upstream):
    """The access key id that signs the gateway's call to `upstream`, or `REFUSED`, and its log."""
    upstream.forget()
    variables = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, **variables}
    with Gateway(upstream.url, env=variables, folder=home) as gateway:
        answer = gateway.reject(PENDING)
        log = gateway.log_text()
    if answer.status == 200:
        return key_id(upstream.requests[0]), log
    assert answer.code == "credentials_unavailable", f"{answer} {log}"
    assert upstream.requests == [], "something was sent without credentials"
    return REFUSED, log
