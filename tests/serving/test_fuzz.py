"""Requests of every kind that the description of the service allows, and many that it does not: never a fault."""

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from service_samples import trained
from sparring.serving import requests
from sparring.serving.app import application
from sparring.serving.limits import Limits
from sparring.serving.served_run import ServedRun

EXAMPLES = 60  # of each path
LEFT_OUT = "/v1/evaluate"  # measuring takes minutes; its request is a subset of the others'


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pictures", "table", "pairs"])
def test_no_request_is_a_fault(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(requests, "MAX_STEPS", 6)  # longer searches would end with 504 on a slow machine
    limits = Limits(samples=20, seconds=600, pixels=10_000, body=100_000)
    app = application(ServedRun(trained(kind, tmp_path), "cpu", limits))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "127.0.0.1"})
    tried = {}
    for operation in (each.ok() for each in schema.get_all_operations()):
        if operation.path == LEFT_OUT:
            continue

        @hypothesis.settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @hypothesis.given(
            case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
            | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
        )
        def ask(case):
            case.headers = {**(case.headers or {}), "host": "127.0.0.1"}
            answer = case.call()
            statuses = tried.setdefault(f"{case.method} {case.path}", set())
            statuses.add(answer.status_code)
            case.validate_response(
                answer, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
            )

        ask()
    app.state.thread.stop()
    assert all(status < 500 for statuses in tried.values() for status in statuses)
    assert all(200 in tried[asked] for asked in tried if asked.startswith("GET"))
    assert 422 in tried["GET /v1/generate" if kind != "pairs" else "POST /v1/apply"]
