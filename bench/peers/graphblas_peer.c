/* PageRank in the language of linear algebra on SuiteSparse:GraphBLAS (libgraphblas-dev) as a peer:

       graphblas_peer TASK GRAPH ANSWER name=value…      see peer.py

   coterie's definition: r' = (1 - d)/n + d (A' (r ./ degree) + dangling/n). The matrix is A by rows for an undirected graph, where A' = A,
   and A by columns, which is A' by rows, for a directed one. */

#include <GraphBLAS.h>
#include <omp.h>
#include <string.h>

#include "graph_file.h"

static void check(GrB_Info code, const char* what) {
    if (code == GrB_SUCCESS || code == GrB_NO_VALUE) return;
    fprintf(stderr, "%s: %d\n", what, (int)code);
    exit(1);
}

static double option(int count, char** words, const char* name) {
    for (int i = 4; i < count; ++i)
        if (strncmp(words[i], name, strlen(name)) == 0 && words[i][strlen(name)] == '=') return atof(words[i] + strlen(name) + 1);
    fprintf(stderr, "%s must be given\n", name);
    exit(2);
}

/* In-edges as rows: A transposed. */
static GrB_Matrix in_edges(struct graph_file* graph) {
    GrB_Index* indices = malloc(graph->m * sizeof(GrB_Index));
    bool* one = malloc(sizeof(bool));
    must(indices != NULL && one != NULL, "out of memory");
    for (uint64_t edge = 0; edge < graph->m; ++edge) indices[edge] = graph->neighbors[edge];
    *one = true;
    GrB_Matrix matrix = NULL;
    const GrB_Index offset_bytes = (graph->n + 1) * sizeof(GrB_Index), index_bytes = graph->m * sizeof(GrB_Index);
    if (graph->directed != 0) {
        check(GxB_Matrix_import_CSC(&matrix, GrB_BOOL, graph->n, graph->n, (GrB_Index**)&graph->offsets, &indices, (void**)&one,
                                    offset_bytes, index_bytes, sizeof(bool), true, false, NULL),
              "importing the graph");
        check(GxB_Matrix_Option_set(matrix, GxB_FORMAT, GxB_BY_ROW), "turning the graph");
        check(GrB_Matrix_wait(matrix, GrB_MATERIALIZE), "turning the graph");
    } else {
        check(GxB_Matrix_import_CSR(&matrix, GrB_BOOL, graph->n, graph->n, (GrB_Index**)&graph->offsets, &indices, (void**)&one,
                                    offset_bytes, index_bytes, sizeof(bool), true, false, NULL),
              "importing the graph");
    }
    return matrix;
}

int main(int count, char** words) {
    must(count >= 4, "usage: graphblas_peer TASK GRAPH ANSWER name=value…");
    const int single = strcmp(words[1], "pagerank-iterations-single") == 0;
    if (!single && strcmp(words[1], "pagerank-iterations") != 0) return 3;
    const int iterations = (int)option(count, words, "iterations");
    const double damping = option(count, words, "damping");

    check(GrB_init(GrB_NONBLOCKING), "GrB_init");
    check(GxB_Global_Option_set(GxB_GLOBAL_NTHREADS, (int)option(count, words, "threads")), "setting the threads");
    struct graph_file graph = read_graph(words[2]);
    const GrB_Index n = graph.n;
    const GrB_Type type = single ? GrB_FP32 : GrB_FP64;
    GrB_Vector out_degree = NULL, has_out = NULL;
    check(GrB_Vector_new(&out_degree, type, n), "out_degree");
    for (GrB_Index u = 0; u < n; ++u)
        if (graph.offsets[u + 1] > graph.offsets[u])
            check(GrB_Vector_setElement_FP64(out_degree, (double)(graph.offsets[u + 1] - graph.offsets[u]) / damping, u), "out_degree");
    check(GrB_Vector_wait(out_degree, GrB_MATERIALIZE), "out_degree");
    GrB_Matrix matrix = in_edges(&graph);
    free(graph.neighbors);

    const GrB_Semiring plus_second = single ? GxB_PLUS_SECOND_FP32 : GxB_PLUS_SECOND_FP64;
    const GrB_BinaryOp plus = single ? GrB_PLUS_FP32 : GrB_PLUS_FP64, divide = single ? GrB_DIV_FP32 : GrB_DIV_FP64;
    const GrB_Monoid sum = single ? GrB_PLUS_MONOID_FP32 : GrB_PLUS_MONOID_FP64;
    GrB_Vector ranks = NULL, shares = NULL;
    check(GrB_Vector_new(&ranks, type, n), "ranks");
    check(GrB_Vector_new(&shares, type, n), "shares");
    check(GrB_Vector_new(&has_out, GrB_BOOL, n), "has_out");
    check(GrB_Vector_assign_BOOL(has_out, out_degree, NULL, true, GrB_ALL, n, GrB_DESC_S), "has_out");

    const double began = omp_get_wtime();
    check(GrB_Vector_assign_FP64(ranks, NULL, NULL, 1.0 / (double)n, GrB_ALL, n, NULL), "starting");
    for (int i = 0; i < iterations; ++i) {
        double total = 0, with_out = 0;
        check(GrB_Vector_reduce_FP64(&total, NULL, sum, ranks, NULL), "sum of ranks");
        check(GrB_Vector_eWiseMult_BinaryOp(shares, NULL, NULL, divide, ranks, out_degree, NULL), "shares"); /* damping included */
        GrB_Vector of_out = NULL;
        GrB_Index settled = 0;
        check(GrB_Vector_nvals(&settled, has_out), "accounts with out-edges");
        with_out = total;
        if (settled < n) {
            check(GrB_Vector_new(&of_out, type, n), "ranks of accounts with out-edges");
            check(GrB_Vector_assign(of_out, has_out, NULL, ranks, GrB_ALL, n, GrB_DESC_S), "ranks of accounts with out-edges");
            check(GrB_Vector_reduce_FP64(&with_out, NULL, sum, of_out, NULL), "their sum");
            GrB_Vector_free(&of_out);
        }
        const double base = (1 - damping + damping * (total - with_out)) / (double)n;
        check(GrB_Vector_assign_FP64(ranks, NULL, NULL, base, GrB_ALL, n, NULL), "base");
        check(GrB_mxv(ranks, NULL, plus, plus_second, matrix, shares, NULL), "gather");
    }
    check(GrB_Vector_wait(ranks, GrB_MATERIALIZE), "ranks");
    const double seconds = omp_get_wtime() - began;

    double* values = malloc(n * sizeof(double));
    must(values != NULL, "out of memory");
    for (GrB_Index v = 0; v < n; ++v) check(GrB_Vector_extractElement_FP64(&values[v], ranks, v), "an element of the answer");
    write_answer(words[3], values, n);
    printf("{\"seconds\": %.9f, \"iterations\": %d, \"version\": \"%d.%d.%d\"}\n", seconds, iterations, GxB_IMPLEMENTATION_MAJOR,
           GxB_IMPLEMENTATION_MINOR, GxB_IMPLEMENTATION_SUB);
    return 0;
}
