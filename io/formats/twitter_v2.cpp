#include "io/formats/twitter_v2.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/fields.hpp"
#include "io/formats/json_values.hpp"
#include "io/formats/post_links.hpp"

namespace coterie {

namespace {

using namespace json;

/// A post that another one refers to.
struct Reference {
    std::optional<PostLink> link;  ///< nothing: of a type that is not known
    std::uint64_t post = 0;
    std::optional<std::uint64_t> author;
};

/// A post, or a user, as it stands in a document.
struct Element {
    std::size_t offset = 0;
    std::optional<std::uint64_t> id;
    std::optional<std::uint64_t> author;
    std::optional<std::uint64_t> replied_to;
    double time = no_time;
    bool is_user = false;
    AccountFacts user;  ///< what stands in a user object beside id and time
    std::size_t first_reference = 0;
    std::size_t end_reference = 0;
    std::size_t first_mention = 0;
    std::size_t end_mention = 0;
};

class TwitterV2 final : public PostParser {
  public:
    explicit TwitterV2(bool usernames) : usernames_(usernames) {}

    void parse(std::string_view text, ParsedDocument& into) override {
        begin(text, into);
        try {
            simdjson::ondemand::document document =
                parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
            Object root = document.get_object();
            read_root(root);
            const char* rest = nullptr;
            into.length = document.current_location().get(rest) == simdjson::SUCCESS
                              ? static_cast<std::size_t>(rest - text.data())
                              : text.size();
        } catch (const simdjson::simdjson_error& error) {
            into.clear();
            into.rejects.push_back({0, reason_of(error.error())});
            into.length = text.size();
            return;
        }
        finish();
    }

  private:
    void begin(std::string_view text, ParsedDocument& into) {
        into.clear();
        into_ = &into;
        text_ = text;
        elements_.clear();
        references_.clear();
        mentions_.clear();
        included_.clear();
        is_page_ = false;
        names_are_sorted_ = false;
        url_ = {};
        retrieved_ = no_time;
    }

    std::size_t offset_of(const char* place) const { return static_cast<std::size_t>(place - text_.data()); }

    // ---- what stands in a document -------------------------------------------------------------------------------------

    void read_root(Object& root) {
        Element flattened;
        std::string problem;
        bool has_errors = false;
        bool has_no_posts = false;  // unless there are data: a page without results
        for (Field field : root) {
            const std::string_view key = key_of(field);
            try {
                if (key == "data") {
                    is_page_ = true;
                    read_data(field.value());
                } else if (key == "includes") {
                    if (auto includes = object_of(field.value(), key)) read_includes(*includes);
                } else if (key == "errors" || key == "meta") {
                    has_no_posts = true;
                    has_errors |= key == "errors";
                } else {
                    read_field(key, field.value(), flattened);
                }
            } catch (const Unreadable& error) {
                if (problem.empty()) problem = error.what();
            }
        }
        const bool is_element = flattened.id || flattened.author || flattened.is_user;
        if (!problem.empty()) {
            into_->rejects.push_back({0, std::move(problem)});
        } else if (!is_page_ && is_element) {
            flattened.end_reference = references_.size();
            flattened.end_mention = mentions_.size();
            elements_.push_back(flattened);
        } else if (!is_page_ && !has_no_posts) {
            into_->rejects.push_back({0, "a document must hold data, or be a post with an id"});
        }
        into_->counts.notices += !is_page_ && !is_element && has_errors;
    }

    void read_data(Value value) {
        const Type type = value.type();
        if (type == Type::object) {
            Object object = value.get_object();
            read_element(object);
        } else if (auto list = array_of(value, "data")) {
            for (Value item : *list) {
                const char* place = item.current_location();
                try {
                    if (item.type() != Type::object) fail("a post", "an object", item);
                    Object object = item.get_object();
                    read_element(object, offset_of(place));
                } catch (const Unreadable& error) {
                    into_->rejects.push_back({offset_of(place), error.what()});
                }
            }
        }
    }

    void read_element(Object& object, std::size_t offset = 0) {
        Element element;
        element.offset = offset;
        element.first_reference = references_.size();
        element.first_mention = mentions_.size();
        for (Field field : object) {
            const std::string_view key = key_of(field);
            read_field(key, field.value(), element);
        }
        element.end_reference = references_.size();
        element.end_mention = mentions_.size();
        elements_.push_back(element);
    }

