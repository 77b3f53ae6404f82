// Parts of the programs of vision transformers.
#pragma once

#include <string>

#include "common/output.h"
#include "nets/spaces/program_writer.h"
#include "nets/spaces/transformer_layers.h"

namespace zcp::spaces {

constexpr float kVisionSpread = 0.02F;  ///< of class tokens and positions

/// The block that add_transformer_block() declares, with timm's names after
/// `name` ("blocks.0"): x [N, T, E] += proj(attention(norm1(x))), then
/// += fc2(gelu(fc1(norm2(x)))). `draws`: of the linear layers by their fan in.
///
/// With relative positions the tokens are a class token and a square map. To
/// what a query makes of a key, and to each value, a vector is added that two
/// tables have for the rows and the columns from one to the other; rows and
/// columns farther away than the tables reach count as the farthest. Row 0 is
/// for pairs with the class token (Microsoft's Cream/AutoFormer,
/// model/module/multihead_super.py). Throws std::invalid_argument for another
/// number of tokens.
Term run_transformer_block(
    ProgramWriter& program,
    const std::string& name,
    Term x,
    const TransformerBlock& block,
    LayerDraws (*draws)(std::int64_t fan_in));

/// A map [N, C, H, W] as tokens [N, H * W, C].
Term map_tokens(ProgramWriter& program, const Term& map);

/// A learned token [1, 1, C] in front of the tokens.
Term with_class_token(
    ProgramWriter& program,
    const std::string& name,
    const Term& tokens);

}  // namespace zcp::spaces
