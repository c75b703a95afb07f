#include "kernels/betweenness/betweenness_instructions.hpp"

namespace coterie::openmp {

namespace {

namespace rows = betweenness_rows;
using rows::Lanes;
using rows::Reached;

template <class Mask>
struct Avx512 {
    [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,bmi,bmi2")]] static void pull_range(const Lanes<Mask>& lanes,
                                                                                          AccountId begin,
                                                                                          AccountId end, Mask all,
                                                                                          const Mask* visited,
                                                                                          Reached<Mask>& reached) {
        rows::pull_range<rows::Eight>(lanes, begin, end, all, visited, reached);
    }
    [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,bmi,bmi2")]] static void count_list(const Lanes<Mask>& lanes,
                                                                                          Reached<Mask>& reached) {
        rows::count_list<rows::Eight>(lanes, reached);
    }
    [[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,bmi,bmi2")]] static void collect_list(
        const Lanes<Mask>& lanes, const Reached<Mask>& reached, bool last, double* dependencies) {
        rows::collect_list<rows::Eight>(lanes, reached, last, dependencies);
    }
};

template <class Mask>
struct Avx2 {
    [[gnu::target("avx2,bmi,bmi2")]] static void pull_range(const Lanes<Mask>& lanes, AccountId begin, AccountId end,
                                                            Mask all, const Mask* visited, Reached<Mask>& reached) {
        rows::pull_range<rows::Four>(lanes, begin, end, all, visited, reached);
    }
    [[gnu::target("avx2,bmi,bmi2")]] static void count_list(const Lanes<Mask>& lanes, Reached<Mask>& reached) {
        rows::count_list<rows::Four>(lanes, reached);
    }
    [[gnu::target("avx2,bmi,bmi2")]] static void collect_list(const Lanes<Mask>& lanes, const Reached<Mask>& reached,
                                                              bool last, double* dependencies) {
        rows::collect_list<rows::Four>(lanes, reached, last, dependencies);
    }
};

/// What every processor of the architecture has.
template <class Mask>
struct Plain {
    static void pull_range(const Lanes<Mask>& lanes, AccountId begin, AccountId end, Mask all, const Mask* visited,
                           Reached<Mask>& reached) {
        rows::pull_range<rows::Four>(lanes, begin, end, all, visited, reached);
    }
    static void count_list(const Lanes<Mask>& lanes, Reached<Mask>& reached) {
        rows::count_list<rows::Four>(lanes, reached);
    }
    static void collect_list(const Lanes<Mask>& lanes, const Reached<Mask>& reached, bool last, double* dependencies) {
        rows::collect_list<rows::Four>(lanes, reached, last, dependencies);
    }
};

template <class Mask, template <class> class Set>
constexpr RowLoops<Mask> loops_of() {
    return {Set<Mask>::pull_range, Set<Mask>::count_list, Set<Mask>::collect_list};
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
    std::vector<InstructionSet> sets;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
        sets.push_back(InstructionSet::avx512);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        sets.push_back(InstructionSet::avx2);
    sets.push_back(InstructionSet::plain);
    return sets;
}

template <class Mask>
RowLoops<Mask> row_loops(InstructionSet instructions) {
    switch (instructions) {
        case InstructionSet::avx512:
            return loops_of<Mask, Avx512>();
        case InstructionSet::avx2:
            return loops_of<Mask, Avx2>();
        case InstructionSet::plain:
            break;
    }
    return loops_of<Mask, Plain>();
}

template RowLoops<std::uint8_t> row_loops(InstructionSet);
template RowLoops<std::uint16_t> row_loops(InstructionSet);
template RowLoops<std::uint32_t> row_loops(InstructionSet);
template RowLoops<std::uint64_t> row_loops(InstructionSet);

}  // namespace coterie::openmp
