#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "io/formats/post.hpp"

namespace coterie {

/// The reader of X/Twitter's API v1.1: statuses, one a document, as streams and archives hold them, and pages of the search
/// ({"statuses": […]}).
///
/// - A status with a retweeted_status is a retweet of its user and nothing else (its text and what it quotes are the other's).
/// - Else: a reply to in_reply_to_user_id, a quote of quoted_status.user, and a mention of every other account in
///   entities.user_mentions; of extended_tweet.entities where the text was cut.
/// - A user object is as old as the status that it came with.
/// - Messages of a stream that are no status (delete, limit, …) are counted as notices.
///
/// `usernames`: accounts are wanted by their usernames (screen_name).
std::unique_ptr<PostParser> twitter_v1_parser(bool usernames);

/// Unix seconds of a time such as "Wed Oct 10 20:19:24 +0000 2018".
std::optional<double> parse_twitter_time(std::string_view text);

}  // namespace coterie
