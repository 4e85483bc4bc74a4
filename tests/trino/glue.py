"""A lake of %lake ingest as Security Lake has it in AWS: its files under Security Lake's keys in S3, its tables in Glue, partitions by Athena's projection.

The double of AWS is both. Trino signs as a user of its own, who may only read (catalog glue) or also write (catalog glue_iceberg).
"""
import glob
import os

import duckdb
from server import members, split_types

BUCKET = "aws-security-data-lake-us-east-1-318"
READER, WRITER = "trino-reads", "trino-writes"
READ = ["glue:Get*", "s3:GetObject", "s3:ListBucket"]
ALLOWED = {READER: READ, WRITER: READ + ["glue:CreateDatabase", "glue:CreateTable", "glue:UpdateTable", "s3:PutObject"]}
HIVE_TYPES = {"VARCHAR": "string", "INTEGER": "int"}
DAYS = {"type": "date", "format": "yyyyMMdd", "range": "20260301,NOW", "interval": "1", "interval.unit": "DAYS"}
MONTHS = {"type": "enum", "values": "202602,202603,202604"}  # Athena's unit MONTHS of dates is unknown to Trino 476


def signed(cloud, name):
    """What a catalog of Glue and S3 is told: where they are, and a key that may no more than it has to."""
    key = cloud.user(name, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ALLOWED[name], "Resource": "*"}]})
    glue = {"endpoint-url": cloud.endpoint, "region": cloud.region, "catalogid": cloud.account, "aws-access-key": key["access_key_id"],
            "aws-secret-key": key["secret_access_key"]}
    s3 = {"endpoint": cloud.endpoint, "region": cloud.region, "path-style-access": "true", "aws-access-key": key["access_key_id"],
          "aws-secret-key": key["secret_access_key"]}
    return ["fs.native-s3.enabled=true", *("hive.metastore.glue.%s=%s" % pair for pair in glue.items()), *("s3.%s=%s" % pair for pair in s3.items())]


def catalogs(cloud):
    return {"glue": ["connector.name=hive", "hive.metastore=glue", "hive.parquet.time-zone=UTC", *signed(cloud, READER)],
            "glue_iceberg": ["connector.name=iceberg", "iceberg.catalog.type=glue", "iceberg.metadata-cache.enabled=false", *signed(cloud, WRITER)]}


def hive_type(duck):
    """STRUCT(a VARCHAR, b BIGINT[]) as struct<a:string,b:array<bigint>>."""
    if duck.endswith("[]"):
        return "array<%s>" % hive_type(duck[:-2])
    if duck.startswith("STRUCT("):
        return "struct<%s>" % ",".join("%s:%s" % (name, hive_type(kind)) for name, kind in members(duck))
    if duck.startswith("MAP("):
        return "map<%s>" % ",".join(hive_type(kind) for kind in split_types(duck[len("MAP("):-1]))
    return HIVE_TYPES.get(duck, duck.lower())


def upload(cloud, folder, place):
    """All Parquet files below a folder; what their folders region=, accountId= and eventDay= or eventMonth= are called is their key. The values
    of these, by name."""
    s3, values = cloud.client("s3"), {}
    for path in glob.glob(folder + "/**/*.parquet", recursive=True):
        key = path[path.index("region="):].replace("eventday=", "eventDay=")
        for name, _, value in (part.partition("=") for part in key.split("/")[:-1]):
            values.setdefault(name, set()).add(value)
        with open(path, "rb") as body:
            s3.put_object(Bucket=BUCKET, Key=place + key, Body=body)
    return values


def among(values):
    return {"type": "enum", "values": ",".join(sorted(values))}


def projection(partitions):
    """{"eventday": {"type": "date", ...}} as the parameters of Athena's partition projection."""
    return {"projection.enabled": "true", **{"projection.%s.%s" % (column, name): value for column, told in partitions.items()
                                             for name, value in told.items()}}


def create(cloud, name, folder, place, partitions):
    """A table of Glue over what upload() took from the folder to the place; `partitions`: {folder's name: projection}. No partition is in Glue."""
    database, table = name
    place = "s3://%s/%s" % (BUCKET, place)
    files = "read_parquet('%s/**/*.parquet', union_by_name=true, hive_partitioning=true, hive_types_autocast=false)" % folder
    with duckdb.connect() as duck:
        columns = [(column.lower(), kind) for column, kind, *_ in duck.execute("DESCRIBE SELECT * FROM " + files).fetchall()]
    keys = [column.lower() for column in partitions]
    template = place + "".join("%s=${%s}/" % (column, column.lower()) for column in partitions)
    parquet = "org.apache.hadoop.hive.ql.io.parquet."
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(DatabaseName=database, TableInput={
        "Name": table, "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "storage.location.template": template, **projection({c.lower(): told for c, told in partitions.items()})},
        "PartitionKeys": [{"Name": column, "Type": "string"} for column in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": hive_type(kind)} for column, kind in columns if column not in keys], "Location": place,
            "InputFormat": parquet + "MapredParquetInputFormat", "OutputFormat": parquet + "MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": parquet + "serde.ParquetHiveSerDe", "Parameters": {"serialization.format": "1"}}}})


def days(cloud, trino):
    """Version 1, a folder a day as Security Lake writes: what server.Trino.lake() cut into days."""
    folder, place = os.path.join(trino.folder, "wh", "lake", "1", "cloud_trail_mgmt"), "aws/CLOUD_TRAIL_MGMT/1.0/"
    values = upload(cloud, folder, place)
    create(cloud, trino.names("us-east-1", "cloud_trail_mgmt", 1), folder, place, {
        "region": among(values["region"]), "accountId": among(values["accountId"]), "eventDay": DAYS})


def months(cloud, trino, lake):
    """Version 2, the very files and folders of %lake ingest: a folder a month; an account has to be named."""
    folder, place = os.path.join(lake, "aws", "CLOUD_TRAIL_MGMT", "2.0"), "aws/CLOUD_TRAIL_MGMT/2.0/"
    values = upload(cloud, folder, place)
    create(cloud, trino.names("us-east-1", "cloud_trail_mgmt", 2), folder, place, {
        "region": among(values["region"]), "accountId": {"type": "injected"}, "eventMonth": MONTHS})


def iceberg(trino):
    """Version 2 of one region as an Iceberg table that Glue knows, its files in S3."""
    schema, table = trino.names("us-east-1", "cloud_trail_mgmt", 2)
    trino.query("CREATE SCHEMA glue_iceberg.%s WITH (location = 's3://%s/iceberg')" % (schema, BUCKET))
    trino.query("CREATE TABLE glue_iceberg.%s.%s AS SELECT * FROM iceberg.%s.%s" % (schema, table, schema, table))
