// The random decisions of a search, one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zcp::search {

/// Depends on the seed, the purpose and how often it was asked, on nothing
/// else.
class Draws {
 public:
  Draws(std::uint64_t seed, std::string_view purpose);

  /// A seed for something that draws by itself.
  std::uint64_t seed();

  /// A uniform integer of [0, bound), bound > 0.
  std::size_t below(std::size_t bound);

  /// A uniform number of [0, 1).
  double uniform();

  /// One of the places of `weights`, which are not negative and not all 0, each
  /// with a chance in proportion to its weight.
  std::size_t weighted(std::span<const double> weights);

  /// Fisher and Yates's shuffle.
  void shuffle(std::vector<std::string>& values);

 private:
  std::uint64_t state_;
  std::uint64_t next_ = 0;
};

/// 0, 1, ..., size - 1 in a random order, one at a time; needs memory only for
/// what was drawn.
class Permutation {
 public:
  Permutation(std::int64_t size, std::uint64_t seed);

  bool done() const { return next_ == size_; }
  std::int64_t next();

 private:
  std::int64_t size_;
  std::int64_t next_ = 0;
  Draws draws_;
  std::unordered_map<std::int64_t, std::int64_t> moved_;
};

}  // namespace zcp::search
