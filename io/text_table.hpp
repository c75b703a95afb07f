#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coterie {

/// Columns that `text` takes on a terminal: 1 a character, 2 for the wide ones of East Asia and emoji, 0 for marks that
/// combine with the character before them. Unicode 15, Annex 11; does not depend on the locale.
std::size_t display_width(std::string_view text);

/// `text` made safe to print on a line: control characters (also those that steer a terminal) and bytes that are not UTF-8
/// become U+FFFD.
std::string printable(std::string_view text);

/// `text` cut to at most `width` columns, with an ellipsis in place of what was cut.
std::string shortened(std::string_view text, std::size_t width);

/// Text in aligned columns for people.
class TextTable {
  public:
    enum class Align { left, right };
    struct Column {
        std::string head;
        Align align = Align::right;
        std::size_t max_width = 0;  ///< longer cells are shortened; 0: as wide as they are
    };

    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
    /// Adds a row of as many cells as there are columns.
    void add(std::vector<std::string> cells);
    /// Head, rule and rows, two spaces between columns, each line after `indent` and without spaces at its end.
    std::string text(std::string_view indent = "") const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace coterie
