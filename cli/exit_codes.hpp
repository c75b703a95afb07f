#pragma once

namespace coterie::cli {

// What the program's exit code says. Documented in --help and in the README.
inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;  ///< a file, a graph's content, memory (the device's too), anything else
inline constexpr int exit_usage = 2;    ///< unknown or wrong options
inline constexpr int exit_too_many_rejects = 3;     ///< more lines of the input were rejected than allowed
inline constexpr int exit_backend_unavailable = 4;  ///< the backend asked for cannot run here
inline constexpr int exit_damaged = 5;              ///< coterie check found damage
inline constexpr int exit_cancelled = 130;          ///< Ctrl+C or SIGTERM; nothing is left half-written

}  // namespace coterie::cli
