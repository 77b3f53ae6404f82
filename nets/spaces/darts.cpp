// DARTS cells: four nodes of two edges each, a normal and a reduction cell.
// Structure: Liu et al., ICLR 2019, https://arxiv.org/abs/1806.09055;
// quark0/darts, cnn/model.py and operations.py (NetworkCIFAR without auxiliary
// head and drop-path). NAS-Bench-301, https://arxiv.org/abs/2008.09777, trains
// it with 32 channels and 8 cells.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"

namespace zcp::spaces {
namespace {

using Value = graph::GraphBuilder::Value;

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
constexpr int kNodes = 4;
constexpr int kOps = 7;  // of the numbered genotypes, which have no `none`

enum class Op8 : std::uint8_t {
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
  Op8 op = Op8::none;
  int source = 0;  ///< 0 and 1: the cell's inputs; 2 ...: its nodes
};

/// Edges 2 i and 2 i + 1 enter node 2 + i.
using Cell = std::array<Edge, std::size_t{2} * kNodes>;

struct Genotype {
  Cell normal;
  Cell reduce;
};

/// The last source that an edge may have, plus one.
int sources(std::size_t edge) {
  return 2 + static_cast<int>(edge / 2);
}

Op8 parse_op(std::string_view name, std::string_view spec) {
  const auto* const found = std::ranges::find(kOpNames, name);
  if (found == kOpNames.end()) {
    throw UserError(
        "genotype {}: unknown operation '{}', expected {}",
        spec,
        name,
        kOpList);
  }
  return static_cast<Op8>(found - kOpNames.begin());
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

/// Takes the next part, up to `end`, off the front of `rest`.
std::string_view take(std::string_view& rest, char end) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

/// "normal:OP~SRC,OP~SRC|...|...|..."
Cell parse_cell(
    std::string_view text,
    std::string_view name,
    std::string_view spec) {
  std::string_view rest = text;
  if (take(rest, ':') != name) {
    throw UserError(
        "genotype {}: found '{}', expected '{}:' and its nodes",
        spec,
        text,
        name);
  }
  Cell cell;
  for (std::size_t node = 0; node < kNodes; ++node) {
    const std::string_view whole = take(rest, '|');
    std::string_view pair = whole;
    for (std::size_t edge = 2 * node; edge < 2 * node + 2; ++edge) {
      std::string_view part = take(pair, ',');
      cell[edge].op = parse_op(take(part, '~'), spec);
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

Genotype parse(std::string_view spec) {
  if (spec.starts_with("Genotype")) return PythonGenotype(spec).parse();
  std::string_view rest = spec;
  const std::string_view normal = take(rest, ';');
  return {parse_cell(normal, "normal", spec), parse_cell(rest, "reduce", spec)};
}

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

std::string format(const Genotype& genotype) {
  return fmt::format(
      "normal:{};reduce:{}",
      format_cell(genotype.normal),
      format_cell(genotype.reduce));
}

/// Pairs of different inputs of a node.
constexpr std::int64_t pairs(int inputs) {
  return std::int64_t{inputs} * (inputs - 1) / 2;
}

/// Genotypes of two different inputs a node and no `none`.
constexpr std::int64_t space_size() {
  std::int64_t cells = 1;
  for (int node = 0; node < kNodes; ++node) {
    cells *= pairs(2 + node) * kOps * kOps;
  }
  return cells * cells;
}

/// Takes the cell that `index` numbers off it: mixed radix, first edge first.
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
    second.op = static_cast<Op8>(1 + digit(kOps));
    first.op = static_cast<Op8>(1 + digit(kOps));
    auto pair = static_cast<int>(digit(pairs(sources(edge - 1))));
    // Pairs (0, 1), (0, 2), (1, 2), (0, 3), ...
    second.source = 1;
    while (pair >= second.source) pair -= second.source++;
    first.source = pair;
  }
  return cell;
}

graph::Attributes window(int out, int kernel, int stride, int padding) {
  graph::Attributes a;
  a.out_channels = out;
  a.kernel = kernel;
  a.stride = stride;
  a.padding = padding;
  return a;
}

Value relu_conv_bn(graph::GraphBuilder& graph, Value x, int out) {
  // ReLUConvBN around a ReLU: two class names with "ReLU".
  const Value y =
      graph.batch_norm(graph.conv2d(graph.relu(x, 2), window(out, 1, 1, 0)));
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

Value factorized_reduce(graph::GraphBuilder& graph, Value x, int out) {
  const Value active = graph.relu(x);
  const Value a = graph.conv2d(active, window(out / 2, 1, 2, 0));
  const Value b = graph.conv2d(graph.shift(active), window(out / 2, 1, 2, 0));
  const Value y = graph.batch_norm(graph.concat(std::array{a, b}));
  graph.add_calls(y, 1);  // the FactorizedReduce
  return y;
}

/// ReLU, a depthwise and a pointwise convolution, BatchNorm.
Value separable(
    graph::GraphBuilder& graph,
    Value x,
    int kernel,
    int stride,
    int dilation,
    bool affine) {
  const int channels = graph.shape(x).channels;
  graph::Attributes depthwise =
      window(channels, kernel, stride, dilation * (kernel / 2));
  depthwise.dilation = dilation;
  depthwise.groups = channels;
  const Value y = graph.conv2d(graph.relu(x), depthwise);
  return graph.batch_norm(graph.conv2d(y, window(channels, 1, 1, 0)), affine);
}

class Builder {
 public:
  Builder(graph::GraphBuilder& graph, bool affine)
      : graph_(graph), affine_(affine) {}

  Value add_cell(
      const Cell& cell,
      Value previous,
      Value last,
      int channels,
      bool reduction,
      bool after_reduction) {
    std::array<Value, 2 + kNodes> states{};
    states[0] = after_reduction ? factorized_reduce(graph_, previous, channels)
                                : relu_conv_bn(graph_, previous, channels);
    states[1] = relu_conv_bn(graph_, last, channels);
    for (std::size_t node = 0; node < kNodes; ++node) {
      std::array<Value, 2> terms{};
      for (std::size_t k = 0; k < 2; ++k) {
        const Edge& edge = cell[2 * node + k];
        const int stride = reduction && edge.source < 2 ? 2 : 1;
        terms[k] = apply(
            edge.op, states[static_cast<std::size_t>(edge.source)], stride);
      }
      states[2 + node] = graph_.add(terms);
    }
    const Value out = graph_.concat(std::span(states).last(kNodes));
    graph_.add_calls(out, 1);  // the Cell
    graph_.end_block(out);
    return out;
  }

 private:
  Value apply(Op8 op, Value x, int stride) {
    switch (op) {
      case Op8::none:
        return zero(x, stride);
      case Op8::max_pool:
        return graph_.max_pool(x, 3, stride, 1);
      case Op8::avg_pool:
        return graph_.avg_pool(x, 3, stride, 1);
      case Op8::skip:
        if (stride == 2) {
          return factorized_reduce(graph_, x, graph_.shape(x).channels);
        }
        graph_.add_calls(x, 1);  // the Identity
        return x;
      case Op8::sep_3:
        return sep_conv(x, 3, stride);
      case Op8::sep_5:
        return sep_conv(x, 5, stride);
      case Op8::dil_3:
        return dil_conv(x, 3, stride);
      case Op8::dil_5:
        break;
    }
    return dil_conv(x, 5, stride);
  }

  Value zero(Value x, int stride) {
    Shape shape = graph_.shape(x);
    shape.height = (shape.height + stride - 1) / stride;
    shape.width = (shape.width + stride - 1) / stride;
    return graph_.zero(shape);
  }

  Value sep_conv(Value x, int kernel, int stride) {
    const Value half = separable(graph_, x, kernel, stride, 1, affine_);
    const Value y = separable(graph_, half, kernel, 1, 1, affine_);
    graph_.add_calls(y, 2);  // the Sequential and the SepConv around it
    return y;
  }

  Value dil_conv(Value x, int kernel, int stride) {
    const Value y = separable(graph_, x, kernel, stride, 2, affine_);
    graph_.add_calls(y, 2);  // the Sequential and the DilConv around it
    return y;
  }

  graph::GraphBuilder& graph_;
  bool affine_;
};

class Darts final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "darts",
        "DARTS genotypes on NAS-Bench-301's network: 32 channels, 8 cells",
        "normal:E,E|E,E|E,E|E,E;reduce:E,E|E,E|E,E|E,E with an edge E = OP~SRC "
        "(SRC 0 and 1: the cell's inputs, 2 to 4: its nodes), OP one of "
        "max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, "
        "dil_conv_3x3, dil_conv_5x5, none; or Python's Genotype(normal=[...",
        "normal:sep_conv_3x3~0,sep_conv_3x3~1|sep_conv_3x3~0,sep_conv_3x3~1|"
        "sep_conv_3x3~1,skip_connect~0|skip_connect~0,dil_conv_3x3~2;"
        "reduce:max_pool_3x3~0,max_pool_3x3~1|skip_connect~2,max_pool_3x3~1|"
        "max_pool_3x3~0,skip_connect~2|skip_connect~2,max_pool_3x3~1",
        "https://arxiv.org/abs/2008.09777",
        space_size(),
        {"cifar10"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    Genotype genotype;
    genotype.reduce = take_cell(index);
    genotype.normal = take_cell(index);
    return format(genotype);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  /// Another operation or another input at one of the 16 edges.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    Genotype genotype = parse(spec);
    std::int64_t drawn = 0;
    fill_integers(std::span(&drawn, 1), 2 * std::ssize(genotype.normal), seed);
    const auto place = static_cast<std::size_t>(drawn);
    Cell& cell =
        place < genotype.normal.size() ? genotype.normal : genotype.reduce;
    const std::size_t edge = place % cell.size();
    const std::vector<Edge> others = changed_edges(cell, edge);
    fill_integers(
        std::span(&drawn, 1), std::ssize(others), derive_seed(seed, "edge"));
    cell[edge] = others[static_cast<std::size_t>(drawn)];
    return format(genotype);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    if (output.head != Head::classes) {
      throw UserError(
          "darts: its networks classify; expected a task of images with a "
          "class each");
    }
    const Genotype genotype = parse(spec);
    int channels = skeleton.channels > 0 ? skeleton.channels : 32;
    if (channels % 2 != 0) {
      throw UserError("--channels {}: darts needs an even number", channels);
    }
    // Reductions at a third and two thirds: 2 normal cells in each of three
    // stages make 8.
    const int normal =
        skeleton.cells_per_stage > 0 ? skeleton.cells_per_stage : 2;
    const int cells = 3 * normal + 2;
    graph::GraphBuilder graph(input, folding);
    Builder builder(graph, skeleton.affine);
    Value last = graph.batch_norm(
        graph.conv2d(graph.input(), window(3 * channels, 3, 1, 1)));
    graph.add_calls(last, 1);  // the Sequential of the stem
    graph.end_block(last);
    Value previous = last;
    bool after_reduction = false;
    for (int i = 0; i < cells; ++i) {
      const bool reduction = i == cells / 3 || i == 2 * cells / 3;
      if (reduction) channels *= 2;
      const Value out = builder.add_cell(
          reduction ? genotype.reduce : genotype.normal,
          previous,
          last,
          channels,
          reduction,
          after_reduction);
      previous = last;
      last = out;
      after_reduction = reduction;
    }
    const Value logits =
        graph.linear(graph.global_avg_pool(last), output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }

 private:
  static std::vector<Edge> changed_edges(const Cell& cell, std::size_t edge) {
    const Edge old = cell[edge];
    const Edge partner = cell[edge ^ 1U];
    std::vector<Edge> others;
    for (int op = 1; op <= kOps; ++op) {
      const Edge other{static_cast<Op8>(op), old.source};
      if (other.op != old.op) others.push_back(other);
    }
    for (int source = 0; source < sources(edge); ++source) {
      if (source != old.source && source != partner.source) {
        others.push_back({old.op, source});
      }
    }
    return others;
  }
};

}  // namespace

std::unique_ptr<const Space> make_darts() {
  return std::make_unique<Darts>();
}

}  // namespace zcp::spaces
