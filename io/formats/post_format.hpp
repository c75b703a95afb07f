#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/block_parser.hpp"
#include "io/formats/document_blocks.hpp"
#include "io/formats/json_scan.hpp"
#include "io/formats/post.hpp"
#include "io/formats/post_accounts.hpp"
#include "io/formats/post_events.hpp"

namespace coterie {

enum class PostPlatform { twitter_v2, twitter_v1 };

/// What the posts of all files of one reading come together in.
struct PostCollection {
    PostCollection(IdKind ids, const HandleNumbers& handles, std::size_t threads, std::size_t memory,
                   std::string folder)
        : ids(ids),
          events(ids, handles, threads, memory, std::move(folder)),
          accounts(std::make_shared<PostAccounts>(ids, handles.dictionary()->rules())) {}

    IdKind ids;
    PostEvents events;
    std::shared_ptr<PostAccounts> accounts;
    PostCounts counts;
    std::uint64_t rejected_profiles = 0;
    std::mutex mutex;  ///< of the counts
};

/// Files of posts: JSON documents on lines, one behind the other, or in an array. Posts and edges go into a collection, and
/// from there, when all files have been read, each once into rows; a document or post that cannot be read is a rejected row of
/// the layer of mentions. Documents on lines are parsed by all threads, others by one.
class PostFormat : public FileFormat {
  public:
    PostFormat(PostPlatform platform, JsonLayout layout, std::array<std::size_t, num_post_links> layers,
               PostCollection& into)
        : platform_(platform), layout_(layout), layers_(layers), into_(into) {}

    BlockRules blocks() const override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;

  private:
    PostPlatform platform_;
    JsonLayout layout_;
    std::array<std::size_t, num_post_links> layers_;
    PostCollection& into_;
};

/// The platform of a file that begins with `head`, from the names of its first fields; nothing if it is not known.
std::optional<PostPlatform> recognise_platform(std::string_view head);

}  // namespace coterie
