#include "analysis/statistics/cluster.h"

#include <algorithm>
#include <stdexcept>

namespace zcp::statistics {
namespace {

/// A cluster that is still apart: its number and size.
struct Active {
  std::size_t number;
  std::size_t size;
};

/// Clusters that are apart, with the distances between them.
class Forest {
 public:
  Forest(std::span<const double> distances, std::size_t items)
      : items_(items), distances_(distances.begin(), distances.end()) {
    for (std::size_t i = 0; i < items; ++i) active_.push_back({i, 1});
  }

  /// Unites the nearest two under a new number. The place of the one is taken
  /// by the union, the other is gone.
  Merge merge_nearest(std::size_t number) {
    std::size_t a = 0;
    std::size_t b = 1;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      for (std::size_t j = i + 1; j < active_.size(); ++j) {
        if (at(i, j) < at(a, b)) {
          a = i;
          b = j;
        }
      }
    }
    const double height = at(a, b);
    const std::size_t size = active_[a].size + active_[b].size;
    const auto [low, high] = std::minmax(active_[a].number, active_[b].number);
    const Merge merge{low, high, height, size};
    unite(a, b);
    active_[a] = {number, size};
    return merge;
  }

 private:
  double& at(std::size_t i, std::size_t j) {
    return distances_[i * items_ + j];
  }

  /// Mean distances to a and b, weighed by their sizes, then b's row is closed.
  void unite(std::size_t a, std::size_t b) {
    const auto size_a = static_cast<double>(active_[a].size);
    const auto size_b = static_cast<double>(active_[b].size);
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const double mean =
          (size_a * at(a, i) + size_b * at(b, i)) / (size_a + size_b);
      at(a, i) = mean;
      at(i, a) = mean;
    }
    for (std::size_t i = 0; i < active_.size(); ++i) {
      for (std::size_t j = b; j + 1 < active_.size(); ++j) {
        at(i, j) = at(i, j + 1);
      }
    }
    for (std::size_t i = b; i + 1 < active_.size(); ++i) {
      for (std::size_t j = 0; j + 1 < active_.size(); ++j) {
        at(i, j) = at(i + 1, j);
      }
    }
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(b));
  }

  std::size_t items_;
  std::vector<double> distances_;
  std::vector<Active> active_;
};

/// The items of every cluster, single ones first.
std::vector<std::vector<std::size_t>> members_of(
    std::span<const Merge> merges,
    std::size_t items) {
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < items; ++i) members.push_back({i});
  for (const Merge& merge : merges) {
    std::vector<std::size_t> both = members[merge.first];
    const auto& second = members[merge.second];
    both.insert(both.end(), second.begin(), second.end());
    members.push_back(std::move(both));
  }
  return members;
}

}  // namespace

std::vector<Merge> average_linkage(
    std::span<const double> distances,
    std::size_t items) {
  if (distances.size() != items * items) {
    throw std::invalid_argument("not a square matrix of distances");
  }
  Forest forest(distances, items);
  std::vector<Merge> merges;
  for (std::size_t i = 1; i < items; ++i) {
    merges.push_back(forest.merge_nearest(items + i - 1));
  }
  return merges;
}

std::vector<std::size_t>
cut_tree(std::span<const Merge> merges, std::size_t items, double height) {
  const auto members = members_of(merges, items);
  std::vector<std::size_t> leader(items);
  for (std::size_t i = 0; i < items; ++i) leader[i] = i;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    if (merges[i].height > height) break;
    const auto& all = members[items + i];
    const std::size_t first = *std::min_element(all.begin(), all.end());
    for (const std::size_t item : all) leader[item] = first;
  }
  std::vector<std::size_t> number(items);
  std::size_t count = 0;
  for (std::size_t i = 0; i < items; ++i) {
    number[i] = leader[i] == i ? count++ : number[leader[i]];
  }
  return number;
}

std::vector<std::size_t> leaf_order(
    std::span<const Merge> merges,
    std::size_t items) {
  if (merges.empty()) return std::vector<std::size_t>(items, 0);
  return members_of(merges, items).back();
}

}  // namespace zcp::statistics
