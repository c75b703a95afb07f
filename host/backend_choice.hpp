#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "host/memory_plan.hpp"

namespace coterie {

/// What of a machine decides where an algorithm runs.
struct Machine {
    std::string why_no_gpu = {};   ///< why cuda cannot run here; empty: it can
    std::uint64_t gpu_memory = 0;  ///< bytes that a run may hold of each GPU
    int threads = 1;               ///< of openmp, and of what feeds GPUs
};

/// This machine, as `placement` lets a run use it. A GPU that cannot even be asked is none. Nothing is allocated.
Machine this_machine(const Placement& placement);
/// A machine with GPUs of so much free memory.
Machine machine_with_gpu(std::uint64_t free_bytes, int threads);

struct BackendChoice {
    enum class Since {
        no_gpu,          ///< openmp: cuda cannot run
        fits,            ///< cuda: everything has room on it
        streams,         ///< cuda: rows pass through it, expected faster than openmp
        streams_slower,  ///< openmp: it is expected faster than rows that pass through a GPU
        no_room,         ///< openmp: a GPU has no room in any way
    };
    Since since = Since::no_gpu;
    std::string way;                ///< of the plans: the one that was chosen; empty on openmp
    std::string why_no_gpu;         ///< of the machine
    std::uint64_t gpu_memory = 0;   ///< of the machine
    std::uint64_t fastest = 0;      ///< bytes that the first plan takes of a GPU
    std::uint64_t taken = 0;        ///< bytes that the last plan looked at takes: the first that fits, or the least
    double resident_share = 1.0;    ///< of streamed rows: expected to stay on the GPU
    double streamed_seconds = 0.0;  ///< expected for an iteration or round whose rows pass through; 0: none was weighed
    double openmp_seconds = 0.0;    ///< the same on openmp

    Backend backend() const {
        return since == Since::fits || since == Since::streams ? Backend::cuda : Backend::openmp;
    }
};

/// Where an algorithm with `plans`, from the fastest to the one that takes least, should run:
///
///   no GPU                                                  openmp
///   a plan fits that keeps all rows on the GPU              cuda, the first such plan
///   one fits whose rows pass through it                     cuda, if openmp is not expected to be faster; else openmp
///   none fits                                               openmp
///
/// What is expected, of an iteration or round: openmp takes openmp_bytes / host. A GPU takes as long as its link or the staging
/// of its rows, whichever is longer: passes * p / link, or devices * passes * 3p / host, where p bytes of its rows do not stay.
/// Assumed are link = 25 GB/s (PCIe 4.0 x16) for each GPU, and host = 10 GB/s for each of `threads`, at most 100 GB/s; staging
/// moves a byte three times (read, written to pinned memory, read by the link), and kernels keep up. Nothing is measured, so
/// that the same machine chooses the same way each time. The choice changes no bit of a result.
BackendChoice choose_backend(const std::vector<DevicePlan>& plans, const Machine& machine);

}  // namespace coterie
