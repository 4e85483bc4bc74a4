"""One cloud a file of tests: each test makes users, buckets and queries of its own."""
import contextlib
import os
import sys
import uuid

import pytest
from botocore.exceptions import ClientError

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cloud import Cloud  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        yield made


@pytest.fixture
def name():
    return "n" + uuid.uuid4().hex[:12]


@contextlib.contextmanager
def refused(*codes, status=None, words=""):
    """The call inside is refused with one of these codes."""
    with pytest.raises(ClientError) as caught:
        yield caught
    said = caught.value.response
    assert said["Error"]["Code"] in codes, said
    assert status in (None, said["ResponseMetadata"]["HTTPStatusCode"]) and words in said["Error"]["Message"], said
