// Structure and counts: NAS-Bench-101, https://arxiv.org/abs/1902.09635;
// google-research/nasbench, nasbench/lib/model_builder.py and
// nasbench/scripts/generate_graphs.py.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <numeric>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

using Value = graph::GraphBuilder::Value;

constexpr int kMostVertices = 7;
constexpr int kMostEdges = 9;
constexpr std::int64_t kSize = 423624;
constexpr int kStemChannels = 128;
constexpr int kStacks = 3;
constexpr int kModules = 3;  // cells of a stack

/// Operations in the order in which the benchmark numbers them.
enum class VertexOp : std::uint8_t { conv3x3, conv1x1, maxpool3x3 };
constexpr int kOps = 3;
constexpr std::array<std::string_view, kOps> kOpNames{
    "conv3x3-bn-relu",
    "conv1x1-bn-relu",
    "maxpool3x3"};

/// A directed acyclic graph from vertex 0, the input, to the last, the output.
struct Cell {
  int vertices = 2;
  /// Upper triangle of the matrix, column after column from the lowest bit, as
  /// the benchmark writes it.
  std::uint32_t edges = 0;
  std::array<VertexOp, kMostVertices> ops{};  // input's and output's mean none

  bool edge(int from, int to) const {
    return from < to && (edges >> bit(from, to) & 1U) != 0;
  }
  void connect(int from, int to) { edges |= 1U << bit(from, to); }
  VertexOp& op(int vertex) { return ops[static_cast<std::size_t>(vertex)]; }
  VertexOp op(int vertex) const {
    return ops[static_cast<std::size_t>(vertex)];
  }

  static int bit(int from, int to) { return from + to * (to - 1) / 2; }

  bool operator==(const Cell&) const = default;
};

/// New place of each vertex; input and output keep theirs.
using Permutation = std::array<int, kMostVertices>;

/// Every permutation of the inner vertices of a cell.
const std::vector<Permutation>& permutations(int vertices) {
  static const auto all = [] {
    std::array<std::vector<Permutation>, kMostVertices + 1> by_size;
    for (int n = 2; n <= kMostVertices; ++n) {
      Permutation p{};
      std::iota(p.begin(), p.end(), 0);
      do {
        by_size[static_cast<std::size_t>(n)].push_back(p);
      } while (std::next_permutation(p.begin() + 1, p.begin() + n - 1));
    }
    return by_size;
  }();
  return all[static_cast<std::size_t>(vertices)];
}

int place(const Permutation& p, int vertex) {
  return p[static_cast<std::size_t>(vertex)];
}

/// The edges with vertices renamed; none where one would point backwards.
std::optional<std::uint32_t> permuted_edges(
    const Cell& cell,
    const Permutation& p) {
  std::uint32_t edges = 0;
  for (int to = 1; to < cell.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (!cell.edge(from, to)) continue;
      if (place(p, from) > place(p, to)) return std::nullopt;
      edges |= 1U << Cell::bit(place(p, from), place(p, to));
    }
  }
  return edges;
}

std::array<VertexOp, kMostVertices> permuted_ops(
    const Cell& cell,
    const Permutation& p) {
  std::array<VertexOp, kMostVertices> ops{};
  for (int v = 1; v < cell.vertices - 1; ++v) {
    ops[static_cast<std::size_t>(place(p, v))] = cell.op(v);
  }
  return ops;
}

/// The isomorphic cell that the benchmark's generator meets first: the least
/// edges read as a number, then the least operations.
Cell canonical(const Cell& cell) {
  Cell best = cell;
  for (const Permutation& p : permutations(cell.vertices)) {
    const auto edges = permuted_edges(cell, p);
    if (!edges || *edges > best.edges) continue;
    const auto ops = permuted_ops(cell, p);
    if (*edges == best.edges && !(ops < best.ops)) continue;
    best.edges = *edges;
    best.ops = ops;
  }
  return best;
}

/// Vertices on a path from input to output, as bits.
std::uint32_t useful_vertices(const Cell& cell) {
  std::uint32_t reached = 1;
  for (int to = 1; to < cell.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (cell.edge(from, to) && (reached >> from & 1U) != 0) {
        reached |= 1U << to;
      }
    }
  }
  std::uint32_t reaching = 1U << (cell.vertices - 1);
  for (int from = cell.vertices - 2; from >= 0; --from) {
    for (int to = from + 1; to < cell.vertices; ++to) {
      if (cell.edge(from, to) && (reaching >> to & 1U) != 0) {
        reaching |= 1U << from;
      }
    }
  }
  return reached & reaching;
}

