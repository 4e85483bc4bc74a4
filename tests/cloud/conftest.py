"""One cloud a file of tests: each test makes users, buckets and queries of its own."""
import os
import sys
import uuid

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cloud import Cloud  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        yield made


@pytest.fixture
def name():
    return "n" + uuid.uuid4().hex[:12]
