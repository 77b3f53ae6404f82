#include "analysis/statistics/cluster.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace zcp::statistics {
namespace {

/// The mean distances between clusters. Where two are united, the distances
/// of the union are means of theirs, weighed by their sizes.
class MeanDistances {
 public:
  MeanDistances(std::span<const double> distances, std::size_t items)
      : items_(items), distances_(distances.begin(), distances.end()) {
    for (std::size_t i = 0; i < items; ++i) clusters_.push_back({i, 1});
  }

  double between(std::size_t i, std::size_t j) const {
    return distances_[i * items_ + j];
  }

  /// The union takes the place of `a` under a new number; those behind `b`
  /// move up.
  Merge unite(std::size_t a, std::size_t b, std::size_t number) {
    const std::size_t size = clusters_[a].size + clusters_[b].size;
    const auto [low, high] =
        std::minmax(clusters_[a].number, clusters_[b].number);
    const Merge merge{low, high, between(a, b), size};
    set_means(a, b);
    close(b);
    clusters_[a] = {number, size};
    return merge;
  }

 private:
  struct Cluster {
    std::size_t number;
    std::size_t size;
  };

  double& at(std::size_t i, std::size_t j) {
    return distances_[i * items_ + j];
  }

  void set_means(std::size_t a, std::size_t b) {
    const auto size_a = static_cast<double>(clusters_[a].size);
    const auto size_b = static_cast<double>(clusters_[b].size);
    for (std::size_t i = 0; i < clusters_.size(); ++i) {
      const double mean =
          (size_a * at(a, i) + size_b * at(b, i)) / (size_a + size_b);
      at(a, i) = mean;
      at(i, a) = mean;
    }
  }

  /// Takes row and column `b` out.
  void close(std::size_t b) {
    for (std::size_t i = 0; i < clusters_.size(); ++i) {
      for (std::size_t j = b; j + 1 < clusters_.size(); ++j) {
        at(i, j) = at(i, j + 1);
      }
    }
    for (std::size_t i = b; i + 1 < clusters_.size(); ++i) {
      for (std::size_t j = 0; j + 1 < clusters_.size(); ++j) {
        at(i, j) = at(i + 1, j);
      }
    }
    clusters_.erase(clusters_.begin() + static_cast<std::ptrdiff_t>(b));
  }

  std::size_t items_;
  std::vector<double> distances_;
  std::vector<Cluster> clusters_;
};

/// Unites the nearest two clusters until one is left. `between(i, j)` is the
/// distance of the clusters at two places; `unite(i, j)` puts their union at
/// place i < j and closes place j. Of equal distances the earliest pair counts.
template <typename Between, typename Unite>
void unite_nearest(std::size_t items, Between between, Unite unite) {
  for (std::size_t left = items; left > 1; --left) {
    std::size_t a = 0;
    std::size_t b = 1;
    double least = between(a, b);
    for (std::size_t i = 0; i < left; ++i) {
      for (std::size_t j = i + 1; j < left; ++j) {
        const double distance = between(i, j);
        if (!(distance < least)) continue;
        least = distance;
        a = i;
        b = j;
      }
    }
    unite(a, b);
  }
}

/// Items of one cluster in the order in which they are listed.
using Chain = std::vector<std::size_t>;

/// Distances between items and between chains of them.
class ChainDistances {
 public:
  ChainDistances(std::span<const double> distances, std::size_t items)
      : distances_(distances), items_(items) {}

  double between(std::size_t i, std::size_t j) const {
    return distances_[i * items_ + j];
  }

  /// The mean over all pairs.
  double between(const Chain& a, const Chain& b) const {
    double sum = 0;
    for (const std::size_t i : a) {
      for (const std::size_t j : b) sum += between(i, j);
    }
    return sum / static_cast<double>(a.size() * b.size());
  }

  /// One chain of both, turned so that their nearest ends meet.
  Chain connect(Chain a, Chain b) const {
    const bool turn_a =
        std::min(between(a.front(), b.front()), between(a.front(), b.back())) <
        std::min(between(a.back(), b.front()), between(a.back(), b.back()));
    if (turn_a) std::reverse(a.begin(), a.end());
    if (between(a.back(), b.back()) < between(a.back(), b.front())) {
      std::reverse(b.begin(), b.end());
    }
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

 private:
  std::span<const double> distances_;
  std::size_t items_;
};

void require_square(std::span<const double> distances, std::size_t items) {
  if (distances.size() != items * items) {
    throw std::invalid_argument("not a square matrix of distances");
  }
}

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
  require_square(distances, items);
  MeanDistances clusters(distances, items);
  std::vector<Merge> merges;
  unite_nearest(
      items,
      [&](std::size_t i, std::size_t j) { return clusters.between(i, j); },
      [&](std::size_t i, std::size_t j) {
        merges.push_back(clusters.unite(i, j, items + merges.size()));
      });
  return merges;
}

std::vector<std::size_t> chain_order(
    std::span<const double> distances,
    std::size_t items) {
  require_square(distances, items);
  const ChainDistances table(distances, items);
  std::vector<Chain> chains;
  for (std::size_t i = 0; i < items; ++i) chains.push_back({i});
  unite_nearest(
      items,
      [&](std::size_t i, std::size_t j) {
        return table.between(chains[i], chains[j]);
      },
      [&](std::size_t i, std::size_t j) {
        chains[i] = table.connect(std::move(chains[i]), std::move(chains[j]));
        chains.erase(chains.begin() + static_cast<std::ptrdiff_t>(j));
      });
  return chains.empty() ? Chain{} : chains.front();
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
