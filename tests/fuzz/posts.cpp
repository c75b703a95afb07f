#include <memory>
#include <string>
#include <vector>

#include "io/fields.hpp"
#include "io/formats/post_format.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/stores.hpp"

namespace coterie::fuzz {

namespace {

void posts(PostPlatform platform, std::string_view bytes) {
    Choices choices(bytes);
    const IdKind ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    const JsonLayout layout = choices.below(2) == 0 ? JsonLayout::lines : JsonLayout::documents;
    const std::size_t memory = choices.below(2) == 0 ? std::size_t{1} << 20 : 1;  // or through a file
    static const testing::TemporaryFolder folder;
    const HandleNumbers handles(std::make_shared<HandleDictionary>());
    PostCollection collection(ids, handles, 1, memory, folder.path());
    const std::array<std::size_t, num_post_links> layers{0, 1, 2, 3, 4};
    PostFormat format(platform, layout, layers, collection);
    std::vector<ThreadRows> rows = read_as(format, num_post_links, bytes, {handles, &collection.rejected_profiles});
    const PostTally tally = collection.events.drain(layers, rows);
    require(tally.posts <= collection.counts.posts, "no post is made up");
    require(tally.posts_without_events <= tally.posts, "a post without events is a post");
    for (const std::string& handle : collection.accounts->handles()) require(valid_utf8(handle), "usernames are UTF-8");
}

}  // namespace

void twitter_v1(std::string_view bytes) {
    posts(PostPlatform::twitter_v1, bytes);
}

void twitter_v2(std::string_view bytes) {
    posts(PostPlatform::twitter_v2, bytes);
}

}  // namespace coterie::fuzz
