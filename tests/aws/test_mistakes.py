"""What a responder in a hurry writes wrong: each time one error that names the place and what to do, and nothing is asked of AWS."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402

CONFIG = "[profile prod]\nregion = eu-west-1\n[profile größe]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = nix\n"


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        yield made


def start(cloud, home, **more):
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text(CONFIG, encoding="utf-8")
    environment = {k: v for k, v in cloud.environment().items() if v != os.devnull}
    return Kernel(home, {k: v for k, v in {**environment, **more}.items() if v is not None})


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


# the cell, words of the error
MISTAKES = [
    ("%athena SELEC 1", "Did you mean SELECT?"),
    ("%trino wiht x AS (SELECT 1) SELECT * FROM x", "no Trino cluster is named", "%set trino"),
    ("%athena SELECT 'open", "not sent to Athena: quotes that are not closed", "Close"),
    ("%athena \u00a0SELECT 1", "invisible"),
    ("%athena --into SELECT 1", "is SQL and no name", "--into NAME SELECT"),
    ("%athena --wrokgroup x SELECT 1", "Did you mean --workgroup?"),
    ("%athena --workgroup", "--workgroup needs a value"),
    ("%athena --limit x SELECT 1", "takes a number"),
    ("%%athena\r\n\r\n", "there is no query\n"),
    ("%%athena\r\n-- nothing yet\r\n", "there is no query, only comments"),
    ("%athena SELECT :nobody AS x", "no parameter :nobody", 'nobody = "..."'),
    ("%athena --id", "--id needs a value"),
    ("%set region eu-west1", "is no region", "eu-west-1"),
    ("%set region eu-west-1a", "is no region", "eu-west-1"),
    ("%set region EU-WEST-1", "is no region"),
    ("%set regoin eu-west-1", "Did you mean region?"),
    ("%alerts --region us-east1", "is no region"),
    ("%set budget 1,50", "%set budget 2.50"),
    ("%set output results", "s3://bucket/prefix/"),
    ("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source s3", "lake, athena, trino, api, trail, auto"),
    ("%cloudtrail kye AKIAIOSFODNN7EXAMPLE", "Did you mean: %cloudtrail key"),
    ("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source api --regions eu-west-1", "Did you mean --region?"),
    ("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source api --since yesterday", "24h, 7d"),
    ("%jobs shw 1", "Did you mean show?"),
    ("%jobs list 1", "%jobs show N"),
    ("%jobs stop 99", "there is no job 99"),
    ("%lake status eu-west-1", "takes no", "eu-west-1"),
    ("%lake check other", "takes no", "%lake open"),
]


@pytest.mark.parametrize("row", MISTAKES, ids=[ascii(row[0]) for row in MISTAKES])
def test_a_mistake_is_one_error_with_what_to_do(cloud, kernel, row):
    cloud.order("calls", {"clear": True})
    status, text = kernel.run(row[0])
    assert status == "error" and all(word in text for word in row[1:]), text
    assert not [call for call in cloud.calls() if call["service"] in ("athena", "guardduty", "securitylake", "cloudtrail")]


def test_an_execution_that_is_gone_and_a_place_without_parameters(cloud, kernel):
    cloud.client("s3").create_bucket(Bucket="results-318")
    kernel.run("%set output s3://results-318/q/")
    status, text = kernel.run("%athena --id 00000000-0000-4000-8000-000000000000")
    assert status == "error" and "%athena --history" in text and "45 days" in text, text
    kernel.run("p = 'x'")
    status, text = kernel.run("%athena SELECT :p AS x")
    assert status == "error" and "WHERE x = :name" in text and "^" in text, text


def test_profiles(kernel):
    try:
        kernel.run("%set profile prdo")
        status, text = kernel.run("%whoami")
        assert status == "error" and "there is no profile prdo" in text and "prod" in text and "größe" in text, text
        kernel.run("%set profile größe")
        status, text = kernel.run("%whoami")
        assert status == "error" and "profile nix, which is not there" in text and "source_profile" in text, text
    finally:
        kernel.run("%set profile none")


def test_nothing_to_ask_is_an_error_and_no_empty_answer(cloud, tmp_path):
    """A trail that could not be asked left a folder behind: that is no trail."""
    with start(cloud, tmp_path, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_SESSION_TOKEN=None) as kernel:
        assert kernel.run("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source trail")[0] == "error"
        status, text = kernel.run("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source auto")
        assert status == "error" and "nothing can be asked" in text and "no credentials" in text, text


def test_where_glue_has_no_table_plain_sql_stays_here(kernel):
    """Else the next SELECT would be sent to Athena, and paid for."""
    status, text = kernel.run("%lake open athena --region eu-west-3")
    assert status == "ok" and "No table" in text and "go to athena" not in text, text
    assert "local" in kernel.run("SELECT 41 + 1 AS answer")[1]
