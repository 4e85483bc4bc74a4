"""What a query gives: kept as text in DuckDB, written to S3 as Athena writes it, handed out in pages."""
import os
import re
import tempfile
import threading
from urllib.parse import urlparse

import duckdb
from moto.s3.models import s3_backends

from .athena_sql import TYPES, SqlFailed, column_info, parameter, placeholders, text_of, trino_error
from .world import PARTITION, CloudError, page

PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.S)
UNLOAD = re.compile(r"\s*UNLOAD\s*\((.*)\)\s*TO\s*'([^']*)'\s*WITH\s*\((.*)\)\s*;?\s*", re.I | re.S)
SHOW_TABLES = re.compile(r"\s*SHOW\s+(TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+[`\"]?(\w+)[`\"]?)?\s*;?\s*", re.I)
SHOW_DATABASES = re.compile(r"\s*SHOW\s+(DATABASES|SCHEMAS)\s*;?\s*", re.I)
DESCRIBE = re.compile(r"\s*(?:DESCRIBE|DESC|SHOW\s+COLUMNS\s+(?:IN|FROM))\s+(?:[`\"]?(\w+)[`\"]?\.)?[`\"]?(\w+)[`\"]?\s*;?\s*", re.I)


def with_parameters(made):
    """The SQL with its literals where the question marks stood."""
    wanted = placeholders(made.sql)
    if wanted != len(made.parameters):
        raise SqlFailed("INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected %d but found %d" % (
            wanted, len(made.parameters)), 1)
    if wanted and re.match(r"\s*SELECT\s*\?", made.sql, re.I):
        raise SqlFailed("SYNTAX_ERROR: line 1:8: Unsupported position of a parameter")
    for one in made.parameters:
        parameter(made.connection, one)
    left = iter(made.parameters)
    return PLACEHOLDER.sub(lambda found: next(left).strip() if found.group() == "?" else found.group(), made.sql)


def execute(made):
    sql = with_parameters(made)
    unload = UNLOAD.fullmatch(sql)
    if unload:
        return unloaded(made, *unload.groups())
    if made.plain:
        return texts(made, sql)
    if made.kind == "DDL":
        made.connection.execute(sql)
        return texts(made, None)
    made.columns = (keep_trino if made.engine.trino else keep)(made, sql.strip().rstrip(";"))
    made.results = (made.connection, threading.Lock())
    made.rows = made.connection.execute("SELECT count(*) FROM temp.result").fetchone()[0]
    if made.output and not made.stopped.is_set():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.csv")
            made.connection.execute("COPY temp.result TO '%s' (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '', DELIMITER ',')" % path)
            with open(path, "rb") as file:
                header = ",".join('"%s"' % column["Name"].replace('"', '""') for column in made.columns) + "\n"
                put(made, made.output, header.encode() + file.read())
    return None


def keep(made, sql):
    """temp.result: every value as Athena's text; gives the columns."""
    link = made.connection
    try:
        names = [row[0] for row in link.execute("DESCRIBE\n" + sql).fetchall()]
    except duckdb.Error as problem:
        raise trino_error(problem, sql, 1) from None
    places = ", ".join("c%d" % at for at in range(len(names)))
    link.execute("CREATE TEMP TABLE raw AS SELECT * FROM (%s\n) AS given(%s)" % (sql, places))
    kinds = [one[1] for one in link.execute("SELECT * FROM temp.raw LIMIT 0").description]
    link.execute("CREATE TEMP TABLE result AS SELECT %s FROM temp.raw" % ", ".join(
        "%s AS c%d" % (text_of("c%d" % at, kind), at) for at, kind in enumerate(kinds)))
    link.execute("DROP TABLE temp.raw")
    return [column_info(name, kind) for name, kind in zip(names, kinds)]


def keep_trino(made, sql):
    """The same, executed by the real Trino."""
    columns, rows = made.engine.trino.run(made, sql)
    made.connection.execute("CREATE TEMP TABLE result (%s)" % ", ".join("c%d VARCHAR" % at for at in range(len(columns))))
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
        for row in rows:
            file.write(",".join("" if one is None else '"%s"' % one.replace('"', '""') for one in row) + "\n")
        file.flush()
        if rows:
            made.connection.execute("COPY temp.result FROM '%s' (FORMAT csv, HEADER false, NULLSTR '', ALLOW_QUOTED_NULLS false, AUTO_DETECT false, "
                                    "DELIMITER ',', QUOTE '\"', ESCAPE '\"', MAX_LINE_SIZE 33554432)" % file.name)
    return columns


def texts(made, sql):
    """Rows of one text column without a header, as SHOW and DESCRIBE give them."""
    engine = made.engine
    rows, name = [], "result"
    if sql is None:
        pass
    elif SHOW_TABLES.fullmatch(sql):
        kind, database = SHOW_TABLES.fullmatch(sql).groups()
        name = "tab_name"
        rows = [one for one, view, _ in engine.tables(database or made.context.get("Database") or "default") if kind.upper() == "TABLES" or view]
    elif SHOW_DATABASES.fullmatch(sql):
        name, rows = "database_name", engine.databases()
    elif DESCRIBE.fullmatch(sql):
        database, table = DESCRIBE.fullmatch(sql).groups()
        name, rows = "col_name", [column(one) for one in engine.columns(database or made.context.get("Database") or "default", table)]
    else:
        rows = [row[-1] for row in made.connection.execute(sql).fetchall()]
    kind = made.connection.execute("SELECT 'x'").description[0][1]
    made.columns, made.rows = [column_info(name, kind)], len(rows)
    made.connection.execute("CREATE TEMP TABLE result (c0 VARCHAR)")
    if rows:
        made.connection.executemany("INSERT INTO temp.result VALUES (?)", [[row] for row in rows])
    made.results = (made.connection, threading.Lock())
    if made.output:
        put(made, made.output, "".join(row + "\n" for row in rows).encode())


