// Structure and counts: NAS-Bench-101, https://arxiv.org/abs/1902.09635;
// google-research/nasbench, nasbench/lib/model_builder.py and
// nasbench/scripts/generate_graphs.py.
#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <unordered_set>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/nas_bench_101_cell.h"
#include "nets/spaces/nas_bench_101_spec.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

using nas_bench_101::canonical;
using nas_bench_101::Cell;
using nas_bench_101::kMostEdges;
using nas_bench_101::kMostVertices;
using nas_bench_101::kOps;
using nas_bench_101::Permutation;
using nas_bench_101::permutations;
using nas_bench_101::permuted_edges;
using nas_bench_101::permuted_ops;
using nas_bench_101::pruned;
using nas_bench_101::useful_vertices;
using nas_bench_101::VertexOp;

constexpr std::int64_t kSize = 423624;
constexpr int kStemChannels = 128;
constexpr int kStacks = 3;
constexpr int kModules = 3;  // cells of a stack

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

  /// Adds the cells of a matrix: every choice of operations that no
  /// automorphism of the matrix makes smaller.
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
    const Value y = graph_.relu(
        graph_.batch_norm(graph_.conv2d(x, convolution(out, kernel)), affine_));
    graph_.add_calls(y, 2);  // the port's Sequential and ConvBnRelu
    return y;
  }

 private:
  /// The sum of what a vertex reads: the other vertices, cut to its channels,
  /// and the cell's input, projected to them.
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

/// One change of a cell.
struct Edit {
  enum class Kind { flip_edge, set_op, insert_vertex };

  Kind kind;
  int slot;     ///< of the edge, as Cell::bit()
  int vertex;   ///< that gets the operation
  VertexOp op;  ///< of that vertex or of the new one
};

/// The cell with a vertex put into the edge at `slot`, which it has. The new
/// vertex takes the place of the one that the edge leads to; later ones move.
Cell with_vertex(const Cell& cell, int slot, VertexOp op) {
  int to = 1;
  while (Cell::bit(0, to + 1) <= slot) ++to;
  const int from = slot - Cell::bit(0, to);
  Cell larger;
  larger.vertices = cell.vertices + 1;
  const auto moved = [&](int v) { return v < to ? v : v + 1; };
  for (int b = 1; b < cell.vertices; ++b) {
    if (b < cell.vertices - 1) larger.op(moved(b)) = cell.op(b);
    for (int a = 0; a < b; ++a) {
      if (cell.edge(a, b) && !(a == from && b == to)) {
        larger.connect(moved(a), moved(b));
      }
    }
  }
  larger.op(to) = op;
  larger.connect(from, to);
  larger.connect(to, to + 1);
  return larger;
}

/// The cell after the edit; none where that is no member. It may be the same
/// as before.
std::optional<Cell> edited(Cell cell, const Edit& edit) {
  const int n = cell.vertices;
  switch (edit.kind) {
    case Edit::Kind::flip_edge:
      cell.edges ^= 1U << edit.slot;
      break;
    case Edit::Kind::set_op:
      if (n == 2) return std::nullopt;
      cell.op(edit.vertex) = edit.op;
      break;
    default:
      if (n == kMostVertices || (cell.edges >> edit.slot & 1U) == 0) {
        return std::nullopt;
      }
      cell = with_vertex(cell, edit.slot, edit.op);
  }
  const std::optional<Cell> useful = pruned(cell);
  if (!useful || std::popcount(useful->edges) > kMostEdges) return std::nullopt;
  return canonical(*useful);
}

/// An edge more or less, another operation, or a vertex put into an edge.
Edit drawn_edit(const Cell& cell, std::uint64_t seed) {
  const auto draw = [&](int bound, const char* purpose) {
    return static_cast<int>(draw_integer(bound, seed, purpose));
  };
  const int n = cell.vertices;
  Edit edit{};
  edit.slot = draw(n * (n - 1) / 2, "edge");
  edit.op = static_cast<VertexOp>(draw(kOps, "operation"));
  edit.kind = static_cast<Edit::Kind>(draw(3, "edit"));
  if (edit.kind == Edit::Kind::set_op && n > 2) {
    edit.vertex = 1 + draw(n - 2, "vertex");
  }
  return edit;
}

std::vector<Edit> all_edits(const Cell& cell) {
  const int slots = cell.vertices * (cell.vertices - 1) / 2;
  std::vector<Edit> edits;
  for (int v = 1; v < cell.vertices - 1; ++v) {
    for (int op = 0; op < kOps; ++op) {
      edits.push_back({Edit::Kind::set_op, 0, v, static_cast<VertexOp>(op)});
    }
  }
  for (int slot = 0; slot < slots; ++slot) {
    edits.push_back({Edit::Kind::flip_edge, slot, 0, VertexOp()});
    for (int op = 0; op < kOps; ++op) {
      edits.push_back(
          {Edit::Kind::insert_vertex, slot, 0, static_cast<VertexOp>(op)});
    }
  }
  return edits;
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
    return nas_bench_101::format(members().at(index));
  }

  std::string normalise(std::string_view spec) const override {
    return nas_bench_101::format(nas_bench_101::parse(spec));
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const Cell cell = nas_bench_101::parse(spec);
    for (std::uint64_t attempt = 0;; ++attempt) {
      const std::uint64_t own = derive_seed(seed, "attempt", attempt);
      const auto other = edited(cell, drawn_edit(cell, own));
      if (other && !(*other == cell)) return nas_bench_101::format(*other);
    }
  }

  /// Another operation, an edge more or less, a vertex put into an edge.
  std::vector<std::string> neighbours(std::string_view spec) const override {
    const Cell cell = nas_bench_101::parse(spec);
    std::vector<std::string> near;
    std::unordered_set<std::string> seen{nas_bench_101::format(cell)};
    for (const Edit& edit : all_edits(cell)) {
      const auto other = edited(cell, edit);
      if (!other) continue;
      std::string text = nas_bench_101::format(*other);
      if (seen.insert(text).second) near.push_back(std::move(text));
    }
    return near;
  }

  /// Edges of the canonical cell between seven vertices, 0 or 1, and for each
  /// of five inner vertices 0 or 1 for each operation. The output is the last
  /// vertex, whatever the cell's size.
  std::vector<double> encode(std::string_view spec) const override {
    const Cell cell = nas_bench_101::parse(spec);
    constexpr auto kLast = kMostVertices - 1;
    const auto place = [&](int v) {
      return v == cell.vertices - 1 ? kLast : v;
    };
    std::vector<double> code(static_cast<std::size_t>(
        kMostVertices * kLast / 2 + (kLast - 1) * kOps));
    for (int to = 1; to < cell.vertices; ++to) {
      for (int from = 0; from < to; ++from) {
        const int bit = Cell::bit(from, place(to));
        if (cell.edge(from, to)) code[static_cast<std::size_t>(bit)] = 1;
      }
    }
    for (int v = 1; v < cell.vertices - 1; ++v) {
      const int at = kMostVertices * kLast / 2 + (v - 1) * kOps +
                     static_cast<int>(cell.op(v));
      code[static_cast<std::size_t>(at)] = 1;
    }
    return code;
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("nas-bench-101", output);
    require_size("nas-bench-101", input, 4);
    const Cell cell = nas_bench_101::parse(spec);
    const int stem = skeleton.channels_or(kStemChannels);
    if (stem < kMostVertices - 2) {
      throw UserError(
          "nas-bench-101: --channels {}, expected {} or more: a cell divides "
          "them among its vertices",
          stem,
          kMostVertices - 2);
    }
    const int cells = skeleton.cells_or(kModules);
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
