"""DuckDB in Athena's place: one database a cloud, one connection a query, values as Athena writes them, errors as Trino says them."""
import glob
import os
import re
import threading

import duckdb

CATALOG = "awsdatacatalog"
# what Trino has and DuckDB names otherwise
MACROS = """
CREATE MACRO cardinality(x) AS len(x);
CREATE MACRO element_at(x, i) AS x[i];
CREATE MACRO from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ);
CREATE MACRO from_unixtime(x) AS to_timestamp(x);
CREATE MACRO to_unixtime(x) AS epoch(x);
CREATE MACRO json_extract_scalar(x, p) AS json_extract_string(x, p);
CREATE MACRO json_parse(x) AS CAST(x AS JSON);
CREATE MACRO array_join(x, s) AS array_to_string(x, s);
CREATE MACRO approx_distinct(x) AS approx_count_distinct(x);
CREATE MACRO date_add(u, n, t) AS t + to_microseconds(CAST(n AS BIGINT) * CASE lower(u) WHEN 'second' THEN 1 WHEN 'minute' THEN 60
    WHEN 'hour' THEN 3600 WHEN 'day' THEN 86400 WHEN 'week' THEN 604800 END * 1000000);
"""
TYPES = {"VARCHAR": "varchar", "BIGINT": "bigint", "INTEGER": "integer", "SMALLINT": "smallint", "TINYINT": "tinyint", "BOOLEAN": "boolean",
         "DOUBLE": "double", "FLOAT": "float", "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
         "TIMESTAMP_NS": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_S": "timestamp", "BLOB": "varbinary", "HUGEINT": "bigint",
         "UBIGINT": "decimal", "UINTEGER": "bigint", "USMALLINT": "integer", "UTINYINT": "smallint", "JSON": "json", "UUID": "varchar",
         "TIME": "time", "INTERVAL": "interval day to second", "\"NULL\"": "unknown"}
PRECISION = {"varchar": (2147483647, 0), "bigint": (19, 0), "integer": (10, 0), "smallint": (5, 0), "tinyint": (3, 0), "double": (17, 0),
             "float": (17, 0), "timestamp": (3, 0), "timestamp with time zone": (3, 0), "decimal": (38, 0)}
LITERAL = re.compile(r"\s*(NULL|TRUE|FALSE|[+-]?\d+(\.\d+)?([eE][+-]?\d+)?|((DATE|TIMESTAMP|TIME)\s+)?'([^']|'')*')\s*", re.I)
PATH = re.compile(r"'([^']*\.(?:parquet|csv|json|gz|jsonl|ndjson)|[^']*\*[^']*)'")


class SqlFailed(Exception):
    """Athena's own words and number of an error."""

    def __init__(self, message, kind=1, category=2):
        super().__init__(message)
        self.message, self.kind, self.category = message, kind, category


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text_of(expression, kind):
    """SQL that writes a value of a type as Athena does; NULL stays NULL."""
    name = kind.id
    if name == "list" or name == "array":
        inner = text_of("x", kind.children[0][1])
        return "'[' || array_to_string(list_transform(%s, lambda x: coalesce(%s, 'null')), ', ') || ']'" % (expression, inner)
    if name == "struct":
        parts = ["'%s=' || coalesce(%s, 'null')" % (child.replace("'", "''"), text_of("(%s).%s" % (expression, quoted(child)), inner))
                 for child, inner in kind.children]
        return "CASE WHEN %s IS NOT NULL THEN '{' || %s || '}' END" % (expression, " || ', ' || ".join(parts))
    if name == "map":
        key, value = (text_of("e." + part, inner) for part, (_, inner) in zip(("key", "value"), kind.children))
        return "'{' || array_to_string(list_transform(map_entries(%s), lambda e: %s || '=' || coalesce(%s, 'null')), ', ') || '}'" % (expression, key,
                                                                                                                                      value)
    if name.startswith("timestamp with"):
        return "strftime(timezone('UTC', %s), '%%Y-%%m-%%d %%H:%%M:%%S.%%g UTC')" % expression
    if name.startswith("timestamp"):
        return "strftime(CAST(%s AS TIMESTAMP), '%%Y-%%m-%%d %%H:%%M:%%S.%%g')" % expression
    if name in ("double", "float"):
        return double_text(expression)
    if name == "blob":
        return "rtrim(regexp_replace(lower(hex(%s)), '(..)', '\\1 ', 'g'))" % expression
    return "CAST(%s AS VARCHAR)" % expression


