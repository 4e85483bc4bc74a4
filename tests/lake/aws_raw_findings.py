"""Security Hub findings for the published queries."""
from datetime import timedelta

from aws_raw import ACCOUNT_2, ACCOUNT_3, ACCOUNT_OTHER, at, iso

BUCKET = (("AwsS3Bucket", "arn:aws:s3:::amzn-s3-demo-bucket"),)
EXFILTRATION = "TTPs/Credential Access/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS"


def vulnerability(cve, *scores):
    return {"Id": cve, "Cvss": [{"Version": "3.1", "BaseScore": score, "BaseVector": "AV:N/AC:L"} for score in scores],
            "Vendor": {"Name": "DEBIAN", "VendorCreatedAt": "2023-01-01T00:00:00Z", "VendorUpdatedAt": "2023-02-01T00:00:00Z"},
            "VulnerablePackages": [{"Name": "openssl", "Version": "3.0.0", "Architecture": "X86_64", "Epoch": "0", "Release": "1"}],
            "ReferenceUrls": ["https://example.com/" + cve]}


def add_june(raw):
    day = at("2023-06-15 10:00:00")
    june = (("Macie", "Policy:IAMUser/S3BucketPublic The bucket is public", "HIGH", "NEW", {}), ("Macie", "SensitiveData:S3Object/Personal Found", "MEDIUM", "NEW", {}),
            ("Config", "S3.1 Block public access should be on", "HIGH", "NEW", {}), ("Config", "EC2.19 Groups should not be open", "LOW", "NEW", {}),
            ("Config", "IAM.3 Keys should be rotated", "MEDIUM", "NEW", {}), ("Config", "ECR.2 Tags should be immutable", "INFORMATIONAL", "NEW", {}),
            ("Config", "SSM.1 Managed instances", "HIGH", "RESOLVED", {}), ("Config", "KMS.4 Rotation", "CRITICAL", "NEW", {}),
            ("GuardDuty", "UnauthorizedAccess on an instance", "HIGH", "NEW", {}), ("Security Hub", "CloudTrail.1 A trail should be on", "LOW", "NOTIFIED", {}),
            ("Config", "S3.1 Block public access should be on", "HIGH", "NEW", {"account": ACCOUNT_2}), ("Macie", "Policy of another", "HIGH", "NEW", {"account": ACCOUNT_OTHER}),
            ("Macie", "Policy of a third", "HIGH", "NEW", {"account": ACCOUNT_3}), ("Macie", "Policy elsewhere", "HIGH", "NEW", {"region": "us-west-2"}))
    for n, (product, title, label, status, more) in enumerate(june):
        raw.add_finding(day + timedelta(minutes=n), "june/%d" % n, product, title, label, ["Software and Configuration Checks/%s" % product],
                        BUCKET if product == "Macie" else (("AwsAccount", "AWS::::Account:111122223333"),), status=status,
                        **({"Compliance": {"Status": "FAILED"}} if product == "Config" else {}), **more)
    for time in ("2023-05-29 23:59:59", "2023-07-01 00:00:00"):
        raw.add_finding(at(time), "edge/" + time[:10], "Macie", "Policy at the edge", "HIGH", resources=BUCKET)


def add_recent(raw):
    def found(days, ident, product, title, label, **more):
        raw.add_finding(raw.ago(days, 1), ident, product, title, label, **more)
    found(1, "gd/1", "GuardDuty", "Credentials used from outside", "HIGH", types=[EXFILTRATION, "TTPs/Other"])
    found(40, "gd/2", "GuardDuty", "Credentials used from outside", "HIGH", types=[EXFILTRATION])
    found(2, "gd/3", "GuardDuty", "Credentials used inside", "MEDIUM", types=["TTPs/Credential Access/UnauthorizedAccess:IAMUser-Other"], account=ACCOUNT_2)
    found(3, "gd/4", "GuardDuty", "A port was probed", "LOW", types=["TTPs/Recon"], account=ACCOUNT_2)
    found(3, "gd/5", "GuardDuty", "A port was probed", "MEDIUM", types=["TTPs/Recon"], account=ACCOUNT_2, status="NOTIFIED")
    found(9, "gd/6", "GuardDuty", "A port was probed", "HIGH", types=["TTPs/Recon"])
    found(4, "macie/1", "Macie", "Public bucket", "MEDIUM", resources=BUCKET)
    found(35, "macie/2", "Macie", "Public bucket", "MEDIUM", resources=BUCKET + (("AwsEc2Instance", "i-0bbbbbbbbbbbbbbbb"),))
    # the same finding at two times of update; another at two times, one of them too old
    for days in (1, 5):
        found(days, "dup/1", "Config", "S3.8 again", "MEDIUM", resources=(("AwsAccount", "AWS::::Account:111122223333"),), Compliance={"Status": "FAILED"})
    for days in (2, 20):
        found(days, "dup/2", "Config", "S3.9 again", "INFORMATIONAL", resources=(("AwsAccount", "AWS::::Account:111122223333"),), Compliance={"Status": "PASSED"},
              status="RESOLVED")
    instance = (("AwsEc2Instance", "i-0aaaaaaaaaaaaaaaa"), ("AwsEcrContainerImage", "image-1"))
    found(1, "inspector/1", "Inspector", "A package is vulnerable", "CRITICAL", resources=instance, Vulnerabilities=[vulnerability("CVE-0000-0000", 9.8, 7.5)])
    found(2, "inspector/2", "Inspector", "A package is hardly vulnerable", "LOW", resources=instance, Vulnerabilities=[vulnerability("CVE-0000-00001", 1.0)])
    found(50, "inspector/3", "Inspector", "A package was vulnerable", "HIGH", resources=instance,
          Vulnerabilities=[vulnerability("CVE-2023-1", 0.5), vulnerability("CVE-0000-0000", 1.1)])
    for days in (60, 61):
        raw.findings.append({**raw.findings[-1], "Id": "old/%d" % days, "UpdatedAt": iso(raw.ago(days), True), "CreatedAt": iso(raw.ago(days), True), "Vulnerabilities": []})
        del raw.findings[-1]["Vulnerabilities"]


def add(raw):
    add_june(raw)
    add_recent(raw)
