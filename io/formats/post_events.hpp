#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/block_parser.hpp"
#include "io/formats/post.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

/// A post, or an edge that it gives.
struct PostEvent {
    static constexpr std::uint32_t is_post = 0xffU;
    std::uint64_t post = 0;
    std::uint32_t link = is_post;  ///< a PostLink
    std::uint64_t source = 0;      ///< the author: a number, or the number of a handle
    std::uint64_t target = 0;
    double time = 0;  ///< -infinity: not known
};

/// What the posts of all files gave, once those that stand in several places count once.
struct PostTally {
    std::uint64_t posts = 0;  ///< different ones
    std::uint64_t posts_without_events = 0;
    std::vector<LayerTally> layers;  ///< what goes to each
};

/// Keeps what posts give until all of them have been read, so that an edge counts once a (post, link, source, target), however many
/// pages hold the post, in whatever order. Memory is bounded: beyond `memory` bytes events go to a file without a name in `folder`,
/// sorted, in 256 parts by post; at the end a part at a time is put together, so that 1/256 of all a thread fits memory again.
class PostEvents {
  public:
    /// `handles`: what usernames are numbered by, if they name accounts.
    PostEvents(IdKind ids, HandleNumbers handles, std::size_t threads, std::size_t memory, std::string folder);
    ~PostEvents();
    PostEvents(const PostEvents&) = delete;
    PostEvents& operator=(const PostEvents&) = delete;

    /// What one thread adds to; for one thread at a time.
    class Writer {
      public:
        void add(const Post& post);
        void add(const PostEdge& edge);

      private:
        friend class PostEvents;
        explicit Writer(PostEvents& events);
        void keep(const PostEvent& event);
        void spill();

        PostEvents& events_;
        std::vector<std::vector<PostEvent>> parts_;
        std::size_t count_ = 0;
        struct Run {
            std::size_t part;
            std::uint64_t offset;
            std::size_t events;
        };
        std::vector<Run> runs_;
        int file_ = -1;
        std::uint64_t written_ = 0;
    };
    /// Lives as long as this does.
    Writer& writer();

    /// The number that stands for an account.
    std::uint64_t number_of(const PostAccount& account);

    /// Adds what is left to `rows` [threads], an edge to the layer `layers[link]`, and forgets everything.
    PostTally drain(const std::array<std::size_t, num_post_links>& layers, std::vector<ThreadRows>& rows);

  private:
    static constexpr std::size_t num_parts = 256;

    std::vector<PostEvent> part(std::size_t number);
    static void emit(const std::vector<PostEvent>& events, const std::array<std::size_t, num_post_links>& layers,
                     ThreadRows& rows, PostTally& tally);

    IdKind ids_;
    HandleNumbers handles_;
    std::size_t events_a_writer_;
    std::string folder_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace coterie
