"""One double and one kernel for a file's tests; every test has users and roles of its own."""
import uuid

import pytest

from acting import Cloud, Responder


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
