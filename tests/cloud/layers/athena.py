"""Athena that executes SQL: states that take their time, results as pages and as a CSV in S3, stops that stop, limits that hold."""
import datetime
import re
import threading
import uuid
from urllib.parse import urlparse

import duckdb

from . import athena_output as output
from . import authorization, identity
from .athena_sql import CATALOG, Engine, SqlFailed, check_syntax, trino_error
from .athena_trino import Trino
from .world import PARTITION, CloudError, control, now, operation, world

LONGEST_QUERY, LONGEST_PARAMETER, PAGE, SMALLEST_CUTOFF = 262144, 1024, 1000, 10000000
DDL = re.compile(r"\s*(CREATE|DROP|ALTER|SHOW|DESCRIBE|DESC|MSCK|EXPLAIN)\b", re.I)
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
engine = None


def settings():
    return world.of("athena settings", lambda: {"queue_ms": 0, "run_ms": 0, "limit": 20, "fail": [], "scanned": None})


def invalid(message, code="INVALID_INPUT"):
    return CloudError("InvalidRequestException", message, 400, AthenaErrorCode=code)


def groups():
    def make():
        return {"primary": {"Name": "primary", "State": "ENABLED", "Description": "", "CreationTime": now(), "Configuration": {
            "ResultConfiguration": {}, "EnforceWorkGroupConfiguration": False, "PublishCloudWatchMetricsEnabled": False,
            "RequesterPaysEnabled": False,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}}}}
    return world.of("athena groups", make)


def group_of(name):
    if name not in groups():
        raise invalid("WorkGroup %s is not found." % name)
    return groups()[name]


