// Stands in for every function of the CUDA backend in a build without CUDA. Never a silent fallback: each throws.

#include "host/errors.hpp"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {
const char* const reason = "coterie was built without CUDA (nvcc was not found, or COTERIE_CUDA=OFF)";

[[noreturn]] void unavailable() {
    throw BackendUnavailable(std::string("cuda: ") + reason + "; use --backend openmp");
}
}  // namespace

class DeviceGraph {};

std::string why_unavailable() {
    return reason;
}
std::string device_name() {
    return "none";
}
std::shared_ptr<const DeviceGraph> upload(const Graph&) {
    unavailable();
}
int num_devices() {
    return 0;
}
RunScope::RunScope(std::uint64_t) : limit_before_(0) {
    unavailable();
}
RunScope::~RunScope() = default;
std::uint64_t RunScope::peak_memory() const {
    return limit_before_;
}
std::uint64_t usable_memory(int) {
    unavailable();
}
PageRankResult pagerank_streamed(const PlacedGraph&, const PageRankOptions&, std::span<const double>, DeviceUse&) {
    unavailable();
}
PageRankResult pagerank(const PlacedGraph&, const PageRankOptions&, std::span<const double>, const PageRankTuning&) {
    unavailable();
}
std::vector<PageRankResult> pagerank_topics(const PlacedGraph&, std::span<const Topic>, const PageRankOptions&,
                                            std::span<const double>) {
    unavailable();
}
PropagatedLabels cdlp_streamed(const PlacedGraph&, const CommunitiesOptions&, DeviceUse&) {
    unavailable();
}
PropagatedLabels lpa_streamed(const PlacedGraph&, const CommunitiesOptions&, DeviceUse&) {
    unavailable();
}
PropagatedLabels cdlp(const PlacedGraph&, const CommunitiesOptions&) {
    unavailable();
}
PropagatedLabels lpa(const PlacedGraph&, const CommunitiesOptions&) {
    unavailable();
}
std::vector<double> betweenness(const PlacedGraph&, std::span<const AccountId>, Progress*, int) {
    unavailable();
}
std::vector<AccountId> components(const PlacedGraph&, std::span<const AccountId>) {
    unavailable();
}
std::vector<AccountId> cores(const PlacedGraph&) {
    unavailable();
}
DegreesResult degrees(const PlacedGraph&) {
    unavailable();
}

}  // namespace coterie::cuda
