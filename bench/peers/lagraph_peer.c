/* LAGraph on SuiteSparse:GraphBLAS as a peer: lagraph_peer TASK GRAPH ANSWER name=value…; see peer.py. Undirected graphs. */

#include <GraphBLAS.h>
#include <LAGraph.h>
#include <LAGraphX.h>
#include <omp.h>
#include <string.h>

#include "graph_file.h"

static char message[LAGRAPH_MSG_LEN];

static void check(int code, const char* what) {
    if (code >= 0) return;
    fprintf(stderr, "%s: %d %s\n", what, code, message);
    exit(1);
}

static double option(int count, char** words, const char* name) {
    for (int i = 4; i < count; ++i)
        if (strncmp(words[i], name, strlen(name)) == 0 && words[i][strlen(name)] == '=') return atof(words[i] + strlen(name) + 1);
    fprintf(stderr, "%s must be given\n", name);
    exit(2);
}

static GrB_Matrix adjacency(const char* path) {
    struct graph_file graph = read_graph(path);
    if (graph.directed != 0) exit(3);
    GrB_Index* columns = malloc(graph.m * sizeof(GrB_Index));
    bool* one = malloc(sizeof(bool));
    must(columns != NULL && one != NULL, "out of memory");
    for (uint64_t edge = 0; edge < graph.m; ++edge) columns[edge] = graph.neighbors[edge];
    free(graph.neighbors);
    *one = true;
    GrB_Matrix matrix = NULL;
    check(GxB_Matrix_import_CSR(&matrix, GrB_BOOL, graph.n, graph.n, (GrB_Index**)&graph.offsets, &columns, (void**)&one,
                                (graph.n + 1) * sizeof(GrB_Index), graph.m * sizeof(GrB_Index), sizeof(bool), true, false, NULL),
          "importing the graph");
    return matrix;
}

int main(int count, char** words) {
    must(count >= 4, "usage: lagraph_peer TASK GRAPH ANSWER name=value…");
    const int ranks = strcmp(words[1], "pagerank-iterations-single") == 0;
    if (!ranks && strcmp(words[1], "cdlp") != 0) return 3;
    const int iterations = (int)option(count, words, "iterations");

    check(LAGraph_Init(message), "LAGraph_Init");
    check(LAGraph_SetNumThreads(1, (int)option(count, words, "threads"), message), "LAGraph_SetNumThreads");
    GrB_Matrix matrix = adjacency(words[2]);
    LAGraph_Graph graph = NULL;
    check(LAGraph_New(&graph, &matrix, LAGraph_ADJACENCY_UNDIRECTED, message), "LAGraph_New");
    check(LAGraph_Cached_OutDegree(graph, message), "LAGraph_Cached_OutDegree");
    GrB_Index n = 0;
    check(GrB_Matrix_nrows(&n, graph->A), "GrB_Matrix_nrows");

    GrB_Vector answer = NULL;
    int done = iterations;
    double own_seconds[2];
    const double began = omp_get_wtime();
    if (ranks)
        check(LAGr_PageRankGAP(&answer, &done, graph, (float)option(count, words, "damping"), 1e-30f, iterations, message),
              "LAGr_PageRankGAP");
    else
        check(LAGraph_cdlp(&answer, graph->A, true, true, iterations, own_seconds, message), "LAGraph_cdlp");
    double seconds = omp_get_wtime() - began;
    if (!ranks) seconds -= own_seconds[0]; /* making the matrix one of integers, which labels need */

    int64_t* labels = malloc(n * 8);
    double* values = malloc(n * 8);
    must(labels != NULL && values != NULL, "out of memory");
    for (GrB_Index i = 0; i < n; ++i)
        check(ranks ? GrB_Vector_extractElement_FP64(&values[i], answer, i) : GrB_Vector_extractElement_INT64(&labels[i], answer, i),
              "an element of the answer");
    write_answer(words[3], ranks ? (void*)values : (void*)labels, n);
    printf("{\"seconds\": %.9f, \"iterations\": %d, \"version\": \"%d.%d.%d\"}\n", seconds, done, LAGRAPH_VERSION_MAJOR,
           LAGRAPH_VERSION_MINOR, LAGRAPH_VERSION_UPDATE);
    return 0;
}
