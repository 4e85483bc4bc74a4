"""The raw input that AWS publishes with Security Lake's own Parquet gives the same rows, field by field."""
import json
import os

import pytest

from lake_tools import SHARED, clean, files, ingest, rows

PAIRS = SHARED / "asl_parquet_aws_official"
# Fields of these pairs that our rows do not prove: (pair, column) -> why. None at present.
UNPROVEN = {}

needs_data = pytest.mark.skipif(not PAIRS.is_dir(), reason="../shared/data is not there")


def expected():
    if not PAIRS.is_dir():
        return {}
    with open(PAIRS / "expected_rows.json", encoding="utf-8") as f:
        return {k: v for k, v in json.load(f).items() if "EKS" not in k}  # no raw input is published for EKS


def raw_input(pair):
    folder, name = os.path.split(pair)
    number = name.split(".")[0][-1]
    if "CLOUD_TRAIL" in pair:
        return PAIRS / folder / "input" / name.replace(".parquet", "")
    inner = {"ROUTE53": f"route53-inputs{number}.json.gz", "VPC_FLOW": f"vpc_flow-input{number}.json.parquet",
             "SH_FINDINGS": f"securityhub-inputs{number}.json.gz"}
    return PAIRS / folder / "inputs" / inner[folder.split("/")[-1]]


@needs_data
def test_all_pairs_are_there():
    assert len(expected()) == 23


@needs_data
@pytest.mark.parametrize("pair", sorted(expected()) or ["none"])
def test_pair(pair, tmp_path):
    report = ingest(tmp_path / "lake", raw_input(pair), version=1)
    ours = rows(files(tmp_path / "lake", version=1))
    theirs = expected()[pair]
    assert report["rows"] == len(ours) == len(theirs)
    for mine, official in zip(map(clean, ours), map(clean, theirs)):
        for column in sorted(set(mine) | set(official)):
            if (pair, column) not in UNPROVEN:
                assert mine.get(column) == official.get(column), column


@needs_data
@pytest.mark.parametrize("pair", sorted(k for k in expected() if "CLOUD_TRAIL" in k) or ["none"])
def test_columns_are_those_of_version_1(pair, tmp_path):
    """Names and types of each column that AWS's file has."""
    import duckdb
    ingest(tmp_path / "lake", raw_input(pair), version=1)
    con = duckdb.connect()
    def types(path):
        return {r[0]: r[1] for r in con.execute("DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)", [path]).fetchall()}
    ours = types(files(tmp_path / "lake", version=1)[0])
    for name, kind in types(str(PAIRS / pair)).items():
        mine = ours[name]
        if name == "user":  # differs by class within one table; ours is the union
            assert set(kind[7:-1].replace(", ", ",").split(",")) <= set(mine[7:-1].replace(", ", ",").split(","))
        else:
            assert mine == kind, name
