"""A server that does everything wrong, one thing a path. Used as a context: `with HostileServer() as server: server.url("/cut")`."""
import datetime
import ipaddress
import socket
import ssl
import threading

BODY = b"0123456789" * 100


def head(status="200 OK", **headers):
    lines = ["HTTP/1.1 " + status] + ["%s: %s" % (k.replace("_", "-"), v) for k, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class HostileServer:
    """`tls`: (certificate file, key file). `seen` keeps every request's bytes, `connections` counts."""

    def __init__(self, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.seen, self.connections, self.lock = [], 0, threading.Lock()
        self.over = threading.Event()
        self.asked = threading.Condition(self.lock)
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)

    def url(self, path):
        return "%s://127.0.0.1:%d%s" % ("https" if self.context else "http", self.port, path)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.close()

    def wait_for(self, count):
        """Until so many requests came in."""
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.seen) >= count, 20)

    def accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        top, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in top.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        with self.asked:
            self.seen.append((top, body))
            self.asked.notify_all()
        return top

    def serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while (top := self.read(connection)) is not None:
                path = top.split(b" ")[1].decode()
                if "://" in path:  # asked as a proxy
                    path = "/" + path.split("/", 3)[3]
                if not getattr(self, "do_" + path.strip("/").split("?")[0].replace("-", "_"))(connection):
                    break
            connection.close()
        except (OSError, ssl.SSLError, AttributeError):
            connection.close()

    def send(self, connection, *parts):
        for part in parts:
            connection.sendall(part)
        return True

    def do_good(self, connection):
        return self.send(connection, head(Content_Length=len(BODY), X_Test="a", x_TEST="b"), BODY)

    def do_last(self, connection):
        """A good answer, and then the connection ends, which nobody was told of."""
        return self.send(connection, head(Content_Length=len(BODY)), BODY) and False

    def do_chunked(self, connection):
        return self.send(connection, head(Transfer_Encoding="chunked"), b"3e8\r\n", BODY, b"\r\n0\r\n\r\n")

    def do_redirect(self, connection):
        return self.send(connection, head("302 Found", Location=self.url("/good"), Content_Length=0))

    def do_unavailable(self, connection):
        return self.send(connection, head("503 Service Unavailable", Content_Length=4), b"busy")

    def do_cut(self, connection):
        return self.send(connection, head(Content_Length=len(BODY)), BODY[:10]) and False

    def do_cut_chunk(self, connection):
        return self.send(connection, head(Transfer_Encoding="chunked"), b"3e8\r\n", BODY[:10]) and False

    def do_cut_head(self, connection):
        return self.send(connection, b"HTTP/1.1 200 OK\r\nContent-Le") and False

    def do_no_length(self, connection):
        return self.send(connection, head(Connection="close"), BODY) and False

    def do_two_lengths(self, connection):
        return self.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 1000\r\n\r\n", BODY) and False

    def do_reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.sendall(head(Content_Length=len(BODY)))
        return False

    def do_nothing(self, connection):
        return False

    def do_garbage(self, connection):
        return self.send(connection, b"\x00\xff this is not HTTP\r\n\r\n") and False

    def do_wait(self, connection):
        self.over.wait(60)
        return False

    def do_stall(self, connection):
        self.send(connection, head(Content_Length=len(BODY)), BODY[:10])
        self.over.wait(60)
        return False

    def do_drip(self, connection):
        self.send(connection, head(Content_Length=10 ** 9))
        while not self.over.wait(0.02):
            connection.sendall(b"x")
        return False

    def do_endless(self, connection):
        self.send(connection, head(Transfer_Encoding="chunked"))
        while not self.over.is_set():
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        return False

    def do_many_headers(self, connection):
        return self.send(connection, b"HTTP/1.1 200 OK\r\n", b"".join(b"X-%d: y\r\n" % i for i in range(5000)), b"\r\n")

    def do_long_header(self, connection):
        return self.send(connection, b"HTTP/1.1 200 OK\r\nX: ", b"y" * 90000, b"\r\nContent-Length: 0\r\n\r\n")

    def do_html(self, connection):
        return self.send(connection, head("200 OK", Content_Type="text/html", Content_Length=6), b"<html>")

    def do_binary(self, connection):
        return self.send(connection, head("404 Not Found", Content_Length=4), b"a\x00\xffb")

    def do_empty(self, connection):
        return self.send(connection, head("204 No Content"))


def certificate(folder, name="127.0.0.1"):
    """A certificate for the server that signs itself: (certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cofferdam test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    paths = str(folder / "cert.pem"), str(folder / "key.pem")
    with open(paths[0], "wb") as f:
        f.write(made.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as f:
        f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths
