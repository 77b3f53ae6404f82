// Genotypes of DARTS: two cells of four nodes with two edges each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::spaces::darts {

inline constexpr int kNodes = 4;
/// Operations of the numbered genotypes, which have no `none`.
inline constexpr int kOps = 7;

/// An operation; `none` is 0 and in no numbered genotype.
enum class EdgeOp : std::uint8_t {
  none,
  max_pool,
  avg_pool,
  skip,
  sep_3,
  sep_5,
  dil_3,
  dil_5
};

struct Edge {
  EdgeOp op = EdgeOp::none;
  int source = 0;  ///< 0 and 1: the cell's inputs; 2 ...: its nodes
};

/// Edges 2 i and 2 i + 1 enter node 2 + i.
using Cell = std::array<Edge, std::size_t{2} * kNodes>;

struct Genotype {
  Cell normal;
  Cell reduce;
};

/// How many nodes an edge may come from: the cell's inputs and the nodes before
/// the one that it enters.
int sources(std::size_t edge);

/// "normal:OP~SRC,OP~SRC|...;reduce:...", Python's Genotype(normal=[... or
/// NASLib's "(((SRC, OP), ...), ((SRC, OP), ...))" with OP a number. Throws
/// UserError that names the part that is wrong.
Genotype parse(std::string_view spec);

/// The genotype in the first of the two forms.
std::string format(const Genotype& genotype);

/// Number of the genotypes whose nodes have two different inputs each and no
/// `none`.
std::int64_t space_size();

/// The one of them that `index` numbers, 0 <= index < space_size(): mixed
/// radix, the reduction cell's last edge varying fastest.
Genotype genotype_at(std::int64_t index);

/// The digits of that number and how many values each has: for each node of the
/// normal and then of the reduction cell its pair of inputs and the operations
/// of its two edges.
std::vector<int> choices();

/// The digits of a genotype's number; none where it is not numbered.
std::optional<std::vector<int>> options_of(const Genotype& genotype);

}  // namespace zcp::spaces::darts
