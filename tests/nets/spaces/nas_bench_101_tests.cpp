// Check values: nasbench's README, its generator run by brute force, its hash
// (nasbench/lib/graph_util.py) and cells of the official data.
#include <algorithm>
#include <array>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/vf2_sub_graph_iso.hpp>
#include <boost/uuid/detail/md5.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_set>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("nas-bench-101");
}

Graph build(const std::string& spec) {
  return space().build(spec, {3, 32, 32}, 10);
}

/// A cell as the benchmark's own files have it.
struct RawCell {
  std::vector<std::vector<int>> matrix;
  std::vector<std::string> ops;
};

const std::vector<std::string> kOps{
    "conv3x3-bn-relu",
    "conv1x1-bn-relu",
    "maxpool3x3"};

std::string text(const RawCell& cell) {
  std::string spec;
  for (const auto& row : cell.matrix) {
    if (!spec.empty()) spec += '-';
    for (const int entry : row) spec += static_cast<char>('0' + entry);
  }
  for (std::size_t i = 0; i < cell.ops.size(); ++i) {
    spec += (i == 0 ? '|' : ',') + cell.ops[i];
  }
  return spec;
}

RawCell read(const std::string& spec) {
  RawCell cell;
  const std::size_t bar = spec.find('|');
  cell.matrix.emplace_back();
  for (const char c : spec.substr(0, bar)) {
    if (c == '-') {
      cell.matrix.emplace_back();
    } else {
      cell.matrix.back().push_back(c - '0');
    }
  }
  cell.ops.emplace_back();
  for (const char c : spec.substr(bar + 1)) {
    if (c == ',') {
      cell.ops.emplace_back();
    } else {
      cell.ops.back() += c;
    }
  }
  return cell;
}

/// MD5 as 32 hexadecimal digits. Boost's class is private to its UUIDs, so it
/// is checked against RFC 1321 below.
std::string md5(const std::string& bytes) {
  boost::uuids::detail::md5 hash;
  hash.process_bytes(bytes.data(), bytes.size());
  boost::uuids::detail::md5::digest_type digest;
  hash.get_digest(digest);
  std::string hex;
  for (const auto word : digest) {
    hex += fmt::format("{:0{}x}", word, 2 * sizeof(word));
  }
  return hex;
}

int label(const std::string& op) {
  if (op == "input") return -1;
  if (op == "output") return -2;
  return static_cast<int>(std::ranges::find(kOps, op) - kOps.begin());
}

/// The hash by which the benchmark tells cells apart: graph_util.hash_module.
std::string official_hash(const RawCell& cell) {
  const std::size_t n = cell.ops.size();
  std::vector<std::string> hashes;
  for (std::size_t v = 0; v < n; ++v) {
    int in = 0;
    int out = 0;
    for (std::size_t w = 0; w < n; ++w) {
      in += cell.matrix[w][v];
      out += cell.matrix[v][w];
    }
    hashes.push_back(
        md5(fmt::format("({}, {}, {})", out, in, label(cell.ops[v]))));
  }
  const auto joined = [&](std::size_t v, bool incoming) {
    std::vector<std::string> parts;
    for (std::size_t w = 0; w < n; ++w) {
      if ((incoming ? cell.matrix[w][v] : cell.matrix[v][w]) != 0) {
        parts.push_back(hashes[w]);
      }
    }
    std::ranges::sort(parts);
    std::string all;
    for (const auto& part : parts) all += part;
    return all;
  };
  for (std::size_t round = 0; round < n; ++round) {
    std::vector<std::string> next;
    for (std::size_t v = 0; v < n; ++v) {
      next.push_back(
          md5(joined(v, true) + "|" + joined(v, false) + "|" + hashes[v]));
    }
    hashes = next;
  }
  std::ranges::sort(hashes);
  std::string list;
  for (const auto& hash : hashes) {
    list += (list.empty() ? "['" : ", '") + hash + "'";
  }
  return md5(list + "]");
}

