// --shard I/N: a stable part of the architectures.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxies/engine/schedule.h"

namespace zcp::apps {

/// What says which part an architecture belongs to.
enum class ShardBy {
  hash,  ///< its graph alone, whatever else is asked for
  cost   ///< all that is asked for: parts take equally long
};

struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
  ShardBy by = ShardBy::hash;

  /// Which of the architectures with these fingerprints belong to the part, by
  /// index: each to one part of `count`, and those that compute one function
  /// to the same. By cost the functions go, heaviest first, to the part that
  /// has least so far (Graham's rule: no part has more than 4/3 of the least
  /// possible maximum); equal ones in the order of their hashes, so that the
  /// order of the architectures does not matter.
  std::vector<bool> part_of(std::span<const engine::Fingerprint> prints) const;
};

/// Adds --shard and --shard-by.
void add_shard_options(boost::program_options::options_description& options);

/// What they say. Throws UserError for another word or another form.
Shard parse_shard_options(const boost::program_options::variables_map& values);

/// Throws UserError unless the text is I/N with 0 <= I < N.
Shard parse_shard(const std::string& text);

}  // namespace zcp::apps
