#!/usr/bin/python3
"""Writes core numbers, weakly connected components and reciprocity that NetworkX computes, as golden values for the tests.

    make_networkx_counts.py FOLDER-OF-DATA [FOLDER-OF-GOLDEN-FILES]

FOLDER-OF-DATA holds truth/. Only computed values are written, by original id, never edges: an account, its core number,
and the smallest id in its component. The head of each file has the reciprocity. Made with NetworkX 2.8.8.
"""

import os
import sys

import networkx as nx

UNDIRECTED = {"karate", "polbooks", "football", "lfr_mu0.3"}
GRAPHS = {
    "karate": "karate_edges.csv",
    "polbooks": "polbooks_edges.csv",
    "football": "football_edges.csv",
    "polblogs": "polblogs_edges.csv",
    "email-eu-core": "email-Eu-core.txt",
    "lfr_mu0.3": "lfr_mu0.3_edges.csv",
    "blockmodel_1000": "simulated_blockmodel_graph_1000_nodes.tsv",
}


def read(path):
    """A directed graph; repeated edges merge, self-loops are dropped but name their account: as coterie builds graphs."""
    graph = nx.DiGraph()
    with open(path) as lines:
        for line in lines:
            columns = line.replace(",", " ").split()
            if columns and columns[0].isdigit():
                graph.add_nodes_from((int(columns[0]), int(columns[1])))
                if columns[0] != columns[1]:
                    graph.add_edge(int(columns[0]), int(columns[1]))
    return graph


def main():
    data = sys.argv[1]
    golden = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))
    for name, path in GRAPHS.items():
        graph = read(os.path.join(data, "truth", path))
        if name in UNDIRECTED:
            graph = graph.to_undirected().to_directed()
        reciprocity = nx.overall_reciprocity(graph)
        cores = nx.core_number(graph.to_undirected())
        smallest = {account: min(component) for component in nx.weakly_connected_components(graph) for account in component}
        with open(os.path.join(golden, f"counts_{name}.csv"), "w") as file:
            file.write("account,core,component  nx.core_number(graph.to_undirected()), nx.weakly_connected_components(graph), "
                       f"nx.overall_reciprocity(graph) = {reciprocity:.17g}\n")
            for account in sorted(graph):
                file.write(f"{account},{cores[account]},{smallest[account]}\n")


main()
