#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coterie {

/// What a post does to another account. `follow` comes from lists of followers, which have no posts.
enum class PostLink : std::uint8_t { mention, reply, retweet, quote, follow };
inline constexpr std::size_t num_post_links = 5;
/// The layers they go to.
inline constexpr std::array<std::string_view, num_post_links> post_layers{"mention", "reply", "retweet", "quote",
                                                                          "follow"};

inline constexpr double no_time = std::numeric_limits<double>::quiet_NaN();

/// An account as a post names it: by its number, its username, or both.
struct PostAccount {
    std::uint64_t id = 0;
    bool has_id = false;
    std::string_view username = {};  ///< empty: not known
};

/// One edge that a post gives.
struct PostEdge {
    PostLink link = PostLink::mention;
    std::uint64_t post = 0;  ///< 0 for a follow
    PostAccount source = {};
    PostAccount target = {};
    double time = no_time;  ///< Unix seconds
};

struct Post {
    std::uint64_t id = 0;
    PostAccount author = {};
    double time = no_time;
};

/// What a document says of an account.
struct AccountFacts {
    static constexpr std::size_t num_counts = 4;
    PostAccount account = {};
    bool exists = false;    ///< becomes an account of the store even without an edge: it wrote a post, or is on a list
    double seen = no_time;  ///< when the platform said so, Unix seconds
    std::string_view name = {};
    double created = no_time;
    std::array<std::optional<std::uint64_t>, num_counts> counts = {};  ///< followers, following, posts, lists
    std::optional<bool> verified = {};
    std::optional<bool> is_protected = {};
};

/// Something that could not be used.
struct PostReject {
    std::size_t offset = 0;  ///< where it begins in the document
    std::string reason;
    bool profile = false;  ///< the profile of an account: no row is lost with it
};

/// What else was counted.
struct PostCounts {
    std::uint64_t posts = 0;
    std::uint64_t notices = 0;            ///< messages of a stream that are no posts (deletions, limits), and errors
    std::uint64_t lists_of_nobody = 0;    ///< pages of users that do not say whom they follow
    std::uint64_t mentions_in_links = 0;  ///< mentions of the account that the same post replies to, retweets or quotes
    std::array<std::uint64_t, num_post_links> unknown = {};  ///< links to accounts that the document does not name

    void add(const PostCounts& other);
};

/// What stands in one document. Texts point into the document or into the parser: they live until it parses the next one.
struct ParsedDocument {
    std::vector<Post> posts;
    std::vector<PostEdge> edges;
    std::vector<AccountFacts> accounts;
    std::vector<PostReject> rejects;
    PostCounts counts;
    std::size_t length = 0;  ///< bytes that the document took; less than given: something stands behind it

    void clear();
};

/// Reads documents of one platform's format.
class PostParser {
  public:
    virtual ~PostParser() = default;

    /// Reads the JSON object at the beginning of `text`, behind which 64 bytes can be read. A document that is not JSON gives one
    /// reject and nothing else; what is unreadable within a sound document (a post, a profile) is rejected alone.
    virtual void parse(std::string_view text, ParsedDocument& into) = 0;
};

}  // namespace coterie