def column(described):
    return "%-20s\t%-20s\t%-20s" % (described[0], hive_type(described[1]), "")


def hive_type(name):
    """A DuckDB type as Glue writes it."""
    if name.endswith("[]"):
        return "array<%s>" % hive_type(name[:-2])
    if name.startswith("STRUCT("):
        parts = split_fields(name[7:-1])
        return "struct<%s>" % ",".join("%s:%s" % (field.strip('"'), hive_type(kind)) for field, kind in (part.split(" ", 1) for part in parts))
    if name.startswith("MAP("):
        return "map<%s>" % ",".join(hive_type(part) for part in split_fields(name[4:-1]))
    return "string" if name == "VARCHAR" else {"INTEGER": "int"}.get(name, TYPES.get(name, name.lower()))


def split_fields(text):
    found, depth, start = [], 0, 0
    for at, char in enumerate(text + ","):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return found


def unloaded(made, sql, location, options):
    """UNLOAD: files below the location, which has to be empty, and a manifest that names them."""
    form = re.search(r"format\s*=\s*'(\w+)'", options, re.I)
    form = form.group(1).lower() if form else "parquet"
    if form not in ("parquet", "json", "textfile"):
        raise SqlFailed("INVALID_PROPERTY: format %s is not supported" % form)
    place, backend = urlparse(location), backend_of(urlparse(location).netloc)
    prefix = place.path.lstrip("/").rstrip("/") + "/"
    if any(name.startswith(prefix) for name in backend.buckets[place.netloc].keys):
        raise SqlFailed("HIVE_PATH_ALREADY_EXISTS: Target directory for table %s already exists: %s. You may need to manually clean the data at "
                        "location before retrying. Athena will not delete data in your account." % (made.id, location), 1)
    with tempfile.TemporaryDirectory() as folder:
        path, name = os.path.join(folder, "out"), "%s_00000_%s" % (made.submitted.strftime("%Y%m%d_%H%M%S"), made.id)
        how = {"parquet": "FORMAT parquet, COMPRESSION snappy", "json": "FORMAT json", "textfile": "FORMAT csv, HEADER false, DELIMITER '\x01'"}[form]
        try:
            names = [row[0].lower() for row in made.connection.execute("DESCRIBE\n" + sql).fetchall()]
        except duckdb.Error as problem:
            raise trino_error(problem, sql, 1) from None
        if len(set(names)) < len(names):
            raise SqlFailed("DUPLICATE_COLUMN_NAME: line 1:1: Column name is specified more than once", 1)
        written = made.connection.execute("COPY (%s) TO '%s' (%s)" % (sql, path, how)).fetchone()[0]
        with open(path, "rb") as file:
            data = file.read()
        target = "s3://%s/%s%s" % (place.netloc, prefix, name)
        if written:  # no row, no file
            put(made, target, data)
    output, made.output, made.plain = made.output, None, True
    texts(made, None)
    if output:
        made.output, made.manifest = output, output.rsplit(".", 1)[0] + "-manifest.csv"
        put(made, made.manifest, (target + "\n").encode() if written else b"")


def backend_of(bucket):
    for account in list(s3_backends):
        if bucket in s3_backends[account][PARTITION].buckets:
            return s3_backends[account][PARTITION]
    raise SqlFailed("GENERIC_USER_ERROR: The specified bucket does not exist: " + bucket)


def put(made, location, data):
    place = urlparse(location)
    backend_of(place.netloc).put_object(place.netloc, place.path.lstrip("/"), data)


def results_page(made, token, size):
    if token is not None and not re.fullmatch(r"row-\d+", token):
        raise CloudError("InvalidRequestException", "Invalid NextToken", 400, AthenaErrorCode="INVALID_INPUT")
    start, header = int(token[4:]) if token else 0, 0 if made.kind == "DDL" or made.plain else 1
    rows = [[column["Name"] for column in made.columns]] if header and start == 0 else []
    link, lock = made.results
    with lock:
        offset = max(0, start - header)
        rows += link.execute("SELECT * FROM temp.result LIMIT %d OFFSET %d" % (size - len(rows), offset)).fetchall()
    end = start + len(rows)
    shown = [{"Data": [{"VarCharValue": value} if value is not None else {} for value in row]} for row in rows]
    found = {"UpdateCount": 0, "ResultSet": {"Rows": shown, "ResultSetMetadata": {"ColumnInfo": made.columns}}}
    return {**found, **({"NextToken": "row-%d" % end} if end < made.rows + header else {})}


def paged(name, items, params, most):
    """A page of a list with MaxResults and NextToken."""
    shown, following = page(items, params.get("NextToken"), min(int(params.get("MaxResults") or most), most))
    return {name: shown, **({"NextToken": following} if following else {})}

