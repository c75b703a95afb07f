// NetworKit's label propagation (PLP) as a peer: networkit_peer TASK GRAPH ANSWER name=value…; see peer.py. Undirected graphs.

#include <omp.h>

#include <chrono>
#include <cstring>
#include <networkit/community/PLP.hpp>
#include <networkit/graph/Graph.hpp>
#include <vector>

#include "graph_file.h"

int main(int count, char** words) {
    must(count >= 4, "usage: networkit_peer TASK GRAPH ANSWER name=value…");
    if (std::strcmp(words[1], "lpa") != 0) return 3;
    for (int i = 4; i < count; ++i)
        if (std::strncmp(words[i], "threads=", 8) == 0) omp_set_num_threads(std::atoi(words[i] + 8));
    const graph_file file = read_graph(words[2]);
    NetworKit::Graph graph(file.n, false, false);
    for (std::uint64_t u = 0; u < file.n; ++u)
        for (std::uint64_t edge = file.offsets[u]; edge < file.offsets[u + 1]; ++edge)
            if (file.neighbors[edge] > u) graph.addEdge(u, file.neighbors[edge]);

    NetworKit::PLP propagation(graph);
    const auto began = std::chrono::steady_clock::now();
    propagation.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;

    std::vector<std::int64_t> labels(file.n);
    for (std::uint64_t u = 0; u < file.n; ++u) labels[u] = static_cast<std::int64_t>(propagation.getPartition()[u]);
    write_answer(words[3], labels.data(), labels.size());
    std::printf("{\"seconds\": %.9f, \"iterations\": %llu}\n", seconds.count(),
                static_cast<unsigned long long>(propagation.numberOfIterations()));
}