/// The cell without the vertices that do not matter; none where input and
/// output are not connected.
std::optional<Cell> pruned(const Cell& cell) {
  const std::uint32_t useful = useful_vertices(cell);
  if ((useful & 1U) == 0) return std::nullopt;
  std::vector<int> kept;
  for (int v = 0; v < cell.vertices; ++v) {
    if ((useful >> v & 1U) != 0) kept.push_back(v);
  }
  Cell small;
  small.vertices = static_cast<int>(kept.size());
  for (int to = 1; to < small.vertices; ++to) {
    for (int from = 0; from < to; ++from) {
      if (cell.edge(
              kept[static_cast<std::size_t>(from)],
              kept[static_cast<std::size_t>(to)])) {
        small.connect(from, to);
      }
    }
    if (to < small.vertices - 1) {
      small.op(to) = cell.op(kept[static_cast<std::size_t>(to)]);
    }
  }
  return small;
}

/// Every member of the space in the generator's order.
class Enumeration {
 public:
  Enumeration() {
    members_.reserve(static_cast<std::size_t>(kSize));
    for (int vertices = 2; vertices <= kMostVertices; ++vertices) {
      add_matrices(vertices);
    }
  }

  std::int64_t size() const { return std::ssize(members_); }

  Cell at(std::int64_t index) const {
    const Member& member = members_.at(static_cast<std::size_t>(index));
    Cell cell;
    cell.vertices = member.vertices;
    cell.edges = member.edges;
    int labels = member.labels;
    for (int v = cell.vertices - 2; v > 0; --v) {
      cell.op(v) = static_cast<VertexOp>(labels % kOps);
      labels /= kOps;
    }
    return cell;
  }

 private:
  struct Member {
    std::uint32_t edges;
    std::uint8_t vertices;
    std::uint8_t labels;  // operations as digits, vertex 1's the highest
  };

  void add_matrices(int vertices) {
    const std::uint32_t end = 1U << (vertices * (vertices - 1) / 2);
    const std::uint32_t all = (1U << vertices) - 1;
    std::vector<bool> met(end);
    for (std::uint32_t edges = 0; edges < end; ++edges) {
      if (met[edges] || std::popcount(edges) > kMostEdges) continue;
      Cell cell;
      cell.vertices = vertices;
      cell.edges = edges;
      if (useful_vertices(cell) != all) continue;
      std::vector<Permutation> automorphisms;
      for (const Permutation& p : permutations(vertices)) {
        const auto same = permuted_edges(cell, p);
        if (!same) continue;
        met[*same] = true;
        if (*same == edges) automorphisms.push_back(p);
      }
      add_labels(cell, automorphisms);
    }
  }

  /// The operations that no automorphism makes smaller.
  void add_labels(Cell cell, const std::vector<Permutation>& automorphisms) {
    int count = 1;
    for (int v = 1; v < cell.vertices - 1; ++v) count *= kOps;
    for (int labels = 0; labels < count; ++labels) {
      int rest = labels;
      for (int v = cell.vertices - 2; v > 0; --v) {
        cell.op(v) = static_cast<VertexOp>(rest % kOps);
        rest /= kOps;
      }
      const bool least =
          std::ranges::none_of(automorphisms, [&](const Permutation& p) {
            return permuted_ops(cell, p) < cell.ops;
          });
      if (!least) continue;
      members_.push_back(
          {cell.edges,
           static_cast<std::uint8_t>(cell.vertices),
           static_cast<std::uint8_t>(labels)});
    }
  }

  std::vector<Member> members_;
};

std::string format(const Cell& cell) {
  std::string spec;
  for (int from = 0; from < cell.vertices; ++from) {
    if (from > 0) spec += '-';
    for (int to = 0; to < cell.vertices; ++to) {
      spec += cell.edge(from, to) ? '1' : '0';
    }
  }
  spec += "|input";
  for (int v = 1; v < cell.vertices - 1; ++v) {
    spec += ',';
    spec += kOpNames[static_cast<std::size_t>(cell.op(v))];
  }
  return spec + ",output";
}

