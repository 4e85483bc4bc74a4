"""Ways of %athena that need no CSV in S3, or take no new run: managed results in pages, results that are used again, long and hostile parameters."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        made.client("athena").create_work_group(Name="managed", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with Kernel(home, {k: v for k, v in cloud.environment().items() if v != os.devnull}) as made:
        yield made


def value(kernel, sql):
    status, text = kernel.run(sql)
    assert status == "ok", text
    return text


def test_managed_results_come_in_pages(cloud, kernel):
    cloud.order("calls", {"clear": True})
    status, text = kernel.run("%athena --workgroup managed --into many SELECT range AS n, 'v' || range AS v FROM range(2500)")
    assert status == "ok" and "2,500" in text, text
    assert len(cloud.calls(service="athena", operation="GetQueryResults")) == 3 and not cloud.calls(service="s3", operation="GetObject")
    text = value(kernel, "SELECT count(*) AS c, count(DISTINCT v) AS d, sum(n) AS s, typeof(min(n)) AS t FROM many")
    assert "2500" in text and "3123750" in text and "BIGINT" in text, text


def test_managed_results_tell_null_from_the_empty_text(kernel):
    status, text = kernel.run("%athena --workgroup managed --into told SELECT NULL AS a, '' AS b, '007' AS c, 'é\u202e<b>' AS d, DATE '2026-11-29' AS e, true AS f")
    assert status == "ok" and "\u202e" not in text, text
    text = value(kernel, "SELECT a IS NULL AND b = '' AND c = '007' AND d = 'é\u202e<b>' AND e = DATE '2026-11-29' AND f AS all_of_it FROM told")
    assert "true" in text, text


@pytest.mark.parametrize("kind", ["503", "throttle", "html", "cut"])
def test_a_page_in_trouble_is_asked_again(cloud, kernel, kind):
    cloud.faults({"service": "athena", "operation": "GetQueryResults", "kind": kind, "skip": 1, "times": 1})
    try:
        status, text = kernel.run("%%athena --workgroup managed --into again_%s SELECT range AS n FROM range(1500)" % kind)
    finally:
        cloud.faults()
    assert status == "ok" and "1,500" in text, text
    assert "1500" in value(kernel, "SELECT count(DISTINCT n) AS c FROM again_%s" % kind)


def test_a_page_that_never_comes_is_an_error_and_no_half_table(cloud, kernel):
    cloud.faults({"service": "athena", "operation": "GetQueryResults", "kind": "error", "code": "AccessDeniedException", "message": "no", "status": 400, "skip": 1, "times": 99})
    try:
        status, text = kernel.run("%athena --workgroup managed --into half SELECT range AS n FROM range(1500)")
    finally:
        cloud.faults()
    assert status == "error" and "athena:GetQueryResults" in text, text
    assert kernel.run("SELECT * FROM half")[0] == "error"


def test_a_result_is_used_again_when_asked(kernel):
    assert kernel.run("%athena --reuse 60 SELECT 4711 AS x")[0] == "ok"
    status, text = kernel.run("%athena --reuse 60 SELECT 4711 AS x")
    assert status == "ok" and "4711" in text and "an earlier result was taken, nothing was scanned" in text, text


@pytest.mark.parametrize("size", [1024, 1025, 20000])
def test_a_parameter_of_any_length_is_the_value(cloud, kernel, size):
    text = "'); DROP TABLE t --" + "é\"\\" * 10 + "x" * (size - 60)
    assert kernel.run("long = %r" % text)[0] == "ok"
    status, said = kernel.run("%%athena --into held_%d SELECT v FROM (VALUES ('a'), (:long)) AS t(v) WHERE v = :long" % size)
    assert status == "ok" and "1 row" in said, said
    assert "true" in value(kernel, "SELECT v = :long AS same FROM held_%d" % size)
