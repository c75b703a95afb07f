#!/usr/bin/env python3
"""Betweenness by NetworkX (2.8.8), as tests/golden/betweenness/*.csv: account,betweenness.

    python3 tests/golden/make_networkx_betweenness.py DATA [NAME...]

DATA is the folder with truth/ and graphalytics/. Self-loops are dropped, repeated edges merge. Takes about three minutes.
Each file holds what nx.betweenness_centrality(graph, normalized=False) returns for the graph named in its first line.
"""
import pathlib
import re
import sys

import networkx

# name: file, directed or not
GRAPHS = {
    "karate": ("truth/karate_edges.csv", False),
    "polbooks": ("truth/polbooks_edges.csv", False),
    "football": ("truth/football_edges.csv", False),
    "lfr": ("truth/lfr_mu0.3_edges.csv", False),
    "polblogs": ("truth/polblogs_edges.csv", True),
    "email": ("truth/email-Eu-core.txt", True),
    "blockmodel_1000": ("truth/simulated_blockmodel_graph_1000_nodes.tsv", True),
    "example_directed": ("graphalytics/example-directed.e", True),
    "example_directed_either": ("graphalytics/example-directed.e", False),
    "example_undirected": ("graphalytics/example-undirected.e", False),
}


def read(path, directed):
    graph = networkx.DiGraph() if directed else networkx.Graph()
    for number, line in enumerate(path.read_text().splitlines()):
        columns = [column for column in re.split(r"[,\s]+", line) if column]
        if not columns or columns[0].startswith("#") or (number == 0 and not columns[0].isdigit()):
            continue
        u, v = int(columns[0]), int(columns[1])
        graph.add_nodes_from((u, v))
        if u != v:
            graph.add_edge(u, v)
    return graph


def main():
    data = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or GRAPHS:
        file, directed = GRAPHS[name]
        values = networkx.betweenness_centrality(read(data / file, directed), normalized=False)
        lines = [f"# {file}, {'directed' if directed else 'undirected'}: "
                 f"nx.betweenness_centrality(graph, normalized=False), NetworkX {networkx.__version__}"]
        lines += [f"{account},{values[account]:.17g}" for account in sorted(values)]
        (pathlib.Path(__file__).parent / "betweenness" / f"{name}.csv").write_text("\n".join(lines) + "\n")
        print(name, len(values), flush=True)


if __name__ == "__main__":
    main()
