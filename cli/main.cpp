#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "host/errors.hpp"
#include "io/store_check.hpp"

namespace {

using namespace coterie::cli;

constexpr const char* footer =
    "Exit codes: 0 done, 1 failure, 2 wrong usage, 3 too many rejected lines, 4 backend unavailable,\n"
    "5 damage found by check, 130 cancelled.\n"
    "`coterie COMMAND --help` lists the options of a command.";

/// One line a command, in the order of --help.
void add_commands(CLI::App& app) {
    add_ingest(app);
    add_estimate(app);
    add_info(app);
    add_check(app);
    add_account(app);
    add_erase(app);
    add_generate(app);
    add_score(app);
    add_pagerank(app);
    add_communities(app);
    add_betweenness(app);
    add_degrees(app);
    add_components(app);
    add_cores(app);
}

int fail(int code, const char* text) {
    std::fprintf(stderr, "error: %s\n", text);
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    install_interrupt_handlers();
    CLI::App app("coterie: who matters in a social platform, and why", "coterie");
    app.set_version_flag("--version", COTERIE_VERSION);
    app.require_subcommand(1);
    app.footer(footer);
    add_commands(app);

    try {
        app.parse(argc, argv);
        return exit_success;
    } catch (const CLI::ParseError& error) {
        // Also how CLI11 says that --help or --version was asked for: then its code is 0.
        return app.exit(error) == 0 ? exit_success : exit_usage;
    } catch (const std::invalid_argument& error) {
        return fail(exit_usage, error.what());
    } catch (const coterie::TooManyRejects& error) {
        return fail(exit_too_many_rejects, error.what());
    } catch (const coterie::DamagedStore& error) {
        return fail(exit_damaged, error.what());
    } catch (const coterie::BackendUnavailable& error) {
        return fail(exit_backend_unavailable, error.what());
    } catch (const coterie::Cancelled& error) {
        return fail(exit_cancelled, error.what());
    } catch (const std::bad_alloc&) {
        return fail(exit_failure, "out of memory: the machine has no more to give");
    } catch (const std::exception& error) {
        return fail(exit_failure, error.what());
    }
}
