"""The gateway finds the credentials that botocore finds, or both refuse: in surroundings that someone wrote, and in
ones that are put together at random.

The random ones come from a seed that is printed when a test fails; `CREDENTIALS_SEED=… pytest test_credentials.py`
makes the same ones again.
"""

import dataclasses
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from support.gateway import Gateway
from support.imds import ContainerEndpoint, ControlPlane, InstanceMetadata, key_id, temporary
from support.resolution import REFUSED, SECRETS, Surroundings, by_botocore, by_gateway, key_variables, keys
from support.simulator import BIN_DIR, PENDING, REGION, environment, wait_until
from support.sts import STS

SEED = int(os.environ.get("CREDENTIALS_SEED") or random.SystemRandom().randrange(2**32))
RANDOM_COUNT = 40

ACCOUNT = "arn:aws:iam::123456789012:role"
WEB_TOKEN = "web-identity-token-of-nobody"

#: What a `credential_process` is made of: it says what the file beside it says.
HELPER = "#!/bin/sh\ncat \"{folder}/answer.json\"\n"
ANSWER = json.dumps({"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": SECRETS["AKIDPROCESS"]})


def process(answer=ANSWER, **others):
    """The files of a `credential_process` that gives this answer."""
    return {"files": {"answer.json": answer, "a helper.sh": HELPER}, **others}


COMMAND = "credential_process = /bin/sh '{folder}/a helper.sh' --unused \"an argument\"\n"
ROLE = f"role_arn = {ACCOUNT}/"


def role(name, source):
    return f"{ROLE}{name}\nsource_profile = {source}\n"