    /// A field of a post or of a user.
    void read_field(std::string_view key, Value value, Element& element) {
        switch (key.size()) {
            case 2:
                if (key == "id") element.id = id_of(value, key);
                break;
            case 4:
                if (key == "name") element.user.name = text_of(value, key);
                break;
            case 6:
                if (key == "author") read_user_of(value, key);
                break;
            case 7:
                if (key == "__twarc") read_twarc(value);
                break;
            case 8:
                if (key == "username") {
                    element.user.account.username = text_of(value, key);
                    element.is_user = true;
                } else if (key == "entities") {
                    read_entities(value);
                } else if (key == "verified") {
                    element.user.verified = flag_of(value, key);
                }
                break;
            case 9:
                if (key == "author_id") element.author = id_of(value, key);
                if (key == "protected") element.user.is_protected = flag_of(value, key);
                break;
            case 10:
                if (key == "created_at") element.time = time_of(value);
                break;
            case 14:
                if (key == "public_metrics") read_metrics(value, element.user);
                break;
            case 16:
                if (key == "in_reply_to_user") read_user_of(value, key);
                break;
            case 17:
                if (key == "referenced_tweets") read_references(value);
                break;
            case 19:
                if (key == "in_reply_to_user_id") element.replied_to = id_of(value, key);
                break;
            default:
                break;
        }
    }

    static double time_of(Value value) {
        const std::string_view text = text_of(value, "created_at");
        if (text.empty()) return no_time;
        const auto time = parse_time(text);
        if (!time)
            throw Unreadable(fmt::format("created_at must be a time in ISO 8601, got \"{}\"", printable(text, 80)));
        return *time;
    }

    void read_metrics(Value value, AccountFacts& user) {
        auto metrics = object_of(value, "public_metrics");
        if (!metrics) return;
        for (Field field : *metrics) {
            const std::string_view key = key_of(field);
            const std::size_t place = key == "followers_count"   ? 0
                                      : key == "following_count" ? 1
                                      : key == "tweet_count"     ? 2
                                      : key == "listed_count"    ? 3
                                                                 : AccountFacts::num_counts;
            if (place < AccountFacts::num_counts) user.counts[place] = count_of(field.value(), key);
        }
    }

    /// A user object that stands in a post. Of one that was deleted nothing stands there.
    void read_user_of(Value value, std::string_view name) {
        if (auto object = object_of(value, name)) {
            Element element;
            for (Field field : *object) {
                read_user_field(key_of(field), field.value(), element);
            }
            tell_user(element);
        }
    }

    void read_user_field(std::string_view key, Value value, Element& element) {
        if (key != "entities") read_field(key, value, element);
    }

    void tell_user(const Element& element) {
        if (!element.id || !element.is_user) return;
        AccountFacts facts = element.user;
        facts.account.id = *element.id;
        facts.account.has_id = true;
        facts.created = element.time;
        into_->accounts.push_back(facts);
    }

    void read_entities(Value value) {
        auto entities = object_of(value, "entities");
        if (!entities) return;
        for (Field field : *entities) {
            if (key_of(field) != "mentions") continue;
            auto list = array_of(field.value(), "entities.mentions");
            if (!list) continue;
            for (Value item : *list) {
                if (auto object = object_of(item, "a mention")) read_mention(*object);
            }
        }
    }

    /// A mention; with the whole user object in it if it is flattened.
    void read_mention(Object& object) {
        Element element;
        std::uint64_t start = SIZE_MAX;
        for (Field field : object) {
            const std::string_view key = key_of(field);
            if (key == "start") {
                start = count_of(field.value(), key).value_or(SIZE_MAX);
            } else {
                read_user_field(key, field.value(), element);
            }
        }
        PostAccount account = element.user.account;
        account.id = element.id.value_or(0);
        account.has_id = element.id.has_value();
        if (!account.has_id && account.username.empty()) throw Unreadable("a mention must have a username or an id");
        mentions_.push_back({account, start});
        AccountFacts facts = element.user;
        facts.account = account;
        facts.created = element.time;
        if (!account.username.empty()) into_->accounts.push_back(facts);
    }

    void read_references(Value value) {
        auto list = array_of(value, "referenced_tweets");
        if (!list) return;
        for (Value item : *list) {
            auto object = object_of(item, "a referenced post");
            if (!object) continue;
            Reference reference;
            for (Field field : *object) {
                const std::string_view key = key_of(field);
                if (key == "type") {
                    const std::string_view type = text_of(field.value(), key);
                    if (type == "retweeted") reference.link = PostLink::retweet;
                    if (type == "quoted") reference.link = PostLink::quote;
                    if (type == "replied_to") reference.link = PostLink::reply;
                } else if (key == "id") {
                    reference.post = id_of(field.value(), key).value_or(0);
                } else if (key == "author_id") {
                    reference.author = id_of(field.value(), key);
                } else if (key == "author") {
                    read_user_of(field.value(), key);
                }
            }
            references_.push_back(reference);
        }
    }

