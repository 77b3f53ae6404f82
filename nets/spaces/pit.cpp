// PiT as Auto-Prox builds it: pycls/models/auto/pit_subnet.py.
#include <fmt/format.h>

#include <array>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/spec.h"
#include "nets/spaces/transformer_layers.h"
#include "nets/spaces/transformer_program.h"

namespace zcp::spaces {
namespace {

constexpr std::size_t kStages = 3;
constexpr int kMostBase = 512;
constexpr int kMostRatio = 16;
constexpr int kMostDepth = 64;
constexpr int kMostHeads = 64;

using Stages = std::array<int, kStages>;

constexpr std::array kBases{16, 24, 32, 40};
constexpr std::array kRatios{2, 4, 6, 8};
constexpr std::array<std::array<int, 3>, kStages> kDepths{
    {{1, 2, 3}, {4, 6, 8}, {2, 4, 6}}};
/// The pooling between two stages is a convolution with a group for each
/// feature in front, so that heads never become fewer.
constexpr std::array<Stages, 10> kHeads{
    {{2, 2, 2},
     {2, 2, 4},
     {2, 2, 8},
     {2, 4, 4},
     {2, 4, 8},
     {2, 8, 8},
     {4, 4, 4},
     {4, 4, 8},
     {4, 8, 8},
     {8, 8, 8}}};
constexpr std::int64_t kSize = 4320;  // 4 * 4 * 3^3 * 10

/// Features of a head, feed-forward ratio, blocks and heads of each stage, and
/// how the image is cut into patches.
struct Member {
  int base = 0;
  int ratio = 0;
  Stages depth{};
  Stages heads{};
  int patch = 16;
  int stride = 8;
};

std::string format(const Member& m) {
  std::string spec = fmt::format(
      "b{}-r{}-d{}.{}.{}-h{}.{}.{}",
      m.base,
      m.ratio,
      m.depth[0],
      m.depth[1],
      m.depth[2],
      m.heads[0],
      m.heads[1],
      m.heads[2]);
  if (m.patch != 16 || m.stride != 8) {
    spec += fmt::format("-p{}.{}", m.patch, m.stride);
  }
  return spec;
}

/// The numbers of a part such as "d2.8.4"; throws where there are not `count`
/// of them from 1 to `most`.
std::vector<int> numbers(
    std::string_view spec,
    std::string_view part,
    char letter,
    std::size_t count,
    int most) {
  std::vector<int> found;
  if (part.starts_with(letter)) {
    for (const std::string_view text : split_spec(part.substr(1), '.')) {
      found.push_back(parse_number(text).value_or(0));
    }
  }
  bool fits = found.size() == count;
  for (const int number : found) fits = fits && number >= 1 && number <= most;
  if (fits) return found;
  throw UserError(
      "spec '{}': found '{}', expected {} and {} number(s) from 1 to {} with "
      "points between (the form is b16-r4-d2.6.4-h2.4.8)",
      spec,
      part,
      letter,
      count,
      most);
}

Member parse(std::string_view spec) {
  const auto parts = split_spec(spec, '-');
  if (parts.size() != 4 && parts.size() != 5) {
    throw UserError(
        "spec '{}': found {} part(s), expected features of a head, ratio, "
        "blocks and heads, like b16-r4-d2.6.4-h2.4.8 (and -p14.7: patches of "
        "14 pixels, 7 apart)",
        spec,
        parts.size());
  }
  Member m;
  m.base = numbers(spec, parts[0], 'b', 1, kMostBase)[0];
  m.ratio = numbers(spec, parts[1], 'r', 1, kMostRatio)[0];
  const auto depth = numbers(spec, parts[2], 'd', kStages, kMostDepth);
  const auto heads = numbers(spec, parts[3], 'h', kStages, kMostHeads);
  for (std::size_t i = 0; i < kStages; ++i) {
    m.depth[i] = depth[i];
    m.heads[i] = heads[i];
    if (i > 0 && heads[i] % heads[i - 1] != 0) {
      throw UserError(
          "spec '{}': {} heads after {}, expected a multiple",
          spec,
          heads[i],
          heads[i - 1]);
    }
  }
  if (parts.size() == 5) {
    const auto patch = numbers(spec, parts[4], 'p', 2, 64);
    m.patch = patch[0];
    m.stride = patch[1];
  }
  return m;
}

std::size_t place_of(int value, std::span<const int> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == value) return i;
  }
  throw UserError("{} is no value that the space pit numbers", value);
}

