// Source: aaronserianni/training-free-nas, modeling_electra.py. Dropout is left
// out.
#include "nets/spaces/flexibert_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "nets/spaces/program_writer.h"

namespace zcp::spaces::flexibert {
namespace {

constexpr double kEpsilon = 1e-12;
constexpr float kSpread = 0.02F;
constexpr graph::DrawnBy kNormal{graph::DrawnBy::Rule::normal, kSpread};

class EncoderWriter {
 public:
  EncoderWriter(const Encoder& encoder, int tokens)
      : encoder_(encoder), program_(ProgramWriter::of_tokens(tokens)) {}

  graph::Program write(const Output& output) && {
    Term x = embedded();
    for (std::size_t i = 0; i < encoder_.layers.size(); ++i) {
      const std::string name = fmt::format("encoder.layer.{}", i);
      const Layer& layer = encoder_.layers[i];
      x = feed_forward(layer, name, operation(layer, name, x));
    }
    if (output.head == Head::classes) {
      x = linear("classifier", program_.mean(x, 1), output.channels);
    }
    return std::move(program_).finish(x);
  }

 private:
  Term linear(
      const std::string& name,
      const Term& x,
      std::int64_t out,
      bool bias = true) {
    return program_.linear(name, x, out, normal_draws(kSpread), bias);
  }

  /// Words, types and positions, which are added up.
  Term embedded() {
    const Term& words = program_.input();
    const std::int64_t tokens = words.sizes[1];
    const std::string name = "embeddings.";
    const Term table = program_.parameter(
        name + "word_embeddings.weight", {kWords, kEmbedded}, kNormal);
    const Term places = program_.parameter(
        name + "position_embeddings.weight", {kMostTokens, kEmbedded}, kNormal);
    const Term types = program_.parameter(
        name + "token_type_embeddings.weight", {2, kEmbedded}, kNormal);
    Term x = program_.lookup(table, words);
    x = program_.add(x, program_.select(types, 0, 0));
    x = program_.add(x, program_.slice(places, 0, 0, tokens));
    x = program_.layer_norm(name + "LayerNorm", x, kEpsilon);
    if (encoder_.hidden == kEmbedded) return x;
    return linear("embeddings_project", x, encoder_.hidden);
  }

  Term operation(const Layer& layer, const std::string& name, const Term& x) {
    const std::string own = name + ".operation.operation";
    switch (layer.operation) {
      case Operation::dft:
      case Operation::dct:
        return transform(layer, own, x);
      case Operation::conv5:
      case Operation::conv9:
        return output(name + ".operation.output", convolved(layer, own, x), x);
      case Operation::sdp:
      case Operation::wma:
        break;
    }
    return output(name + ".operation.output", attended(layer, own, x), x);
  }

  /// A linear layer, the sum with what the operation has read, LayerNorm.
  Term output(const std::string& name, const Term& y, const Term& x) {
    const Term sum =
        program_.add(linear(name + ".dense", y, x.sizes.back()), x);
    return program_.layer_norm(name + ".LayerNorm", sum, kEpsilon);
  }

  Term attended(const Layer& layer, const std::string& name, const Term& x) {
    const std::int64_t h = x.sizes.back();
    Term q = linear(name + ".query", x, h);
    const Term k = linear(name + ".key", x, h);
    const Term v = linear(name + ".value", x, h);
    if (layer.operation == Operation::wma) {
      q = linear(name + ".weight", q, h, false);
    }
    return program_.join_heads(program_.attention(
        program_.split_heads(q, layer.heads),
        program_.split_heads(k, layer.heads),
        program_.split_heads(v, layer.heads)));
  }

  /// cos(2 pi j k / n), or the sines.
  Term waves(const char* name, std::int64_t n, bool sines) {
    std::vector<double> values(static_cast<std::size_t>(n * n));
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t k = 0; k < n; ++k) {
        const double turn = 2 * std::numbers::pi *
                            static_cast<double>(j * k % n) /
                            static_cast<double>(n);
        values[static_cast<std::size_t>(j * n + k)] =
            sines ? std::sin(turn) : std::cos(turn);
      }
    }
    return program_.constant(fmt::format("{}{}", name, n), {n, n}, values);
  }

  /// 2 cos(pi k (2 j + 1) / (2 n)) in row k, or transposed.
  Term cosines(const char* name, std::int64_t n, bool transposed) {
    std::vector<double> values(static_cast<std::size_t>(n * n));
    for (std::int64_t k = 0; k < n; ++k) {
      for (std::int64_t j = 0; j < n; ++j) {
        const double turn = std::numbers::pi *
                            static_cast<double>(k * (2 * j + 1) % (4 * n)) /
                            static_cast<double>(2 * n);
        const std::int64_t place = transposed ? j * n + k : k * n + j;
        values[static_cast<std::size_t>(place)] = 2 * std::cos(turn);
      }
    }
    return program_.constant(fmt::format("{}{}", name, n), {n, n}, values);
  }

