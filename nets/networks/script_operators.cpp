// Operators that current PyTorch writes into files and older LibTorch lacks.
#include "nets/networks/script_operators.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace zcp::networks {

at::Tensor scaled_dot_product_attention(
    const at::Tensor& query,
    const at::Tensor& key,
    const at::Tensor& value,
    const kernels::Optional<at::Tensor>& mask,
    double /*dropout*/,
    bool causal,
    kernels::Optional<double> scale,
    bool grouped) {
  const std::int64_t repeats = grouped ? query.size(-3) / key.size(-3) : 1;
  return at::matmul(
      attention_weights(query, key, mask, causal, scale, grouped),
      repeats == 1 ? value : value.repeat_interleave(repeats, -3));
}

at::Tensor attention_weights(
    const at::Tensor& query,
    const at::Tensor& key,
    const kernels::Optional<at::Tensor>& mask,
    bool causal,
    kernels::Optional<double> scale,
    bool grouped) {
  const double factor =
      scale.value_or(1 / std::sqrt(static_cast<double>(query.size(-1))));
  const std::int64_t repeats = grouped ? query.size(-3) / key.size(-3) : 1;
  const at::Tensor keys =
      repeats == 1 ? key : key.repeat_interleave(repeats, -3);
  at::Tensor scores = at::matmul(query * factor, keys.transpose(-2, -1));
  const double nothing = -std::numeric_limits<double>::infinity();
  if (causal) {
    const at::Tensor earlier =
        at::ones({query.size(-2), key.size(-2)}, scores.options()).tril();
    scores = scores.masked_fill(earlier == 0, nothing);
  }
  if (mask.has_value() && mask->defined()) {
    scores = mask->scalar_type() == at::kBool
                 ? scores.masked_fill(mask->logical_not(), nothing)
                 : scores + *mask;
  }
  return at::softmax(scores, -1);
}

}  // namespace zcp::networks
