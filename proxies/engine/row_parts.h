// Sums over the numbers of large tensors that are made of their rows in parts:
// what an expression makes between takes the memory of a part, where the copy
// of a layer of 100 million weights in float64 takes 800 MB. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace zcp::engine {

/// Rows of each of several tensors.
using RowParts = at::TensorList;

/// The sum of `term` over runs of rows (indices of the first axis) of
/// `tensors`, which have one shape of at least one axis. `term` gets the same
/// rows of all of them and returns a tensor of one element. Runs have at most
/// 2^24 numbers, of all tensors together, where a row has no more.
at::Tensor sum_by_rows(
    RowParts tensors,
    const std::function<at::Tensor(RowParts)>& term);

/// The sum of a_i b_i, or of |a_i b_i|, of two tensors of one shape, in
/// float64. The products are rounded to the tensors' own type.
at::Tensor sum_of_products(const at::Tensor& a, const at::Tensor& b);
at::Tensor sum_of_absolute_products(const at::Tensor& a, const at::Tensor& b);

/// The sum of the squares of all numbers, and their Euclidean norm, in float64.
at::Tensor sum_of_squares(const at::Tensor& tensor);
at::Tensor norm_by_rows(const at::Tensor& tensor);

}  // namespace zcp::engine
