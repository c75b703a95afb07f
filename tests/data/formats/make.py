#!/usr/bin/env python3
"""Writes the karate club (Zachary 1977, as NetworkX has it) in the formats that other programs write, beside the plain edges.

    python3 make.py        NetworkX 2.8.8, python-igraph 0.10, SciPy for Matrix Market

Accounts are numbered from 1 where a format numbers them; igraph and GraphML by NetworkX keep their own names."""

import igraph
import networkx as nx
import scipy.io

club = nx.karate_club_graph()
club = nx.relabel_nodes(club, {v: v + 1 for v in club})
edges = sorted((min(u, v), max(u, v), d["weight"]) for u, v, d in club.edges(data=True))

with open("karate.csv", "w") as file:
    file.write("source,target,weight\n")
    file.writelines(f"{u},{v},{w}\n" for u, v, w in edges)

nx.write_graphml(club, "karate_networkx.graphml")
nx.write_gexf(club, "karate_networkx.gexf")

graph = igraph.Graph([(u - 1, v - 1) for u, v, _ in edges], directed=False)
graph.vs["name"] = [str(v + 1) for v in range(34)]
graph.vs["club"] = [club.nodes[v + 1]["club"] for v in range(34)]
graph.es["weight"] = [w for _, _, w in edges]
graph.write_graphml("karate_igraph.graphml")

scipy.io.mmwrite("karate.mtx", nx.to_scipy_sparse_array(club, nodelist=range(1, 35)), symmetry="symmetric")

with open("karate.graph", "w") as file:
    file.write(f"% karate club\n34 {len(edges)} 001\n")
    for v in range(1, 35):
        file.write(" ".join(f"{u} {club[v][u]['weight']}" for u in sorted(club[v])) + "\n")
