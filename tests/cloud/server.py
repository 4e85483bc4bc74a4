"""Starts what listens: the front, the instance metadata and the container endpoint; seeds the account before anybody can ask."""
import logging
import sys
import threading

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from front import Front
from layers import (account, alarms, athena, blocks, boundaries, buckets, center, gaps, incident, lakeformation, machines, metadata,
                    organization, scaling, securityhub, securitylake, sessions, signin, sso, state, statistics, trail)  # noqa: F401
from layers.world import ACCOUNT, REGION, world


SPELT_WITH_UNDERSCORES = ("x-amz-sso_bearer_token",)  # werkzeug drops such headers


class Handler(MotoRequestHandler):
    """Keeps connections open, which werkzeug's own does not."""
    protocol_version = "HTTP/1.1"
    server_version, sys_version, disable_nagle_algorithm = "cloud", "", True

    def run_wsgi(self):
        environ = self.make_environ()
        for name in SPELT_WITH_UNDERSCORES:
            if name in self.headers:
                environ["HTTP_" + name.upper().replace("-", "_")] = self.headers[name]
        try:
            parts = self.server.app(environ, self.begin)
            for part in parts:
                self.wfile.write(part)
            getattr(parts, "close", lambda: None)()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def begin(self, status, headers, _=None):
        code, _, words = status.partition(" ")
        names = {name.lower() for name, _ in headers}
        self.log_request(code)
        self.send_response_only(int(code), words)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and int(code) not in (204, 304):
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        return self.wfile.write

    def log(self, *_):
        """Who wants to know asks /cloud/calls."""


class Server:
    def __init__(self, given):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        athena.start(given.athena, given.lake, given.setup)
        analyst = account.seed()
        self.listening = [make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)
                          for port, app in ((given.port, Front()), (0, metadata.Instance()), (0, metadata.Container()))]
        for one in self.listening:
            one.daemon_threads = True
            threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        endpoint, imds, container = ("http://127.0.0.1:%d" % one.server_port for one in self.listening)
        self.ready = {"endpoint": endpoint, "account": ACCOUNT, "access_key_id": analyst["access_key_id"],
                      "secret_access_key": analyst["secret_access_key"], "region": REGION, "imds": imds, "container": container}

    def stop(self):
        world.over.set()
        athena.stop()
        for one in self.listening:
            one.shutdown()
        sys.stdout.flush()