/// What is checked of both forms of a spec once it is read.
Cell checked(const Cell& cell, std::string_view spec) {
  const std::optional<Cell> useful = pruned(cell);
  if (!useful) {
    throw UserError(
        "spec '{}': no path leads from the input to the output", spec);
  }
  if (std::popcount(useful->edges) > kMostEdges) {
    throw UserError(
        "spec '{}': {} edges, expected {} or fewer",
        spec,
        std::popcount(useful->edges),
        kMostEdges);
  }
  return canonical(*useful);
}

void parse_row(
    std::string_view row,
    int from,
    Cell& cell,
    std::string_view spec) {
  if (std::ssize(row) != cell.vertices ||
      row.find_first_not_of("01") != std::string_view::npos) {
    throw UserError(
        "spec '{}': row {} is '{}', expected {} digits 0 or 1",
        spec,
        from,
        row,
        cell.vertices);
  }
  for (int to = 0; to < cell.vertices; ++to) {
    if (row[static_cast<std::size_t>(to)] == '0') continue;
    if (to <= from) {
      throw UserError(
          "spec '{}': row {} has an edge to vertex {}, expected edges to "
          "later vertices only",
          spec,
          from,
          to);
    }
    cell.connect(from, to);
  }
}

void parse_op(
    std::string_view name,
    int vertex,
    Cell& cell,
    std::string_view spec) {
  const bool first = vertex == 0;
  const bool last = vertex == cell.vertices - 1;
  if (first || last) {
    const std::string_view expected = first ? "input" : "output";
    if (name == expected) return;
    throw UserError(
        "spec '{}': vertex {} is '{}', expected {}",
        spec,
        vertex,
        name,
        expected);
  }
  const auto found = std::ranges::find(kOpNames, name);
  if (found == kOpNames.end()) {
    throw UserError(
        "spec '{}': unknown operation '{}', expected conv3x3-bn-relu, "
        "conv1x1-bn-relu or maxpool3x3",
        spec,
        name);
  }
  cell.op(vertex) = static_cast<VertexOp>(found - kOpNames.begin());
}

Cell parse_matrix(std::string_view spec, std::size_t bar) {
  const auto rows = split_spec(spec.substr(0, bar), '-');
  const auto names = split_spec(spec.substr(bar + 1), ',');
  Cell cell;
  cell.vertices = static_cast<int>(rows.size());
  if (cell.vertices < 2 || cell.vertices > kMostVertices) {
    throw UserError(
        "spec '{}': {} row(s), expected 2 to {}",
        spec,
        cell.vertices,
        kMostVertices);
  }
  if (names.size() != rows.size()) {
    throw UserError(
        "spec '{}': {} operation(s), expected {}, one a row",
        spec,
        names.size(),
        rows.size());
  }
  for (int v = 0; v < cell.vertices; ++v) {
    parse_row(rows[static_cast<std::size_t>(v)], v, cell, spec);
    parse_op(names[static_cast<std::size_t>(v)], v, cell, spec);
  }
  return checked(cell, spec);
}

/// NASLib's numbers of the operations.
std::string_view naslib_op(int number) {
  constexpr std::array<std::string_view, 5> names{
      "input", "output", kOpNames[2], kOpNames[1], kOpNames[0]};
  return names[static_cast<std::size_t>(number)];
}

std::vector<int> parse_numbers(std::string_view spec) {
  std::string_view text = spec;
  if (text.starts_with('(') && text.ends_with(')')) {
    text = text.substr(1, text.size() - 2);
  }
  std::vector<int> numbers;
  for (std::string_view part : split_spec(text, ',')) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    const int number = parse_number(part).value_or(-1);
    if (number < 0 || number > 4) {
      throw UserError(
          "spec '{}': found '{}', expected rows and operations "
          "(0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output), or "
          "NASLib's 49 matrix entries and 7 operations 0 to 4",
          spec,
          part);
    }
    numbers.push_back(number);
  }
  return numbers;
}

