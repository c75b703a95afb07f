#include "host/backend.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <sstream>

#include "host/errors.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

TEST(Backend, HasAName) {
    EXPECT_EQ(name_of(Backend::openmp), "openmp");
    EXPECT_EQ(name_of(Backend::cuda), "cuda");
    std::ostringstream stream;
    stream << Backend::cuda;
    EXPECT_EQ(stream.str(), "cuda");
}

TEST(Backend, OpenmpRunsEverywhere) {
    EXPECT_EQ(why_unavailable(Backend::openmp), "");
    EXPECT_NE(device_name(Backend::openmp), "");
}

TEST(Place, RefusesNegativeThreads) {
    try {
        place(graph_of(2, {{0, 1}}), {.threads = -3});
        FAIL() << "placed";
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find("-3"), std::string::npos) << error.what();
    }
}

TEST(Place, TakesAllCoresForZeroThreads) {
    EXPECT_EQ(place(graph_of(2, {{0, 1}})).threads(), omp_get_num_procs());
    EXPECT_EQ(place(graph_of(2, {{0, 1}}), {.threads = 3}).threads(), 3);
}

TEST(Place, NeverFallsBackToAnotherBackend) {
    const std::string reason = why_unavailable(Backend::cuda);
    if (reason.empty()) GTEST_SKIP() << "cuda can run here";
    try {
        place(graph_of(2, {{0, 1}}), {.backend = Backend::cuda});
        FAIL() << "placed";
    } catch (const BackendUnavailable& error) {
        EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
}

class PlaceOn : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, PlaceOn, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(PlaceOn, KeepsTheGraphAndSaysWhere) {
    const PlacedGraph graph = placed(graph_of(3, {{0, 1}, {1, 2}}), 2);
    EXPECT_EQ(graph.backend(), GetParam());
    EXPECT_EQ(graph.placement().backend, GetParam());
    EXPECT_EQ(graph.threads(), 2);
    EXPECT_EQ(graph.graph().num_edges(), 2U);
    EXPECT_NE(device_name(GetParam()), "");
}

TEST_P(PlaceOn, SaysHowManyBytesAGraphNeedsThatDoesNotFit) {
    if (GetParam() != Backend::cuda) GTEST_SKIP() << "openmp computes where the graph lies";
    // A view of a terabyte of edges that are not there: it must be refused by its size, before any are read.
    constexpr AccountId n = 1;
    const std::vector<EdgeOffset> offsets(n + 1, 0);
    const AccountId nobody = 0;
    constexpr std::size_t edges = std::size_t{1} << 40U;
    const CsrView rows{offsets, std::span<const AccountId>(&nobody, edges), {}};
    const PlacedGraph large = placed(Graph(rows, rows, {}, false, nullptr));
    try {
        large.device_graph();
        FAIL() << "it fits";
    } catch (const OutOfDeviceMemory& error) {
        const std::string bytes = std::to_string(edges * sizeof(AccountId) + offsets.size() * sizeof(EdgeOffset));
        EXPECT_NE(std::string(error.what()).find(bytes), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("--backend openmp"), std::string::npos) << error.what();
    }
    EXPECT_NO_THROW(placed(graph_of(2, {{0, 1}}))) << "the error must not stick to the device";
}

}  // namespace coterie::testing
