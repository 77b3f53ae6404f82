// Loops over channels-last activations, seen as matrices whose columns are
// channels: what BatchNorm, sums, ReLUs and pools compute. For float and
// c10::BFloat16; vector code for each family of processors, chosen when the
// program starts.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace zcp::kernels {

/// A channels-last tensor as a matrix. Where channels are few, several pixels
/// make one row, so that rows fill vector registers: column c is of channel
/// c % channels.
struct Matrix {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t channels;

  /// How many values a channel has.
  double values() const {
    return static_cast<double>(rows) * static_cast<double>(columns) /
           static_cast<double>(channels);
  }
};

/// The matrix of a tensor of so many values.
Matrix matrix_of(std::int64_t values, std::int64_t channels);

/// Adds to `sums` [columns] the values of each column, and to `squares` their
/// squares.
template <typename T>
void add_moments(const T* x, const Matrix& m, double* sums, double* squares);

/// Adds to `sums` [columns] the values of each column.
template <typename T>
void add_column_sums(const T* x, const Matrix& m, double* sums);

/// Adds to `squares` [columns] those of x - centre, which are rounded to
/// float32 one by one as LibTorch's BatchNorm of planes rounds them.
template <typename T>
void add_centred_squares(
    const T* x,
    const Matrix& m,
    const float* centre,
    double* squares);

/// y = x factor + term.
template <typename T>
void scale_columns(
    const T* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    T* y);

/// y += x factor + term, which is rounded to T before it is added.
template <typename T>
void add_scaled_columns(
    const T* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    T* y);

/// Adds to `sums` [columns] the gradients dy of each column, and to `products`
/// their products with the centred input, x - mean.
template <typename T>
void add_gradients(
    const T* dy,
    const T* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products);

/// The numbers that combine_columns() multiplies and adds, one a column.
struct Coefficients {
  const float* mean;
  const float* of_dy;
  const float* of_x;
  const float* term;
};

/// dx = dy of_dy + (x - mean) of_x + term.
template <typename T>
void combine_columns(
    const T* dy,
    const T* x,
    const Matrix& m,
    const Coefficients& k,
    T* dx);

/// Adds to three arrays [columns] the sums of h, of h (x - mean) and of h dy.
template <typename T>
void add_second_sums(
    const T* h,
    const T* dy,
    const T* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products,
    double* with_dy);

/// The numbers that combine_second() multiplies and adds, each an array: by
/// column there, by channel where they are computed.
template <typename Array>
struct SecondCoefficientsOf {
  Array mean;
  Array to_dy_of_h;
  Array to_dy_of_x;
  Array to_dy_term;
  Array to_x_of_h;
  Array to_x_of_dy;
  Array to_x_of_x;
  Array to_x_term;

  /// The same with each array mapped by `change`.
  template <typename Change>
  auto mapped(const Change& change) const
      -> SecondCoefficientsOf<decltype(change(mean))> {
    return {
        change(mean),
        change(to_dy_of_h),
        change(to_dy_of_x),
        change(to_dy_term),
        change(to_x_of_h),
        change(to_x_of_dy),
        change(to_x_of_x),
        change(to_x_term)};
  }
};
using SecondCoefficients = SecondCoefficientsOf<const float*>;

/// to_dy = h to_dy_of_h + (x - mean) to_dy_of_x + to_dy_term, to_x likewise.
template <typename T>
void combine_second(
    const T* h,
    const T* dy,
    const T* x,
    const Matrix& m,
    const SecondCoefficients& k,
    T* to_dy,
    T* to_x);

/// y = a + b; y may be a.
template <typename T>
void add_values(const T* a, const T* b, std::int64_t count, T* y);

/// y = x / divisor; y may be x. For float only.
template <typename T>
void divide_values(const T* x, float divisor, std::int64_t count, T* y);

/// y = max(y, 0); what is not a number stays so.
template <typename T>
void rectify(std::int64_t count, T* y);

/// dx = 0 where y, the output of a ReLU, is 0, else dy; dx may be dy.
template <typename T>
void mask_gradient(const T* y, const T* dy, std::int64_t count, T* dx);

/// The same two for a ReLU that ends at `ceiling`, as ReLU6 does at 6: y =
/// min(max(y, 0), ceiling), and dx = 0 where y is at either end.
template <typename T>
void clip(std::int64_t count, float ceiling, T* y);
template <typename T>
void mask_clipped_gradient(
    const T* y,
    const T* dy,
    std::int64_t count,
    float ceiling,
    T* dx);

}  // namespace zcp::kernels
