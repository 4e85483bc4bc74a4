"""One double and one kernel for a file's tests; every test has users and roles of its own. Tests marked as a fault make the table of faults."""
import os
import subprocess
import uuid

import pytest

from acting import HERE, Cloud, Responder
import tables  # acting puts its folder on the path

FAULTS = {}  # fault -> [cases, those that held, where]


def pytest_configure(config):
    config.addinivalue_line("markers", "fault(name): a row of the table of faults that `make test` prints")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    for mark in item.iter_markers("fault") if report.when == "call" or report.failed else ():
        row = FAULTS.setdefault(mark.args[0], [0, 0, os.path.basename(item.fspath)])
        row[0] += 1
        row[1] += report.passed


def pytest_sessionfinish():
    if FAULTS:
        with tables.Table("faults: the next start says what was done, and it is finished or taken back", ("fault", "cases", "held", "test"), "response") as made:
            for name, row in FAULTS.items():
                made.row(name, *row)


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with Responder(tmp_path_factory.mktemp("home"), cloud.environment()) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_left(cloud):
    cloud.forget()
    yield
    cloud.faults()


@pytest.fixture
def name():
    return "n" + uuid.uuid4().hex[:12]


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory):
    """What is preloaded to make a disk full."""
    made = tmp_path_factory.mktemp("shim") / "enospc.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", made, os.path.join(os.path.dirname(HERE), "shim", "enospc.c"), "-ldl"], check=True)
    return made
