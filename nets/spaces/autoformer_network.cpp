// Structure: Auto-Prox, pycls/models/auto/autoformer_subnet.py; Microsoft's
// Cream/AutoFormer, model/supernet_transformer.py.
#include "nets/spaces/autoformer_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/spec.h"
#include "nets/spaces/transformer_layers.h"
#include "nets/spaces/transformer_program.h"

namespace zcp::spaces {
namespace {

constexpr int kPatch = 16;
constexpr int kMostHidden = 4096;
constexpr int kMostHeads = 16;
constexpr int kMostHalves = 16;
constexpr int kMostDepth = 64;
constexpr int kRelative = 30;  // rows of a table: -14 to 14, the class token
constexpr double kEpsilon = 1e-6;
constexpr double kMicrosoftEpsilon = 1e-5;

/// A block's choices.
struct Block {
  int heads = 0;
  int halves = 0;  // the ratio times two
  bool operator==(const Block&) const = default;
};

struct Member {
  int hidden = 0;
  std::vector<Block> blocks;
  bool operator==(const Member&) const = default;
};

std::string format(const Member& member) {
  std::string spec = fmt::format("e{}", member.hidden);
  for (const Block& block : member.blocks) {
    spec += fmt::format(
        "-{}x{}{}",
        block.heads,
        block.halves / 2,
        block.halves % 2 == 0 ? "" : ".5");
  }
  return spec;
}

/// "3.5" as 7; 0 for anything else than a multiple of a half.
int parse_halves(std::string_view text) {
  const bool half = text.ends_with(".5");
  if (half || text.ends_with(".0")) text.remove_suffix(2);
  const auto whole = parse_number(text);
  return whole ? 2 * *whole + (half ? 1 : 0) : 0;
}

Member parse(std::string_view spec) {
  const auto parts = split_spec(spec, '-');
  Member member;
  if (parts[0].starts_with('e')) {
    member.hidden = parse_number(parts[0].substr(1)).value_or(0);
  }
  if (member.hidden < 1 || member.hidden > kMostHidden) {
    throw UserError(
        "spec '{}': found '{}', expected e and the hidden features, 1 to {}, "
        "like e192-3x4-3x3.5",
        spec,
        parts[0],
        kMostHidden);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::string_view rest = parts[i];
    const int heads = parse_number(take_part(rest, 'x')).value_or(0);
    const int halves = parse_halves(rest);
    if (heads < 1 || heads > kMostHeads || halves < 1 || halves > kMostHalves) {
      throw UserError(
          "spec '{}': block {} is '{}', expected HEADSxRATIO with 1 to {} "
          "heads and a ratio that is a multiple of .5 up to {}, like 3x3.5",
          spec,
          i,
          parts[i],
          kMostHeads,
          kMostHalves / 2);
    }
    member.blocks.push_back({heads, halves});
  }
  if (member.blocks.empty() || std::ssize(member.blocks) > kMostDepth) {
    throw UserError(
        "spec '{}': found {} blocks, expected 1 to {}",
        spec,
        member.blocks.size(),
        kMostDepth);
  }
  return member;
}

int choose(
    const std::vector<int>& values,
    std::uint64_t seed,
    std::string_view purpose) {
  return values[static_cast<std::size_t>(
      draw_integer(std::ssize(values), seed, purpose))];
}

/// One of the values that `now` is not; `now` where there is no other.
int another(const std::vector<int>& values, int now, std::uint64_t seed) {
  std::vector<int> others;
  for (const int value : values) {
    if (value != now) others.push_back(value);
  }
  return others.empty() ? now : choose(others, seed, "value");
}

class AutoFormer final : public Space {
 public:
  explicit AutoFormer(AutoFormerSpace space) : space_(std::move(space)) {}

  const SpaceInfo& info() const override { return space_.info; }

  std::string spec(std::int64_t) const override {
    throw UserError("{}: its members are not numbered", info().name);
  }

  /// Each member with equal chance but for its depth, which is drawn first.
  std::string draw(std::uint64_t seed) const override {
    Member member;
    member.hidden = choose(space_.hidden, seed, "hidden");
    const int depth = choose(space_.depth, seed, "depth");
    for (int i = 0; i < depth; ++i) {
      member.blocks.push_back(drawn_block(
          derive_seed(seed, "block", static_cast<std::uint64_t>(i))));
    }
    return format(member);
  }

  /// Other hidden features, one block more or less at the end, or other heads
  /// or another ratio of one block; each of the four kinds as likely.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const Member before = parse(spec);
    for (std::uint64_t attempt = 0;; ++attempt) {
      const Member after = mutated(before, derive_seed(seed, "edit", attempt));
      if (after != before) return format(after);
    }
  }

  std::vector<std::string> neighbours(std::string_view spec) const override {
    const Member self = parse(spec);
    std::vector<std::string> near;
    const auto add =
        [&](int& value, const std::vector<int>& values, Member& of) {
          const int own = value;
          for (const int other : values) {
            if (other == own) continue;
            value = other;
            near.push_back(format(of));
          }
          value = own;
        };
    Member edited = self;
    add(edited.hidden, space_.hidden, edited);
    for (Block& block : edited.blocks) {
      add(block.heads, space_.heads, edited);
      add(block.halves, space_.halves, edited);
    }
    const auto depth = static_cast<int>(self.blocks.size());
    if (depth < space_.depth.back()) {
      edited.blocks.emplace_back();
      for (const int heads : space_.heads) {
        for (const int halves : space_.halves) {
          edited.blocks.back() = {heads, halves};
          near.push_back(format(edited));
        }
      }
      edited.blocks.pop_back();
    }
    if (depth > space_.depth.front()) {
      edited.blocks.pop_back();
      near.push_back(format(edited));
    }
    return near;
  }

