#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "io/formats/post.hpp"

namespace coterie {

/// The links of one post, as analysts count them: a mention of an account that the post replies to, retweets or quotes is
/// that link and no mention beside it. So mentions come last.
class PostLinks {
  public:
    explicit PostLinks(const Post& post) : post_(post) {}

    /// `target` unknown, or not known in the way accounts are named (by `usernames`, else by numbers): counted, no edge.
    void add(PostLink link, const std::optional<PostAccount>& target, bool usernames, ParsedDocument& into) {
        const bool known = target && (usernames ? !target->username.empty() : target->has_id);
        if (!known) {
            ++into.counts.unknown[static_cast<std::size_t>(link)];
            return;
        }
        if (link == PostLink::mention) {
            const auto linked = [&](const PostAccount& other) {
                return usernames ? other.username == target->username : other.id == target->id;
            };
            if (std::any_of(linked_.begin(), linked_.begin() + count_, linked)) {
                ++into.counts.mentions_in_links;
                return;
            }
        } else if (static_cast<std::size_t>(count_) < linked_.size()) {
            linked_[static_cast<std::size_t>(count_++)] = *target;
        }
        into.edges.push_back({link, post_.id, post_.author, *target, post_.time});
    }

  private:
    const Post& post_;
    std::array<PostAccount, 3> linked_ = {};
    std::ptrdiff_t count_ = 0;
};

}  // namespace coterie
