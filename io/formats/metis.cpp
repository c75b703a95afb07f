#include "io/formats/metis.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

struct Head {
    std::uint64_t vertices = 0;
    std::uint64_t edges = 0;
    bool edge_weights = false;
    std::uint64_t passed = 0;  ///< numbers at the beginning of a line that belong to the vertex
};

Head read_head(std::string_view line, const std::string& where) {
    const auto refuse = [&](std::string_view must) {
        throw IoError(fmt::format("{}: {}, got \"{}\"", where, must, printable(line, 80)));
    };
    Fields fields;
    fields.split(line, blanks);
    if (fields.size() < 2 || fields.size() > 4 || !parse_id(fields[0]) || !parse_id(fields[1]))
        refuse("the head of a METIS graph must be \"vertices edges [format [constraints]]\"");
    Head head{*parse_id(fields[0]), *parse_id(fields[1])};
    std::string format(fields.size() > 2 ? fields[2] : "0");
    format.insert(0, 3 - std::min<std::size_t>(3, format.size()), '0');
    if (format.size() != 3 || format.find_first_not_of("01") != std::string::npos)
        refuse("the format of a METIS graph must be three digits 0 or 1");
    const auto constraints = fields.size() > 3 ? parse_id(fields[3]) : std::optional<std::uint64_t>(1);
    if (!constraints || *constraints > 1000) refuse("the number of constraints must be below 1000");
    head.edge_weights = format[2] == '1';
    head.passed = (format[1] == '1' ? *constraints : 0) + (format[0] == '1' ? 1 : 0);
    return head;
}

std::string_view first_data_line(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        if (!line.starts_with('%')) return line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

class MetisParser : public BlockParser {
  public:
    MetisParser(const GraphPlan& plan, bool weights, GraphNodes& nodes, ThreadRows& into)
        : plan_(plan), weights_(weights), nodes_(nodes), into_(into) {}

    BlockTally parse(const LineBlock& block) override {
        tally_ = {};
        tally_.layers.resize(into_.layers.size());
        if (block.cut_short)
            throw IoError(fmt::format("{}:{}: a line must not be longer than 256 MiB", plan_.path, line_ + 1));
        for (std::size_t begin = 0; begin < block.text.size();) {
            const std::size_t end = block.text.find('\n', begin);
            std::string_view line = block.text.substr(begin, end - begin);
            if (line.ends_with('\r')) line.remove_suffix(1);
            begin = end + 1;
            ++line_;
            ++tally_.lines;
            if (line.starts_with('%')) continue;
            if (!has_head_) {
                head_ = read_head(line, fmt::format("{}:{}", plan_.path, line_));
                has_head_ = true;
            } else if (vertex_ < head_.vertices) {
                ++vertex_;
                read_vertex(line);
            } else if (!trimmed(line).empty()) {
                fail(fmt::format("the file must have a line a vertex, {} in all, but has more", head_.vertices));
            }
        }
        return std::move(tally_);
    }

    BlockTally finish() override {
        tally_ = {};
        tally_.layers.resize(into_.layers.size());
        if (!has_head_)
            throw IoError(
                fmt::format("{}: must begin with the numbers of vertices and edges, but is empty", plan_.path));
        if (vertex_ < head_.vertices)
            fail(fmt::format("the file must have a line a vertex, {} in all, but ends after {}: is it truncated?",
                             head_.vertices, vertex_));
        if (neighbors_ != 2 * head_.edges)
            fail(fmt::format("the file must have each of its {} edges at both ends, {} neighbors in all, but has {}",
                             head_.edges, 2 * head_.edges, neighbors_));
        if (upward_ != downward_)
            fail("every edge must stand at both its ends with the same weight, but at least one does not");
        return std::move(tally_);
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw IoError(fmt::format("{}:{}: {}", plan_.path, line_, problem));
    }

    std::string_view take_word(std::string_view& rest) const {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        return word;
    }

    void read_vertex(std::string_view rest) {
        for (std::uint64_t i = 0; i < head_.passed; ++i)
            if (!parse_number(take_word(rest))) fail("a vertex must begin with its size and weights, as the head says");
        std::uint64_t degree = 0;
        for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
            const auto neighbor = parse_id(word);
            if (!neighbor || *neighbor == 0 || *neighbor > head_.vertices)
                fail(fmt::format("a neighbor must be a whole number from 1 to {}, got \"{}\"", head_.vertices,
                                 printable(word, 80)));
            std::optional<float> weight;
            if (head_.edge_weights) {
                const std::string_view text = take_word(rest);
                const auto number = parse_number(text);
                if (!number || !std::isfinite(static_cast<float>(*number)))
                    fail(fmt::format("the weight must be a finite number, got \"{}\"", printable(text, 80)));
                weight = static_cast<float>(*number);
            }
            ++degree;
            add(*neighbor, weight);
        }
        neighbors_ += degree;
        if (degree == 0) nodes_.numbers.push_back(vertex_);
    }

    /// An edge comes in from its lower end; sums of hashes tell at the end whether the upper ends say the same.
    void add(std::uint64_t neighbor, const std::optional<float>& weight) {
        const std::array<std::uint64_t, 3> edge{std::min(vertex_, neighbor), std::max(vertex_, neighbor),
                                                weight ? std::bit_cast<std::uint32_t>(*weight) : 0U};
        const std::uint64_t hash = XXH3_64bits(edge.data(), sizeof edge);
        if (neighbor < vertex_) {
            downward_ += hash;
            return;
        }
        if (neighbor > vertex_) upward_ += hash;
        put(vertex_, neighbor, weight);
        if (!plan_.layer_undirected && neighbor != vertex_) put(neighbor, vertex_, weight);
    }

    void put(std::uint64_t source, std::uint64_t target, const std::optional<float>& weight) {
        ++tally_.layers[plan_.layer].rows;
        ++tally_.number_rows;
        if (plan_.ids == IdKind::handles) {
            source = into_.handles.number_of(std::to_string(source));
            target = into_.handles.number_of(std::to_string(target));
        }
        add_graph_row(into_.layers[plan_.layer], source, target, weights_ ? weight : std::nullopt);
    }

    const GraphPlan& plan_;
    bool weights_;
    GraphNodes& nodes_;
    ThreadRows& into_;
    Head head_;
    bool has_head_ = false;
    std::uint64_t line_ = 0;
    std::uint64_t vertex_ = 0;
    std::uint64_t neighbors_ = 0;
    std::uint64_t upward_ = 0;
    std::uint64_t downward_ = 0;
    BlockTally tally_;
};

}  // namespace

bool MetisFormat::recognise(std::string_view text) {
    const std::string_view line = first_data_line(text);
    has_weights_ = !line.empty() && read_head(line, plan_.path).edge_weights;
    return true;
}

std::unique_ptr<BlockParser> MetisFormat::parser(ThreadRows& into) {
    return std::make_unique<MetisParser>(plan_, weighted(), nodes_, into);
}

}  // namespace coterie