  /// Hidden features, depth, and heads and ratio of each block (0 where there
  /// is none), each as a share of the largest that is drawn.
  std::vector<double> encode(std::string_view spec) const override {
    const Member member = parse(spec);
    const auto share = [](int value, const std::vector<int>& values) {
      return static_cast<double>(value) / values.back();
    };
    std::vector<double> code{
        share(member.hidden, space_.hidden),
        share(static_cast<int>(member.blocks.size()), space_.depth)};
    for (std::size_t i = 0; i < static_cast<std::size_t>(space_.depth.back());
         ++i) {
      const Block block = i < member.blocks.size() ? member.blocks[i] : Block();
      code.push_back(share(block.heads, space_.heads));
      code.push_back(share(block.halves, space_.halves));
    }
    return code;
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
    require_classes(info().name, output);
    require_all_by_spec(info().name, skeleton);
    require_size(info().name, input, kPatch);
    const Member member = parse(spec);
    graph::GraphBuilder graph(input, folding);
    if (space_.head_features > 0 && input.height != input.width) {
      throw UserError(
          "{}: found inputs of {} x {}, expected square ones: it has tables of "
          "relative positions",
          info().name,
          input.height,
          input.width);
    }
    graph.run_by([&] { return program(member, spec, input, output); });
    graph::Attributes patches;
    patches.out_channels = member.hidden;
    patches.window = {kPatch, kPatch, 0};
    patches.bias = true;
    Value x = graph.conv2d(graph.input(), patches);
    // A class token in front, and a position for each.
    const Shape map = graph.shape(x);
    const int tokens = map.height * map.width + 1;
    x = embedding(
        graph,
        x,
        {member.hidden, tokens, 1},
        member.hidden + std::int64_t{tokens} * member.hidden);
    graph.end_block(x);
    for (const Block& block : member.blocks) {
      x = add_transformer_block(graph, x, layers(member, block, spec));
    }
    // The mean over all tokens but the class token.
    x = graph.global_avg_pool(layer_norm(graph, x));
    const Value logits = graph.linear(x, output.channels);
    graph.add_calls(logits, 1);  // the network itself
    return std::move(graph).finish(logits);
  }

 private:
  /// Linear layers are N(0, 0.02^2); the patches' convolution is PyTorch's.
  graph::Program program(
      const Member& member,
      std::string_view spec,
      Shape input,
      const Output& output) const {
    const auto draws = [](std::int64_t) { return normal_draws(kVisionSpread); };
    auto program =
        ProgramWriter::of_images(input.channels, input.height, input.width);
    const Term map = program.conv2d(
        "patch_embed.proj",
        program.input(),
        member.hidden,
        kPatch,
        kPatch,
        0,
        1,
        pytorch_draws(std::int64_t{input.channels} * kPatch * kPatch));
    Term x = with_class_token(program, "cls_token", map_tokens(program, map));
    const std::int64_t tokens = x.sizes[1];
    x = program.add(
        x,
        program.parameter(
            "pos_embed",
            {1, tokens, member.hidden},
            {graph::DrawnBy::Rule::normal, kVisionSpread}));
    for (std::size_t i = 0; i < member.blocks.size(); ++i) {
      x = run_transformer_block(
          program,
          fmt::format("blocks.{}", i),
          x,
          layers(member, member.blocks[i], spec),
          draws);
    }
    x = program.layer_norm("norm", x, epsilon());
    x = program.mean(program.slice(x, 1, 1, tokens), 1);
    return std::move(program).finish(
        program.linear("head", x, output.channels, draws(member.hidden)));
  }

  TransformerBlock layers(
      const Member& member,
      const Block& block,
      std::string_view spec) const {
    TransformerBlock result;
    result.heads = block.heads;
    result.epsilon = epsilon();
    result.hidden = member.hidden * block.halves / 2;
    if (space_.head_features > 0) {
      result.inner = space_.head_features * block.heads;
      result.relative = kRelative;
      return result;
    }
    if (member.hidden % block.heads != 0) {
      throw UserError(
          "spec '{}': {} hidden features and {} heads, expected heads that "
          "divide the features",
          spec,
          member.hidden,
          block.heads);
    }
    result.inner = member.hidden;
    return result;
  }

  double epsilon() const {
    return space_.head_features > 0 ? kMicrosoftEpsilon : kEpsilon;
  }

  Block drawn_block(std::uint64_t seed) const {
    return {
        choose(space_.heads, seed, "heads"),
        choose(space_.halves, seed, "ratio")};
  }

  Member mutated(Member member, std::uint64_t seed) const {
    const std::int64_t kind = draw_integer(4, seed, "kind");
    auto& blocks = member.blocks;
    Block& block = blocks[static_cast<std::size_t>(
        draw_integer(std::ssize(blocks), seed, "block"))];
    if (kind == 0) {
      member.hidden = another(space_.hidden, member.hidden, seed);
    } else if (kind == 1) {
      block.heads = another(space_.heads, block.heads, seed);
    } else if (kind == 2) {
      block.halves = another(space_.halves, block.halves, seed);
    } else {
      const bool more = draw_integer(2, seed, "more") == 1;
      const auto depth = static_cast<int>(blocks.size());
      if (more && depth < space_.depth.back()) {
        blocks.push_back(drawn_block(derive_seed(seed, "new block")));
      } else if (!more && depth > space_.depth.front()) {
        blocks.pop_back();
      }
    }
    return member;
  }

  AutoFormerSpace space_;
};

}  // namespace

std::unique_ptr<const Space> make_autoformer_space(AutoFormerSpace space) {
  return std::make_unique<AutoFormer>(std::move(space));
}

}  // namespace zcp::spaces