    void read_includes(Object& includes) {
        for (Field field : includes) {
            const std::string_view key = key_of(field);
            if (key == "users") {
                read_included_users(field.value());
            } else if (key == "tweets") {
                read_included_posts(field.value());
            }
        }
    }

    void read_included_users(Value value) {
        auto list = array_of(value, "includes.users");
        if (!list) return;
        for (Value item : *list) {
            const char* place = item.current_location();
            try {
                read_user_of(item, "a user");
            } catch (const Unreadable& error) {
                into_->rejects.push_back({offset_of(place), fmt::format("of a profile, {}", error.what()), true});
            }
        }
    }

    void read_included_posts(Value value) {
        auto list = array_of(value, "includes.tweets");
        if (!list) return;
        for (Value item : *list) {
            auto object = object_of(item, "an included post");
            if (!object) continue;
            std::optional<std::uint64_t> id;
            std::optional<std::uint64_t> author;
            for (Field field : *object) {
                const std::string_view key = key_of(field);
                if (key == "id") id = id_of(field.value(), key);
                if (key == "author_id") author = id_of(field.value(), key);
            }
            if (id && author) included_.emplace_back(*id, *author);
        }
    }

    void read_twarc(Value value) {
        auto object = object_of(value, "__twarc");
        if (!object) return;
        for (Field field : *object) {
            const std::string_view key = key_of(field);
            if (key == "url") {
                url_ = text_of(field.value(), key);
            } else if (key == "retrieved_at") {
                retrieved_ = parse_time(text_of(field.value(), key)).value_or(no_time);
            }
        }
    }

    // ---- what it means ------------------------------------------------------------------------------------------------------

    void finish() {
        std::sort(included_.begin(), included_.end());
        double newest = retrieved_;
        for (const Element& element : elements_)
            if (!element.is_user && std::isnan(retrieved_) && !(element.time <= newest)) newest = element.time;

        const auto [owner, link] = list_of_url();
        bool list_of_nobody = false;
        for (const Element& element : elements_) {
            if (!element.is_user) {
                finish_post(element);
            } else if (!element.id) {
                into_->rejects.push_back({element.offset, "a user must have an id", true});
            } else {
                tell_user(element);
                into_->accounts.back().exists = true;
                if (link) {
                    PostEdge edge{.link = PostLink::follow, .time = no_time};
                    edge.source = {*element.id, true, element.user.account.username};
                    edge.target = named({owner, true, {}});
                    if (*link == List::following) std::swap(edge.source, edge.target);
                    tell(edge);
                }
                list_of_nobody |= !link && is_page_;
            }
        }
        into_->counts.lists_of_nobody += list_of_nobody;
        for (AccountFacts& facts : into_->accounts) facts.seen = newest;
    }

    void finish_post(const Element& element) {
        if (!element.id) return into_->rejects.push_back({element.offset, "a post must have an id"});
        if (!element.author)
            return into_->rejects.push_back(
                {element.offset,
                 fmt::format("a post must have an author_id (was it asked for with tweet.fields?), got none in post {}",
                             *element.id)});
        const Post post{*element.id, named({*element.author, true, {}}), element.time};
        if (usernames_ && post.author.username.empty())
            return into_->rejects.push_back(
                {element.offset,
                 fmt::format("the author of a post must have a username among the users of the document (with --ids "
                             "numeric none is needed), got none of {} in post {}",
                             *element.author, post.id)});
        ++into_->counts.posts;
        into_->posts.push_back(post);
        AccountFacts author;
        author.account = post.author;
        author.exists = true;
        into_->accounts.push_back(author);

        PostLinks links(post);
        const Reference* first = references_.data() + element.first_reference;
        const Reference* const last = references_.data() + element.end_reference;
        const auto find = [&](PostLink link) {
            return std::find_if(first, last, [&](const Reference& reference) { return reference.link == link; });
        };
        if (const Reference* retweeted = find(PostLink::retweet); retweeted != last) {
            auto author_of = author_of_reference(*retweeted);
            if (!author_of) author_of = retweeted_by_text(element);
            return tell(links, PostLink::retweet, author_of);
        }
        const Reference* replied = find(PostLink::reply);
        if (element.replied_to) {
            tell(links, PostLink::reply, PostAccount{*element.replied_to, true, {}});
        } else if (replied != last) {
            tell(links, PostLink::reply, author_of_reference(*replied));
        }
        if (const Reference* quoted = find(PostLink::quote); quoted != last)
            tell(links, PostLink::quote, author_of_reference(*quoted));
        for (std::size_t m = element.first_mention; m < element.end_mention; ++m)
            tell(links, PostLink::mention, mentions_[m].account);
    }

