// The texts of errors: plain C++, since nvcc does not compile fmt 9.

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

std::string in_words(std::size_t bytes) {
    constexpr double mega = 1e6;
    constexpr double giga = 1e9;
    const auto value = static_cast<double>(bytes);
    return value < giga ? fmt::format("{:.1f} MB", value / mega) : fmt::format("{:.1f} GB", value / giga);
}

int current_device() {
    int device = 0;
    check(cudaGetDevice(&device), "asking for the device");
    return device;
}

/// What this process holds of each device, so that a limit can be kept and the peak be told.
class Ledger {
  public:
    void add(void* memory, int device, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        allocations_[memory] = {device, bytes};
        Account& account = accounts_[device];
        account.held += bytes;
        account.peak = std::max(account.peak, account.held);
    }
    void remove(void* memory) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = allocations_.find(memory);
        if (found == allocations_.end()) return;
        accounts_[found->second.device].held -= found->second.bytes;
        allocations_.erase(found);
    }
    std::size_t held(int device) {
        const std::lock_guard lock(mutex_);
        return accounts_[device].held;
    }
    std::size_t peak() {
        const std::lock_guard lock(mutex_);
        std::size_t most = 0;
        for (const auto& [device, account] : accounts_) most = std::max(most, account.peak);
        return most;
    }
    void forget_peak() {
        const std::lock_guard lock(mutex_);
        for (auto& [device, account] : accounts_) account.peak = account.held;
    }

  private:
    struct Allocation {
        int device = 0;
        std::size_t bytes = 0;
    };
    struct Account {
        std::size_t held = 0;
        std::size_t peak = 0;
    };
    std::mutex mutex_;
    std::unordered_map<void*, Allocation> allocations_;
    std::unordered_map<int, Account> accounts_;
};

Ledger& ledger() {
    // Never destroyed: buffers of static storage may be freed after it would be.
    static Ledger* const ledger = new Ledger;
    return *ledger;
}

/// Of this thread; 0: none.
thread_local std::uint64_t memory_limit = 0;

std::size_t free_memory() {
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for the free memory");
    if (memory_limit == 0) return free;
    const std::size_t held = ledger().held(current_device());
    return std::min<std::size_t>(free, memory_limit > held ? memory_limit - held : 0);
}

[[noreturn]] void throw_out_of_memory(std::size_t bytes, std::size_t free, std::string_view what) {
    const std::string limit = memory_limit == 0 ? "" : fmt::format(" within the limit of {} bytes", memory_limit);
    throw OutOfDeviceMemory(
        fmt::format("cuda: {} needs {} bytes ({}), but {} ({}) are free on {}{}; try --backend openmp", what, bytes,
                    in_words(bytes), free, in_words(free), device_name(), limit));
}

}  // namespace

CudaError::CudaError(cudaError_t code, std::string_view doing, const std::source_location& where)
    : DeviceFailure(fmt::format("cuda: {} while {} ({}:{}); try --on-gpu-failure openmp or --backend openmp",
                                cudaGetErrorString(code), doing, where.file_name(), where.line())),
      code_(code) {
    cudaGetLastError();  // take it off, unless it sticks: what comes next has not failed
}

std::size_t usable_device_memory() {
    return static_cast<std::size_t>(usable_device_share * static_cast<double>(free_memory()));
}

bool fits_device_memory(std::size_t bytes) {
    return bytes <= usable_device_memory();
}

void require_device_memory(std::size_t bytes, std::string_view what) {
    if (!fits_device_memory(bytes)) throw_out_of_memory(bytes, free_memory(), what);
}

void* allocate_device_memory(std::size_t bytes, std::string_view what) {
    if (memory_limit != 0 && bytes > free_memory()) throw_out_of_memory(bytes, free_memory(), what);
    const int device = current_device();
    void* memory = nullptr;
    const cudaError_t code = cudaMalloc(&memory, bytes);
    if (code == cudaErrorMemoryAllocation) {
        cudaGetLastError();  // out of memory is not sticky: take it off
        throw_out_of_memory(bytes, free_memory(), what);
    }
    check(code, what);
    ledger().add(memory, device, bytes);
    return memory;
}

void free_device_memory(void* memory) noexcept {
    if (memory == nullptr) return;
    ledger().remove(memory);
    cudaFree(memory);
}

RunScope::RunScope(std::uint64_t limit) : limit_before_(std::exchange(memory_limit, limit)) {
    ledger().forget_peak();
}

RunScope::~RunScope() {
    memory_limit = limit_before_;
}

std::uint64_t RunScope::peak_memory() const {
    return ledger().peak();
}

}  // namespace coterie::cuda
