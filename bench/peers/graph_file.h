/* The graph file of graph_file.py, for peers in C and C++. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct graph_file {
    uint64_t n, m, directed;
    uint64_t* offsets;   /* [n + 1], by malloc */
    uint32_t* neighbors; /* [m], by malloc */
};

static inline void must(int holds, const char* what) {
    if (holds) return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline struct graph_file read_graph(const char* path) {
    struct graph_file graph;
    FILE* file = fopen(path, "rb");
    must(file != NULL && fread(&graph.n, 8, 3, file) == 3, "the graph file cannot be read");
    graph.offsets = (uint64_t*)malloc((graph.n + 1) * 8);
    graph.neighbors = (uint32_t*)malloc(graph.m * 4);
    must(graph.offsets != NULL && graph.neighbors != NULL, "out of memory");
    must(fread(graph.offsets, 8, graph.n + 1, file) == graph.n + 1, "the graph file ends too early");
    must(fread(graph.neighbors, 4, graph.m, file) == graph.m, "the graph file ends too early");
    fclose(file);
    return graph;
}

static inline void write_answer(const char* path, const void* values, uint64_t count) {
    FILE* file = fopen(path, "wb");
    must(file != NULL && fwrite(values, 8, count, file) == count && fclose(file) == 0, "the answer cannot be written");
}
