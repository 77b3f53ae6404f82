#include "nets/spaces/transformer_program.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace zcp::spaces {
namespace {

/// For each pair of tokens the row of a table [rows, d] that their distance
/// has: of rows of the map or of its columns.
std::vector<std::int64_t>
rows_of_pairs(std::int64_t side, std::int64_t rows, bool vertical) {
  const std::int64_t farthest = (rows - 2) / 2;
  const auto place = [&](std::int64_t patch) {
    return vertical ? patch / side : patch % side;
  };
  std::vector<std::int64_t> found;
  // -1 is the class token.
  for (std::int64_t q = -1; q < side * side; ++q) {
    for (std::int64_t k = -1; k < side * side; ++k) {
      const std::int64_t apart =
          std::clamp(place(k) - place(q), -farthest, farthest);
      found.push_back(q < 0 || k < 0 ? 0 : apart + farthest + 1);
    }
  }
  return found;
}

/// The vectors of all pairs of tokens, [T, T, d].
Term relative_positions(
    ProgramWriter& program,
    const std::string& name,
    std::int64_t tokens,
    std::int64_t rows,
    std::int64_t features) {
  const auto side = static_cast<std::int64_t>(
      std::llround(std::sqrt(static_cast<double>(tokens - 1))));
  if (side * side != tokens - 1) {
    throw std::invalid_argument(
        "relative positions on a map that is no square");
  }
  const auto looked_up = [&](const std::string& axis, bool vertical) {
    const Term table = program.parameter(
        name + ".embeddings_table_" + axis,
        {rows, features},
        {graph::DrawnBy::Rule::normal, kVisionSpread});
    const Term indices =
        program.whole_constant("rows_of_pairs_" + axis, {tokens, tokens}, [&] {
          return rows_of_pairs(side, rows, vertical);
        });
    return program.lookup(table, indices);
  };
  const Term rows_apart = looked_up("v", true);
  return program.add(rows_apart, looked_up("h", false));
}

/// Each query [N, heads, T, c] by the positions of its own token [T, c, e]:
/// [N, heads, T, e].
Term by_position(ProgramWriter& program, const Term& x, const Term& positions) {
  const std::int64_t heads = x.sizes[1];
  const std::int64_t tokens = x.sizes[2];
  Term rows = program.permute(x, {2, 0, 1, 3});
  rows = program.reshape(rows, {tokens, -1, x.sizes[3]});
  rows = program.transpose(program.matmul(rows, positions), 0, 1);
  return program.reshape(rows, {-1, heads, tokens, positions.sizes[2]});
}

/// Attention with relative positions of keys and of values.
Term relative_attention(
    ProgramWriter& program,
    const std::string& name,
    const std::array<Term, 3>& qkv,
    std::int64_t rows) {
  const auto& [q, k, v] = qkv;
  const std::int64_t tokens = q.sizes[2];
  const std::int64_t features = q.sizes[3];
  const Term of_keys = relative_positions(
      program, name + ".rel_pos_embed_k", tokens, rows, features);
  const Term of_values = relative_positions(
      program, name + ".rel_pos_embed_v", tokens, rows, features);
  const double scale = 1 / std::sqrt(static_cast<double>(features));
  const Term products = program.matmul(q, program.transpose(k, -2, -1));
  const Term places = by_position(program, q, program.transpose(of_keys, 1, 2));
  const Term weights =
      program.softmax(program.scaled(program.add(products, places), scale), -1);
  return program.add(
      program.matmul(weights, v), by_position(program, weights, of_values));
}

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
  const std::array<Term, 3> parts{
      program.select(by_part, 0, 0),
      program.select(by_part, 0, 1),
      program.select(by_part, 0, 2)};
  const Term mixed =
      block.relative > 0
          ? relative_attention(program, name, parts, block.relative)
          : program.attention(parts[0], parts[1], parts[2]);
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
  const std::int64_t features = x.sizes[2];
  Term y = program.layer_norm(name + ".norm1", x, block.epsilon);
  x = program.add(
      x, packed_attention(program, name + ".attn", y, block, draws));
  y = program.layer_norm(name + ".norm2", x, block.epsilon);
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
