#pragma once

#include <gtest/gtest.h>

#include <string>

#include "host/backend.hpp"

namespace coterie::testing {

/// One body, every backend: TEST_P(Suite, Sentence) with `this->place(graph)`. Skips, with the reason, where the backend
/// cannot run.
class OnEveryBackend : public ::testing::TestWithParam<Backend> {
  protected:
    void SetUp() override {
        if (const std::string reason = why_unavailable(GetParam()); !reason.empty())
            GTEST_SKIP() << name_of(GetParam()) << ": " << reason;
    }

    PlacedGraph placed(Graph graph, int threads = 2) const {
        return place(std::move(graph), {.backend = GetParam(), .threads = threads});
    }
};

inline std::string backend_name(const ::testing::TestParamInfo<Backend>& info) {
    return std::string(name_of(info.param));
}

}  // namespace coterie::testing
