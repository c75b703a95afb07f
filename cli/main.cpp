#include "cli/commands.hpp"

int main(int argc, char** argv) {
    CLI::App app("coterie: who matters in a social platform, and why", "coterie");
    app.set_version_flag("--version", COTERIE_VERSION);
    app.require_subcommand(1);
    CLI11_PARSE(app, argc, argv);
    return 0;
}
