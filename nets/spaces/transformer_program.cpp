#include "nets/spaces/transformer_program.h"

#include <array>
#include <stdexcept>

namespace zcp::spaces {
namespace {

constexpr double kEpsilon = 1e-6;

/// Attention whose queries, keys and values come from one linear layer.
Term packed_attention(
    ProgramWriter& program,
    const std::string& name,
    const Term& x,
    const TransformerBlock& block,
    LayerDraws (*draws)(std::int64_t)) {
  const std::int64_t tokens = x.sizes[1];
  const std::int64_t features = x.sizes[2];
  const std::int64_t head = block.inner / block.heads;
  const Term qkv = program.linear(
      name + ".qkv", x, 3 * std::int64_t{block.inner}, draws(features));
  const Term by_part = program.permute(
      program.reshape(qkv, {-1, tokens, 3, block.heads, head}),
      {2, 0, 3, 1, 4});
  const Term mixed = program.attention(
      program.select(by_part, 0, 0),
      program.select(by_part, 0, 1),
      program.select(by_part, 0, 2));
  return program.linear(
      name + ".proj", program.join_heads(mixed), features, draws(block.inner));
}

}  // namespace

Term run_transformer_block(
    ProgramWriter& program,
    const std::string& name,
    Term x,
    const TransformerBlock& block,
    LayerDraws (*draws)(std::int64_t)) {
  if (block.relative > 0) {
    throw std::invalid_argument("a program with relative positions");
  }
  const std::int64_t features = x.sizes[2];
  Term y = program.layer_norm(name + ".norm1", x, kEpsilon);
  x = program.add(
      x, packed_attention(program, name + ".attn", y, block, draws));
  y = program.layer_norm(name + ".norm2", x, kEpsilon);
  y = program.gelu(
      program.linear(name + ".mlp.fc1", y, block.hidden, draws(features)));
  return program.add(
      x, program.linear(name + ".mlp.fc2", y, features, draws(block.hidden)));
}

Term map_tokens(ProgramWriter& program, const Term& map) {
  return program.transpose(
      program.reshape(map, {-1, map.sizes[1], map.sizes[2] * map.sizes[3]}),
      1,
      2);
}

Term with_class_token(
    ProgramWriter& program,
    const std::string& name,
    const Term& tokens) {
  const Term token = program.parameter(
      name,
      {1, 1, tokens.sizes[2]},
      {graph::DrawnBy::Rule::normal, kVisionSpread});
  return program.concat(std::array{program.repeated(token, tokens), tokens}, 1);
}

}  // namespace zcp::spaces
