// Hierarchical clustering by average linkage (UPGMA; Sokal and Michener 1958).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zcp::statistics {

/// Two clusters become one, numbered `items` + its place in the list, at the
/// mean distance between their members. Single items are 0 .. items - 1.
struct Merge {
  std::size_t first;
  std::size_t second;  ///< above `first`
  double height;
  std::size_t size;  ///< items in the new cluster
};

/// The items - 1 merges from `distances` (items x items, row by row, symmetric,
/// no NaN), heights ascending: scipy.cluster.hierarchy.linkage with
/// method='average'. Of equal distances the earliest pair goes first. O(n^3).
/// Throws std::invalid_argument for another number of distances.
std::vector<Merge> average_linkage(
    std::span<const double> distances,
    std::size_t items);

/// The cluster of each item when merges above `height` are undone, numbered
/// from 0 by their first item.
std::vector<std::size_t>
cut_tree(std::span<const Merge> merges, std::size_t items, double height);

/// Items in an order that keeps every cluster together.
std::vector<std::size_t> leaf_order(
    std::span<const Merge> merges,
    std::size_t items);

/// Items in an order that keeps every cluster of average linkage together and
/// puts alike items side by side: where two clusters unite, each is listed in
/// the direction that makes their nearest ends neighbours. `distances` as for
/// average_linkage(), and the same throws. O(n^4), for some dozens of items.
std::vector<std::size_t> chain_order(
    std::span<const double> distances,
    std::size_t items);

}  // namespace zcp::statistics