/// The same refinement with a faster hash, for all cells: what is equal by the
/// one is equal by the other, unless a hash collides.
std::uint64_t fast_hash(const RawCell& cell) {
  const std::size_t n = cell.ops.size();
  std::vector<std::uint64_t> hashes(n);
  const auto mix = [&](std::size_t v, std::uint64_t own) {
    std::vector<std::uint64_t> in;
    std::vector<std::uint64_t> out;
    for (std::size_t w = 0; w < n; ++w) {
      if (cell.matrix[w][v] != 0) in.push_back(hashes[w]);
      if (cell.matrix[v][w] != 0) out.push_back(hashes[w]);
    }
    std::ranges::sort(in);
    std::ranges::sort(out);
    own = zcp::hash_combine(own, in.size());
    for (const auto hash : in) own = zcp::hash_combine(own, hash);
    for (const auto hash : out) own = zcp::hash_combine(own, hash);
    return own;
  };
  for (std::size_t round = 0; round <= n; ++round) {
    std::vector<std::uint64_t> next;
    for (std::size_t v = 0; v < n; ++v) {
      const auto start = static_cast<std::uint64_t>(label(cell.ops[v]));
      next.push_back(mix(v, round == 0 ? start : hashes[v]));
    }
    hashes = next;
  }
  std::ranges::sort(hashes);
  std::uint64_t all = 0;
  for (const auto hash : hashes) all = zcp::hash_combine(all, hash);
  return all;
}

bool isomorphic(const RawCell& a, const RawCell& b) {
  using Digraph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
  const auto graph_of = [](const RawCell& cell) {
    Digraph graph(cell.ops.size());
    for (std::size_t v = 0; v < cell.ops.size(); ++v) {
      for (std::size_t w = 0; w < cell.ops.size(); ++w) {
        if (cell.matrix[v][w] != 0) boost::add_edge(v, w, graph);
      }
    }
    return graph;
  };
  const Digraph first = graph_of(a);
  const Digraph second = graph_of(b);
  return boost::vf2_graph_iso(
      first,
      second,
      [](const auto&, const auto&) { return false; },  // the first one will do
      boost::get(boost::vertex_index, first),
      boost::get(boost::vertex_index, second),
      boost::vertex_order_by_mult(first),
      [](const auto&, const auto&) { return true; },
      [&](std::size_t v, std::size_t w) { return a.ops[v] == b.ops[w]; });
}

/// The same cell with its inner vertices in a random order that keeps the
/// matrix triangular.
RawCell shuffled(const RawCell& cell, std::uint64_t seed) {
  const std::size_t n = cell.ops.size();
  for (std::uint64_t attempt = 0;; ++attempt) {
    const auto drawn = zcp::sample_without_replacement(
        static_cast<std::int64_t>(n) - 2,
        static_cast<std::int64_t>(n) - 2,
        zcp::derive_seed(seed, "order", attempt));
    std::vector<std::size_t> order{0};
    for (const auto v : drawn) order.push_back(static_cast<std::size_t>(v) + 1);
    order.push_back(n - 1);
    RawCell other{std::vector(n, std::vector<int>(n)), {}};
    bool triangular = true;
    for (std::size_t i = 0; i < n; ++i) {
      other.ops.push_back(cell.ops[order[i]]);
      for (std::size_t j = 0; j < n; ++j) {
        other.matrix[i][j] = cell.matrix[order[i]][order[j]];
        triangular = triangular && (i < j || other.matrix[i][j] == 0);
      }
    }
    if (triangular) return other;
  }
}