class Execution:
    """One query, from its start to its results."""

    def __init__(self, call, group, location):
        given = call.params
        self.id, self.sql, self.group, self.location = str(uuid.uuid4()), given["QueryString"], group, location
        self.account, self.region, self.call = identity.account_of(call), call.region, call
        self.parameters = given.get("ExecutionParameters") or []
        self.context = given.get("QueryExecutionContext") or {}
        self.state, self.reason, self.error = "QUEUED", None, None
        self.submitted, self.begun, self.completed = now(), None, None
        self.engine, self.results = engine, None
        self.stopped, self.over = threading.Event(), threading.Event()
        self.connection, self.columns, self.rows, self.scanned, self.manifest, self.reused = None, [], 0, 0, None, False
        self.kind = "DDL" if DDL.match(self.sql) else "DML"
        self.plain = bool(re.match(r"\s*(SHOW|DESCRIBE|DESC|MSCK|EXPLAIN)\b", self.sql, re.I))
        suffix = ".txt" if self.kind == "DDL" else ".csv"
        self.output = location.rstrip("/") + "/" + self.id + suffix if location else None

    def finish(self, state, reason=None, error=None):
        with world.changed:
            if self.state not in FINAL:
                self.state, self.reason, self.error, self.completed = state, reason, error, now()
            world.changed.notify_all()
        self.over.set()

    def run(self):
        """In a thread of its own."""
        told = dict(settings())
        try:
            if self.stopped.wait(told["queue_ms"] / 1000):
                return self.finish("CANCELLED")
            self.begin()
            if self.stopped.wait(told["run_ms"] / 1000):
                return self.finish("CANCELLED")
            self.fail_as_told()
            self.cut_off(told)
            self.connection = engine.connection(self.context.get("Database"))
            if self.stopped.is_set():
                return self.finish("CANCELLED")
            output.execute(self)
            self.finish("CANCELLED" if self.stopped.is_set() else "SUCCEEDED")
        except SqlFailed as failed:
            self.fail(failed)
        except duckdb.InterruptException:
            self.finish("CANCELLED")
        except duckdb.Error as problem:
            self.fail(trino_error(problem, self.sql))
        except Exception as problem:  # whatever it is, a query ends
            self.fail(SqlFailed("GENERIC_INTERNAL_ERROR: %s: %s" % (type(problem).__name__, problem), 1, 1))

    def begin(self):
        with world.changed:
            self.state, self.begun = "RUNNING", now()
            world.changed.notify_all()

    def fail(self, failed):
        self.finish("CANCELLED" if self.stopped.is_set() else "FAILED", failed.message, {
            "ErrorCategory": failed.category, "ErrorType": failed.kind, "Retryable": failed.category == 1, "ErrorMessage": failed.message})

    def fail_as_told(self):
        """Failures that a test ordered: {"reason", "kind", "category", "times"}."""
        with world.lock:
            waiting = settings()["fail"]
            if waiting:
                one = waiting[0]
                one["times"] = one.get("times", 1) - 1
                if one["times"] <= 0:
                    waiting.pop(0)
                raise SqlFailed(one["reason"], one.get("kind", 1), one.get("category", 2))

    def cut_off(self, told):
        if self.kind == "DML":
            self.scanned = engine.scanned(self.sql) if told["scanned"] is None else told["scanned"]
        limit = self.group["Configuration"].get("BytesScannedCutoffPerQuery")
        if limit and self.scanned > limit:
            self.scanned = limit
            self.finish("CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded")
            raise SqlFailed("Bytes scanned limit was exceeded")

    def stop(self):
        self.stopped.set()
        if self.connection:
            self.connection.interrupt()
        self.over.wait(10)

    def described(self):
        ms = lambda a, b: int((b - a).total_seconds() * 1000) if a and b else 0
        end = self.completed or now()
        status = {"State": self.state, "SubmissionDateTime": self.submitted, "CompletionDateTime": self.completed, "StateChangeReason": self.reason,
                  "AthenaError": self.error}
        statistics = {"EngineExecutionTimeInMillis": ms(self.begun, end), "DataScannedInBytes": self.scanned, "TotalExecutionTimeInMillis":
                      ms(self.submitted, end), "QueryQueueTimeInMillis": ms(self.submitted, self.begun or end), "ServiceProcessingTimeInMillis": 1,
                      "QueryPlanningTimeInMillis": 1, "ServicePreProcessingTimeInMillis": 1, "DataManifestLocation": self.manifest,
                      "ResultReuseInformation": {"ReusedPreviousResult": self.reused}}
        config = {"OutputLocation": self.output} if self.output else {}
        return {"QueryExecutionId": self.id, "Query": self.sql, "StatementType": "UTILITY" if self.plain and not self.manifest else self.kind,
                "SubstatementType": (self.sql.split() or ["?"])[0].upper(), "ResultConfiguration": config, "WorkGroup": self.group["Name"],
                "QueryExecutionContext": {"Catalog": CATALOG, **self.context}, "Status": {k: v for k, v in status.items() if v is not None},
                "Statistics": {k: v for k, v in statistics.items() if v is not None}, "ExecutionParameters": self.parameters or None,
                "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}}


def executions():
    return world.of("athena executions")


def execution_of(name):
    found = executions().get(name)
    if not found:
        raise invalid("QueryExecution %s was not found" % name)
    return found


def check_start(call):
    """(workgroup, output location) of a query that may start."""
    given, group = call.params, group_of(call.params.get("WorkGroup") or "primary")
    sql = given.get("QueryString") or ""
    if not sql.strip() or len(sql) > LONGEST_QUERY:
        raise invalid("1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal "
                      "to %d and greater than or equal to 1" % LONGEST_QUERY)
    if group["State"] != "ENABLED":
        raise invalid("WorkGroup %s is disabled." % group["Name"])
    for one in given.get("ExecutionParameters") or []:
        if not 1 <= len(one) <= LONGEST_PARAMETER:
            raise invalid("1 validation error detected: Value at 'executionParameters' failed to satisfy constraint: Member must have length less "
                          "than or equal to %d" % LONGEST_PARAMETER)
    token = given.get("ClientRequestToken")
    if token is not None and not 32 <= len(token) <= 128:
        raise invalid("Idempotency token must have length between 32 and 128")
    config = group["Configuration"]
    managed = (config.get("ManagedQueryResultsConfiguration") or {}).get("Enabled")
    own = (config.get("ResultConfiguration") or {}).get("OutputLocation")
    asked = (given.get("ResultConfiguration") or {}).get("OutputLocation")
    location = own if config.get("EnforceWorkGroupConfiguration") and own else asked or own
    if managed:
        return group, None
    if not location:
        raise invalid("No output location provided. An output location is required either through the Workgroup result configuration setting or as "
                      "an API input.")
    bucket = urlparse(location).netloc
    if not location.startswith("s3://") or not identity.Directory().bucket_account(bucket):
        raise invalid("Unable to verify/create output bucket " + bucket)
    return group, location


def may_write(call, location):
    """Athena writes with the caller's own permissions."""
    place = urlparse(location)
    call.params = {**call.params, "Bucket": place.netloc}
    arn = "arn:%s:s3:::%s/%s" % (PARTITION, place.netloc, place.path.lstrip("/"))
    allowed = authorization.permitted(call, call.identity, "s3:PutObject", [arn], identity.directory())
    del call.params["Bucket"]
    return allowed


def start_query(call):
    group, location = check_start(call)
    token, given = call.params.get("ClientRequestToken"), call.params
    same = {k: given.get(k) for k in ("QueryString", "ExecutionParameters", "WorkGroup", "QueryExecutionContext", "ResultConfiguration")}
    with world.lock:
        tokens = world.of("athena tokens")
        if token in tokens:
            if tokens[token][0] != same:
                raise invalid("Idempotent parameters do not match")
            return {"QueryExecutionId": tokens[token][1]}
        if not (engine.trino or output.UNLOAD.fullmatch(given["QueryString"]) or DDL.match(given["QueryString"])):
            try:
                check_syntax(given["QueryString"])
            except SqlFailed as failed:
                raise invalid(failed.message, "MALFORMED_QUERY") from None
        if sum(one.state not in FINAL for one in executions().values()) >= settings()["limit"]:
            raise CloudError("TooManyRequestsException", "You have exceeded the limit for the number of queries you can run concurrently.", 400,
                             Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED")
        if location and not may_write(call, location):
            raise invalid("Access denied when writing to location: %s" % location)
        made = Execution(call, group, location)
        executions()[made.id] = made
        if token:
            tokens[token] = (same, made.id)
    if not reuse(made, given):
        threading.Thread(target=made.run, daemon=True).start()
    return {"QueryExecutionId": made.id}


def reuse(made, given):
    """Takes the results of an equal query, if that is asked and one is young enough."""
    asked = (given.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    if not asked.get("Enabled") or not made.output:
        return False
    border = now() - datetime.timedelta(minutes=asked.get("MaxAgeInMinutes", 60))
    for old in reversed(list(executions().values())):
        if old is not made and old.state == "SUCCEEDED" and old.completed >= border and old.kind == "DML" and \
                (old.sql, old.parameters, old.context, old.group["Name"]) == (made.sql, made.parameters, made.context, made.group["Name"]):
            made.columns, made.rows, made.output, made.reused, made.results = old.columns, old.rows, old.output, True, old.results
            made.begin()
            made.finish("SUCCEEDED")
            return True
    return False


def get_query(call):
    return {"QueryExecution": execution_of(call.params["QueryExecutionId"]).described()}


def batch_get(call):
    asked = call.params["QueryExecutionIds"]
    return {"QueryExecutions": [executions()[one].described() for one in asked if one in executions()],
            "UnprocessedQueryExecutionIds": [{"QueryExecutionId": one, "ErrorCode": "INVALID_INPUT", "ErrorMessage": "QueryExecution %s was not found"
                                              % one} for one in asked if one not in executions()]}


def list_queries(call):
    wanted = call.params.get("WorkGroup") or "primary"
    found = [one.id for one in reversed(list(executions().values())) if one.group["Name"] == wanted]
    return output.paged("QueryExecutionIds", found, call.params, 50)


def stop_query(call):
    execution_of(call.params["QueryExecutionId"]).stop()
    return {}


def get_results(call):
    made = execution_of(call.params["QueryExecutionId"])
    if made.state != "SUCCEEDED":
        word = "Query has not yet finished. Current state: %s" if made.state not in FINAL else \
            "Query did not finish successfully. Final query state: %s"
        raise invalid(word % made.state, "INVALID_QUERY_EXECUTION_STATE")
    size = int(call.params.get("MaxResults") or PAGE)
    if not 1 <= size <= PAGE:
        raise invalid("MaxResults is more than maximum allowed length %d." % PAGE)
    return output.results_page(made, call.params.get("NextToken"), size)


def runtime(call):
    made = execution_of(call.params["QueryExecutionId"])
    said = made.described()["Statistics"]
    timeline = {k: said[k] for k in ("QueryQueueTimeInMillis", "EngineExecutionTimeInMillis", "TotalExecutionTimeInMillis")}
    return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": {"InputBytes": made.scanned, "OutputRows": made.rows}}}


def start(kind, lake=None, setup=None):
    """--athena: "duckdb"; "trino:URL,CATALOG" of a running Trino; with "none" moto answers for Athena as it can."""
    from . import athena_catalog
    global engine
    if kind == "none":
        return
    engine = Engine(lake, setup, Trino(kind.partition(":")[2]) if kind.startswith("trino:") else None)
    answers = {"StartQueryExecution": start_query, "GetQueryExecution": get_query, "BatchGetQueryExecution": batch_get,
               "StopQueryExecution": stop_query,
               "ListQueryExecutions": list_queries, "GetQueryResults": get_results, "GetQueryRuntimeStatistics": runtime, **athena_catalog.ANSWERS}
    for name, function in answers.items():
        operation("athena", name)(function)


def stop():
    for one in list(executions().values()):
        one.stopped.set()
        if one.connection:
            one.connection.interrupt()


@control("athena")
def order(given):
    """{"queue_ms", "run_ms", "limit", "scanned": bytes | null, "fail": [{"reason", "kind", "category", "times"}], "setup": SQL}"""
    if given is not None:
        if given.get("setup"):
            engine.base.cursor().execute("USE %s; %s" % (CATALOG, given.pop("setup")))
        settings().update({k: v for k, v in given.items() if k in settings()})
    return settings()
