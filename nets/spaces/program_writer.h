// Writes the program of a network, operator by operator, as torch.export would
// write that of a PyTorch module.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nets/graph/program.h"

namespace zcp::spaces {

/// A tensor of the program. Sizes are with the batch, which is -1.
struct Term {
  std::string name;
  std::vector<std::int64_t> sizes;
};

using Sizes = std::vector<std::int64_t>;

/// How the weights and the biases of a linear layer or a convolution are drawn.
struct LayerDraws {
  graph::DrawnBy weight;
  graph::DrawnBy bias;
};

/// PyTorch's own for a layer of that fan in: U(-1/sqrt(fan_in), ...), biases
/// alike.
LayerDraws pytorch_draws(std::int64_t fan_in);

/// N(0, spread^2), biases 0.
LayerDraws normal_draws(float spread);

class ProgramWriter {
 public:
  /// Images [N, channels, height, width].
  static ProgramWriter of_images(int channels, int height, int width);

  /// Texts of so many words: whole numbers [N, tokens].
  static ProgramWriter of_tokens(int tokens);

  const Term& input() const { return input_; }

  Term parameter(const std::string& name, Sizes sizes, graph::DrawnBy draw);

  /// One of a layer of these fans.
  Term layer_parameter(
      const std::string& name,
      Sizes sizes,
      graph::DrawnBy draw,
      std::int64_t fan_in,
      std::int64_t fan_out);

  /// Numbers that are not trained, row-major.
  Term constant(
      const std::string& name,
      Sizes sizes,
      std::span<const double> values);

  /// The same of whole numbers, which are made once for a name.
  Term whole_constant(
      const std::string& name,
      Sizes sizes,
      const std::function<std::vector<std::int64_t>()>& make);

  /// The call of an operator of ATen: its name with the overload
  /// ("add.Tensor"), its arguments by their names, the sizes of its result.
  using Arguments = std::vector<std::pair<std::string, ExportedArgument>>;
  Term call(std::string_view target, Arguments arguments, Sizes sizes);

  // Arguments.
  static ExportedArgument of(const Term& term);
  static ExportedArgument of(std::int64_t number);
  static ExportedArgument of(double number);
  static ExportedArgument of(const Sizes& numbers);
  static ExportedArgument none() { return {}; }

  // Layers, whose parameters are named NAME.weight and NAME.bias.
  Term linear(
      const std::string& name,
      const Term& x,
      std::int64_t out,
      const LayerDraws& draws,
      bool bias = true);
  Term layer_norm(const std::string& name, const Term& x, double epsilon);

  /// A square kernel on maps, [N, C, H, W].
  Term conv2d(
      const std::string& name,
      const Term& x,
      std::int64_t out,
      std::int64_t kernel,
      std::int64_t stride,
      std::int64_t padding,
      std::int64_t groups,
      const LayerDraws& draws);

  // Operators without parameters.
  Term gelu(const Term& x);
  /// Rows of a table [rows, d] by their whole numbers [...]: [..., d].
  Term lookup(const Term& table, const Term& indices);
  Term add(const Term& a, const Term& b);
  Term matmul(const Term& a, const Term& b);
  Term scaled(const Term& x, double factor);
  Term softmax(const Term& x, std::int64_t axis);
  Term reshape(const Term& x, Sizes sizes);
  Term transpose(const Term& x, std::int64_t one, std::int64_t other);
  Term permute(const Term& x, const Sizes& order);
  Term select(const Term& x, std::int64_t axis, std::int64_t index);
  Term
  slice(const Term& x, std::int64_t axis, std::int64_t begin, std::int64_t end);
  Term concat(std::span<const Term> parts, std::int64_t axis);
  Term mean(const Term& x, std::int64_t axis);

  /// A parameter [1, ...] for each sample of `like`: [N, ...].
  Term repeated(const Term& parameter, const Term& like);

  /// Attention of queries, keys and values [N, heads, T, d], as the operators
  /// that it is made of: [N, heads, T, d].
  Term attention(const Term& q, const Term& k, const Term& v);

  /// [N, T, heads * d] as [N, heads, T, d], and back.
  Term split_heads(const Term& x, std::int64_t heads);
  Term join_heads(const Term& x);

  graph::Program finish(const Term& output) &&;

 private:
  explicit ProgramWriter(Term input, int dtype);
  void know(const Term& term, int dtype);
  void add_tensor(const Term& term, int dtype, std::string bytes);

  graph::Program program_;
  Term input_;
  int calls_ = 0;
};

}  // namespace zcp::spaces
