"""Where AWS is asked: the gateway's answer against botocore's, for every region that botocore knows.

`doctor --json` tells the endpoint; without credentials it asks nobody. botocore's `EndpointProvider` is the oracle for
AWS's own endpoints, a botocore client for the order of the custom ones.
"""

import itertools
import json
import os
from unittest import mock

import botocore.session
import pytest
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from support.gateway import run
from support.simulator import REGION, environment

LOADER = botocore.session.Session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
RULES = EndpointProvider(LOADER.load_service_model("opensearch", "endpoint-rule-set-1"), PARTITIONS)
REGIONS = [region for partition in PARTITIONS["partitions"] for region in partition["regions"]]
#: What AWS may open tomorrow: names that fit a partition's pattern, and names that fit none.
NEW_REGIONS = ["eu-central-9", "cn-west-7", "us-gov-middle-3", "us-iso-north-1", "us-isob-south-4", "eu-isoe-north-2",
               "us-isof-west-5", "eusc-de-west-2", "moon-base-1", "us-gov", "cn-north"]
#: Nobody listens on any of these, and nobody is asked.
SERVICE_URL, GENERAL_URL, SECTION_URL, PROFILE_URL = (f"https://{name}.example:444" for name in (
    "service-variable", "general-variable", "services-section", "profile"))


def doctor(home, **variables):
    """What `doctor` says of these surroundings, which have no credentials."""
    ended = run("doctor", "--json", env={"AWS_EC2_METADATA_DISABLED": "true", **variables}, home=home)
    # No credentials are a problem of their own.
    assert ended.returncode == 1, ended.stderr
    return json.loads(ended.stdout)


def settings_problem(report):
    return next((check["detail"] for check in report["checks"]
                 if check["name"] == "settings" and check["status"] == "problem"), None)


def botocore_resolves(region, fips, dual_stack):
    """botocore's endpoint; `None` where it refuses."""
    try:
        return RULES.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack).url
    except BotoCoreError:
        return None


@pytest.mark.parametrize("fips", [False, True], ids=["plain", "FIPS"])
@pytest.mark.parametrize("dual_stack", [False, True], ids=["IPv4", "dual stack"])
def test_every_region_has_the_endpoint_that_botocore_gives_it(fips, dual_stack, tmp_path):
    assert len(REGIONS) > 40, "botocore's partitions file isn't what this test believes it is"
    flags = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dual_stack).lower()}
    different = {}
    for region in REGIONS + NEW_REGIONS:
        report = doctor(tmp_path, AWS_REGION=region, **flags)
        theirs = botocore_resolves(region, fips, dual_stack)
        if report["endpoint"] != theirs or report["region"] != (region if theirs else report["region"]):
            different[region] = (report["endpoint"], theirs, settings_problem(report))
    assert different == {}


def test_flags_count_from_the_profile_too_and_the_variable_wins(tmp_path):
    write_config(tmp_path, "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n")
    assert doctor(tmp_path, AWS_REGION=REGION)["endpoint"] == botocore_resolves(REGION, True, True)
    report = doctor(tmp_path, AWS_REGION=REGION, AWS_USE_DUALSTACK_ENDPOINT="false")
    assert report["endpoint"] == botocore_resolves(REGION, True, False)


# --- custom URLs ---

def write_config(home, text):
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(text)


def custom(has_service_variable, has_general_variable, has_section, has_profile_url, ignored):
    """The variables, and the profile's text."""
    variables = {"AWS_REGION": REGION}
    if has_service_variable:
        variables["AWS_ENDPOINT_URL_OPENSEARCH"] = SERVICE_URL
    if has_general_variable:
        variables["AWS_ENDPOINT_URL"] = GENERAL_URL
    if ignored == "variable":
        variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
    profile = "[default]\nregion = eu-west-1\n"
    if ignored == "profile":
        profile += "ignore_configured_endpoint_urls = true\n"
    if has_profile_url:
        profile += f"endpoint_url = {PROFILE_URL}\n"
    if has_section:
        profile += f"services = mine\n\n[services mine]\nopensearch =\n  endpoint_url = {SECTION_URL}\n"
    return variables, profile


def botocore_client_asks(variables, home, config=None):
    """The endpoint of a botocore client in these surroundings."""
    with mock.patch.dict(os.environ, environment(home, AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret",
                                                 **variables), clear=True):
        client = botocore.session.Session().create_client("opensearch", config=config)
        return client.meta.endpoint_url


@pytest.mark.parametrize("ignored", [None, "variable", "profile"])
def test_custom_urls_count_in_botocores_order(ignored, tmp_path):
    different = {}
    for number, present in enumerate(itertools.product([False, True], repeat=4)):
        home = tmp_path / str(number)
        home.mkdir()
        variables, profile = custom(*present, ignored)
        write_config(home, profile)
        ours, theirs = doctor(home, **variables)["endpoint"], botocore_client_asks(variables, home)
        if ours != theirs:
            different[present] = (ours, theirs)
    assert different == {}


@pytest.mark.parametrize("flag", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
@pytest.mark.parametrize("source", range(4), ids=["service variable", "general variable", "services section", "profile"])
def test_a_custom_url_together_with_fips_or_dual_stack_is_an_error_that_names_both(source, flag, tmp_path):
    variables, profile = custom(*(number == source for number in range(4)), None)
    write_config(tmp_path, profile)
    report = doctor(tmp_path, **variables, **{flag: "true"})
    assert report["endpoint"] is None
    assert flag in settings_problem(report)
    named = ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL", "services section", "endpoint_url of the profile"][source]
    assert named in settings_problem(report)
    ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                "--tokens", tmp_path / "tokens.json", "--audit-log", tmp_path / "audit.jsonl",
                env={**variables, flag: "true"}, home=tmp_path)
    assert ended.returncode == 78, ended
    assert ended.stderr.count("\n") == 1 and flag in ended.stderr, ended.stderr


def test_fips_with_urls_that_are_ignored_is_fine(tmp_path):
    variables, profile = custom(True, True, True, True, "variable")
    write_config(tmp_path, profile)
    report = doctor(tmp_path, **variables, AWS_USE_FIPS_ENDPOINT="true")
    assert report["endpoint"] == botocore_resolves(REGION, True, False)
    assert report["endpoint"] == botocore_client_asks(variables, tmp_path, Config(use_fips_endpoint=True))


def test_no_region_is_an_error_that_says_which_one_is_needed(tmp_path):
    report = doctor(tmp_path)
    assert report["region"] is None and report["endpoint"] is None
    assert "AWS_REGION" in settings_problem(report) and "destination" in settings_problem(report)
