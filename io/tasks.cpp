#include "io/tasks.hpp"

#include <omp.h>

#include <atomic>
#include <exception>

#include "host/errors.hpp"

namespace coterie {

void run_tasks(const std::vector<Task>& tasks, int threads, std::string_view step, Progress* progress) {
    std::uint64_t total = 0;
    for (const Task& task : tasks) total += task.bytes;
    advance(progress, step, 0, static_cast<double>(total), "bytes");

    std::uint64_t done = 0;
    std::atomic<std::size_t> first_failed{tasks.size()};
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads > 0 ? threads : omp_get_num_procs())
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (i > first_failed) continue;
        try {
            if (progress != nullptr && progress->cancelled()) throw Cancelled();
            tasks[i].run();
#pragma omp critical(coterie_tasks)
            {
                done += tasks[i].bytes;
                if (progress != nullptr)
                    progress->report(step, static_cast<double>(done), static_cast<double>(total), "bytes");
            }
        } catch (...) {
#pragma omp critical(coterie_tasks)
            if (i < first_failed) {
                first_failed = i;
                failure = std::current_exception();
            }
        }
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace coterie
