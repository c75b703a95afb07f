"""What peers in Python share: a process a run, so that its peak memory is its own.

    python3 NAME_peer.py TASK GRAPH ANSWER [name=value …]

reads GRAPH (graph_file.py), computes TASK, writes the answer [n] by position to ANSWER (f64 or i64, raw) and prints one JSON object:
seconds of the computation alone, the graph being in memory, and what else the peer says (iterations, version).
"""

import json
import sys
import time

import graph_file
import numpy


def serve(version, load, tasks):
    """`load(graph)` gives what `tasks[TASK](loaded, options)` computes on: (answer, what else to say)."""
    task, path, answer_path, *pairs = sys.argv[1:]
    if task not in tasks:
        sys.exit(3)
    options = {name: float(value) for name, value in (pair.split("=") for pair in pairs)}
    loaded = load(graph_file.read(path))
    began = time.perf_counter()
    answer, said = tasks[task](loaded, options)
    seconds = time.perf_counter() - began
    answer = numpy.asarray(answer)
    answer.astype("<f8" if answer.dtype.kind == "f" else "<i8").tofile(answer_path)
    print(json.dumps({"seconds": seconds, "version": version, **said}))


def labels_of(n, groups):
    labels = numpy.zeros(n, numpy.int64)
    for number, group in enumerate(groups):
        labels[list(group)] = number
    return labels
