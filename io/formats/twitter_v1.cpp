#include "io/formats/twitter_v1.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "io/fields.hpp"
#include "io/formats/json_values.hpp"
#include "io/formats/post_links.hpp"

namespace coterie {

namespace {

using namespace json;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// Messages of the streaming API that are no statuses.
constexpr std::array<std::string_view, 11> notices{"delete",        "limit",      "scrub_geo", "status_withheld",
                                                   "user_withheld", "disconnect", "warning",   "friends",
                                                   "event",         "control",    "sitestream"};

struct Mentions {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A status as it stands in a document.
struct Status {
    std::size_t offset = 0;
    std::optional<std::uint64_t> id;
    double time = no_time;
    bool has_user = false;
    PostAccount user;
    std::optional<std::uint64_t> replied_to;
    std::string_view replied_to_name;
    bool replies = false;
    bool retweets = false;
    bool quotes = false;
    std::optional<PostAccount> retweeted;
    std::optional<PostAccount> quoted;
    Mentions mentions;
    std::optional<Mentions> all_mentions;  ///< of the whole text, where it was cut
    bool is_notice = false;
    bool is_page = false;
};

class TwitterV1 final : public PostParser {
  public:
    explicit TwitterV1(bool usernames) : usernames_(usernames) {}

    void parse(std::string_view text, ParsedDocument& into) override {
        into.clear();
        into_ = &into;
        text_ = text;
        mentions_.clear();
        try {
            simdjson::ondemand::document document =
                parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
            Object root = document.get_object();
            read_status(root, 0, true);
            const char* rest = nullptr;
            into.length = document.current_location().get(rest) == simdjson::SUCCESS
                              ? static_cast<std::size_t>(rest - text.data())
                              : text.size();
        } catch (const simdjson::simdjson_error& error) {
            into.clear();
            into.rejects.push_back({0, reason_of(error.error())});
            into.length = text.size();
        }
    }

  private:
    /// Reads a status to its end, wherever a problem stands in it, and says what it means.
    void read_status(Object& object, std::size_t offset, bool is_root) {
        Status status;
        status.offset = offset;
        std::string problem;
        const std::size_t first_account = into_->accounts.size();
        for (Field field : object) {
            try {
                read_field(key_of(field), field.value(), status, is_root);
            } catch (const Unreadable& error) {
                if (problem.empty()) problem = error.what();
            }
        }
        for (std::size_t i = first_account; i < into_->accounts.size() && !status.is_page; ++i)
            into_->accounts[i].seen = status.time;
        if (!problem.empty()) {
            into_->rejects.push_back({offset, std::move(problem)});
        } else if (status.is_notice) {
            ++into_->counts.notices;
        } else if (!status.is_page) {
            finish(status);
        }
    }

    void read_field(std::string_view key, Value value, Status& status, bool is_root) {
        switch (key.size()) {
            case 2:
                if (key == "id" && !status.id) status.id = id_of(value, key);
                break;
            case 4:
                if (key == "user") {
                    if (const auto user = read_user(value)) {
                        status.user = *user;
                        status.has_user = true;
                    }
                }
                break;
            case 6:
                if (key == "id_str") status.id = id_of(value, key);
                break;
            case 8:
                if (key == "entities") read_entities(value, status.mentions);
                if (key == "statuses" && is_root) {
                    status.is_page = true;
                    read_page(value);
                }
                break;
            case 10:
                if (key == "created_at") status.time = time_of(value);
                break;
            case 13:
                if (key == "quoted_status") {
                    if (auto quoted = object_of(value, key)) {
                        status.quotes = true;
                        status.quoted = read_user_of_status(*quoted);
                    }
                }
                break;
            case 14:
                if (key == "extended_tweet") {
                    if (auto extended = object_of(value, key)) read_extended(*extended, status);
                }
                break;
            case 15:
                if (key == "is_quote_status") status.quotes |= flag_of(value, key).value_or(false);
                break;
            case 16:
                if (key == "retweeted_status") {
                    if (auto retweeted = object_of(value, key)) {
                        status.retweets = true;
                        status.retweeted = read_user_of_status(*retweeted);
                    }
                }
                break;
            case 19:
                if (key == "in_reply_to_user_id" && !status.replied_to) status.replied_to = id_of(value, key);
                break;
            case 23:
                if (key == "in_reply_to_user_id_str") status.replied_to = id_of(value, key);
                if (key == "in_reply_to_screen_name") status.replied_to_name = text_of(value, key);
                break;
            case 21:
                if (key == "in_reply_to_status_id") status.replies |= id_of(value, key).has_value();
                break;
            default:
                break;
        }
        if (is_root && !status.is_notice)
            status.is_notice = std::find(notices.begin(), notices.end(), key) != notices.end();
    }

    void read_page(Value value) {
        auto list = array_of(value, "statuses");
        if (!list) return;
        for (Value item : *list) {
            const char* place = item.current_location();
            const auto offset = static_cast<std::size_t>(place - text_.data());
            try {
                if (item.type() != Type::object) fail("a status", "an object", item);
                Object object = item.get_object();
                read_status(object, offset, false);
            } catch (const Unreadable& error) {
                into_->rejects.push_back({offset, error.what()});
            }
        }
    }

    static double time_of(Value value) {
        const std::string_view text = text_of(value, "created_at");
        if (text.empty()) return no_time;
        const auto time = parse_twitter_time(text);
        if (!time)
            throw Unreadable(
                fmt::format("created_at must be a time such as \"Wed Oct 10 20:19:24 +0000 2018\", got \"{}\"",
                            printable(text, 80)));
        return *time;
    }

