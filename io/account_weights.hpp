#pragma once

#include <filesystem>
#include <vector>

#include "io/account_names.hpp"

namespace coterie {

/// A weight for each account [n], by internal id: 0 for those that the file `path` does not name.
///
/// The file is text of lines `account` or `account,weight`, by original id or handle (see AccountNames), quoted where CSV needs it. A line
/// without a weight weighs 1; lines of the same account add. Empty lines, lines that begin with `#`, a byte order mark, and
/// a first line that begins with the word `account` are passed over; lines may end in CRLF.
/// Throws IoError, naming the line, for an account that the store lacks, a weight that is not a finite number ≥ 0, or a
/// line of another form; and if the file cannot be read.
std::vector<double> read_account_weights(const std::filesystem::path& path, const AccountNames& names);

}  // namespace coterie
