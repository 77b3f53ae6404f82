#include "nets/spaces/darts_genotype.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/error.h"
#include "nets/spaces/naslib_tuple.h"
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
  const int source = parse_number(digits).value_or(-1);
  if (source < 0 || source >= sources(edge)) {
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
  const auto nodes = split_spec(rest, '|');
  if (nodes.size() > kNodes) {
    throw UserError(
        "genotype {}: found '{}' after the four nodes of {}",
        spec,
        nodes[kNodes],
        name);
  }
  if (nodes.size() < kNodes) {
    throw UserError(
        "genotype {}: found {} node(s) in {}, expected {} between bars",
        spec,
        nodes.size(),
        name,
        kNodes);
  }
  Cell cell;
  for (std::size_t node = 0; node < kNodes; ++node) {
    const auto edges = split_spec(nodes[node], ',');
    if (edges.size() != 2) {
      throw UserError(
          "genotype {}: node {} of {} is '{}', expected two edges",
          spec,
          2 + node,
          name,
          nodes[node]);
    }
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t edge = 2 * node + k;
      std::string_view part = edges[k];
      cell[edge].op = parse_op(take_part(part, '~'), spec);
      cell[edge].source = parse_source(part, edge, spec);
    }
  }
  return cell;
}

/// NASLib's ((source, operation), ...) of both cells. Its operations are those
/// of the numbered genotypes, from 0.
Genotype parse_tuple(std::string_view spec) {
  NaslibTupleReader reader(
      spec,
      "NASLib's two cells of eight pairs, a source before the node and an "
      "operation from 0 to 6 each");
  Genotype genotype;
  reader.open();
  for (Cell* cell : {&genotype.normal, &genotype.reduce}) {
    if (cell == &genotype.reduce) reader.comma();
    reader.open();
    for (std::size_t edge = 0; edge < cell->size(); ++edge) {
      if (edge > 0) reader.comma();
      reader.open();
      (*cell)[edge].source = reader.number(sources(edge) - 1);
      reader.comma();
      (*cell)[edge].op = static_cast<EdgeOp>(1 + reader.number(kOps - 1));
      reader.close();
    }
    reader.close();
  }
  reader.close();
  reader.end();
  return genotype;
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
    std::vector<std::string_view> names;
    bool more = !accept(")");
    while (more) {
      const std::string_view name = word();
      expect("=");
      if (std::ranges::find(names, name) != names.end()) {
        fail("each name once", name);
      }
      names.push_back(name);
      if (name == "normal") {
        normal = cell();
      } else if (name == "reduce") {
        reduce = cell();
      } else if (name == "normal_concat" || name == "reduce_concat") {
        concat(name);
      } else {
        fail("normal, normal_concat, reduce or reduce_concat", name);
      }
      more = goes_on(")");
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

  /// Whether a comma and another item follow, and not the closing bracket,
  /// which is taken then, with the comma that may stand before it.
  bool goes_on(std::string_view bracket) {
    const bool comma = accept(",");
    if (accept(bracket)) return false;
    if (!comma) fail(fmt::format("',' or '{}'", bracket), rest_);
    return true;
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
    const bool range = accept("range");
    const std::string_view bracket = range ? ")" : "]";
    expect(range ? "(" : "[");
    std::vector<std::string_view> numbers;
    do {
      numbers.push_back(word());
    } while (goes_on(bracket));
    const std::vector<std::string_view> all =
        range ? std::vector<std::string_view>{"2", "6"}
              : std::vector<std::string_view>{"2", "3", "4", "5"};
    if (numbers != all) fail(fmt::format("{}=range(2, 6)", name), start);
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
  if (is_naslib_tuple(spec)) return parse_tuple(spec);
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

std::vector<int> choices() {
  std::vector<int> sizes;
  for (int cell = 0; cell < 2; ++cell) {
    for (int node = 0; node < kNodes; ++node) {
      sizes.push_back(static_cast<int>(pairs(2 + node)));
      sizes.push_back(kOps);
      sizes.push_back(kOps);
    }
  }
  return sizes;
}

std::optional<std::vector<int>> options_of(const Genotype& genotype) {
  std::vector<int> options;
  for (const Cell& cell : {genotype.normal, genotype.reduce}) {
    for (std::size_t edge = 0; edge < cell.size(); edge += 2) {
      Edge first = cell[edge];
      Edge second = cell[edge + 1];
      if (first.source > second.source) std::swap(first, second);
      const bool numbered = first.source < second.source &&
                            first.op != EdgeOp::none &&
                            second.op != EdgeOp::none;
      if (!numbered) return std::nullopt;
      options.push_back(second.source * (second.source - 1) / 2 + first.source);
      options.push_back(static_cast<int>(first.op) - 1);
      options.push_back(static_cast<int>(second.op) - 1);
    }
  }
  return options;
}

}  // namespace zcp::spaces::darts
