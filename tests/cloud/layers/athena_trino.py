"""A real Trino in Athena's place: Athena's engine version 3 is a Trino. Values as Athena writes them, errors as Athena names them."""
import json
import urllib.error
import urllib.request

from .athena_sql import SqlFailed

DIGITS = {"bigint": 19, "integer": 10, "smallint": 5, "tinyint": 3, "varchar": 2147483647, "double": 17, "real": 17, "timestamp": 3}


def text_of(value, signature):
    """The text of a value in Athena's CSV: [a, b], {name=value}; None is null."""
    if value is None:
        return None
    kind, inner = signature["rawType"], [one["value"] for one in signature.get("arguments", [])]
    if kind == "array":
        return "[%s]" % ", ".join(text_of(one, inner[0]) or "null" for one in value)
    if kind == "map":
        return "{%s}" % ", ".join("%s=%s" % (key, text_of(one, inner[1]) or "null") for key, one in value.items())
    if kind == "row":
        return "{%s}" % ", ".join("%s=%s" % ((part.get("fieldName") or {}).get("name", "field%d" % at), text_of(one, part["typeSignature"]) or "null")
                                  for at, (one, part) in enumerate(zip(value, inner)))
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def column_info(column):
    kind = column["typeSignature"]["rawType"]
    arguments = [one["value"] for one in column["typeSignature"].get("arguments", [])]
    precision, scale = (arguments if kind == "decimal" else (DIGITS.get(kind, 0), 0))
    return {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": column["name"], "Label": column["name"],
            "Type": {"real": "float"}.get(kind, kind), "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}


class Trino:
    """`place` is URL,CATALOG."""

    def __init__(self, place):
        self.url, _, self.catalog = place.partition(",")

    def _ask(self, url, body=None, schema=None, method=None):
        headers = {"X-Trino-User": "athena", "X-Trino-Catalog": self.catalog, "X-Trino-Schema": schema or "default", "X-Trino-Time-Zone": "UTC",
                   "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60) as reply:
            return json.loads(reply.read() or b"{}", parse_float=str)  # a double keeps Java's spelling

    def run(self, made, sql):
        """(columns, rows of texts); the execution is asked between pages whether it was stopped."""
        columns, rows, answer = [], [], self._ask(self.url + "/v1/statement", sql.encode(), made.context.get("Database"))
        while True:
            if "error" in answer:
                error = answer["error"]
                raise SqlFailed("%s: %s" % (error["errorName"], error["message"]), error["errorCode"], 1 if error["errorType"] == "INTERNAL_ERROR" else 2)
            columns = answer.get("columns", columns)
            kinds = [column["typeSignature"] for column in columns]
            rows += [[text_of(value, kind) for value, kind in zip(row, kinds)] for row in answer.get("data", [])]
            made.scanned = answer["stats"].get("physicalInputBytes", 0)
            if "nextUri" not in answer:
                return [column_info(column) for column in columns], rows
            if made.stopped.is_set():
                self._ask(answer["nextUri"], method="DELETE")
                raise SqlFailed("Query was cancelled")
            answer = self._ask(answer["nextUri"])