def double_text(expression):
    """Java's way: 1.0, 1.0E7, 1.0E-5, NaN, Infinity."""
    plain = "CAST(%s AS VARCHAR)" % expression
    digits = "trim(replace(regexp_extract(%s, '[0-9.]+'), '.', ''), '0')" % plain
    power = "CAST(regexp_extract(format('{:.17e}', %s), 'e(.*)$', 1) AS INTEGER)" % expression
    return ("CASE WHEN isnan({0}) THEN 'NaN' WHEN isinf({0}) THEN CASE WHEN {0} > 0 THEN 'Infinity' ELSE '-Infinity' END "
            "WHEN {0} = 0 OR (abs({0}) >= 0.001 AND abs({0}) < 10000000) THEN CASE WHEN contains({1}, '.') THEN {1} ELSE {1} || '.0' END "
            "ELSE CASE WHEN {0} < 0 THEN '-' ELSE '' END || left({2}, 1) || '.' || coalesce(nullif(substr({2}, 2), ''), '0') || 'E' || {3} END"
            ).replace("{0}", expression).replace("{1}", plain).replace("{2}", digits).replace("{3}", power)


def type_name(kind):
    """Athena's type in ColumnInfo; nested ones only by their kind, as Athena has it."""
    name = kind.id
    if name in ("list", "array"):
        return "array"
    if name == "struct":
        return "row"
    return {"map": "map", "decimal": "decimal"}.get(name) or TYPES.get(str(kind), "varchar")


def column_info(name, kind):
    athena = type_name(kind)
    precision, scale = PRECISION.get(athena, (0, 0))
    if kind.id == "decimal":
        precision, scale = (value for _, value in kind.children)
    return {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": athena, "Precision": precision,
            "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": athena == "varchar"}


def trino_error(problem, sql, before=0):
    """DuckDB's error in Trino's shape: KIND: line L:C: what. `before`: lines that stood before the query."""
    text = str(problem)
    what = text.partition("\n")[0].partition(": ")[2] or text
    place = re.search(r"LINE (\d+): (.*)\n(\s*)\^", text)
    line, column = 1, 1
    if place:
        line = int(place.group(1)) - before
        column = max(1, len(place.group(3)) - len("LINE %d: " % (line + before)) + 1)
        shown, real = place.group(2), sql.split("\n")[line - 1] if line <= len(sql.split("\n")) else ""
        if shown.startswith("..."):
            column += max(0, real.find(shown.strip(".").strip()[:20]) - 3)
    at = "line %d:%d: " % (line, column)
    missing = re.search(r"Table with name (\S+) does not exist", text)
    column_gone = re.search(r'Referenced (?:column|table) "([^"]+)"', text)
    function = re.search(r"(?:Scalar|Table|Aggregate) Function with name (\S+) does not exist", text)
    if isinstance(problem, duckdb.ParserException):
        near = re.search(r'at or near "([^"]*)"', text)
        return SqlFailed(at + ("mismatched input '%s'." % near.group(1) if near else what), 1)
    if missing:
        return SqlFailed("TABLE_NOT_FOUND: %sTable '%s.%s' does not exist" % (at, CATALOG, missing.group(1)), 1301)
    if column_gone:
        return SqlFailed("COLUMN_NOT_FOUND: %sColumn '%s' cannot be resolved or requester is not authorized to access requested resources"
                         % (at, column_gone.group(1)), 1006)
    if function:
        return SqlFailed("FUNCTION_NOT_FOUND: %sFunction '%s' not registered" % (at, function.group(1)), 1)
    if isinstance(problem, duckdb.BinderException):
        return SqlFailed("TYPE_MISMATCH: " + at + what, 1)
    if isinstance(problem, duckdb.ConversionException):
        return SqlFailed("INVALID_CAST_ARGUMENT: " + what, 1)
    if isinstance(problem, duckdb.OutOfMemoryException):
        return SqlFailed("EXCEEDED_MEMORY_LIMIT: Query exceeded per-node memory limit", 1, 1)
    return SqlFailed("GENERIC_USER_ERROR: " + what, 1)


