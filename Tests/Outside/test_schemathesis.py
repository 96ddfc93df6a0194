"""schemathesis makes up calls from the contract, good and bad, and holds each answer of the gateway against it."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml
from support.gateway import Gateway, make_token
from support.simulator import ROOT, Simulator, connection, environment, wait_until

DOCUMENT = ROOT / "openapi" / "openapi.yaml"
SEED, EXAMPLES = 20261122, 60

#: All checks are on, and one is stricter than it comes: a call that breaks the contract has to be refused by the
#: gateway itself. 404, 409 and 5xx, which the check would take by default, would mean that such a call went to AWS. 413
#: isn't among the defaults, but is what the contract has for a body that is too large. A list with a made-up cursor is a
#: 400, and no schema can tell those that the gateway gave out from others.
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = ["400", "413"]

[[operations]]
include-path = "/connections"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400"]
"""


def program():
    """schemathesis, as it was installed beside this Python, or on the PATH."""
    beside = pathlib.Path(sys.executable).with_name("schemathesis")
    found = str(beside) if beside.exists() else shutil.which("schemathesis")
    assert found, "schemathesis isn't installed; see requirements.txt"
    return found


def contract():
    return yaml.safe_load(DOCUMENT.read_text())


@pytest.fixture
def service():
    """The simulator and the gateway. The simulator knows the contract's example id, which schemathesis tries."""
    known = contract()["components"]["parameters"]["ConnectionId"]["example"]
    with Simulator(seed=[connection(known)]) as simulator, Gateway(simulator.url) as gateway:
        gateway.token = make_token(gateway.tokens, name="all", scopes=("connections:reject", "connections:read"))
        wait_until(lambda: gateway.call("GET", "/connections").status == 200, "the new token to count")
        yield simulator, gateway


@pytest.fixture
def schemathesis(service, tmp_path):
    """Runs schemathesis against the gateway by the document `document`. Gives its process and its report."""
    simulator, gateway = service
    settings, report_file = tmp_path / "schemathesis.toml", tmp_path / "report.json"

    def run(document):
        settings.write_text(SETTINGS)
        done = subprocess.run(
            [program(), "--config-file", settings, "run", document, "--url", gateway.url,
             "--header", f"Authorization: Bearer {gateway.token}", "--checks", "all",
             "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-database", "none",
             "--request-timeout", "10", "--no-color", "--report", "json", "--report-json-path", report_file],
            capture_output=True, text=True, timeout=170, cwd=tmp_path, env=environment(tmp_path))
        return done, json.loads(report_file.read_text()) if report_file.exists() else None

    return run


def test_no_call_made_from_the_contract_gets_an_answer_outside_it(service, schemathesis):
    simulator, gateway = service
    done, report = schemathesis(DOCUMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["complete"] and report["stop_reason"] == "completed"
    assert (report["failures"], report["errors"], report["filtered"]) == ([], [], 0)
    # A warning says that it didn't get far: turned away, or nothing found.
    assert not any(report["warnings"].values()), report["warnings"]

    # Every operation was tried in every phase.
    operations = {f"{method.upper()} {path}" for path, item in contract()["paths"].items() for method in item}
    assert len(operations) == 13
    assert report["operations"] == {
        "total": 13, "selected": 13, "tested": 13, "errored": 0, "skipped": 0, "skip_reasons": []}
    assert {name: phase["status"] for name, phase in report["phases"].items()} == {
        "examples": "success", "coverage": "success", "fuzzing": "success",
        # It follows the links that it infers from one operation to another.
        "stateful": "success"}
    assert set(report["valid_rates"]) == operations
    for operation, rates in report["valid_rates"].items():
        tried = {phase: sum(counts.values()) for phase, counts in rates.items()}
        assert set(tried) >= {"examples", "coverage", "fuzzing"} and all(tried.values()), (operation, tried)
    assert report["test_cases"]["generated"] > 6 * EXAMPLES

    # What reached AWS was a valid call, and was written down.
    seen = simulator.requests()
    assert len(gateway.records("intent")) == len(gateway.records("outcome")) > EXAMPLES / 2
    # A page of ours may take several of AWS's, a wait several looks.
    assert len(seen) >= sum(1 for record in gateway.records("outcome") if "aws" in record) > EXAMPLES / 2
    assert {(line["verdict"], line["status"]) for line in seen} == {("valid", 200), ("valid", 409)}
    gateway.check_chain()


def test_an_answer_outside_the_contract_would_be_noticed(schemathesis, tmp_path):
    document = contract()
    del document["paths"]["/connections/{id}/reject"]["post"]["responses"]["409"]
    document["components"]["schemas"]["Liveness"]["properties"]["status"]["const"] = "fine"
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(document))
    done, report = schemathesis(tmp_path / "changed.yaml")
    assert done.returncode == 1, done.stdout + done.stderr
    found = {(failure["type"], operation) for failure in report["failures"] for operation in failure["operations"]}
    assert {("UndefinedStatusCode", "POST /connections/{id}/reject"), ("JsonSchemaError", "GET /livez")} <= found