  /// Over tokens and the features of each head: the real part of the Fourier
  /// transform, or the cosine transform, which is not normalised. What it makes
  /// is neither projected nor added to anything.
  Term transform(const Layer& layer, const std::string& name, const Term& x) {
    const std::int64_t tokens = x.sizes[1];
    const std::int64_t head = x.sizes[2] / layer.heads;
    const Term y = program_.split_heads(
        linear(name + ".input", x, x.sizes[2]), layer.heads);
    const auto both = [&](const Term& left, const Term& right) {
      return program_.matmul(program_.matmul(left, y), right);
    };
    if (layer.operation == Operation::dct) {
      return program_.join_heads(
          both(cosines("dct", tokens, false), cosines("dct_t", head, true)));
    }
    const Term real =
        both(waves("cos", tokens, false), waves("cos", head, false));
    const Term other =
        both(waves("sin", tokens, true), waves("sin", head, true));
    return program_.join_heads(
        program_.add(real, program_.scaled(other, -1.0)));
  }

  /// ConvBERT's: half of the heads attend, beside them stands a convolution
  /// whose kernel depends on the token.
  Term convolved(const Layer& layer, const std::string& name, const Term& x) {
    const std::int64_t kernel = layer.operation == Operation::conv5 ? 5 : 9;
    const std::int64_t heads = std::max(1, layer.heads / 2);
    const std::int64_t head = x.sizes[2] / layer.heads;
    const std::int64_t a = heads * head;
    const Term q = linear(name + ".query", x, a);
    const Term k = linear(name + ".key", x, a);
    const Term v = linear(name + ".value", x, a);
    const Term key = separable(name + ".key_conv_attn_layer", x, a, kernel);
    const Term product = program_.call(
        "mul.Tensor",
        {{"self", ProgramWriter::of(key)}, {"other", ProgramWriter::of(q)}},
        q.sizes);
    Term kernels = linear(name + ".conv_kernel_layer", product, heads * kernel);
    kernels = program_.softmax(program_.reshape(kernels, {-1, kernel, 1}), 1);
    const Term values = linear(name + ".conv_out_layer", x, a);
    const Term mixed = program_.reshape(
        program_.matmul(windows(values, kernel, head), kernels),
        {-1, x.sizes[1], a});
    const Term attended = program_.join_heads(program_.attention(
        program_.split_heads(q, heads),
        program_.split_heads(k, heads),
        program_.split_heads(v, heads)));
    return program_.concat(std::array{attended, mixed}, 2);
  }

  Term convolution(
      const std::string& name,
      const Term& x,
      std::int64_t out,
      std::int64_t kernel,
      std::int64_t groups) {
    const std::int64_t in = x.sizes[1] / groups;
    const Term weight = program_.layer_parameter(
        name + ".weight",
        {out, in, kernel},
        kNormal,
        in * kernel,
        out / groups * kernel);
    return program_.call(
        "conv1d",
        {{"input", ProgramWriter::of(x)},
         {"weight", ProgramWriter::of(weight)},
         {"bias", ProgramWriter::none()},
         {"stride", ProgramWriter::of(Sizes{1})},
         {"padding", ProgramWriter::of(Sizes{kernel / 2})},
         {"dilation", ProgramWriter::of(Sizes{1})},
         {"groups", ProgramWriter::of(groups)}},
        {-1, out, x.sizes[2]});
  }

  /// A convolution of each feature over tokens, then one of all features.
  Term separable(
      const std::string& name,
      const Term& x,
      std::int64_t out,
      std::int64_t kernel) {
    const std::int64_t features = x.sizes[2];
    const Term each = convolution(
        name + ".depthwise",
        program_.transpose(x, 1, 2),
        features,
        kernel,
        features);
    const Term all = convolution(name + ".pointwise", each, out, 1, 1);
    const Term bias = program_.parameter(
        name + ".bias", {out, 1}, {graph::DrawnBy::Rule::zeros, 0});
    return program_.transpose(program_.add(all, bias), 1, 2);
  }

  /// The `kernel` tokens around each, for each head: [N * T * heads, head,
  /// kernel].
  Term windows(const Term& x, std::int64_t kernel, std::int64_t head) {
    const std::int64_t tokens = x.sizes[1];
    const std::int64_t features = x.sizes[2];
    const Term map = program_.reshape(
        program_.transpose(x, 1, 2), {-1, features, tokens, 1});
    const Term unfolded = program_.call(
        "im2col",
        {{"self", ProgramWriter::of(map)},
         {"kernel_size", ProgramWriter::of(Sizes{kernel, 1})},
         {"dilation", ProgramWriter::of(Sizes{1, 1})},
         {"padding", ProgramWriter::of(Sizes{kernel / 2, 0})},
         {"stride", ProgramWriter::of(Sizes{1, 1})}},
        {-1, features * kernel, tokens});
    return program_.reshape(
        program_.transpose(unfolded, 1, 2), {-1, head, kernel});
  }

  Term
  feed_forward(const Layer& layer, const std::string& name, const Term& x) {
    Term y =
        program_.gelu(linear(name + ".intermediate.dense_in", x, layer.width));
    for (int i = 1; i < layer.depth; ++i) {
      y = program_.gelu(linear(
          fmt::format("{}.intermediate.dense_list.{}", name, i - 1),
          y,
          layer.width));
    }
    return output(name + ".output", y, x);
  }

  const Encoder& encoder_;
  ProgramWriter program_;
};

}  // namespace

graph::Program
program(const Encoder& encoder, int tokens, const Output& output) {
  return EncoderWriter(encoder, tokens).write(output);
}

}  // namespace zcp::spaces::flexibert
