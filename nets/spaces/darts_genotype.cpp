#include "nets/spaces/darts_genotype.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/error.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::darts {
namespace {

constexpr std::array<std::string_view, 8> kOpNames{
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5"};
constexpr std::string_view kOpList =
    "none, max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, "
    "sep_conv_5x5, dil_conv_3x3 or dil_conv_5x5";

EdgeOp parse_op(std::string_view name, std::string_view spec) {
  const auto* const found = std::ranges::find(kOpNames, name);
  if (found == kOpNames.end()) {
    throw UserError(
        "genotype {}: unknown operation '{}', expected {}",
        spec,
        name,
        kOpList);
  }
  return static_cast<EdgeOp>(found - kOpNames.begin());
}

int parse_source(
    std::string_view digits,
    std::size_t edge,
    std::string_view spec) {
  int source = -1;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, source);
  if (result.ec != std::errc() || result.ptr != end || source < 0 ||
      source >= sources(edge)) {
    throw UserError(
        "genotype {}: node {} reads '{}', expected an input from 0 to {}",
        spec,
        2 + edge / 2,
        digits,
        sources(edge) - 1);
  }
  return source;
}

/// "normal:OP~SRC,OP~SRC|...|...|..."
Cell parse_cell(
    std::string_view text,
    std::string_view name,
    std::string_view spec) {
  std::string_view rest = text;
  if (take_part(rest, ':') != name) {
    throw UserError(
        "genotype {}: found '{}', expected '{}:' and its nodes",
        spec,
        text,
        name);
  }
  Cell cell;
  for (std::size_t node = 0; node < kNodes; ++node) {
    const std::string_view whole = take_part(rest, '|');
    std::string_view pair = whole;
    for (std::size_t edge = 2 * node; edge < 2 * node + 2; ++edge) {
      std::string_view part = take_part(pair, ',');
      cell[edge].op = parse_op(take_part(part, '~'), spec);
      cell[edge].source = parse_source(part, edge, spec);
    }
    if (!pair.empty()) {
      throw UserError(
          "genotype {}: node {} of {} is '{}', expected two edges",
          spec,
          2 + node,
          name,
          whole);
    }
  }
  if (!rest.empty()) {
    throw UserError(
        "genotype {}: found '{}' after the four nodes of {}", spec, rest, name);
  }
  return cell;
}

/// Reads Python's Genotype(normal=[('sep_conv_3x3', 1), ...], ...).
class PythonGenotype {
 public:
  explicit PythonGenotype(std::string_view spec) : spec_(spec), rest_(spec) {}

  Genotype parse() {
    expect("Genotype");
    expect("(");
    std::optional<Cell> normal;
    std::optional<Cell> reduce;
    while (!accept(")")) {
      const std::string_view name = word();
      expect("=");
      if (name == "normal") {
        normal = cell();
      } else if (name == "reduce") {
        reduce = cell();
      } else if (name == "normal_concat" || name == "reduce_concat") {
        concat(name);
      } else {
        fail("normal, normal_concat, reduce or reduce_concat", name);
      }
      accept(",");
    }
    if (!rest_.empty()) fail("nothing after the last )", rest_);
    if (!normal || !reduce) fail("the cells normal and reduce", spec_);
    return {*normal, *reduce};
  }

 private:
  [[noreturn]] void fail(std::string_view expected, std::string_view found)
      const {
    throw UserError(
        "genotype {}: found '{}', expected {}",
        spec_,
        found.substr(0, 40),
        expected);
  }

  void skip_spaces() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  bool accept(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    skip_spaces();
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) fail(fmt::format("'{}'", token), rest_);
  }

  /// Letters, digits and underscores.
  std::string_view word() {
    const auto part_of_word = [](char c) {
      return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 'A' && c <= 'Z');
    };
    const auto* const end = std::ranges::find_if_not(rest_, part_of_word);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    if (length == 0) fail("a word", rest_);
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  Cell cell() {
    Cell cell;
    expect("[");
    for (std::size_t edge = 0; edge < cell.size(); ++edge) {
      if (edge > 0) expect(",");
      expect("(");
      const char quote = accept("'") ? '\'' : '"';
      if (quote == '"') expect("\"");
      cell[edge].op = parse_op(word(), spec_);
      expect(std::string_view(&quote, 1));
      expect(",");
      cell[edge].source = parse_source(word(), edge, spec_);
      expect(")");
    }
    accept(",");
    expect("]");
    return cell;
  }

  /// All four nodes, as range(2, 6) or as a list.
  void concat(std::string_view name) {
    const std::string_view start = rest_;
    std::string text;
    if (accept("range")) {
      expect("(");
      text = word();
      expect(",");
      text += fmt::format("-{}", word());
      expect(")");
    } else {
      expect("[");
      while (!accept("]")) {
        text += word();
        accept(",");
      }
    }
    if (text != "2-6" && text != "2345") {
      fail(fmt::format("{}=range(2, 6)", name), start);
    }
  }

  std::string_view spec_;
  std::string_view rest_;
};

std::string format_cell(const Cell& cell) {
  std::string text;
  for (std::size_t edge = 0; edge < cell.size(); ++edge) {
    if (edge > 0) text += edge % 2 == 0 ? "|" : ",";
    text += fmt::format(
        "{}~{}",
        kOpNames[static_cast<std::size_t>(cell[edge].op)],
        cell[edge].source);
  }
  return text;
}

/// Pairs of different inputs of a node.
constexpr std::int64_t pairs(int inputs) {
  return std::int64_t{inputs} * (inputs - 1) / 2;
}

/// The cell that the lowest digits of `index` number; divides them off it.
Cell take_cell(std::int64_t& index) {
  Cell cell;
  const auto digit = [&index](std::int64_t radix) {
    const std::int64_t value = index % radix;
    index /= radix;
    return value;
  };
  for (std::size_t edge = cell.size(); edge > 0; edge -= 2) {
    Edge& second = cell[edge - 1];
    Edge& first = cell[edge - 2];
    second.op = static_cast<EdgeOp>(1 + digit(kOps));
    first.op = static_cast<EdgeOp>(1 + digit(kOps));
    auto pair = static_cast<int>(digit(pairs(sources(edge - 1))));
    // Pairs (0, 1), (0, 2), (1, 2), (0, 3), ...
    second.source = 1;
    while (pair >= second.source) pair -= second.source++;
    first.source = pair;
  }
  return cell;
}

}  // namespace

int sources(std::size_t edge) {
  return 2 + static_cast<int>(edge / 2);
}

Genotype parse(std::string_view spec) {
  if (spec.starts_with("Genotype")) return PythonGenotype(spec).parse();
  std::string_view rest = spec;
  const std::string_view normal = take_part(rest, ';');
  return {parse_cell(normal, "normal", spec), parse_cell(rest, "reduce", spec)};
}

std::string format(const Genotype& genotype) {
  return fmt::format(
      "normal:{};reduce:{}",
      format_cell(genotype.normal),
      format_cell(genotype.reduce));
}

std::int64_t space_size() {
  std::int64_t cells = 1;
  for (int node = 0; node < kNodes; ++node) {
    cells *= pairs(2 + node) * kOps * kOps;
  }
  return cells * cells;
}

Genotype genotype_at(std::int64_t index) {
  Genotype genotype;
  genotype.reduce = take_cell(index);
  genotype.normal = take_cell(index);
  return genotype;
}

}  // namespace zcp::spaces::darts
