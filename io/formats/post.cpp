#include "io/formats/post.hpp"

namespace coterie {

void PostCounts::add(const PostCounts& other) {
    posts += other.posts;
    notices += other.notices;
    lists_of_nobody += other.lists_of_nobody;
    mentions_in_links += other.mentions_in_links;
    for (std::size_t link = 0; link < num_post_links; ++link) unknown[link] += other.unknown[link];
}

void ParsedDocument::clear() {
    posts.clear();
    edges.clear();
    accounts.clear();
    rejects.clear();
    counts = {};
    length = 0;
}

}  // namespace coterie