/// NASLib's tuple: the matrix row by row, then the operations; 56 numbers for
/// seven vertices.
Cell parse_tuple(std::string_view spec) {
  const std::vector<int> numbers = parse_numbers(spec);
  Cell cell;
  while (cell.vertices < kMostVertices &&
         cell.vertices * (cell.vertices + 1) < std::ssize(numbers)) {
    ++cell.vertices;
  }
  const auto n = static_cast<std::size_t>(cell.vertices);
  if (numbers.size() != n * (n + 1)) {
    throw UserError(
        "spec '{}': {} numbers, expected 49 matrix entries and 7 operations",
        spec,
        numbers.size());
  }
  for (int v = 0; v < cell.vertices; ++v) {
    const auto at = static_cast<std::size_t>(v);
    std::string row;
    for (std::size_t to = 0; to < n; ++to) {
      row += static_cast<char>('0' + numbers[at * n + to]);
    }
    parse_row(row, v, cell, spec);
    parse_op(naslib_op(numbers[n * n + at]), v, cell, spec);
  }
  return checked(cell, spec);
}

Cell parse(std::string_view spec) {
  const std::size_t bar = spec.find('|');
  return bar == std::string_view::npos ? parse_tuple(spec)
                                       : parse_matrix(spec, bar);
}

/// Channels of each vertex as model_builder.compute_vertex_channels gives them.
std::array<int, kMostVertices> vertex_channels(const Cell& cell, int out) {
  std::array<int, kMostVertices> channels{};
  const int last = cell.vertices - 1;
  int parts = 0;
  for (int v = 1; v < last; ++v) parts += cell.edge(v, last) ? 1 : 0;
  int remainder = parts > 0 ? out % parts : 0;
  for (int v = 1; v < last; ++v) {
    if (!cell.edge(v, last)) continue;
    channels[static_cast<std::size_t>(v)] =
        out / parts + (remainder-- > 0 ? 1 : 0);
  }
  for (int v = last - 1; v > 0; --v) {
    if (cell.edge(v, last)) continue;
    int& own = channels[static_cast<std::size_t>(v)];
    for (int to = v + 1; to < last; ++to) {
      if (!cell.edge(v, to)) continue;
      own = std::max(own, channels[static_cast<std::size_t>(to)]);
    }
  }
  return channels;
}

/// Declares the cells of one network.
class CellBuilder {
 public:
  CellBuilder(graph::GraphBuilder& graph, const Cell& cell, bool affine)
      : graph_(graph), cell_(cell), affine_(affine) {}

  Value add(Value x, int out) {
    const int last = cell_.vertices - 1;
    const auto channels = vertex_channels(cell_, out);
    std::array<Value, kMostVertices> values{x};
    std::vector<Value> parts;
    for (int v = 1; v < last; ++v) {
      const int width = channels[static_cast<std::size_t>(v)];
      const Value input = vertex_input(v, values, width);
      const Value y = apply(cell_.op(v), input, width);
      values[static_cast<std::size_t>(v)] = y;
      if (cell_.edge(v, last)) parts.push_back(y);
    }
    Value y = x;
    if (parts.empty()) {
      y = conv_bn_relu(x, out, 1);
    } else {
      y = graph_.concat(parts);
      if (cell_.edge(0, last)) {
        y = graph_.add(std::array{y, conv_bn_relu(x, out, 1)});
      }
    }
    graph_.add_calls(y, 1);  // the Cell of the PyTorch port
    graph_.end_block(y);
    return y;
  }

  Value conv_bn_relu(Value x, int out, int kernel) {
    graph::Attributes a;
    a.out_channels = out;
    a.kernel = kernel;
    a.padding = kernel / 2;
    const Value y =
        graph_.relu(graph_.batch_norm(graph_.conv2d(x, a), affine_));
    graph_.add_calls(y, 2);  // the port's Sequential and ConvBnRelu
    return y;
  }

 private:
  /// The sum of what a vertex reads: other vertices cut to its channels, the
  /// cell's input projected.
  Value vertex_input(
      int v,
      const std::array<Value, kMostVertices>& values,
      int width) {
    std::array<Value, kMostVertices> terms{};
    std::size_t count = 0;
    for (int from = 1; from < v; ++from) {
      if (!cell_.edge(from, v)) continue;
      const Value x = values[static_cast<std::size_t>(from)];
      terms[count++] =
          graph_.shape(x).channels == width ? x : graph_.slice(x, 0, width);
    }
    if (cell_.edge(0, v)) terms[count++] = conv_bn_relu(values[0], width, 1);
    return graph_.add(std::span(terms).first(count));
  }