/// generate_graphs.py as it is written: every matrix, every labelling, the
/// first of each hash.
template <typename Hash>
std::vector<std::string> brute_force(
    std::size_t most_vertices,
    const Hash& hash) {
  std::vector<std::string> found;
  std::set<decltype(hash(RawCell()))> hashes;
  for (std::size_t n = 2; n <= most_vertices; ++n) {
    for (std::size_t bits = 0; bits < (1U << (n * (n - 1) / 2)); ++bits) {
      RawCell cell{std::vector(n, std::vector<int>(n)), {}};
      int edges = 0;
      for (std::size_t to = 1; to < n; ++to) {
        for (std::size_t from = 0; from < to; ++from) {
          const auto bit = (bits >> (from + to * (to - 1) / 2)) & 1U;
          cell.matrix[from][to] = static_cast<int>(bit);
          edges += static_cast<int>(bit);
        }
      }
      bool full = edges <= 9;
      for (std::size_t v = 0; v < n; ++v) {
        int in = 0;
        int out = 0;
        for (std::size_t w = 0; w < n; ++w) {
          in += cell.matrix[w][v];
          out += cell.matrix[v][w];
        }
        full = full && (v == 0 || in > 0) && (v == n - 1 || out > 0);
      }
      if (!full) continue;
      std::size_t labels = 1;
      for (std::size_t v = 2; v < n; ++v) labels *= 3;
      for (std::size_t l = 0; l < labels; ++l) {
        cell.ops.assign(n, "input");
        cell.ops[n - 1] = "output";
        std::size_t rest = l;
        for (std::size_t v = n - 2; v > 0; --v) {
          cell.ops[v] = kOps[rest % 3];
          rest /= 3;
        }
        if (hashes.insert(hash(cell)).second) found.push_back(text(cell));
      }
    }
  }
  return found;
}

const std::string kReadme =
    "0111010-0000001-0000001-0000100-0000001-0000001-0000000|input,"
    "conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,"
    "maxpool3x3,output";

}  // namespace

TEST_CASE("NAS-Bench-101: the README's cell") {
  CHECK(build(kReadme).params() == 2694282);
  // 128 channels at 32 x 32: stem, and what each convolution of the three
  // stacks multiplies; 402.0 M.
  CHECK(build(kReadme).macs() / 100000 == 4020);
  // Stem and nine cells.
  CHECK(build(kReadme).blocks().size() == 10);
}

TEST_CASE("NAS-Bench-101: MD5 and the benchmark's hash, as Python has them") {
  CHECK(md5("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(official_hash(read(kReadme)) == "28cfc7874f6d200472e1a9dcd8650aa0");
  CHECK(
      official_hash(read("01-00|input,output")) ==
      "043721b9c7fe8c5fad811d47d83132ec");
}

TEST_CASE("NAS-Bench-101: 423,624 cells, one for each of the official hashes") {
  const auto start = std::chrono::steady_clock::now();
  CHECK(space().spec(423623).find('|') == 7 * 8 - 1);
  const std::chrono::duration<double> enumeration =
      std::chrono::steady_clock::now() - start;
  MESSAGE("enumerated in " << enumeration.count() << " s");
  CHECK(space().info().size == 423624);
  CHECK_THROWS_AS(space().spec(423624), std::out_of_range);
  std::unordered_set<std::string> specs;
  std::unordered_set<std::uint64_t> hashes;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    const std::string spec = space().spec(i);
    specs.insert(spec);
    hashes.insert(fast_hash(read(spec)));
  }
  CHECK(specs.size() == 423624);
  CHECK(hashes.size() == 423624);
}

TEST_CASE("NAS-Bench-101: the fast hash stands for the benchmark's") {
  std::set<std::string> official;
  std::set<std::uint64_t> fast;
  std::set<std::pair<std::string, std::uint64_t>> both;
  for (const auto& spec : sample_specs(space(), 2000, 4)) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const RawCell cell = shuffled(read(spec), seed);
      official.insert(official_hash(cell));
      fast.insert(fast_hash(cell));
      both.emplace(official_hash(cell), fast_hash(cell));
    }
  }
  CHECK(official.size() == 2000);
  CHECK(fast.size() == 2000);
  CHECK(both.size() == 2000);
}

