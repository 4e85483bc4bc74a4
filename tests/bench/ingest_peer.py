#!/usr/bin/env python3
"""The peers of the ingest, each in a process of its own: ingest_peer.py duckdb|pandas TRAIL OUT [FILES]

Prints seconds and rows as JSON. duckdb: the statements of ingest.sql. pandas: json.loads, flat columns, one sorted Parquet file
a month (fewer columns and fewer files than ours: that favours it).
"""
import glob
import gzip
import json
import os
import resource
import sys
import time


def with_duckdb(trail, out):
    import duckdb
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ingest.sql"), encoding="utf-8") as f:
        sql = f.read().replace("$TRAIL", trail).replace("$OUT", out)
    con = duckdb.connect()
    con.execute("SET threads = 2")
    for statement in sql.split("\n--;\n"):
        rows = con.execute(statement).fetchall()
    return rows[0][0]


def with_pandas(trail, out, files):
    import pandas as pd
    os.makedirs(out)
    rows = []
    for path in sorted(glob.glob(trail + "/**/*.json.gz", recursive=True))[:files]:
        with gzip.open(path) as f:
            for r in json.load(f)["Records"]:
                who = r.get("userIdentity") or {}
                issuer = (who.get("sessionContext") or {}).get("sessionIssuer") or {}
                rest = {k: r[k] for k in ("readOnly", "managementEvent", "additionalEventData", "tlsDetails", "sharedEventID") if k in r}
                rows.append((r["eventTime"], r.get("eventName"), r.get("eventSource"), who.get("type"), who.get("userName"), who.get("arn"), who.get("principalId"),
                             who.get("accountId"), who.get("accessKeyId"), issuer.get("arn"), r.get("sourceIPAddress"), r.get("userAgent"),
                             json.dumps(r.get("requestParameters")), json.dumps(r.get("responseElements")), r.get("errorCode"), r.get("errorMessage"),
                             r.get("awsRegion"), r.get("recipientAccountId"), r.get("eventID"), r.get("requestID"), r.get("eventType"), json.dumps(r.get("resources")), json.dumps(rest)))
    frame = pd.DataFrame(rows, columns="time operation service type name arn principal account key issuer ip agent request response error message region recipient uid request_uid kind "
                         "resources rest".split())
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    frame = frame.sort_values("time", kind="stable")
    for month, part in frame.groupby(frame["time"].dt.strftime("%Y-%m")):
        part.to_parquet(f"{out}/{month}.parquet", compression="zstd", index=False)
    return len(frame)


if __name__ == "__main__":
    began = time.monotonic()
    count = with_duckdb(*sys.argv[2:4]) if sys.argv[1] == "duckdb" else with_pandas(*sys.argv[2:4], int(sys.argv[4]))
    print(json.dumps({"seconds": time.monotonic() - began, "rows": count, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
