#!/usr/bin/env python3
"""The record of a case: a durable entry beside a bare write and fsync, and how long a verification takes: ledger.py [--samples N] [--entries N]"""
import argparse
import os
import subprocess
import sys
import tempfile

import kernel as wire


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", default="200")
    parser.add_argument("--entries", default="100000")
    given = parser.parse_args()
    # beside the build, for /tmp may be no disk
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=os.path.dirname(os.environ["COFFERDAM"])) as folder:
        program = wire.build("ledger_writes", folder)
        sys.stdout.write(subprocess.run([program, folder, given.samples, given.entries], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
