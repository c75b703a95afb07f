"""igraph (python3-igraph) as a peer; see peer.py."""

import igraph
import peer


def load(graph):
    return igraph.Graph(n=graph.n, edges=graph.edges(), directed=graph.directed)


def pagerank(graph, options):
    return graph.pagerank(damping=options["damping"], implementation="prpack"), {}


def lpa(graph, options):
    return graph.community_label_propagation().membership, {}


def betweenness(graph, options):
    return graph.betweenness(directed=graph.is_directed()), {}


def components(graph, options):
    return graph.connected_components(mode="weak").membership, {}


def cores(graph, options):
    return graph.coreness(mode="all"), {}


peer.serve(igraph.__version__, load, {"pagerank": pagerank, "lpa": lpa, "betweenness": betweenness,
                                      "components": components, "cores": cores})
