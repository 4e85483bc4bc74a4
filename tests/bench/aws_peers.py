"""How long a Python client takes for the same Athena result, in its own environment: aws_peers.py awswrangler|pyathena

Milliseconds from the call to all rows in memory, of two runs the second. Endpoint and credentials come from the environment.
"""
import sys
import time


def awswrangler():
    import awswrangler
    return len(awswrangler.athena.read_sql_query("SELECT 1", database="default", ctas_approach=False, s3_output="s3://results/", workgroup="primary"))


def pyathena():
    """The cursor that tells null from an empty text: rows in pages of 1,000."""
    import pyathena
    return len(pyathena.connect(s3_staging_dir="s3://results/", work_group="primary").cursor().execute("SELECT 1").fetchall())


for _ in range(2):
    began = time.perf_counter()
    rows = {"awswrangler": awswrangler, "pyathena": pyathena}[sys.argv[1]]()
    took = (time.perf_counter() - began) * 1e3
print(rows, took)
