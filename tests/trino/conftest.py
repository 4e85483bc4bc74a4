import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(os.path.dirname(HERE), folder) for folder in ("aws", "net", "cloud"))]

import glue  # noqa: E402
from cloud import Cloud  # noqa: E402
from notebook import Kernel  # noqa: E402
from server import Trino  # noqa: E402


@pytest.fixture(scope="session")
def incident(tmp_path_factory):
    """The training incident: raw logs, and lakes of both versions."""
    folder = tmp_path_factory.mktemp("incident")
    cofferdam = os.environ["COFFERDAM"]
    subprocess.run([cofferdam, "example", "sec318", "--into", str(folder / "logs")], check=True, stdout=subprocess.DEVNULL)
    for version in ("1", "2"):
        subprocess.run([cofferdam, "ingest", str(folder / "logs"), "--into", str(folder / ("lake" + version)), "--table-version", version],
                       check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def double():
    """The double of AWS in whose Glue and S3 two of Trino's catalogs look, with keys of their own."""
    with Cloud(athena="none") as started:
        yield started


@pytest.fixture(scope="session")
def trino(incident, double):
    with Trino(catalogs=glue.catalogs(double)) as started:
        started.lake(str(incident / "lake2"), 2)
        started.lake(str(incident / "lake1"), 1)
        yield started


@pytest.fixture(scope="module")
def kernel(trino, tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("home"), {"TRINO_USER": "analyst"}) as made:
        made.run("%set trino " + trino.url)
        yield made
