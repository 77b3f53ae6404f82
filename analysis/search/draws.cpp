#include "analysis/search/draws.h"

#include <utility>

#include "common/hash.h"
#include "common/random.h"

namespace zcp::search {

Draws::Draws(std::uint64_t seed, std::string_view purpose)
    : state_(derive_seed(seed, purpose)) {}

std::uint64_t Draws::seed() {
  return hash_combine(state_, next_++);
}

// A bound is far below 2^64, so that the remainder favours no value by more
// than one in 2^40.
std::size_t Draws::below(std::size_t bound) {
  return static_cast<std::size_t>(seed() % bound);
}

double Draws::uniform() {
  return static_cast<double>(seed() >> 11U) * 0x1p-53;
}

std::size_t Draws::weighted(std::span<const double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  double left = uniform() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return last;
}

void Draws::shuffle(std::vector<std::string>& values) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[below(i)]);
  }
}

Permutation::Permutation(std::int64_t size, std::uint64_t seed)
    : size_(size), draws_(seed, "permutation") {}

std::int64_t Permutation::next() {
  const auto at = [&](std::int64_t place) {
    const auto found = moved_.find(place);
    return found == moved_.end() ? place : found->second;
  };
  const std::int64_t place =
      next_ + static_cast<std::int64_t>(
                  draws_.below(static_cast<std::size_t>(size_ - next_)));
  const std::int64_t drawn = at(place);
  moved_[place] = at(next_);
  moved_.erase(next_);
  ++next_;
  return drawn;
}

}  // namespace zcp::search
