#!/usr/bin/python3
"""Writes the PageRank values that NetworkX computes, as golden values for the tests.

    make_networkx_golden.py FOLDER-OF-DATA [FOLDER-OF-GOLDEN-FILES]

FOLDER-OF-DATA holds truth/ and follow/. Only computed values are written, by original id, never edges. The head of each
file says which call made it. Made with NetworkX 2.8.8.
"""

import os
import sys

import networkx as nx

data = sys.argv[1]
golden = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))


def rows(path):
    """The columns of each line of numbers: commas, tabs or spaces; a header line is skipped."""
    with open(os.path.join(data, path)) as lines:
        for line in lines:
            columns = line.replace(",", " ").split()
            if columns and columns[0].isdigit():
                yield columns


def read(path, undirected=False, weighted=False, accounts=None):
    """Repeated edges merge (weights add), self-loops are dropped but name their account: as coterie builds graphs."""
    graph = nx.Graph() if undirected else nx.DiGraph()
    for columns in rows(accounts) if accounts else ():
        graph.add_node(int(columns[0]))
    for columns in rows(path):
        source, target = int(columns[0]), int(columns[1])
        weight = float(columns[2]) if weighted else 1.0
        graph.add_nodes_from((source, target))
        if source == target:
            continue
        if graph.has_edge(source, target):
            graph[source][target]["weight"] += weight if weighted else 0.0
        else:
            graph.add_edge(source, target, weight=weight)
    return graph


def personal(graph):
    """Teleport weights by id: whole numbers, a third of them 0."""
    return {account: float(account * account % 9 % 3) for account in graph}


def write(name, call, graph, **options):
    ranks = nx.pagerank(graph, alpha=0.85, tol=1e-16, max_iter=1000, **options)
    with open(os.path.join(golden, name + ".csv"), "w") as file:
        file.write(f"account,pagerank\n# {call}\n")
        for account in sorted(ranks):
            file.write(f"{account},{ranks[account]:.17g}\n")


def main():
    undirected = {"football", "karate", "polbooks", "lfr_mu0.3"}
    graphs = {
        "football": "truth/football_edges.csv",
        "karate": "truth/karate_edges.csv",
        "polbooks": "truth/polbooks_edges.csv",
        "polblogs": "truth/polblogs_edges.csv",
        "email-eu-core": "truth/email-Eu-core.txt",
        "lfr_mu0.3": "truth/lfr_mu0.3_edges.csv",
        "blockmodel_1000": "truth/simulated_blockmodel_graph_1000_nodes.tsv",
        "blockmodel_5000": "truth/simulated_blockmodel_graph_5000_nodes.tsv",
        "brand_hershey": "follow/brand_hersheycareers_edges.csv",
    }
    for name, path in graphs.items():
        accounts = "truth/polblogs_labels.csv" if name == "polblogs" else None
        graph = read(path, undirected=name in undirected, accounts=accounts)
        call = "nx.pagerank(graph, alpha=0.85, tol=1e-16, max_iter=1000, weight=None"
        write("pagerank_" + name, call + ")", graph, weight=None)
        if name in ("polblogs", "email-eu-core"):
            write("pagerank_personalised_" + name, call + ", personalization=id * id % 9 % 3)", graph, weight=None,
                  personalization=personal(graph))

    karate = read(graphs["karate"], undirected=True, weighted=True)
    write("pagerank_weighted_karate", "nx.pagerank(graph, alpha=0.85, tol=1e-16, max_iter=1000)", karate)


main()
