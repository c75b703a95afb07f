// How fast this machine reads memory: bytes a second of a plain sum over an array of 1 GB by a number of threads, median of five.
//
//   read_bandwidth THREADS

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

int main(int count, char** words) {
    if (count != 2 || std::atoi(words[1]) < 1) {
        fmt::print(stderr, "usage: read_bandwidth THREADS\n");
        return 2;
    }
    omp_set_num_threads(std::atoi(words[1]));
    std::vector<std::uint64_t> values(std::size_t{1} << 27U, 1);
    std::array<double, 5> rates{};
    std::uint64_t sum = 0;
    for (double& rate : rates) {
        const double began = omp_get_wtime();
#pragma omp parallel for simd reduction(+ : sum) schedule(static)
        for (std::size_t i = 0; i < values.size(); ++i) sum += values[i];
        rate = static_cast<double>(values.size() * sizeof(std::uint64_t)) / (omp_get_wtime() - began);
    }
    if (sum != rates.size() * values.size()) return 1;  // the sum is used, so that it is made
    std::ranges::sort(rates);
    fmt::print("{:.0f}\n", rates[rates.size() / 2]);
    return 0;
}