class Engine:
    """The databases of the catalog; `{lake}` in the setup stands for the lake's folder."""

    def __init__(self, lake=None, setup=None, trino=None):
        self.trino = trino  # executes what is no DDL; None: DuckDB does
        self.base, self.lock = duckdb.connect(":memory:"), threading.Lock()
        self.base.execute("SET TimeZone = 'UTC'; ATTACH ':memory:' AS %s; USE %s; CREATE SCHEMA IF NOT EXISTS %s.\"default\";" % ((CATALOG,) * 3))
        self.base.execute(MACROS)
        self.base.execute("USE memory;")
        self.base.execute(MACROS)
        self.base.execute("USE %s;" % CATALOG)
        if setup:
            with open(setup, encoding="utf-8") as file:
                self.base.execute(file.read().replace("{lake}", os.path.abspath(lake or ".")))

    def connection(self, database=None):
        made = self.base.cursor()
        if not self.trino:
            made.execute("USE %s.%s" % (CATALOG, quoted(database or "default")))
        return made

    def databases(self):
        found = self.base.cursor().execute("SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT internal ORDER BY 1", [CATALOG])
        return [name for name, in found.fetchall()]

    def tables(self, database):
        """(name, is view, SQL) of every table."""
        return self.base.cursor().execute(
            "SELECT table_name, false, sql FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? UNION ALL SELECT view_name, true, sql "
            "FROM duckdb_views() WHERE database_name = ? AND schema_name = ? AND NOT internal ORDER BY 1", [CATALOG, database] * 2).fetchall()

    def columns(self, database, table):
        return self.base.cursor().execute("DESCRIBE %s.%s.%s" % (CATALOG, quoted(database), quoted(table))).fetchall()

    def scanned(self, sql):
        """Bytes of the files behind the tables that a query names: what Athena would read at most."""
        words, files = set(re.findall(r"\w+", sql.lower())), set()
        for database in self.databases():
            for name, _, made in self.tables(database):
                if name.lower() in words:
                    for pattern in PATH.findall(made or ""):
                        files.update(glob.glob(pattern, recursive=True))
        return sum(os.path.getsize(file) for file in files if os.path.isfile(file))


def check_syntax(sql):
    """Raises SqlFailed for what Athena's parser would not take."""
    try:
        parsed = duckdb.extract_statements(sql)
    except duckdb.Error as problem:
        raise trino_error(problem, sql) from None
    if len(parsed) != 1:
        raise SqlFailed("Only one sql statement is allowed. Got: " + sql)


def parameter(connection, text):
    """A value of ExecutionParameters: a literal as SQL writes it."""
    if not LITERAL.fullmatch(text):
        name = text.strip()
        raise SqlFailed("SYNTAX_ERROR: line 1:1: Column '%s' cannot be resolved" % name if re.fullmatch(r"\w+", name)
                        else "INVALID_PARAMETER_USAGE: %s is no literal" % name, 1)
    return connection.execute("SELECT " + text).fetchone()[0]


def placeholders(sql):
    """How many ? stand outside of quotes and comments."""
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", "", sql, flags=re.S)
    return bare.count("?")