#: Surroundings by what they are.
WRITTEN = {
    # The environment.
    "nothing at all": Surroundings(),
    "keys in the environment": Surroundings(variables=key_variables("ENVIRONMENT")),
    "an id without a secret": Surroundings(variables={"AWS_ACCESS_KEY_ID": "AKIDENVIRONMENT"}),
    "a secret without an id": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables={"AWS_SECRET_ACCESS_KEY": "x"}),
    "an empty id": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "x"}),
    "the environment before the profile": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables=key_variables("ENVIRONMENT")),
    "the environment before the profile that is named": Surroundings(
        credentials=f"[alpha]\n{keys('ALPHA')}", variables={"AWS_PROFILE": "alpha", **key_variables("ENVIRONMENT")}),
    "keys in the environment with a token and an end": Surroundings(variables={
        **key_variables("ENVIRONMENT"), "AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": "2090-01-01T00:00:00Z"}),
    "keys in the environment that have expired": Surroundings(variables={
        **key_variables("ENVIRONMENT"), "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00+00:00"}),
    "keys in the environment with an end that is no time": Surroundings(variables={
        **key_variables("ENVIRONMENT"), "AWS_CREDENTIAL_EXPIRATION": "teatime"}),

    # Static keys in the files.
    "keys in the credentials file": Surroundings(credentials=f"[default]\n{keys('DEFAULT')}"),
    "keys in the config file": Surroundings(config=f"[default]\n{keys('DEFAULT')}"),
    "keys in both files": Surroundings(
        config=f"[default]\n{keys('OTHER')}", credentials=f"[default]\n{keys('DEFAULT')}"),
    "a profile that is named": Surroundings(
        config=f"[default]\n{keys('DEFAULT')}[profile alpha]\n{keys('ALPHA')}", variables={"AWS_PROFILE": "alpha"}),
    "a profile with a blank in its name": Surroundings(
        config=f"[profile \"al pha\"]\n{keys('ALPHA')}", variables={"AWS_PROFILE": "al pha"}),
    "a profile that isn't there": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables={"AWS_PROFILE": "nowhere"}),
    "a section of the config file that is no profile": Surroundings(
        config=f"[alpha]\n{keys('ALPHA')}", variables={"AWS_PROFILE": "alpha"}),
    "the default profile where another is named": Surroundings(
        config="[profile alpha]\nregion = eu-west-1\n", credentials=f"[default]\n{keys('DEFAULT')}",
        variables={"AWS_PROFILE": "alpha"}),
    "files at other places": Surroundings(
        config=f"[default]\n{keys('OTHER')}",
        files={"other config": "[profile alpha]\nregion = eu-west-1\n", "other": f"[alpha]\n{keys('ALPHA')}"},
        variables={"AWS_CONFIG_FILE": "{folder}/other config", "AWS_SHARED_CREDENTIALS_FILE": "~/other",
                   "AWS_PROFILE": "alpha"}),
    "files named that aren't there": Surroundings(
        config=f"[default]\n{keys('OTHER')}",
        variables={"AWS_CONFIG_FILE": "{folder}/no", "AWS_SHARED_CREDENTIALS_FILE": "{folder}/no"}),
    "names in capitals, colons, blanks, comments and Windows line ends": Surroundings(
        credentials=b"# a comment\r\n; another\r\n\r\n[default]\r\n  # indented\r\nAWS_Access_Key_Id:AKIDDEFAULT\r\n"
                    b"aws_secret_access_key   =   secret-of-DEFAULT\r\n"),
    "an id without a secret in the credentials file": Surroundings(
        config=f"[default]\n{keys('OTHER')}", credentials="[default]\naws_access_key_id = AKIDDEFAULT\n"),
    "a secret without an id in the file": Surroundings(credentials="[default]\naws_secret_access_key = x\n"),
    "nested settings": Surroundings(
        config=f"[default]\ns3 =\n  max_concurrent_requests = 3\n  aws_access_key_id = AKIDOTHER\n{keys('DEFAULT')}"),

    # Bad files.
    "a line that is no setting": Surroundings(credentials=f"[default]\n{keys('DEFAULT')}what is this\n"),
    "a setting before the first section": Surroundings(credentials=f"region = x\n[default]\n{keys('DEFAULT')}"),
    "bytes that aren't UTF-8": Surroundings(credentials=f"[default]\n{keys('DEFAULT')}x = ".encode() + b"\xff\n"),
    "a bad config file beside a good credentials file": Surroundings(
        config="[default\nregion = x\n", credentials=f"[default]\n{keys('DEFAULT')}"),
    "empty files": Surroundings(config="", credentials="\n\n"),

    # Processes.
    "a process": Surroundings(config=f"[default]\n{COMMAND}", **process()),
    "a process after the credentials file": Surroundings(
        config=f"[default]\n{COMMAND}", credentials=f"[default]\n{keys('DEFAULT')}", **process()),
    "a process before keys of the config file": Surroundings(
        config=f"[default]\n{COMMAND}{keys('DEFAULT')}", **process()),
    "a process in the credentials file": Surroundings(credentials=f"[default]\n{COMMAND}", **process()),
    "a process with an end": Surroundings(config=f"[default]\n{COMMAND}", **process(
        json.dumps({**json.loads(ANSWER), "SessionToken": "t", "Expiration": "2090-01-01T00:00:00+00:00"}))),
    "a process whose keys have expired": Surroundings(config=f"[default]\n{COMMAND}", **process(
        json.dumps({**json.loads(ANSWER), "Expiration": "2020-01-01T00:00:00Z"}))),
    "a process that speaks version 2": Surroundings(
        config=f"[default]\n{COMMAND}", **process(ANSWER.replace("1", "2", 1))),
    "a process that gives no key": Surroundings(config=f"[default]\n{COMMAND}", **process('{"Version": 1}')),
    "a process that gives no JSON": Surroundings(config=f"[default]\n{COMMAND}", **process("keys? what keys?")),
    "a process that fails": Surroundings(
        config="[default]\ncredential_process = /bin/sh -c 'cat \"{folder}/answer.json\"; exit 3'\n", **process()),
    "a process that isn't there": Surroundings(config="[default]\ncredential_process = {folder}/no-such-program\n"),
    "a process with an open quote": Surroundings(config="[default]\ncredential_process = /bin/echo 'open\n"),
    "a process found in PATH, with backslashes": Surroundings(
        config="[default]\ncredential_process = cat {folder}/an\\ answer.json\n", files={"an answer.json": ANSWER}),
    "a process without a shell": Surroundings(
        config="[default]\ncredential_process = cat $HOME/answer.json\n", **process()),

    # Roles.
    "a role with another profile's keys": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}[profile alpha]\n{keys('ALPHA')}"),
    "a role before the profile's own keys": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}{keys('DEFAULT')}", credentials=f"[alpha]\n{keys('ALPHA')}"),
    "a role with all its settings": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}external_id = x&y=z +\nrole_session_name = night-shift@example\n"
               f"duration_seconds = 1800\n[profile alpha]\n{keys('ALPHA')}"),
    "a role on a role": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'beta')}"
               f"[profile beta]\n{keys('BETA')}"),
    "a role on a role on a role": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'beta')}"
               f"[profile beta]\n{role('three', 'gamma')}[profile gamma]\n{keys('GAMMA')}"),
    "a role on a profile with both keys and a role": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'beta')}{keys('ALPHA')}"
               f"[profile beta]\n{keys('BETA')}"),
    "a role on a process": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}[profile alpha]\n{COMMAND}", **process()),
    "a role on itself, with keys": Surroundings(config=f"[default]\n{role('app', 'default')}{keys('DEFAULT')}"),
    "a role on itself, without keys": Surroundings(config=f"[default]\n{role('app', 'default')}"),
    "two profiles that name each other": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'default')}"),
    "two profiles that name each other, one with keys": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}{keys('DEFAULT')}[profile alpha]\n{role('two', 'default')}"),
    "a loop that doesn't begin with the first": Surroundings(
        config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'beta')}"
               f"[profile beta]\n{role('three', 'alpha')}"),
    "a role on a profile that isn't there": Surroundings(
        config=f"[default]\n{role('app', 'nowhere')}{keys('DEFAULT')}"),
    "a role on a profile without credentials": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}[profile alpha]\nregion = eu-west-1\n"),
    "a role with no source": Surroundings(config=f"[default]\n{ROLE}app\n{keys('DEFAULT')}"),
    "a role with two sources": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}credential_source = Environment\n[profile alpha]\n{keys('ALPHA')}"),
    "a role that needs a code": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}mfa_serial = arn:aws:iam::1:mfa/x\n[profile alpha]\n{keys('ALPHA')}"),
    "a role with a source that isn't one": Surroundings(
        config=f"[default]\n{ROLE}app\ncredential_source = environment\n"),
    "a role on the environment, which comes first itself": Surroundings(
        config=f"[default]\n{ROLE}app\ncredential_source = Environment\n", variables=key_variables("ENVIRONMENT")),
    "a role on an empty environment": Surroundings(config=f"[default]\n{ROLE}app\ncredential_source = Environment\n"),
    "a role on the instance": Surroundings(
        config=f"[default]\n{ROLE}app\ncredential_source = Ec2InstanceMetadata\n", variables={"IMDS": "2"}),
    "a role on the container": Surroundings(
        config=f"[default]\n{ROLE}app\ncredential_source = EcsContainer\n", variables={"CONTAINER": "yes"}),

    # Web identities.
    "a web identity in the environment": Surroundings(
        files={"token": WEB_TOKEN},
        variables={"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token", "AWS_ROLE_ARN": f"{ACCOUNT}/web"}),
    "a web identity in the environment, with a session's name": Surroundings(
        files={"token": WEB_TOKEN},
        variables={"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token", "AWS_ROLE_ARN": f"{ACCOUNT}/web",
                   "AWS_ROLE_SESSION_NAME": "pod-7"}),
    "a web identity without a role": Surroundings(
        files={"token": WEB_TOKEN}, variables={"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token"}),
    "a web identity without its file": Surroundings(
        variables={"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token", "AWS_ROLE_ARN": f"{ACCOUNT}/web"}),
    "a role of the environment without a token": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables={"AWS_ROLE_ARN": f"{ACCOUNT}/web"}),
    "a web identity before the container": Surroundings(
        files={"token": WEB_TOKEN}, variables={
            "AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token", "AWS_ROLE_ARN": f"{ACCOUNT}/web", "CONTAINER": "yes"}),
    "a web identity in the profile, before its keys": Surroundings(
        config=f"[default]\n{ROLE}web\nweb_identity_token_file = {{folder}}/token\nrole_session_name = s-1\n"
               f"{keys('DEFAULT')}",
        files={"token": WEB_TOKEN}),
    "a web identity in the profile without a role": Surroundings(
        config=f"[default]\nweb_identity_token_file = {{folder}}/token\n{keys('DEFAULT')}", files={"token": WEB_TOKEN}),
    "a role on a profile with a web identity": Surroundings(
        config=f"[default]\n{role('app', 'alpha')}[profile alpha]\n{ROLE}web\n"
               "web_identity_token_file = {folder}/token\n",
        files={"token": WEB_TOKEN}),

    # What isn't supported here, and can't succeed there without somebody who logs in.
    "single sign-on": Surroundings(
        config="[default]\nsso_start_url = https://127.0.0.1/\nsso_region = eu-west-1\nsso_account_id = 1\n"
               f"sso_role_name = r\n{keys('DEFAULT')}"),
    "a sign-on session that isn't used": Surroundings(
        config=f"[default]\nsso_session = s\n{keys('DEFAULT')}[sso-session s]\nsso_region = eu-west-1\n"),
    "a login": Surroundings(config=f"[default]\nlogin_session = x\n{keys('DEFAULT')}"),
    "a login after the credentials file": Surroundings(
        config="[default]\nlogin_session = x\n", credentials=f"[default]\n{keys('DEFAULT')}"),

    # Containers and instances.
    "a container": Surroundings(variables={"CONTAINER": "yes"}),
    "a container that wants a token": Surroundings(
        variables={"CONTAINER": "Bearer x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x"}),
    "a container with a wrong token": Surroundings(
        variables={"CONTAINER": "Bearer x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer y"}),
    "a container with its token in a file, which comes before the variable": Surroundings(
        files={"token": "Bearer x"},
        variables={"CONTAINER": "Bearer x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer y",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/token"}),
    "a container whose token has a line break inside": Surroundings(
        files={"token": "Bearer\nX: x"},
        variables={"CONTAINER": "yes", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/token"}),
    "a container whose token file isn't there": Surroundings(
        variables={"CONTAINER": "yes", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/token"}),
    "a container that fails": Surroundings(variables={"CONTAINER": "no", "IMDS": "2"}),
    "a container on another machine": Surroundings(
        variables={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x", "IMDS": "2"}),
    "a container at a name": Surroundings(variables={"CONTAINER": "localhost"}),
    "the profile before the container": Surroundings(
        credentials=f"[default]\n{keys('DEFAULT')}", variables={"CONTAINER": "yes"}),
    "a profile without credentials before the container": Surroundings(
        config="[default]\nregion = eu-west-1\n", variables={"CONTAINER": "yes"}),
    "an instance": Surroundings(variables={"IMDS": "2"}),
    "an instance of version 1": Surroundings(variables={"IMDS": "1"}),
    "an instance of version 1, which is disabled": Surroundings(
        variables={"IMDS": "1", "AWS_EC2_METADATA_V1_DISABLED": "true"}),
    "an instance of version 1, which the profile disables": Surroundings(
        config="[default]\nec2_metadata_v1_disabled = true\n", variables={"IMDS": "1"}),
    "an instance, disabled": Surroundings(variables={"IMDS": "2", "AWS_EC2_METADATA_DISABLED": "True"}),
    "an instance without a role": Surroundings(variables={"IMDS": "no role"}),
    "an instance whose role has no credentials": Surroundings(variables={"IMDS": "no credentials"}),
    "the container before the instance": Surroundings(variables={"IMDS": "2", "CONTAINER": "yes"}),
}


@dataclasses.dataclass
class Difference:
    """Where the gateway does something else than botocore, and means to."""
    surroundings: Surroundings
    botocore: str
    gateway: str
    reason: str


DIFFERENCES = {
    "a web identity in the environment beside keys in the profile": Difference(
        Surroundings(
            credentials=f"[default]\n{keys('DEFAULT')}", files={"token": WEB_TOKEN},
            variables={"AWS_WEB_IDENTITY_TOKEN_FILE": "{folder}/token", "AWS_ROLE_ARN": f"{ACCOUNT}/web"}),
        "a role's", "AKIDDEFAULT", "the order of the sources is the reference guide's: the profile comes first"),
    "another name for AWS_PROFILE": Difference(
        Surroundings(
            credentials=f"[default]\n{keys('DEFAULT')}[alpha]\n{keys('ALPHA')}",
            variables={"AWS_DEFAULT_PROFILE": "alpha"}),
        "AKIDALPHA", "AKIDDEFAULT", "AWS_DEFAULT_PROFILE is botocore's own"),
    "keys in the environment beside a profile that isn't there": Difference(
        Surroundings(variables={"AWS_PROFILE": "nowhere", **key_variables("ENVIRONMENT")}), REFUSED, "AKIDENVIRONMENT",
        "the files aren't read where the environment has keys"),
    "keys in the environment beside a bad file": Difference(
        Surroundings(credentials="what is this\n", variables=key_variables("ENVIRONMENT")), REFUSED, "AKIDENVIRONMENT",
        "the files aren't read where the environment has keys"),
    "a section twice": Difference(
        Surroundings(credentials=f"[default]\nregion = x\n[default]\n{keys('DEFAULT')}"), REFUSED, "AKIDDEFAULT",
        "the reference guide has such sections merged; botocore's parser knows none"),
    "a duration that is no number": Difference(
        Surroundings(
            config=f"[default]\n{role('app', 'alpha')}duration_seconds = long\n[profile alpha]\n{keys('ALPHA')}"),
        "a role's", REFUSED, "a setting that can't be meant is told, not passed over"),
    "a container's token file that ends with a line break": Difference(
        Surroundings(
            files={"token": "Bearer x\n"},
            variables={"CONTAINER": "Bearer x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/token"}),
        REFUSED, "CONTAINERKEY", "most programs that write a line end it"),
    "a container's keys without an end": Difference(
        Surroundings(variables={"CONTAINER": "everlasting"}), REFUSED, "EVERLASTINGKEY",
        "the protocol's other clients take them as static ones"),
    "an instance that says something is wrong, and keys": Difference(
        Surroundings(variables={"IMDS": "not a success"}), "INSTANCEKEY", REFUSED,
        "a Code other than Success is an error"),
    "an instance's keys whose time is over": Difference(
        Surroundings(variables={"IMDS": "expired"}), "EXPIREDKEY", REFUSED,
        "botocore prolongs them by itself; AWS wouldn't take them"),
    "a key with white space in it": Difference(
        Surroundings(credentials="[default]\naws_access_key_id = AKID DEFAULT\naws_secret_access_key = x\n"),
        "AKID DEFAULT", REFUSED, "such a key breaks the header that it goes into"),
    "a file of the first EC2 tools": Difference(
        Surroundings(
            files={"old": "AWSAccessKeyId=AKIDOTHER\nAWSSecretKey=x\n"},
            variables={"AWS_CREDENTIAL_FILE": "{folder}/old"}),
        "AKIDOTHER", REFUSED, "nothing else reads them any more"),
    "a file of boto 2": Difference(
        Surroundings(files={".boto": f"[Credentials]\n{keys('OTHER')}"}), "AKIDOTHER", REFUSED,
        "nothing else reads them any more"),
}


def random_surroundings(generator):
    """Profiles that refer to each other as chance has it; a few variables."""
    names = ["default", "alpha", "beta", "gamma"]
    usual = [
        lambda: keys(generator.choice(["ALPHA", "BETA", "GAMMA", "OTHER"])),
        lambda: role("app", generator.choice(names)), lambda: role("other", generator.choice(names)), lambda: COMMAND,
        lambda: f"{ROLE}web\nweb_identity_token_file = {{folder}}/token\n",
        lambda: f"{ROLE}on\ncredential_source = {generator.choice(['EcsContainer', 'Ec2InstanceMetadata'])}\n",
    ]
    unusual = [
        lambda: "aws_access_key_id = AKIDOTHER\n", lambda: "region = eu-west-1\n", lambda: "external_id = outside\n",
        lambda: "role_session_name = by-chance\n", lambda: "duration_seconds = 1200\n",
        lambda: f"{ROLE}on\ncredential_source = {generator.choice(['Environment', 'Nowhere'])}\n",
    ]

    def file(prefix, least):
        sections = []
        for name in generator.sample(names, generator.randint(least, 4)):
            blocks = [generator.choice(usual)] + [generator.choice(unusual) for _ in range(generator.randint(0, 2))]
            chosen = generator.sample(blocks, generator.randint(1, len(blocks)))
            lines = "".join(block() for block in chosen).splitlines()
            # A setting twice in a section is an error to botocore's parser alone.
            settings = {line.partition(" = ")[0]: line for line in lines}
            sections += [f"[{prefix if name != 'default' else ''}{name}]", *settings.values()]
        return "\n".join(sections) + "\n"

    variables = {}
    for chance, more in [
        (0.3, {"AWS_PROFILE": generator.choice(names)}), (0.4, {"CONTAINER": "yes"}), (0.4, {"IMDS": "2"}),
    ]:
        if generator.random() < chance:
            variables |= more
    if "AWS_PROFILE" not in variables and generator.random() < 0.05:
        # With both, a profile that isn't there is one of the differences.
        variables |= key_variables("ENVIRONMENT")
    return Surroundings(
        config=file("profile ", 2), credentials=file("", 0) if generator.random() < 0.4 else None,
        variables=variables, files={"answer.json": ANSWER, "a helper.sh": HELPER, "token": WEB_TOKEN})


GENERATOR = random.Random(SEED)
RANDOM = {f"seed {SEED}, number {number}": random_surroundings(GENERATOR) for number in range(RANDOM_COUNT)}


@pytest.fixture(scope="module")
def sts():
    known = {key: (secret, None) for key, secret in SECRETS.items()}
    for key in ("INSTANCEKEY", "CONTAINERKEY"):
        issued = temporary(key)
        known[key] = (issued["SecretAccessKey"], issued["Token"])
    with STS(known, REGION) as sts:
        yield sts


@pytest.fixture(scope="module")
def upstream():
    with ControlPlane() as upstream:
        yield upstream


@pytest.fixture
def services():
    """Starts the stubs that our own variables, `IMDS` and `CONTAINER`, ask for, and gives AWS's in their stead."""
    running = []

    def start(variables):
        variables = dict(variables)
        kind = variables.pop("IMDS", None)
        if kind:
            options = {
                "1": {"versions": (1,)}, "no role": {"role": None},
                "no credentials": {"credentials": {"Code": "AssumeRoleUnauthorizedAccess", "Message": "no"}},
                "not a success": {"credentials": temporary("INSTANCEKEY", Code="Failed")},
                "expired": {"credentials": temporary("EXPIREDKEY", lifetime=-60, Code="Success")},
            }.get(kind, {})
            running.append(InstanceMetadata(**options).__enter__())
            variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = running[-1].url
        # Else both would ask the link-local address, which is off this machine.
        variables.setdefault("AWS_EC2_METADATA_DISABLED", "false" if kind else "true")
        kind = variables.pop("CONTAINER", None)
        if kind:
            everlasting = {"AccessKeyId": "EVERLASTINGKEY", "SecretAccessKey": "x"}
            options = {
                "no": {"statuses": [500] * 9}, "everlasting": {"credentials": everlasting}, "yes": {},
                "localhost": {},
            }.get(kind, {"token": kind})
            running.append(ContainerEndpoint(**options).__enter__())
            url = running[-1].full_url
            variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
                url.replace("127.0.0.1", "localhost") if kind == "localhost" else url)
        return variables

    yield start
    for stub in running:
        stub.__exit__()


def ask_both(surroundings, folder, services, sts, upstream):
    """What botocore and the gateway resolve, and what each asked STS for."""
    # The container's and the role's answers are the same for both only if each has stubs of its own.
    results = []
    for ask in (by_botocore, lambda variables, home: by_gateway(variables, home, upstream)):
        variables = services(surroundings.write(folder)) | {"AWS_ENDPOINT_URL_STS": sts.url}
        sts.begin(seed=1)
        key, why = ask(variables, folder)
        calls = [dict(call) for call in sts.calls]
        for call in calls:
            # A name that neither settings nor callers gave is each one's own.
            if call["RoleSessionName"].startswith(("botocore-session-", "connection-gateway-")):
                call["RoleSessionName"] = "any"
        results.append((key, calls, why))
    assert sts.wrong == []
    return results


@pytest.mark.parametrize("surroundings", [*WRITTEN.values(), *RANDOM.values()], ids=[*WRITTEN, *RANDOM])
def test_the_gateway_finds_what_botocore_finds(surroundings, tmp_path, services, sts, upstream):
    (expected, expected_calls, why), (key, calls, log) = ask_both(surroundings, tmp_path, services, sts, upstream)
    assert key == expected, f"botocore: {why}\ngateway: {log}"
    # The same way, too: the same roles, with the same settings, by the same keys.
    if expected != REFUSED:
        assert calls == expected_calls


@pytest.mark.parametrize("difference", DIFFERENCES.values(), ids=DIFFERENCES)
def test_where_the_two_differ_it_is_meant(difference, tmp_path, services, sts, upstream):
    (expected, _, why), (key, _, log) = ask_both(difference.surroundings, tmp_path, services, sts, upstream)
    names = {found: "a role's" if found.startswith("ASIA") else found for found in (expected, key)}
    assert names[expected] == difference.botocore, why
    assert names[key] == difference.gateway, f"{difference.reason}\n{log}"


def test_there_are_enough_surroundings():
    assert len(WRITTEN) >= 40
    assert len({json.dumps(dataclasses.asdict(each)) for each in RANDOM.values()}) > RANDOM_COUNT * 0.8


# What botocore has no part in: how the gateway tells of them, and keeps them fresh.

NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true",
           "GATEWAY_TOKEN_RATE": "off"}


def connection(number):
    """A connection's id; calls for the same one at the same time may be one call to AWS."""
    return f"c-{number:017x}"


def test_each_source_says_why_it_gave_nothing(tmp_path, upstream):
    with Gateway(upstream.url, env=NO_KEYS, folder=tmp_path) as gateway:
        answer, ready = gateway.reject(PENDING), gateway.ready()
        operators = gateway.call("GET", "/readyz", token=None, address=gateway.admin_address)
        log = gateway.log_text()
    for source in ("AWS_ACCESS_KEY_ID", "profile 'default'", "AWS_WEB_IDENTITY_TOKEN_FILE",
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"):
        assert source in log
        assert source in next(check["detail"] for check in operators.json["checks"] if check["name"] == "credentials")
        # It isn't the callers' business how the gateway is set up.
        assert source not in answer.body.decode() + ready.body.decode()
    assert (answer.status, answer.code, answer.outcome) == (503, "credentials_unavailable", "not_sent")
    assert (ready.status, operators.status) == (503, 503)


@pytest.mark.parametrize("name", [".aws/config", ".aws/credentials"])
def test_a_malformed_line_is_told_by_file_and_number(name, tmp_path, upstream):
    (tmp_path / ".aws").mkdir()
    (tmp_path / name).write_text("[default]\nregion = eu-west-1\nsomebody's secret\n")
    with Gateway(upstream.url, env=NO_KEYS, folder=tmp_path) as gateway:
        assert gateway.reject(PENDING).code == "credentials_unavailable"
        log = gateway.log_text()
    assert f"{tmp_path / name}, line 3" in log
    assert "somebody" not in log


def test_a_loop_of_roles_is_told_with_its_way(tmp_path, upstream):
    Surroundings(config=f"[default]\n{role('one', 'alpha')}[profile alpha]\n{role('two', 'default')}").write(tmp_path)
    with Gateway(upstream.url, env=NO_KEYS, folder=tmp_path) as gateway:
        assert gateway.reject(PENDING).code == "credentials_unavailable"
        assert "default → alpha → default" in gateway.log_text()


def test_no_secret_is_ever_logged(tmp_path, sts, upstream):
    surroundings = Surroundings(
        config=f"[default]\n{role('one', 'alpha')}external_id = x\n[profile alpha]\n{ROLE}web\n"
               "web_identity_token_file = {folder}/token\n", files={"token": WEB_TOKEN})
    variables = surroundings.write(tmp_path) | {"AWS_ENDPOINT_URL_STS": sts.url}
    sts.begin(seed=2)
    chatty = {**NO_KEYS, **variables, "GATEWAY_LOG_LEVEL": "trace"}
    with Gateway(upstream.url, env=chatty, folder=tmp_path) as gateway:
        assert gateway.reject(PENDING).status == 200
        gateway.stop()
        shown = gateway.log_text() + gateway.audit.read_text()
    assert len(sts.calls) == 2
    for secret in [*sts.secrets(), WEB_TOKEN]:
        assert secret not in shown


def test_what_is_put_right_counts_without_a_restart(tmp_path, upstream):
    with Gateway(upstream.url, env=NO_KEYS, folder=tmp_path) as gateway:
        assert gateway.reject(PENDING).code == "credentials_unavailable"
        upstream.forget()
        Surroundings(credentials=f"[default]\n{keys('DEFAULT')}").write(tmp_path)
        assert gateway.reject(PENDING).status == 200
        assert key_id(upstream.requests[0]) == "AKIDDEFAULT"


def test_a_reload_reads_the_files_anew_and_keeps_the_last_good_keys(tmp_path, upstream):
    def key_now():
        upstream.forget()
        assert gateway.reject(PENDING).status == 200
        return key_id(upstream.requests[0])

    def reload():
        known = len(gateway.log())
        gateway.signal(signal.SIGHUP)
        wait_until(lambda: any(line["message"] == "reloading" for line in gateway.log()[known:]), "the reload")

    Surroundings(credentials=f"[default]\n{keys('ALPHA')}").write(tmp_path)
    with Gateway(upstream.url, env=NO_KEYS, folder=tmp_path) as gateway:
        assert key_now() == "AKIDALPHA"
        Surroundings(credentials=f"[default]\n{keys('BETA')}").write(tmp_path)
        assert key_now() == "AKIDALPHA"
        reload()
        wait_until(lambda: key_now() == "AKIDBETA", "the new keys")
        Surroundings(credentials="what is this\n").write(tmp_path)
        reload()
        wait_until(lambda: "credentials, line 1" in gateway.log_text() or key_now() != "AKIDBETA", "the failed reload")
        assert key_now() == "AKIDBETA"


class Issuer:
    """Hands out keys that live for some seconds, and knows which of them do."""

    def __init__(self, lifetime):
        self._lifetime, self._numbers, self._until = lifetime, itertools.count(), {}
        #: Keys that AWS doesn't take any more, though their time isn't over.
        self.taken_back = set()

    @property
    def count(self):
        return len(self._until)

    def issue(self):
        key = f"ISSUED{next(self._numbers):04d}"
        # Whole seconds, as it is written.
        self._until[key] = int(time.time() + self._lifetime)
        return temporary(key, lifetime=self._lifetime)

    def is_alive(self, key):
        return key not in self.taken_back and time.time() < self._until[key]


def calls_for(gateway, seconds, threads=8):
    """Rejects without a pause from several threads; the answers' statuses."""
    end, numbers, statuses = time.monotonic() + seconds, itertools.count(), []

    def work():
        while time.monotonic() < end:
            statuses.append(gateway.reject(connection(next(numbers))).status)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return statuses


def test_keys_that_live_for_seconds_are_renewed_and_no_call_fails(tmp_path):
    issuer = Issuer(lifetime=4)
    with ContainerEndpoint(credentials=issuer.issue) as container, ControlPlane(is_alive=issuer.is_alive) as upstream:
        variables = {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.full_url}
        with Gateway(upstream.url, env=variables, folder=tmp_path) as gateway:
            statuses = calls_for(gateway, seconds=12)
        keys_seen = {key_id(request) for request in upstream.requests}
    assert len(statuses) > 50 and set(statuses) == {200}
    # Renewed ahead of the end, and not at each call.
    assert 4 <= issuer.count <= 16
    assert len(keys_seen) >= 4


def test_keys_that_aws_takes_back_are_fetched_anew_once_however_many_calls_notice(tmp_path):
    issuer = Issuer(lifetime=6 * 3600)
    with ContainerEndpoint(credentials=issuer.issue) as container, ControlPlane(is_alive=issuer.is_alive) as upstream:
        variables = {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.full_url}
        with Gateway(upstream.url, env=variables, folder=tmp_path) as gateway:
            assert gateway.reject(connection(1)).status == 200
            issuer.taken_back.add("ISSUED0000")
            statuses = calls_for(gateway, seconds=0.5)
        assert set(statuses) == {200}
        assert issuer.count == 2


def test_a_token_file_is_read_again_at_each_refresh(tmp_path):
    issuer = Issuer(lifetime=4)
    with ContainerEndpoint(credentials=issuer.issue, token="first") as container, \
            ControlPlane(is_alive=issuer.is_alive) as upstream:
        token = tmp_path / "token"
        token.write_text("first\n")
        variables = {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.full_url,
                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}
        with Gateway(upstream.url, env=variables, folder=tmp_path) as gateway:
            assert gateway.reject(PENDING).status == 200
            token.write_text("second\n")
            container.token = "second"
            first = issuer.count
            wait_until(lambda: gateway.reject(PENDING).status == 200 and issuer.count > first, "a refresh")


def test_the_link_local_addresses_are_asked_where_nothing_else_is_set(tmp_path):
    """In a network of their own, where 169.254.170.2 and 169.254.169.254 are this machine's."""
    inside = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("a network of one's own isn't allowed here: 'unshare --user --map-root-user --net true' fails")
    script = pathlib.Path(__file__).parent / "support" / "link_local.py"
    done = subprocess.run(
        [*inside, sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=120,
        env=environment(tmp_path, BIN_DIR=str(BIN_DIR)))
    assert done.returncode == 0, done.stderr
    for name, (expected, found, log) in json.loads(done.stdout).items():
        assert found == expected != REFUSED, f"{name}: {log}"
