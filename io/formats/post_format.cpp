#include "io/formats/post_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/formats/twitter_v1.hpp"
#include "io/formats/twitter_v2.hpp"
#include "io/time_rules.hpp"

namespace coterie {

namespace {

constexpr std::size_t kept_bytes = 1000;

/// Posts of one thread, from documents to what they give.
class Posts final : public DocumentReader {
  public:
    Posts(PostPlatform platform, const std::array<std::size_t, num_post_links>& layers, PostCollection& into,
          ThreadRows& rows)
        : parser_(platform == PostPlatform::twitter_v1 ? twitter_v1_parser(into.ids == IdKind::handles)
                                                       : twitter_v2_parser(into.ids == IdKind::handles)),
          layers_(layers),
          into_(into),
          writer_(into.events.writer()),
          rows_(rows) {}

    void begin() override {
        tally_ = {};
        tally_.layers.resize(rows_.layers.size());
        counts_ = {};
        rejected_profiles_ = 0;
    }

    std::size_t read(std::string_view text, std::uint64_t line) override {
        parser_->parse(text, document_);
        for (const PostReject& reject : document_.rejects) {
            const std::string_view before = text.substr(0, reject.offset);
            const std::string_view place = text.substr(reject.offset, kept_bytes);
            const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
            add_reject(line + lines, reject.reason, place, reject.profile);
        }
        counts_.add(document_.counts);
        tally_.number_rows += document_.edges.size();
        for (const Post& post : document_.posts) writer_.add(post);
        for (const PostEdge& edge : document_.edges) {
            if (edge.link == PostLink::follow) {
                add_follow(edge);
            } else {
                add_event(edge, text, line);
            }
        }
        for (const AccountFacts& facts : document_.accounts) into_.accounts->add(facts);
        return document_.length;
    }

    void reject(std::uint64_t line, std::string reason, std::string_view text) override {
        add_reject(line, std::move(reason), text, false);
    }

    BlockTally end(std::uint64_t lines) override {
        tally_.lines = lines;
        const std::lock_guard lock(into_.mutex);
        into_.counts.add(counts_);
        into_.rejected_profiles += rejected_profiles_;
        return std::move(tally_);
    }

  private:
    void add_reject(std::uint64_t line, std::string reason, std::string_view text, bool profile) {
        if (profile) {
            ++rejected_profiles_;
        } else {
            LayerTally& layer = tally_.layers[layers_[static_cast<std::size_t>(PostLink::mention)]];
            ++layer.rows;
            ++layer.rejected;
        }
        const std::string_view begin = text.substr(0, std::min(text.find('\n'), kept_bytes));
        tally_.rejects.push_back({line, std::move(reason), std::string(begin)});
    }

    /// An event that time leaves out names no account, like a row of text.
    void add_event(const PostEdge& edge, std::string_view text, std::uint64_t line) {
        const std::size_t layer = layers_[static_cast<std::size_t>(edge.link)];
        const TimeRule* const rule =
            rows_.times != nullptr && (*rows_.times)[layer].matters() ? &(*rows_.times)[layer] : nullptr;
        if (rule == nullptr || (!std::isnan(edge.time) && rule->takes(edge.time))) return writer_.add(edge);
        ++tally_.layers[layer].rows;
        if (!std::isnan(edge.time)) return;
        ++tally_.layers[layer].rejected;
        tally_.rejects.push_back(
            {line,
             fmt::format("a post must have a time (created_at), since times matter, got none in post {}", edge.post),
             std::string(text.substr(0, std::min(text.find('\n'), kept_bytes)))});
    }

    /// Following twice is no more than following: such rows merge like those of text.
    void add_follow(const PostEdge& edge) {
        const std::size_t layer = layers_[static_cast<std::size_t>(PostLink::follow)];
        ++tally_.layers[layer].rows;
        if (into_.ids == IdKind::numeric) {
            rows_.layers[layer].add(edge.source.id, edge.target.id);
        } else {
            const std::uint32_t source = rows_.handles.number_of(edge.source.username);
            rows_.layers[layer].add(source, rows_.handles.number_of(edge.target.username));
        }
    }

    std::unique_ptr<PostParser> parser_;
    std::array<std::size_t, num_post_links> layers_;
    PostCollection& into_;
    PostEvents::Writer& writer_;
    ThreadRows& rows_;
    ParsedDocument document_;
    BlockTally tally_;
    PostCounts counts_;
    std::uint64_t rejected_profiles_ = 0;
};

}  // namespace

BlockRules PostFormat::blocks() const {
    return document_blocks(layout_);
}

std::unique_ptr<BlockParser> PostFormat::parser(ThreadRows& into) {
    return document_parser(layout_, std::make_unique<Posts>(platform_, layers_, into_, into));
}

std::optional<PostPlatform> recognise_platform(std::string_view head) {
    const auto has = [&](std::string_view key) { return head.find(key) != std::string_view::npos; };
    if (has("\"id_str\"") || has("\"in_reply_to_screen_name\"")) return PostPlatform::twitter_v1;
    if (has("\"author_id\"") || has("\"data\"") || has("\"result_count\"")) return PostPlatform::twitter_v2;
    return std::nullopt;
}

}  // namespace coterie
