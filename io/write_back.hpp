#pragma once

#include <atomic>
#include <cstdint>

namespace coterie {

/// Has the system write to disk while more is being written, by any thread: else it would begin when a share of the memory is
/// waiting, hold up whoever writes then, and leave the rest to the sync at the end.
class WriteBack {
  public:
    /// So many bytes more stand in the file behind `descriptor`.
    void wrote(int descriptor, std::uint64_t bytes);

  private:
    std::atomic<std::uint64_t> waiting_{0};
};

}  // namespace coterie
