#pragma once

#include <memory>

#include "io/formats/post.hpp"

namespace coterie {

/// The reader of X/Twitter's API v2: pages of posts ({"data": …, "includes": {"users": …, "tweets": …}}), messages of its streams
/// (the same with one post), posts with what they refer to inlined (as `twarc2 flatten` writes them: author, in_reply_to_user,
/// referenced_tweets), and lists of users.
///
/// - Only the posts in `data` count as posts; those in `includes`, and what is inlined, tell who wrote what is referred to.
/// - A post that is a retweet gives the retweet alone: its text, and so its mentions, are the other's.
/// - Else: a reply to in_reply_to_user_id (or the author of the post replied to), a quote of the quoted post's author, and
///   a mention of every other account in entities.mentions.
/// - A user object is as old as the page's __twarc.retrieved_at, else as the newest post in `data`.
/// - The users of a page whose __twarc.url ends in users/ID/followers follow ID; users/ID/following: ID follows them.
///
/// `usernames`: accounts are wanted by their usernames, which are looked up by id.
std::unique_ptr<PostParser> twitter_v2_parser(bool usernames);

}  // namespace coterie
