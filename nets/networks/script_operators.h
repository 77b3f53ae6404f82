// Operators that current PyTorch writes into files and older LibTorch lacks.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include "nets/kernels/libtorch_version.h"

namespace zcp::networks {

/// softmax(query key^T * scale + mask) value over the last two axes, as
/// torch.nn.functional.scaled_dot_product_attention computes it in evaluation:
/// nothing is dropped out. `scale` is 1 / sqrt(features) where it is not given;
/// a mask of booleans is true where a query sees a key; `grouped`: several
/// heads of the query share one of key and value.
at::Tensor scaled_dot_product_attention(
    const at::Tensor& query,
    const at::Tensor& key,
    const at::Tensor& value,
    const kernels::Optional<at::Tensor>& mask,
    double dropout,
    bool causal,
    kernels::Optional<double> scale,
    bool grouped);

/// The weights by which values are summed there, [..., tokens, tokens].
at::Tensor attention_weights(
    const at::Tensor& query,
    const at::Tensor& key,
    const kernels::Optional<at::Tensor>& mask,
    bool causal,
    kernels::Optional<double> scale,
    bool grouped);

}  // namespace zcp::networks
