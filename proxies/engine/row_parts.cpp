#include "proxies/engine/row_parts.h"

#include <algorithm>
#include <vector>

namespace zcp::engine {
namespace {

constexpr std::int64_t kNumbers = std::int64_t{1} << 24;

}  // namespace

at::Tensor sum_by_rows(
    RowParts tensors,
    const std::function<at::Tensor(RowParts)>& term) {
  const auto count = static_cast<std::int64_t>(tensors.size());
  const std::int64_t numbers = tensors[0].numel() * count;
  if (numbers <= kNumbers) return term(tensors);
  const std::int64_t rows = tensors[0].size(0);
  const std::int64_t step =
      std::clamp<std::int64_t>(kNumbers / (numbers / rows), 1, rows);
  at::Tensor sum;
  for (std::int64_t begin = 0; begin < rows; begin += step) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& whole : tensors) {
      parts.push_back(whole.slice(0, begin, begin + step));
    }
    const at::Tensor own = term(parts);
    sum = sum.defined() ? sum + own : own;
  }
  return sum;
}

at::Tensor sum_of_products(const at::Tensor& a, const at::Tensor& b) {
  return sum_by_rows({a, b}, [](RowParts parts) {
    return (parts[0] * parts[1]).sum(at::kDouble);
  });
}

at::Tensor sum_of_absolute_products(const at::Tensor& a, const at::Tensor& b) {
  return sum_by_rows({a, b}, [](RowParts parts) {
    return (parts[0] * parts[1]).abs().sum(at::kDouble);
  });
}

at::Tensor sum_of_squares(const at::Tensor& tensor) {
  return sum_by_rows({tensor}, [](RowParts parts) {
    return parts[0].to(at::kDouble).square().sum();
  });
}

at::Tensor norm_by_rows(const at::Tensor& tensor) {
  if (tensor.numel() <= kNumbers) return tensor.to(at::kDouble).norm();
  return sum_of_squares(tensor).sqrt();
}

}  // namespace zcp::engine