    std::optional<PostAccount> author_of_reference(const Reference& reference) const {
        if (reference.author) return PostAccount{*reference.author, true, {}};
        const auto found =
            std::lower_bound(included_.begin(), included_.end(), std::pair(reference.post, std::uint64_t{0}));
        if (found == included_.end() || found->first != reference.post) return std::nullopt;
        return PostAccount{found->second, true, {}};
    }

    /// The text of a retweet begins with "RT @username: ", so that a mention that starts at 3 is of the author.
    std::optional<PostAccount> retweeted_by_text(const Element& element) const {
        for (std::size_t m = element.first_mention; m < element.end_mention; ++m)
            if (mentions_[m].start == 3) return mentions_[m].account;
        return std::nullopt;
    }

    void tell(PostLinks& links, PostLink link, std::optional<PostAccount> target) {
        if (target) target = named(*target);
        links.add(link, target, usernames_, *into_);
    }
    void tell(const PostEdge& edge) {
        const bool known = usernames_ ? !edge.source.username.empty() && !edge.target.username.empty() : true;
        if (known) {
            into_->edges.push_back(edge);
        } else {
            ++into_->counts.unknown[static_cast<std::size_t>(edge.link)];
        }
    }

    /// `account` with its username, if usernames are wanted, or with its number, if the document tells it.
    PostAccount named(PostAccount account) {
        if (usernames_ ? !account.username.empty() : account.has_id) return account;
        sort_names();
        if (usernames_) {
            const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), account.id,
                                                [](const PostAccount& a, std::uint64_t id) { return a.id < id; });
            if (account.has_id && found != by_id_.end() && found->id == account.id) return *found;
        } else {
            const std::string name = lowercase(account.username);
            const auto found =
                std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                 [](const auto& entry, const std::string& text) { return entry.first < text; });
            if (found != by_name_.end() && found->first == name) return {found->second, true, account.username};
        }
        return account;
    }

    void sort_names() {
        if (std::exchange(names_are_sorted_, true)) return;
        by_id_.clear();
        by_name_.clear();
        const auto add = [&](const PostAccount& account) {
            if (!account.has_id || account.username.empty()) return;
            if (usernames_) {
                by_id_.push_back(account);
            } else {
                by_name_.emplace_back(lowercase(account.username), account.id);
            }
        };
        for (const AccountFacts& facts : into_->accounts) add(facts.account);
        // Of several names in one document the first in the order of the alphabet, whatever order they stand in.
        std::sort(by_id_.begin(), by_id_.end(), [](const PostAccount& a, const PostAccount& b) {
            return std::pair(a.id, a.username) < std::pair(b.id, b.username);
        });
        std::sort(by_name_.begin(), by_name_.end());
    }

    enum class List { followers, following };

    /// Whose list a page of users is, from "…/users/ID/followers?…".
    std::pair<std::uint64_t, std::optional<List>> list_of_url() const {
        std::string_view url = url_.substr(0, url_.find('?'));
        std::optional<List> list;
        constexpr std::string_view followers = "/followers";
        constexpr std::string_view following = "/following";
        if (url.ends_with(followers)) {
            list = List::followers;
            url.remove_suffix(followers.size());
        } else if (url.ends_with(following)) {
            list = List::following;
            url.remove_suffix(following.size());
        }
        const auto owner = parse_id(url.substr(url.rfind('/') + 1));
        if (!owner) list = std::nullopt;
        return {owner.value_or(0), list};
    }

    struct Mention {
        PostAccount account;
        std::uint64_t start;
    };

    bool usernames_;
    simdjson::ondemand::parser parser_;
    ParsedDocument* into_ = nullptr;
    std::string_view text_;
    std::vector<Element> elements_;
    std::vector<Reference> references_;
    std::vector<Mention> mentions_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> included_;  ///< posts and their authors
    std::vector<PostAccount> by_id_;
    std::vector<std::pair<std::string, std::uint64_t>> by_name_;
    bool names_are_sorted_ = false;
    bool is_page_ = false;
    std::string_view url_;
    double retrieved_ = no_time;
};

}  // namespace

std::unique_ptr<PostParser> twitter_v2_parser(bool usernames) {
    return std::make_unique<TwitterV2>(usernames);
}

}  // namespace coterie
