#include "proxies/reductions/tangent_kernel.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "proxies/engine/differentiate.h"

namespace zcp::reductions {
namespace {

/// The gradient of the sum of one sample's logits with respect to each of
/// `weights`; undefined where it does not depend on one.
std::vector<at::Tensor> gradients_of_sample(
    const at::Tensor& logits,
    std::int64_t sample,
    const std::vector<at::Tensor>& weights) {
  return torch::autograd::grad(
      {logits[sample].sum()}, weights, {}, true, false, true);
}

/// All of G at once.
at::Tensor kernel_of_whole(
    const at::Tensor& logits,
    const std::vector<at::Tensor>& weights) {
  std::vector<at::Tensor> rows;
  for (std::int64_t n = 0; n < logits.size(0); ++n) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& g : gradients_of_sample(logits, n, weights)) {
      if (g.defined()) parts.push_back(g.flatten());
    }
    rows.push_back(
        parts.empty() ? at::zeros({1}, logits.options()) : at::cat(parts));
  }
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = at::stack(rows).to(at::kDouble);
  return matrix.mm(matrix.t());
}

/// Weights whose columns of G are made together. Of a weight that is larger
/// than a piece, the entries from `begin` to `end` of each sample.
struct Piece {
  std::vector<at::Tensor> weights;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The weights in pieces of at most `most` columns of G.
std::vector<Piece> pieces_of(
    const std::vector<at::Tensor>& weights,
    std::int64_t most) {
  std::vector<Piece> pieces;
  for (const at::Tensor& weight : weights) {
    const std::int64_t count = weight.numel();
    const bool joins = !pieces.empty() && pieces.back().end + count <= most &&
                       pieces.back().begin == 0;
    if (joins) {
      pieces.back().weights.push_back(weight);
      pieces.back().end += count;
      continue;
    }
    for (std::int64_t begin = 0; begin < count; begin += most) {
      pieces.push_back({{weight}, begin, std::min(begin + most, count)});
    }
  }
  return pieces;
}

/// Adds the products of a piece's columns, [N, columns], in float64.
void add_products(const at::Tensor& rows, at::Tensor& kernel) {
  constexpr std::int64_t kColumns = std::int64_t{1} << 18;
  for (std::int64_t c = 0; c < rows.size(1); c += kColumns) {
    const at::Tensor part = rows.slice(1, c, c + kColumns).to(at::kDouble);
    kernel += part.mm(part.t());
  }
}

/// Pieces whose columns are held at once: one backward pass a sample makes all.
struct Held {
  std::vector<at::Tensor> weights;  ///< each once
  std::vector<const Piece*> pieces;
  std::vector<at::Tensor> rows;  ///< by piece: [N, columns]
};

/// The pieces, in their order, in groups of at most `most` columns, or of one
/// piece.
std::vector<Held> held_together(
    const std::vector<Piece>& pieces,
    std::int64_t most) {
  std::vector<Held> groups;
  std::int64_t columns = 0;
  for (const Piece& piece : pieces) {
    const std::int64_t own = piece.end - piece.begin;
    if (groups.empty() || columns + own > most) {
      groups.emplace_back();
      columns = 0;
    }
    columns += own;
    Held& group = groups.back();
    group.pieces.push_back(&piece);
    for (const at::Tensor& weight : piece.weights) {
      const bool known =
          !group.weights.empty() && group.weights.back().is_same(weight);
      if (!known) group.weights.push_back(weight);
    }
  }
  return groups;
}

/// Writes a piece's columns of one sample, from the gradients of the group's
/// weights.
void write_row(
    const Held& group,
    const Piece& piece,
    const std::vector<at::Tensor>& gradients,
    const at::Tensor& row) {
  std::int64_t place = 0;
  for (const at::Tensor& weight : piece.weights) {
    const auto found = std::ranges::find_if(
        group.weights,
        [&](const at::Tensor& one) { return one.is_same(weight); });
    const at::Tensor& gradient =
        gradients[static_cast<std::size_t>(found - group.weights.begin())];
    const std::int64_t count =
        std::min(weight.numel(), piece.end - piece.begin);
    if (gradient.defined()) {
      row.slice(0, place, place + count)
          .copy_(gradient.flatten().slice(0, piece.begin, piece.begin + count));
    }
    place += count;
  }
}

at::Tensor kernel_in_pieces(
    const at::Tensor& logits,
    const std::vector<at::Tensor>& weights,
    std::int64_t columns,
    std::int64_t held_columns) {
  const std::int64_t samples = logits.size(0);
  const auto options = logits.options().requires_grad(false);
  at::Tensor kernel = at::zeros({samples, samples}, options.dtype(at::kDouble));
  const std::vector<Piece> pieces = pieces_of(weights, columns);
  for (Held& group : held_together(pieces, held_columns)) {
    for (const Piece* piece : group.pieces) {
      group.rows.push_back(
          at::zeros({samples, piece->end - piece->begin}, options));
    }
    for (std::int64_t n = 0; n < samples; ++n) {
      const auto gradients = gradients_of_sample(logits, n, group.weights);
      const at::NoGradGuard no_grad;
      for (std::size_t k = 0; k < group.pieces.size(); ++k) {
        write_row(group, *group.pieces[k], gradients, group.rows[k][n]);
      }
    }
    const at::NoGradGuard no_grad;
    for (at::Tensor& rows : group.rows) {
      add_products(rows, kernel);
      rows = at::Tensor();
    }
  }
  return kernel;
}

}  // namespace

at::Tensor neural_tangent_kernel(
    const networks::Network& network,
    const at::Tensor& x,
    std::int64_t most_bytes,
    std::int64_t held_bytes) {
  const at::AutoGradMode mode(true);
  const auto runnable = engine::differentiable(network);
  std::vector<at::Tensor> weights;
  std::int64_t count = 0;
  for (const auto& parameter : runnable->parameters()) {
    // TE-NAS takes what is named so; a file may name a layer's otherwise.
    if (parameter.is_layer_weight() ||
        parameter.name.find("weight") != std::string::npos) {
      weights.push_back(parameter.value);
      count += parameter.value.numel();
    }
  }
  if (weights.empty()) throw std::invalid_argument("no layer has weights");
  const at::Tensor logits =
      runnable->forward(x, networks::BatchNormMode::batch_statistics, nullptr);
  const std::int64_t samples = logits.size(0);
  const std::int64_t bytes_a_column =
      samples * static_cast<std::int64_t>(x.element_size());
  if (count * bytes_a_column <= most_bytes) {
    return kernel_of_whole(logits, weights);
  }
  return kernel_in_pieces(
      logits,
      weights,
      std::max<std::int64_t>(most_bytes / bytes_a_column, 1),
      std::max<std::int64_t>(held_bytes / bytes_a_column, 1));
}

std::shared_ptr<const at::Tensor> neural_tangent_kernel(
    const engine::Setting& setting) {
  return engine::shared_value<at::Tensor>(
      setting.shared, "neural tangent kernel", [&] {
        return neural_tangent_kernel(
            *setting.network, setting.minibatches[0].x);
      });
}

}  // namespace zcp::reductions
