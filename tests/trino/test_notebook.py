"""notebooks/investigate.ipynb finds the same on the embedded engine, on Trino and on Athena (the double, whose queries that Trino executes)."""
import contextlib
import json
import os
import pathlib
import re
import sys

import nbformat
import papermill
import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "notebooks" / "investigate.ipynb"


@pytest.fixture(scope="module")
def key(incident):
    return json.loads((incident / "logs" / "truth.json").read_text())["key"]


def findings(book):
    """What each cell shows, without captions (source, window, name), times taken, and where the data of the local lake ends."""
    found = {}
    for cell in book.cells:
        if cell.cell_type != "code" or cell.source.startswith(("%lake", "%%note", "# Parameters")) or "parameters" in cell.metadata.get("tags", []):
            continue
        text = "\n".join("".join(output["data"]["text/plain"]) for output in cell.outputs if "text/plain" in output.get("data", {}))
        found[cell.source] = re.sub(r"(?m)^(.* · .*|took .*|[Tt]he data (ends|begins) at .*|)\n?", "", text)
    return found


def run(folder, key, lake, environment):
    with contextlib.ExitStack() as stack:
        for name, value in environment.items():
            before = os.environ.get(name)
            os.environ[name] = value
            stack.callback(lambda name=name, before=before: os.environ.pop(name) if before is None else os.environ.update({name: before}))
        papermill.execute_notebook(str(NOTEBOOK), str(folder / "out.ipynb"), parameters={"key": key, "lake": str(lake)}, language="python", cwd=str(folder),
                                   kernel_name="cofferdam", progress_bar=False, log_output=False)
    return findings(nbformat.read(folder / "out.ipynb", 4))


@pytest.fixture(scope="module")
def local(tmp_path_factory, incident, key):
    found = run(tmp_path_factory.mktemp("local"), key, incident / "lake2", {})
    assert sum(bool(text) for text in found.values()) >= 25
    return found


def differences(local, other):
    assert list(local) == list(other)
    return {cell: (text, other[cell]) for cell, text in local.items() if text != other[cell]}


def test_on_trino(local, trino, key, tmp_path):
    assert differences(local, run(tmp_path, key, "trino", {"TRINO_SERVER": trino.url, "TRINO_CATALOG": "iceberg"})) == {}


def test_on_athena(local, trino, key, tmp_path):
    with Cloud(athena="trino:%s,awsdatacatalog" % trino.url) as cloud:
        cloud.client("s3").create_bucket(Bucket="results-318")
        cloud.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        glue = cloud.client("glue")
        for schema, table in trino.query("SELECT table_schema, table_name FROM iceberg.information_schema.tables WHERE table_schema LIKE 'amazon%' ORDER BY 1, 2"):
            with contextlib.suppress(glue.exceptions.AlreadyExistsException):
                glue.create_database(DatabaseInput={"Name": schema})
            glue.create_table(DatabaseName=schema, TableInput={"Name": table, "StorageDescriptor": {"Columns": [{"Name": "metadata", "Type": "string"}],
                                                                                                  "Location": "s3://lake/%s" % table}})
        environment = {k: v for k, v in cloud.environment().items() if v != os.devnull}
        assert differences(local, run(tmp_path, key, "athena", environment)) == {}
        assert cloud.calls(service="athena", operation="StartQueryExecution")