    std::optional<PostAccount> read_user(Value value) {
        auto object = object_of(value, "user");
        if (!object) return std::nullopt;
        AccountFacts facts;
        for (Field field : *object) {
            read_user_field(key_of(field), field.value(), facts);
        }
        if (!facts.account.has_id) return std::nullopt;
        into_->accounts.push_back(facts);
        return facts.account;
    }

    static void read_user_field(std::string_view key, Value value, AccountFacts& facts) {
        const auto number = [&](std::optional<std::uint64_t> id) {
            if (!id) return;
            facts.account.id = *id;
            facts.account.has_id = true;
        };
        if (key == "id_str") {
            number(id_of(value, key));
        } else if (key == "id" && !facts.account.has_id) {
            number(id_of(value, key));
        } else if (key == "screen_name") {
            facts.account.username = text_of(value, key);
        } else if (key == "name") {
            facts.name = text_of(value, key);
        } else if (key == "created_at") {
            facts.created = time_of(value);
        } else if (key == "followers_count") {
            facts.counts[0] = count_of(value, key);
        } else if (key == "friends_count") {
            facts.counts[1] = count_of(value, key);
        } else if (key == "statuses_count") {
            facts.counts[2] = count_of(value, key);
        } else if (key == "listed_count") {
            facts.counts[3] = count_of(value, key);
        } else if (key == "verified") {
            facts.verified = flag_of(value, key);
        } else if (key == "protected") {
            facts.is_protected = flag_of(value, key);
        }
    }

    std::optional<PostAccount> read_user_of_status(Object& status) {
        std::optional<PostAccount> user;
        for (Field field : status) {
            if (key_of(field) == "user") user = read_user(field.value());
        }
        return user;
    }

    void read_extended(Object& extended, Status& status) {
        for (Field field : extended) {
            if (key_of(field) != "entities") continue;
            status.all_mentions.emplace();
            read_entities(field.value(), *status.all_mentions);
        }
    }

    void read_entities(Value value, Mentions& into) {
        into.begin = into.end = mentions_.size();
        auto entities = object_of(value, "entities");
        if (!entities) return;
        for (Field field : *entities) {
            if (key_of(field) != "user_mentions") continue;
            auto list = array_of(field.value(), "entities.user_mentions");
            if (!list) continue;
            for (Value item : *list) {
                auto object = object_of(item, "a mention");
                if (!object) continue;
                AccountFacts facts;
                for (Field inner : *object) {
                    const std::string_view key = key_of(inner);
                    if (key == "id_str" || key == "id" || key == "screen_name" || key == "name")
                        read_user_field(key, inner.value(), facts);
                }
                if (!facts.account.has_id && facts.account.username.empty())
                    throw Unreadable("a mention must have a screen_name or an id");
                mentions_.push_back(facts.account);
                into_->accounts.push_back(facts);
            }
        }
        into.end = mentions_.size();
    }

    void finish(const Status& status) {
        if (!status.id) return into_->rejects.push_back({status.offset, "a status must have an id"});
        if (!status.has_user)
            return into_->rejects.push_back(
                {status.offset, fmt::format("status {}: must have a user with an id", *status.id)});
        if (usernames_ && status.user.username.empty())
            return into_->rejects.push_back(
                {status.offset,
                 fmt::format("status {}: its user must have a screen_name (with --ids numeric none is needed)",
                             *status.id)});
        const Post post{*status.id, status.user, status.time};
        ++into_->counts.posts;
        into_->posts.push_back(post);
        AccountFacts author;
        author.account = status.user;
        author.exists = true;
        author.seen = status.time;
        into_->accounts.push_back(author);

        PostLinks links(post);
        if (status.retweets) return links.add(PostLink::retweet, status.retweeted, usernames_, *into_);
        if (status.replied_to) {
            links.add(PostLink::reply, PostAccount{*status.replied_to, true, status.replied_to_name}, usernames_,
                      *into_);
        } else if (status.replies) {
            links.add(PostLink::reply, std::nullopt, usernames_, *into_);
        }
        if (status.quotes) links.add(PostLink::quote, status.quoted, usernames_, *into_);
        const Mentions mentions = status.all_mentions.value_or(status.mentions);
        for (std::size_t m = mentions.begin; m < mentions.end; ++m)
            links.add(PostLink::mention, mentions_[m], usernames_, *into_);
    }

    bool usernames_;
    simdjson::ondemand::parser parser_;
    ParsedDocument* into_ = nullptr;
    std::string_view text_;
    std::vector<PostAccount> mentions_;
};

}  // namespace

std::optional<double> parse_twitter_time(std::string_view text) {
    // Www Mmm dd hh:mm:ss +zzzz yyyy
    if (text.size() != 30 || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[19] != ' ' || text[25] != ' ')
        return std::nullopt;
    const auto month = std::find(months.begin(), months.end(), text.substr(4, 3));
    if (month == months.end()) return std::nullopt;
    // The same in ISO 8601.
    const std::string iso = fmt::format("{}-{:02}-{}T{}{}", text.substr(26), month - months.begin() + 1,
                                        text.substr(8, 2), text.substr(11, 8), text.substr(20, 5));
    return parse_time(iso);
}

std::unique_ptr<PostParser> twitter_v1_parser(bool usernames) {
    return std::make_unique<TwitterV1>(usernames);
}

}  // namespace coterie
