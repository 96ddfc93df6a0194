"""Fail-closed by type: what forgets the audit doesn't compile."""

import json
import subprocess

import pytest

from support.simulator import BIN_DIR, ROOT

#: GatewayCore uses Digest, which uses libcrypto: the compiler asks where that is.
OPENSSL_MODULE = ["-Xcc", f"-fmodule-map-file={ROOT}/Sources/COpenSSL/module.modulemap"]

#: A function body for `use(trail:service:lookUps:call:query:deadline:)`, and the compiler's complaint; none for what has to compile.
CASES = {
    "the intent is written, the receipt shown, the outcome written": (
        """
        let receipt = try await trail.intent(call, started: deadline)
        _ = await service.reject(call.id, under: receipt, deadline: deadline)
        try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
        """, None),
    "a reject without a receipt": (
        "_ = await service.reject(call.id, deadline: deadline)", "missing argument for parameter 'under'"),
    "a receipt made by hand": (
        "_ = await service.reject(call.id, under: IntentReceipt(), deadline: deadline)",
        "'IntentReceipt' initializer is inaccessible"),
    "a receipt used after its outcome": (
        """
        let receipt = try await trail.intent(call, started: deadline)
        try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
        _ = await service.reject(call.id, under: receipt, deadline: deadline)
        """, "'receipt' used after consume"),
    "two outcomes for one intent": (
        """
        let receipt = try await trail.intent(call, started: deadline)
        try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
        try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
        """, "'receipt' consumed more than once"),
    "a look-up with the permit of a receipt, even after the outcome": (
        """
        let receipt = try await trail.intent(call, started: deadline)
        let permit = receipt.lookUpPermit
        try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
        _ = await lookUps.lookUp(query, permit: permit, deadline: deadline)
        """, None),
    "a look-up without a permit": (
        "_ = await lookUps.lookUp(query, deadline: deadline)", "missing argument for parameter 'permit'"),
    "a permit made by hand": (
        "_ = await lookUps.lookUp(query, permit: LookUpPermit(), deadline: deadline)",
        "'LookUpPermit' initializer is inaccessible"),
    "a reject with no more than a permit": (
        """
        let permit = try await trail.intent(call, started: deadline).lookUpPermit
        _ = await service.reject(call.id, under: permit, deadline: deadline)
        """, "cannot convert value of type 'LookUpPermit' to expected argument type 'IntentReceipt'"),
}


@pytest.fixture(scope="module")
def package_name():
    described = subprocess.run(["swift", "package", "describe", "--type", "json"], cwd=ROOT, check=True,
                               capture_output=True, text=True, timeout=120)
    # `package` access asks for the name that the modules were built under: the folder's, in lower case.
    return json.loads(described.stdout)["path"].rstrip("/").rpartition("/")[2].lower()


@pytest.mark.parametrize("case", CASES)
def test_forgetting_the_audit_does_not_compile(case, package_name, tmp_path):
    body, complaint = CASES[case]
    source = tmp_path / "Use.swift"
    source.write_text(
        "import Clocks\nimport GatewayCore\n"
        "func use(trail: AuditTrail, service: any RejectionService, lookUps: any LookUpService, call: RejectCall,"
        f" query: ConnectionQuery, deadline: MonotonicClock.Instant) async throws {{\n{body}\n}}\n")
    checked = subprocess.run(
        # -emit-sil and not -typecheck: who owns a receipt is checked after the types are.
        ["swiftc", "-emit-sil", "-o", "/dev/null", "-swift-version", "6", "-package-name", package_name, "-I",
         BIN_DIR / "Modules", *OPENSSL_MODULE, source], capture_output=True, text=True, timeout=120)
    if complaint is None:
        assert checked.returncode == 0, checked.stderr
    else:
        assert checked.returncode != 0 and complaint in checked.stderr, checked.stderr
