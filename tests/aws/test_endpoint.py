"""aws/endpoint against botocore's rule sets: every service of the table, every region, FIPS and dual stack."""
import itertools

import botocore.endpoint_provider
import botocore.exceptions
import pytest

from aws_models import SESSION, program

LOADER = SESSION.get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
SERVICES = sorted({row["service"] for row in program("test_request", "rows")})
MORE = {"s3": {"Accelerate": False, "UseGlobalEndpoint": False, "ForcePathStyle": True, "DisableMultiRegionAccessPoints": False, "UseArnRegion": True},
        "sts": {"UseGlobalEndpoint": False}, "s3control": {"AccountId": "123456789012", "RequiresAccountId": True, "UseArnRegion": True}}
# not as the rule sets say: health answers in its active region only (kernel/aws/endpoint.c), and one name of signin's in one region
def is_other(service, partition, region, fips):
    return service == "health" and partition == "aws" and not fips or (service, region, fips) == ("signin", "us-gov-west-1", True)


REGIONS = [(p["id"], r) for p in PARTITIONS["partitions"] for r in p["regions"] if not r.endswith("-global")]


def expected(service, region, fips, dual):
    provider = botocore.endpoint_provider.EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), PARTITIONS)
    try:
        found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual, **MORE.get(service, {}))
    except botocore.exceptions.EndpointProviderError:
        return None
    scheme = (found.properties.get("authSchemes") or [{}])[0]
    return found.url.replace("//123456789012.", "//"), scheme.get("signingRegion", region)


@pytest.mark.parametrize("service", SERVICES)
def test_as_the_rule_sets_say(service):
    cases = [(region, fips, dual) for (partition, region), fips, dual in itertools.product(REGIONS, (False, True), (False, True))
             if not is_other(service, partition, region, fips)]
    said = program("test_endpoint", "resolve", *[{"service": service, "region": r, "fips": f, "dual": d} for r, f, d in cases])
    wrong = []
    for case, one in zip(cases, said):
        want = expected(service, *case)
        got = None if "error" in one else (one["origin"], one["region"])
        if got != want:
            wrong.append((case, got, want))
    assert not wrong


def test_health_is_asked_where_it_answers():
    said, = program("test_endpoint", "resolve", {"service": "health", "region": "eu-west-1"})
    assert said == {"origin": "https://health.us-east-1.amazonaws.com", "region": "us-east-1"}