class Pit final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "pit",
        "pooling vision transformers as Auto-Prox builds them",
        "bBASE-rRATIO-dD.D.D-hH.H.H: features of a head (16, 24, 32, 40), "
        "feed-forward ratio (2, 4, 6, 8), blocks (1-3, 4/6/8, 2/4/6) and heads "
        "(2, 4, 8, never fewer) of three stages; -pPATCH.STRIDE for others "
        "than 16.8",
        "b32-r4-d2.6.4-h2.4.8",
        "https://arxiv.org/abs/2312.09059",
        kSize,
        {"gaussian-224"}};
    return info;
  }

  std::vector<int> choices() const override { return {4, 4, 3, 3, 3, 10}; }

  std::vector<int> options_of(std::string_view spec) const override {
    const Member m = parse(spec);
    if (m.patch != 16 || m.stride != 8) {
      throw UserError("spec '{}': its patches are not the space's", spec);
    }
    std::vector<int> options{
        static_cast<int>(place_of(m.base, kBases)),
        static_cast<int>(place_of(m.ratio, kRatios))};
    for (std::size_t i = 0; i < kStages; ++i) {
      options.push_back(static_cast<int>(place_of(m.depth[i], kDepths[i])));
    }
    for (std::size_t i = 0; i < kHeads.size(); ++i) {
      if (kHeads[i] == m.heads) {
        options.push_back(static_cast<int>(i));
        return options;
      }
    }
    throw UserError("spec '{}': heads that the space does not number", spec);
  }

  std::string spec(std::int64_t index) const override {
    const auto digit = [&index](std::size_t count) {
      const auto d = static_cast<std::size_t>(index) % count;
      index /= static_cast<std::int64_t>(count);
      return d;
    };
    Member m;
    m.heads = kHeads[digit(kHeads.size())];
    for (std::size_t i = kStages; i-- > 0;) m.depth[i] = kDepths[i][digit(3)];
    m.ratio = kRatios[digit(kRatios.size())];
    m.base = kBases[digit(kBases.size())];
    return format(m);
  }

  /// Another value of one of base, ratio, the three depths and the heads.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    std::vector<int> options = options_of(spec);
    const std::vector<int> sizes = choices();
    const auto at = static_cast<std::size_t>(
        draw_integer(std::ssize(options), seed, "choice"));
    const auto step =
        1 + static_cast<int>(draw_integer(sizes[at] - 1, seed, "value"));
    options[at] = (options[at] + step) % sizes[at];
    return spec_of(options);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("pit", output);
    require_all_by_spec("pit", skeleton);
    const Member m = parse(spec);
    require_size("pit", input, m.patch);
    graph::GraphBuilder graph(input, folding);
    graph.run_by([&] { return program(m, input, output); });
    const Value logits = graph.linear(run(graph, m), output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }

 private:
  /// What run() declares, with PyTorch's own draws but for class token and
  /// positions.
  static graph::Program
  program(const Member& m, Shape input, const Output& output) {
    auto program =
        ProgramWriter::of_images(input.channels, input.height, input.width);
    const std::int64_t width = std::int64_t{m.base} * m.heads[0];
    Term map = program.conv2d(
        "patch_embed.conv",
        program.input(),
        width,
        m.patch,
        m.stride,
        0,
        1,
        pytorch_draws(std::int64_t{input.channels} * m.patch * m.patch));
    Sizes one = map.sizes;
    one[0] = 1;
    const Term places = program.parameter(
        "pos_embed", one, {graph::DrawnBy::Rule::normal, kVisionSpread});
    map = program.add(map, places);
    Term x = with_class_token(program, "cls_token", map_tokens(program, map));
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      const int features = m.base * m.heads[stage];
      const std::string name = fmt::format("transformers.{}", stage);
      if (stage > 0) {
        x = pooled(
            program, fmt::format("pools.{}", stage - 1), x, map, features);
      }
      for (int i = 0; i < m.depth[stage]; ++i) {
        x = run_transformer_block(
            program,
            fmt::format("{}.blocks.{}", name, i),
            x,
            {m.heads[stage], features, features * m.ratio, 0},
            pytorch_draws);
      }
    }
    const Term token =
        program.layer_norm("norm", program.select(x, 1, 0), 1e-6);
    return std::move(program).finish(program.linear(
        "head", token, output.channels, pytorch_draws(token.sizes.back())));
  }

  /// What pool() declares; of `map` only the size is read.
  static Term pooled(
      ProgramWriter& program,
      const std::string& name,
      const Term& x,
      Term& map,
      std::int64_t width) {
    const std::int64_t tokens = x.sizes[1];
    const std::int64_t in = x.sizes[2];
    const Term token = program.slice(x, 1, 0, 1);
    const Term pixels = program.reshape(
        program.transpose(program.slice(x, 1, 1, tokens), 1, 2),
        {-1, in, map.sizes[2], map.sizes[3]});
    map = program.conv2d(
        name + ".conv", pixels, width, 3, 2, 1, in, pytorch_draws(9));
    const Term wider =
        program.linear(name + ".fc", token, width, pytorch_draws(in));
    return program.concat(std::array{wider, map_tokens(program, map)}, 1);
  }

  /// The normalised class token.
  static Value run(graph::GraphBuilder& graph, const Member& m) {
    graph::Attributes patches;
    patches.out_channels = m.base * m.heads[0];
    patches.window = {m.patch, m.stride, 0};
    patches.bias = true;
    Value map = graph.conv2d(graph.input(), patches);
    // The class token has no position.
    map = embedding(graph, map, graph.shape(map), graph.shape(map).elements());
    Value x = with_token(graph, map, patches.out_channels);
    graph.end_block(x);
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      const int width = m.base * m.heads[stage];
      if (stage > 0) x = pool(graph, x, map, width);
      for (int i = 0; i < m.depth[stage]; ++i) {
        x = add_transformer_block(
            graph, x, {m.heads[stage], width, width * m.ratio, 0});
      }
    }
    const Value token = rearranged(
        graph, std::array{x}, {graph.shape(x).channels, 1, 1}, kToken);
    return layer_norm(graph, token);
  }

  static constexpr int kToken = 1;
  static constexpr int kMap = 2;
  static constexpr int kJoined = 3;

  /// A map's pixels behind a learned class token.
  static Value
  with_token(graph::GraphBuilder& graph, Value map, std::int64_t params) {
    const Shape in = graph.shape(map);
    return embedding(
        graph, map, {in.channels, in.height * in.width + 1, 1}, params);
  }

  /// Half as high and wide a map of `width` features; `map` had the present
  /// size before and has the new one afterwards.
  static Value
  pool(graph::GraphBuilder& graph, Value x, Value& map, int width) {
    const Shape in = graph.shape(x);
    const Shape before = graph.shape(map);
    const Value token =
        rearranged(graph, std::array{x}, {in.channels, 1, 1}, kToken);
    const Value pixels = rearranged(
        graph, std::array{x}, {in.channels, before.height, before.width}, kMap);
    graph::Attributes a = convolution(width, 3, 2, in.channels);
    a.bias = true;
    map = graph.conv2d(pixels, a);
    const Value wider = graph.linear(token, width);
    const Shape after = graph.shape(map);
    const Value y = rearranged(
        graph,
        std::array{wider, map},
        {width, after.height * after.width + 1, 1},
        kJoined);
    graph.end_block(y);
    return y;
  }
};

}  // namespace

std::unique_ptr<const Space> make_pit() {
  return std::make_unique<Pit>();
}

}  // namespace zcp::spaces
