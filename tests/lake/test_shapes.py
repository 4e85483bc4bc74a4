"""Archives, large and damaged files, folders of all sorts: one clear word on each, and nothing is lost."""
import gzip
import io
import json
import os
import random
import stat
import tarfile
import zipfile
import zlib

import duckdb
import pytest

from lake_tools import event, files, ingest, program, rejects, rows

LINES = "\n".join(json.dumps(event(i)) for i in range(10)).encode()
RECORDS = json.dumps({"Records": [event(i) for i in range(10, 20)]}).encode()
FLOW = b"version account-id interface-id srcaddr dstaddr start end action\n" \
       b"2 111122223333 eni-1 10.0.0.1 10.0.0.2 1674898496 1674898507 ACCEPT\n"


def tar_of(members, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(members, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


MEMBERS = [("AWSLogs/a.json", LINES), ("AWSLogs/b.json.gz", gzip.compress(RECORDS)), ("README", b"no log"), ("flow.log", FLOW)]


@pytest.mark.parametrize("data", [tar_of(MEMBERS, "w"), tar_of(MEMBERS, "w:gz"), zip_of(MEMBERS, zipfile.ZIP_STORED),
                                  zip_of(MEMBERS, zipfile.ZIP_DEFLATED)], ids=["tar", "tar.gz", "zip stored", "zip deflated"])
def test_archives(data, tmp_path):
    (tmp_path / "logs").write_bytes(data)
    report = ingest(tmp_path / "lake", tmp_path / "logs")
    assert (report["rows"], report["skipped"]) == (21, 1)
    assert [line["file"].rsplit("!")[-1] for line in rejects(report)] == ["README"]
    again = ingest(tmp_path / "lake", tmp_path / "logs")
    assert (again["rows"], again["duplicates"]) == (0, 21)


@pytest.mark.parametrize("data", [tar_of(MEMBERS, "w")[:2000], zip_of(MEMBERS, zipfile.ZIP_DEFLATED)[:-30],
                                  gzip.compress(LINES)[:-20]], ids=["tar", "zip", "gzip"])
def test_cut_archives_are_named(data, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cut").write_bytes(data)
    (tmp_path / "in" / "whole").write_bytes(RECORDS)
    report = ingest(tmp_path / "lake", tmp_path / "in")
    assert report["broken"] == 1
    assert report["rows"] >= 10
    assert [line["kind"] for line in rejects(report)].count("damaged") == 1


def test_broken_record_between_others(tmp_path):
    text = RECORDS.replace(b'"id-13"', b'"id-13" oops')
    (tmp_path / "log").write_bytes(text)
    report = ingest(tmp_path / "lake", tmp_path / "log")
    assert (report["rows"], report["rejects"]) == (9, 1)
    line = rejects(report)[0]
    assert line["record"] == 4
    assert text[line["position"]:].startswith(b'{"eventVersion"')
    assert line["raw"].startswith('{"eventVersion"') and "oops" in line["raw"]


def test_raw_of_a_reject_is_cut_at_64_kib(tmp_path):
    (tmp_path / "log").write_text(json.dumps(event(1)) + "\n" + json.dumps(event(2, eventTime=None, x="y" * 200000)) + "\n")
    line = rejects(ingest(tmp_path / "lake", tmp_path / "log"))[0]
    assert len(line["raw"]) == 65536 and line["raw_size"] > 200000


def test_parquet_cut_in_half(tmp_path):
    duckdb.connect().execute(f"COPY (SELECT 'a' AS srcaddr, 'b' AS dstaddr, range AS start FROM range(1, 1000)) TO '{tmp_path}/flow.parquet'")
    whole = (tmp_path / "flow.parquet").read_bytes()
    (tmp_path / "half.parquet").write_bytes(whole[:len(whole) // 2])
    report = ingest(tmp_path / "lake", tmp_path / "half.parquet", tmp_path / "flow.parquet")
    assert (report["rows"], report["broken"]) == (999, 1)


def test_flow_logs_in_parquet_in_pieces(tmp_path):
    duckdb.connect().execute("COPY (SELECT '10.0.0.1' AS srcaddr, '10.0.0.2' AS dstaddr, 1674898496 + range AS start, '111122223333' AS "
                             f"account_id FROM range(120000)) TO '{tmp_path}/flow.parquet'")
    report = ingest(tmp_path / "lake", tmp_path / "flow.parquet", memory=256 << 20)
    assert report["rows"] == 120000
    assert sum(len(rows(p, "start_time_dt")) for p in files(tmp_path / "lake")) == 120000


def test_two_gib_of_nothing(tmp_path):
    """A sparse file of 2 GiB is not read to its end to see that it is no log."""
    with open(tmp_path / "huge", "wb") as f:
        f.truncate(2 << 30)
    report = ingest(tmp_path / "lake", tmp_path / "huge")
    assert report["skipped"] == 1
    assert [line["reason"] for line in rejects(report)] == ["not a log of a known source"]


def random_events(count, size, seed=5):
    """Lines that hardly pack: each has `size` random hexadecimal digits."""
    rnd = random.Random(seed)
    return [json.dumps(event(i, requestID=f"{rnd.getrandbits(4 * size):0{size}x}")).encode() for i in range(count)]


@pytest.mark.parametrize("where", ["a file", "a member of a tar file"])
def test_a_cut_gzip_gives_what_comes_before_the_cut(where, tmp_path):
    lines = random_events(100, 400)
    packed = gzip.compress(b"\n".join(lines))
    cut = packed[:len(packed) // 2]
    there = zlib.decompressobj(31).decompress(cut).split(b"\n")            # Python's own zlib says how far it goes
    (tmp_path / "cut").write_bytes(cut if where == "a file" else tar_of([("x.json.gz", cut), ("y.log", FLOW)], "w"))
    more = 0 if where == "a file" else 1
    report = ingest(tmp_path / "lake", tmp_path / "cut")
    assert 20 < len(there) < 80
    assert (report["rows"], report["rejects"], report["broken"]) == (len(there) - 1 + more, 1, 1)
    broken = [line for line in rejects(report) if line["kind"] == "record"][0]
    assert there[-1].decode().startswith(broken["raw"]) and broken["raw"]
    assert [line["reason"] for line in rejects(report) if line["kind"] == "damaged"] == [
        f"the gzip data is cut after {len(cut)} bytes: what comes before it was read"]


def test_a_damaged_gzip_gives_what_comes_before_the_damage(tmp_path):
    packed = bytearray(gzip.compress(b"\n".join(random_events(100, 400))))
    packed[len(packed) // 2:] = b"\xff" * (len(packed) - len(packed) // 2)
    (tmp_path / "damaged").write_bytes(packed)
    report = ingest(tmp_path / "lake", tmp_path / "damaged")
    assert report["broken"] == 1 and 20 < report["rows"] < 80
    assert "damaged about byte" in [line["reason"] for line in rejects(report) if line["kind"] == "damaged"][0]


def test_a_large_gzip_goes_through_windows(tmp_path):
    """More packed bytes than a window has, in several members and with zeros behind them."""
    lines = random_events(800, 60000)
    with open(tmp_path / "log", "wb") as f:
        for at in range(0, len(lines), 200):
            f.write(gzip.compress(b"\n".join(lines[at:at + 200]) + b"\n", 1))
        f.write(bytes(1000))
    assert os.path.getsize(tmp_path / "log") > 20 << 20
    report = ingest(tmp_path / "lake", tmp_path / "log")
    assert (report["rows"], report["rejects"], report["broken"]) == (800, 0, 0)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_large_archive_goes_through_windows(mode, tmp_path):
    """Members lie across the windows' borders; one is larger than a window; one is cut with the archive."""
    lines = random_events(1200, 30000)
    members = [(f"m{at}.json", b"\n".join(lines[at:at + 100])) for at in range(0, 600, 100)] + [("large", b"\n".join(lines[600:]))]
    data = tar_of(members, mode)
    assert len(data) > 16 << 20
    (tmp_path / "logs").write_bytes(data)
    assert ingest(tmp_path / "lake", tmp_path / "logs")["rows"] == 1200
    if mode == "w":
        (tmp_path / "cut").write_bytes(data[:len(data) - 9_000_000])
        report = ingest(tmp_path / "lake2", tmp_path / "cut")
        assert report["broken"] == 1 and report["rejects"] == 1 and 800 < report["rows"] < 1000
        assert [line["reason"] for line in rejects(report) if line["kind"] == "damaged"] == ["the tar file is cut"]


def test_large_file_goes_through_windows(tmp_path):
    """A file many times the window, records of all sizes across its borders, in little memory."""
    rnd = random.Random(7)
    count = 30000
    with open(tmp_path / "log", "w", encoding="utf-8") as f:
        f.write('{"Records": [')
        for i in range(count):
            f.write((", " if i else "") + json.dumps(event(i, note="é" * rnd.randrange(0, 3000)), ensure_ascii=False))
        f.write("]}")
    assert os.path.getsize(tmp_path / "log") > 80 << 20
    report = ingest(tmp_path / "lake", tmp_path / "log", memory=256 << 20)
    assert (report["rows"], report["rejects"]) == (count, 0)


def test_one_huge_record(tmp_path):
    with open(tmp_path / "log", "w") as f:
        f.write(json.dumps(event(1)) + "\n" + json.dumps(event(2, blob="x" * (40 << 20))) + "\n" + json.dumps(event(3)) + "\n")
    assert ingest(tmp_path / "lake", tmp_path / "log")["rows"] == 3


def test_folder_without_logs(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "truth.json").write_text('{"answer": 42}')
    report = ingest(tmp_path / "lake", tmp_path / "in")
    assert (report["events"], report["skipped"]) == (0, 1)


def test_read_only_folder(tmp_path):
    (tmp_path / "log").write_bytes(LINES)
    (tmp_path / "lake").mkdir()
    os.chmod(tmp_path / "lake", stat.S_IRUSR | stat.S_IXUSR)
    report = ingest(tmp_path / "lake", tmp_path / "log", ok=False, ordinary=True)
    os.chmod(tmp_path / "lake", stat.S_IRWXU)
    assert report["kind"] == "IoError" and "lake" in report["message"]


def test_a_file_where_the_lake_should_be(tmp_path):
    (tmp_path / "log").write_bytes(LINES)
    (tmp_path / "lake").write_text("not a folder")
    report = ingest(tmp_path / "lake", tmp_path / "log", ok=False)
    assert "lake" in report["message"]


def test_large_days_get_files_of_their_own(tmp_path):
    with open(tmp_path / "log", "w") as f:
        for i in range(52000):
            f.write(json.dumps(event(i)) + "\n")
        for i in range(100):
            f.write(json.dumps(event(60000 + i, eventTime="2026-03-05T00:00:00Z")) + "\n")
    ingest(tmp_path / "lake", tmp_path / "log")
    folders = sorted(p.split("/")[-2] for p in files(tmp_path / "lake"))
    assert folders == ["eventDay=20260301", "eventMonth=202603"]


def test_compact(tmp_path):
    """Many small ingests become one file; the rows stay the same; a second time there is nothing to do."""
    for part in range(4):
        path = tmp_path / f"log{part}"
        path.write_text("\n".join(json.dumps(event(part + 4 * i)) for i in range(50)))
        ingest(tmp_path / "lake", path)
    before = sorted(r["metadata"]["uid"] for r in rows(files(tmp_path / "lake")))
    assert len(files(tmp_path / "lake")) == 4 and len(before) == 200
    report = json.loads(program("compact", tmp_path / "lake").stdout)
    assert report["ok"] and (report["files"], report["files_out"], report["rows"]) == (4, 1, 200)
    after = rows(files(tmp_path / "lake"))
    assert sorted(r["metadata"]["uid"] for r in after) == before
    assert [r["time"] for r in after] == sorted(r["time"] for r in after)
    again = json.loads(program("compact", tmp_path / "lake").stdout)
    assert again["ok"] and again["files_out"] == 0
    assert ingest(tmp_path / "lake", tmp_path / "log0")["duplicates"] == 50


def test_memory_does_not_grow_with_the_input(tmp_path):
    """Four times the input, the same memory (what the process held at most)."""
    import resource
    import subprocess
    from lake_tools import PROGRAM
    def peak(count):
        with open(tmp_path / "log", "w") as f:
            for i in range(count):
                f.write(json.dumps(event(i, requestParameters={"note": "n%d" % i + "x" * 1500})) + "\n")
        pid = subprocess.Popen([str(PROGRAM), "ingest", str(tmp_path / f"lake{count}"), "2", str(256 << 20), "2", str(tmp_path / "log")],
                               stdout=subprocess.PIPE)
        out = pid.stdout.read()
        _, status, usage = os.wait4(pid.pid, 0)
        assert status == 0 and json.loads(out)["rows"] == count
        return usage.ru_maxrss
    assert resource is not None
    small, large = peak(60000), peak(240000)  # the first fills a batch already
    assert large < small * 1.25, (small, large)