TEST_CASE("NAS-Bench-101: the benchmark's generator finds the same in order") {
  const auto check = [](const std::vector<std::string>& expected) {
    int different = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (space().spec(static_cast<std::int64_t>(i)) != expected[i]) {
        ++different;
      }
    }
    CHECK(different == 0);
    return space().spec(std::ssize(expected)).find('|');
  };
  // The next cell has a vertex more.
  CHECK(check(brute_force(5, official_hash)) == 6 * 7 - 1);
  CHECK(check(brute_force(6, fast_hash)) == 7 * 8 - 1);
}

TEST_CASE("NAS-Bench-101: normalise tells isomorphic cells from others") {
  // Cells with the same operations and degrees: the hard cases.
  std::map<std::vector<std::string>, std::vector<RawCell>> alike;
  int lost = 0;
  for (const auto& spec : sample_specs(space(), 3000, 3)) {
    const RawCell cell = read(spec);
    if (space().normalise(spec) != spec) ++lost;
    if (space().normalise(text(shuffled(cell, 9))) != spec) ++lost;
    std::vector<std::string> kind;
    for (std::size_t v = 0; v < cell.ops.size(); ++v) {
      int in = 0;
      int out = 0;
      for (std::size_t w = 0; w < cell.ops.size(); ++w) {
        in += cell.matrix[w][v];
        out += cell.matrix[v][w];
      }
      kind.push_back(fmt::format("{} {} {}", cell.ops[v], in, out));
    }
    std::ranges::sort(kind);
    alike[kind].push_back(cell);
  }
  CHECK(lost == 0);
  int pairs = 0;
  int equal = 0;
  for (const auto& [kind, cells] : alike) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      CHECK(isomorphic(cells[i], shuffled(cells[i], 10)));
      for (std::size_t j = 0; j < i; ++j) {
        ++pairs;
        if (isomorphic(cells[i], cells[j])) ++equal;
      }
    }
  }
  CHECK(pairs > 500);
  CHECK(equal == 0);
}

TEST_CASE("NAS-Bench-101: cells of the official data are members as written") {
  const auto file = zcp::test::shared("data/nas_bench_101_sample.jsonl");
  if (zcp::test::absent(file)) return;
  std::unordered_set<std::string> members;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    members.insert(space().spec(i));
  }
  std::ifstream lines(file);
  std::string line;
  int read_lines = 0;
  int foreign = 0;
  while (std::getline(lines, line)) {
    const auto json = nlohmann::json::parse(line);
    const RawCell cell{json["matrix"], json["ops"]};
    const std::string spec = text(cell);
    if (space().normalise(spec) != spec || !members.contains(spec)) ++foreign;
    if (build(spec).params() < 200000) ++foreign;
    ++read_lines;
  }
  CHECK(read_lines == 2500);
  CHECK(foreign == 0);
}

TEST_CASE("NAS-Bench-101: uneven channels are cut, the input is projected") {
  // Three parts of 128 channels: 43, 43, 42; the first reads nothing but the
  // input, the last reads both others.
  const Graph graph = build(
      "01110-00011-00011-00001-00000|input,conv1x1-bn-relu,maxpool3x3,"
      "conv3x3-bn-relu,output");
  std::set<int> widths;
  int slices = 0;
  for (const Node& node : graph.nodes()) {
    if (node.shape.width == 32) widths.insert(node.shape.channels);
    if (node.op == Op::slice) ++slices;
  }
  CHECK(widths == std::set<int>{3, 42, 43, 128});
  // 128 and 512 leave a remainder of 2, 256 one of 1: both, one, both.
  CHECK(slices == 3 * (2 + 1 + 2));
}

TEST_CASE("NAS-Bench-101: a stem of fewer channels than parts is refused") {
  CHECK_THROWS_AS(
      space().build(space().info().example, {3, 32, 32}, 10, {4, 0, true}),
      zcp::UserError);
}
