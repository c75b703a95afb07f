"""graph-tool (python3-graph-tool) as a peer; see peer.py."""

import graph_tool
import graph_tool.centrality
import graph_tool.topology
import numpy
import peer


def load(graph):
    loaded = graph_tool.Graph(directed=graph.directed)
    loaded.add_vertex(graph.n)
    loaded.add_edge_list(graph.edges())
    return loaded


def values(of_vertices):
    return numpy.array(of_vertices.a)  # a view dies with its map


def pagerank(graph, options):
    ranks, iterations = graph_tool.centrality.pagerank(graph, damping=options["damping"], epsilon=options["tolerance"],
                                                       ret_iter=True)
    return values(ranks), {"iterations": int(iterations)}


def betweenness(graph, options):
    vertices, _ = graph_tool.centrality.betweenness(graph, norm=False)
    return values(vertices), {}


def components(graph, options):
    labels, _ = graph_tool.topology.label_components(graph, directed=False)
    return values(labels), {}


def cores(graph, options):
    numbers = graph_tool.topology.kcore_decomposition(graph)
    return values(numbers), {}


peer.serve(graph_tool.__version__.split(" ")[0], load, {"pagerank": pagerank, "betweenness": betweenness,
                                                        "components": components, "cores": cores})
