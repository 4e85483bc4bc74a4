#!/usr/bin/env python3
"""Prints what an executed investigation found: the text of the cell that traced the key."""
import json
import sys

notebook = json.load(open(sys.argv[1], encoding="utf-8"))
for cell in notebook["cells"]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code" or not source.startswith("%trace"):
        continue
    for output in cell["outputs"]:
        if output["output_type"] == "display_data":
            print("found: " + "".join(output["data"]["text/plain"]))
