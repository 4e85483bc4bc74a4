#!/usr/bin/env python3
"""Plays notebooks/respond.ipynb to its end against the double of AWS, with an attacker who fights back.

    respond.py LOGS LAKE OUT      the training incident's logs, their lake, and where notebook, page and case go

The double (tests/cloud) holds the account as the incident left it; the attacker (tests/battle) has the leaked key. Policies take effect late, as
they do in AWS, but time runs faster for both sides. What a person does is done here in their place: read the plan and give its id as the approval.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(os.path.dirname(HERE), "tests")
sys.path[:0] = [os.path.join(TESTS, "cloud")]

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from papermill.iorw import load_notebook_node  # noqa: E402
from papermill.parameterize import parameterize_notebook  # noqa: E402

import incident  # noqa: E402
from cloud import Cloud  # noqa: E402

RATE, SEED, CELL_SECONDS = 20, 318, 300
SILENCE = "5m"  # the time for which the notebook itself asks would be ninety seconds here
PLAN = re.compile(r"--yes (\d+-[0-9a-f]{12})")
DATABASE, TABLE = "amazon_security_lake_glue_db_us_east_1", "amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0"
SETUP = """CREATE SCHEMA IF NOT EXISTS %s;
CREATE VIEW %s.%s AS SELECT * FROM read_parquet('{lake}/aws/CLOUD_TRAIL_MGMT/2.0/**/*.parquet', hive_partitioning = true);
""" % (DATABASE, DATABASE, TABLE)


class Analyst(NotebookClient):
    """Runs cell by cell; a cell that waits for an approval gets the id of the last plan that was shown."""

    last = None

    async def async_execute_cell(self, cell, cell_index, **more):
        if "approval" in cell.get("metadata", {}).get("tags", []):
            cell.source = cell.source.replace("approved = None", "approved = %s" % json.dumps(self.last), 1)
        done = await super().async_execute_cell(cell, cell_index, **more)
        for output in cell.get("outputs", []):
            found = PLAN.findall(output.get("data", {}).get("text/plain", "")) if "data" in output else []
            self.last = found[-1] if found else self.last
        return done


class Thief:
    """The attacker's process; how many of its calls got through."""

    def __init__(self, cloud, account, user, key):
        self.calls, self.moves, self.noticed = [], 0, False
        given = {"endpoint": cloud.endpoint, "account": account, "strategy": "NewKeys", "keys": {"key": key}, "user": user}
        self.process = subprocess.Popen([sys.executable, os.path.join(TESTS, "battle", "attacker.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        self.listening = threading.Thread(target=self.listen, daemon=True)
        self.listening.start()

    def listen(self):
        for line in self.process.stdout:
            said = json.loads(line)
            self.noticed = self.noticed or "noticed" in said
            if "call" in said:
                self.calls.append(said["ok"])
                self.moves += self.noticed and said["ok"] and said["call"].startswith("iam:Create")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.listening.join(20)
        refused = next((number for number, ok in enumerate(reversed(self.calls)) if ok), len(self.calls))
        return "%d calls, %d got through; once he noticed he made %d more keys; the last %d calls were refused" % (
            len(self.calls), sum(self.calls), self.moves, refused)


def athena(cloud, analyst, account):
    """Where Athena finds the lake's table and puts its results."""
    bucket = "athena-results-" + account
    cloud.client("s3", analyst).create_bucket(Bucket=bucket)
    cloud.client("athena", analyst).update_work_group(WorkGroup="primary", ConfigurationUpdates={
        "ResultConfigurationUpdates": {"OutputLocation": "s3://%s/" % bucket}})
    glue = cloud.client("glue", analyst)
    glue.create_database(DatabaseInput={"Name": DATABASE})
    columns = [{"Name": name, "Type": "string"} for name in ("time_dt", "status", "actor")]
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": TABLE, "StorageDescriptor": {"Columns": columns, "Location": "s3://%s/lake/" % bucket}})


def environment(cloud, analyst):
    """Of the kernel: the account, and time that runs faster."""
    found = {k: v for k, v in cloud.environment(analyst).items() if v != os.devnull}
    return {**found, "COFFERDAM_TIME_RATE": str(RATE), "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}


def play(logs, lake, out):
    case = os.path.join(out, "respond")
    shutil.rmtree(case, ignore_errors=True)
    os.makedirs(case)
    setup = os.path.join(case, "athena.sql")
    with open(setup, "w", encoding="utf-8") as file:
        file.write(SETUP)
    found = incident.estate(logs)
    with Cloud(lake=lake, setup=setup) as cloud:
        analyst, keys = incident.stage(cloud, found)
        athena(cloud, analyst, found["account"])
        cloud.order("delay", {"seed": SEED, "rate": RATE})
        cloud.order("trail", {"window": 1 / RATE})
        thief = Thief(cloud, found["account"], found["user"], keys[found["key"]])
        os.environ.update(environment(cloud, analyst))
        notebook = load_notebook_node(os.path.join(HERE, "respond.ipynb"))
        machine = found["instances"][0]
        given = {"key": found["key"], "machine": machine["id"], "region": machine["region"], "lake": os.path.abspath(lake), "since": found["since"],
                 "silence": SILENCE}
        notebook = parameterize_notebook(notebook, given, language="python", kernel_name="cofferdam")
        analyst = Analyst(notebook, timeout=CELL_SECONDS, kernel_name="cofferdam", resources={"metadata": {"path": case}})
        try:
            analyst.execute()
        finally:
            nbformat.write(notebook, os.path.join(out, "respond.ipynb"))
            print("the attacker: " + thief.stop())


if __name__ == "__main__":
    play(*sys.argv[1:4])
