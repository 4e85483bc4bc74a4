"""Who types a name of the raw logs is told where it stands in Security Lake's tables, and that it does stand there."""
import re

import pytest
from test_questions import Kernel, training  # noqa: F401

NAMES = {"cloudtrail": "eventTime eventName eventSource eventID awsRegion sourceIPAddress userAgent errorCode errorMessage requestParameters responseElements "
                       "requestID recipientAccountId userIdentity arn principalId accessKeyId userName invokedBy sessionIssuer sessionContext "
                       "mfaAuthenticated operation service credential_uid user_agent ip",
         "vpc_flow": "srcaddr dstaddr srcport dstport protocol interface_id instance_id bytes packets", "route53": "query_name query_type query_timestamp"}


@pytest.mark.parametrize("view", NAMES)
def test_each_raw_name_has_its_place(training, view):  # noqa: F811
    for name in NAMES[view].split():
        reply, _ = training.run("SELECT %s FROM %s LIMIT 1" % (name, view))
        said = re.search("In Security Lake's tables %s is ([a-z_]+(?:[.][a-z_]+)*)" % name, "\n".join(reply["traceback"]))
        assert said, (name, reply)
        assert training.rows("SELECT %s FROM %s LIMIT 1" % (said[1], view)) == 1
    assert "In Security Lake's" not in str(training.run("SELECT nonsense FROM %s" % view)[0])