  Value apply(VertexOp op, Value x, int width) {
    const Value y = op == VertexOp::maxpool3x3 ? graph_.max_pool(x, 3, 1, 1)
                    : op == VertexOp::conv3x3  ? conv_bn_relu(x, width, 3)
                                               : conv_bn_relu(x, width, 1);
    graph_.add_calls(y, 1);  // the port's Conv3x3BnRelu, ... around it
    return y;
  }

  graph::GraphBuilder& graph_;
  const Cell& cell_;
  bool affine_;
};

/// One edit: an edge more or less, another operation, or a vertex put into an
/// edge. The result may be no member, or the same.
std::optional<Cell> edited(Cell cell, std::uint64_t seed) {
  const auto draw = [&](int bound, const char* purpose) {
    return static_cast<int>(draw_integer(bound, seed, purpose));
  };
  const int n = cell.vertices;
  const int slots = n * (n - 1) / 2;
  const int slot = draw(slots, "edge");
  const auto op = static_cast<VertexOp>(draw(kOps, "operation"));
  switch (draw(3, "edit")) {
    case 0:
      cell.edges ^= 1U << slot;
      break;
    case 1:
      if (n == 2) return std::nullopt;
      cell.op(1 + draw(n - 2, "vertex")) = op;
      break;
    default: {
      if (n == kMostVertices || (cell.edges >> slot & 1U) == 0) {
        return std::nullopt;
      }
      int to = 1;
      while (Cell::bit(0, to + 1) <= slot) ++to;
      const int from = slot - Cell::bit(0, to);
      // The new vertex takes the place of `to`; later ones move by one.
      Cell larger;
      larger.vertices = n + 1;
      const auto moved = [&](int v) { return v < to ? v : v + 1; };
      for (int b = 1; b < n; ++b) {
        if (b < n - 1) larger.op(moved(b)) = cell.op(b);
        for (int a = 0; a < b; ++a) {
          if (cell.edge(a, b) && !(a == from && b == to)) {
            larger.connect(moved(a), moved(b));
          }
        }
      }
      larger.op(to) = op;
      larger.connect(from, to);
      larger.connect(to, to + 1);
      cell = larger;
    }
  }
  const std::optional<Cell> useful = pruned(cell);
  if (!useful || std::popcount(useful->edges) > kMostEdges) return std::nullopt;
  return canonical(*useful);
}

class NasBench101 final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "nas-bench-101",
        "NAS-Bench-101: cells of up to 7 vertices and 9 edges",
        "matrix rows joined by -, a bar, operations joined by commas; or "
        "NASLib's 56 numbers",
        "0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output",
        "https://arxiv.org/abs/1902.09635",
        kSize,
        {"cifar10"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    return format(members().at(index));
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const Cell cell = parse(spec);
    for (std::uint64_t attempt = 0;; ++attempt) {
      const auto other = edited(cell, derive_seed(seed, "attempt", attempt));
      if (other && !(*other == cell)) return format(*other);
    }
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("nas-bench-101", output);
    require_size("nas-bench-101", input, 4);
    const Cell cell = parse(spec);
    const int stem = skeleton.channels > 0 ? skeleton.channels : kStemChannels;
    if (stem < kMostVertices - 2) {
      throw UserError(
          "nas-bench-101: --channels {}, expected {} or more: a cell divides "
          "them among its vertices",
          stem,
          kMostVertices - 2);
    }
    const int cells =
        skeleton.cells_per_stage > 0 ? skeleton.cells_per_stage : kModules;
    graph::GraphBuilder graph(input, folding);
    CellBuilder builder(graph, cell, skeleton.affine);
    Value x =
        CellBuilder(graph, cell, true).conv_bn_relu(graph.input(), stem, 3);
    graph.end_block(x);
    for (int stack = 0; stack < kStacks; ++stack) {
      if (stack > 0) x = graph.max_pool(x, 2, 2, 0);
      for (int i = 0; i < cells; ++i) x = builder.add(x, stem << stack);
    }
    const Value pooled = graph.global_avg_pool(x);
    graph.add_calls(pooled, -1);  // a mean, not a module
    const Value logits = graph.linear(pooled, output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }

 private:
  const Enumeration& members() const {
    std::call_once(once_, [this] { members_.emplace(); });
    return *members_;
  }

  mutable std::once_flag once_;
  mutable std::optional<Enumeration> members_;
};

}  // namespace

std::unique_ptr<const Space> make_nas_bench_101() {
  return std::make_unique<NasBench101>();
}

}  // namespace zcp::spaces
