"""NetworkX (python3-networkx) as a peer; see peer.py."""

import networkx
import peer


def load(graph):
    loaded = networkx.DiGraph() if graph.directed else networkx.Graph()
    loaded.add_nodes_from(range(graph.n))
    loaded.add_edges_from(graph.edges().tolist())
    return loaded


def values(by_node):
    return [by_node[node] for node in range(len(by_node))]


def pagerank(graph, options):
    return values(networkx.pagerank(graph, alpha=options["damping"], tol=options["tolerance"] / len(graph), max_iter=1000)), {}


def lpa(graph, options):
    groups = networkx.algorithms.community.asyn_lpa_communities(graph, seed=1)
    return peer.labels_of(len(graph), groups), {}


def betweenness(graph, options):
    return values(networkx.betweenness_centrality(graph, normalized=False)), {}


def components(graph, options):
    find = networkx.weakly_connected_components if graph.is_directed() else networkx.connected_components
    return peer.labels_of(len(graph), find(graph)), {}


def cores(graph, options):
    return values(networkx.core_number(graph)), {}


peer.serve(networkx.__version__, load, {"pagerank": pagerank, "lpa": lpa, "betweenness": betweenness,
                                        "components": components, "cores": cores})
