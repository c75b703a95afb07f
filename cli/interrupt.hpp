#pragma once

namespace coterie::cli {

/// From now on Ctrl+C (SIGINT) and SIGTERM ask the run to stop: `interrupted` becomes true, and a computation that sees it
/// throws Cancelled. Whatever happens, the process ends within 2 seconds: temporary files are removed and it exits with 130.
/// A second signal ends it at once, in the same way.
void install_interrupt_handlers();

bool interrupted() noexcept;

}  // namespace coterie::cli
