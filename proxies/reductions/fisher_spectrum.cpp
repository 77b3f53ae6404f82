#include "proxies/reductions/fisher_spectrum.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::reductions {
namespace {

constexpr std::size_t kTensors = 128;
constexpr auto kEvalMode = networks::BatchNormMode::running_statistics;

using networks::LayerCall;
using networks::LayerKind;
using networks::Network;

/// The derivative of each sample with respect to the first scalar of a weight,
/// from the gradient g at the output of its layer. [N]
at::Tensor weight_scalar(const LayerCall& call, const at::Tensor& g) {
  if (call.kind == LayerKind::conv) {
    // W[0, 0, 0, 0] meets the padded input at every window's first corner.
    const Window& rows = call.windows.at(0);
    const Window& columns = call.windows.at(1);
    const at::Tensor padded = at::constant_pad_nd(
        call.input.detach().select(1, 0),
        {columns.padding, columns.padding, rows.padding, rows.padding});
    const at::Tensor corner =
        padded.slice(1, 0, (g.size(2) - 1) * rows.stride + 1, rows.stride)
            .slice(2, 0, (g.size(3) - 1) * columns.stride + 1, columns.stride);
    return (g.select(1, 0) * corner).sum({1, 2});
  }
  const at::Tensor in =
      call.input.detach().reshape({g.size(0), -1, call.input.size(-1)});
  const at::Tensor out = g.reshape({g.size(0), -1, g.size(-1)});
  return (in.select(2, 0) * out.select(2, 0)).sum(1);
}

/// The same of a bias: the first channel's gradient, summed over positions. [N]
at::Tensor bias_scalar(const at::Tensor& g) {
  if (g.dim() == 4) return g.select(1, 0).sum({1, 2});
  return g.reshape({g.size(0), -1, g.size(-1)}).select(2, 0).sum(1);
}

/// The same of a BatchNorm's scale. [N]
at::Tensor scale_scalar(
    const LayerCall& call,
    const at::Tensor& g,
    const at::Tensor& scale,
    const at::Tensor& shift) {
  const at::Tensor normalised =
      (call.output.detach().select(1, 0) - shift[0]) / scale[0];
  return (g.select(1, 0) * normalised).sum({1, 2});
}

std::vector<at::Tensor> values_of(
    const Network& network,
    const std::vector<std::size_t>& wanted) {
  std::vector<at::Tensor> values;
  for (const std::size_t i : wanted) {
    values.push_back(network.parameters()[i].value);
  }
  return values;
}

/// Jacobian entries from batched backward passes, one a class, which serve
/// all samples at once as samples do not interact in eval mode.
class LayerJacobian {
 public:
  LayerJacobian(const Network& network, const networks::Recording& recording)
      : network_(network) {
    for (const LayerCall& call : recording.calls) {
      const bool holds = call.weight >= 0 || call.scale >= 0;
      if (holds && call.output.requires_grad()) calls_.push_back(&call);
    }
  }

  /// True when every parameter of `wanted` belongs to a convolution of maps, a
  /// linear layer or a BatchNorm of maps.
  bool covers(const std::vector<std::size_t>& wanted) const {
    const auto known = [&](const LayerCall* call) {
      return has_layer_form(*call);
    };
    if (!std::ranges::all_of(calls_, known)) return false;
    return std::ranges::all_of(wanted, [&](std::size_t i) {
      const auto kind = network_.parameters()[i].kind;
      if (kind == networks::ParameterKind::other) return false;
      const bool norm = kind == networks::ParameterKind::norm_scale ||
                        kind == networks::ParameterKind::norm_shift;
      return !norm || std::ranges::any_of(calls_, [&](const LayerCall* call) {
        const auto scale = static_cast<std::size_t>(call->scale);
        return call->scale >= 0 && (i == scale || i == scale + 1);
      });
    });
  }

  /// By parameter index: the derivatives of one logit of each sample. [N]
  std::map<std::size_t, at::Tensor> of_logit(const at::Tensor& logit) const {
    std::vector<at::Tensor> outputs;
    for (const LayerCall* call : calls_) outputs.push_back(call->output);
    const auto gradients =
        torch::autograd::grad({logit.sum()}, outputs, {}, true, false, true);
    const at::NoGradGuard no_grad;
    std::map<std::size_t, at::Tensor> columns;
    for (std::size_t c = 0; c < calls_.size(); ++c) {
      if (gradients[c].defined()) add_call(*calls_[c], gradients[c], columns);
    }
    return columns;
  }

  /// Whether the samples' derivatives of a logit add up to those of its sum, as
  /// far as rounding lets tell: a parameter may be used by more than the layer
  /// that it was found at.
  bool adds_up(const at::Tensor& logit, const std::vector<std::size_t>& wanted)
      const {
    const auto whole = engine::gradients_of(
        logit.sum(), values_of(network_, wanted), engine::GraphUse::again);
    const auto columns = of_logit(logit);
    const at::NoGradGuard no_grad;
    for (std::size_t p = 0; p < wanted.size(); ++p) {
      const auto found = columns.find(wanted[p]);
      const bool in_layer = found != columns.end();
      if (!whole[p].defined() && !in_layer) continue;
      if (!whole[p].defined() || !in_layer) return false;
      constexpr double kRounding = 1e-3;
      const at::Tensor sum = found->second.sum();
      const at::Tensor scale = found->second.abs().sum();
      const at::Tensor first = whole[p].contiguous().flatten()[0];
      if ((sum - first).abs().item<double>() >
          kRounding * scale.item<double>()) {
        return false;
      }
    }
    return true;
  }

 private:
  /// Whether add_call() knows the layer.
  bool has_layer_form(const LayerCall& call) const {
    if (call.scale >= 0) return call.output.dim() == 4;
    const auto slot = static_cast<std::size_t>(call.weight);
    const at::Tensor& weight = network_.parameters()[slot].value;
    if (call.kind == LayerKind::conv) {
      return weight.dim() == 4 && call.windows.size() == 2;
    }
    return call.kind == LayerKind::linear && weight.dim() == 2;
  }

  void add_call(
      const LayerCall& call,
      const at::Tensor& g,
      std::map<std::size_t, at::Tensor>& columns) const {
    const auto& parameters = network_.parameters();
    const auto add = [&](std::size_t index, const at::Tensor& value) {
      at::Tensor& column = columns[index];
      column = column.defined() ? column + value : value;
    };
    if (call.scale >= 0) {
      const auto slot = static_cast<std::size_t>(call.scale);
      add(slot,
          scale_scalar(
              call, g, parameters[slot].value, parameters[slot + 1].value));
      add(slot + 1, bias_scalar(g));
      return;
    }
    const auto slot = static_cast<std::size_t>(call.weight);
    add(slot, weight_scalar(call, g));
    const bool bias =
        slot + 1 < parameters.size() &&
        parameters[slot + 1].kind == networks::ParameterKind::bias;
    if (bias) add(slot + 1, bias_scalar(g));
  }

  const Network& network_;
  std::vector<const LayerCall*> calls_;
};

at::Tensor empty_jacobian(
    const at::Tensor& logits,
    const std::vector<std::size_t>& wanted) {
  return at::zeros(
      {logits.size(0),
       logits.size(1),
       static_cast<std::int64_t>(wanted.size())},
      logits.options().dtype(at::kDouble).requires_grad(false));
}

/// J [N, K, P] by layers, a backward pass a class.
at::Tensor jacobian_by_layers(
    const LayerJacobian& layers,
    const at::Tensor& logits,
    const std::vector<std::size_t>& wanted) {
  at::Tensor j = empty_jacobian(logits, wanted);
  for (std::int64_t k = 0; k < logits.size(1); ++k) {
    auto columns = layers.of_logit(logits.select(1, k));
    for (std::size_t p = 0; p < wanted.size(); ++p) {
      const auto found = columns.find(wanted[p]);
      if (found == columns.end()) continue;
      j.select(1, k)
          .select(1, static_cast<std::int64_t>(p))
          .copy_(found->second);
    }
  }
  return j;
}

/// The same by a backward pass for each sample and class.
at::Tensor jacobian_by_entries(
    const Network& network,
    const at::Tensor& logits,
    const std::vector<std::size_t>& wanted) {
  at::Tensor j = empty_jacobian(logits, wanted);
  const std::vector<at::Tensor> parameters = values_of(network, wanted);
  for (std::int64_t n = 0; n < logits.size(0); ++n) {
    for (std::int64_t k = 0; k < logits.size(1); ++k) {
      const auto gradients = torch::autograd::grad(
          {logits[n][k]}, parameters, {}, true, false, true);
      for (std::size_t p = 0; p < wanted.size(); ++p) {
        if (!gradients[p].defined()) continue;
        j[n][k][static_cast<std::int64_t>(p)].copy_(
            gradients[p].contiguous().flatten()[0]);
      }
    }
  }
  return j;
}

/// Whether the derivatives of the first logit, summed over the samples, are
/// those of one backward pass, as far as rounding lets tell. An operator whose
/// backward pass has no derivative may say so by a zero. A number of a gradient
/// is a sum of many terms, which may cancel; what rounding moves it by goes
/// with the size of the others.
bool first_class_agrees(
    const at::Tensor& j,
    const at::Tensor& logits,
    const std::vector<at::Tensor>& parameters) {
  constexpr double kRounding = 1e-3;
  const auto whole = engine::gradients_of(
      logits.select(1, 0).sum(), parameters, engine::GraphUse::again);
  const at::NoGradGuard no_grad;
  const at::Tensor first = j.select(1, 0);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const at::Tensor column = first.select(1, static_cast<std::int64_t>(p));
    double expected = 0;
    double scale = column.abs().sum().item<double>();
    if (whole[p].defined()) {
      const at::Tensor gradient = whole[p].contiguous().flatten();
      expected = gradient[0].to(at::kDouble).item<double>();
      const double square = gradient.square().mean(at::kDouble).item<double>();
      scale = std::max({scale, std::abs(expected), std::sqrt(square)});
    }
    const double difference = std::abs(column.sum().item<double>() - expected);
    // Also false of what is not a number.
    if (!(difference <= kRounding * scale)) return false;
  }
  return true;
}

/// The same by a derivative of the derivative for each parameter: the gradient
/// of sum_nk v_nk logit_nk at a parameter is linear in v, and its derivative by
/// v is the column of J, for all samples and classes at once. None where an
/// operator has no second derivative.
std::optional<at::Tensor> jacobian_by_columns(
    const Network& network,
    const at::Tensor& logits,
    const std::vector<std::size_t>& wanted) {
  at::Tensor j = empty_jacobian(logits, wanted);
  const std::vector<at::Tensor> parameters = values_of(network, wanted);
  if (!logits.requires_grad()) return j;
  const at::Tensor v = at::zeros_like(logits).detach().requires_grad_(true);
  try {
    const auto gradients =
        torch::autograd::grad({logits}, parameters, {v}, true, true, true);
    for (std::size_t p = 0; p < wanted.size(); ++p) {
      if (!gradients[p].defined() || !gradients[p].requires_grad()) continue;
      const at::Tensor first = gradients[p].flatten()[0];
      const at::Tensor column =
          torch::autograd::grad({first}, {v}, {}, true, false, true)[0];
      if (column.defined()) {
        j.select(2, static_cast<std::int64_t>(p)).copy_(column);
      }
    }
  } catch (const c10::NotImplementedError&) {
    return std::nullopt;
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    if (text.find("not implemented") == text.npos) throw;
    return std::nullopt;
  }
  if (!first_class_agrees(j, logits, parameters)) return std::nullopt;
  return j;
}

/// Whether the layers give the samples' derivatives.
bool serves(
    const LayerJacobian& layers,
    const at::Tensor& logits,
    const std::vector<std::size_t>& wanted,
    Layout layout,
    JacobianWay way) {
  return way != JacobianWay::entries && layout != Layout::other &&
         layers.covers(wanted) &&
         (layout == Layout::of_graph ||
          layers.adds_up(logits.select(1, 0), wanted));
}

/// Whether so many columns cost less than these backward passes. A column runs
/// about half of the layers, forwards; a backward pass all of them.
bool pays_by_columns(
    std::int64_t passes,
    const std::vector<std::size_t>& wanted,
    JacobianWay way) {
  constexpr std::int64_t kColumnsAPass = 2;
  return way == JacobianWay::columns ||
         (way == JacobianWay::cheapest &&
          passes > kColumnsAPass * static_cast<std::int64_t>(wanted.size()));
}

FisherJacobian joined(const std::vector<FisherJacobian>& parts) {
  std::vector<at::Tensor> j;
  std::vector<at::Tensor> logits;
  for (const FisherJacobian& part : parts) {
    j.push_back(part.j);
    logits.push_back(part.logits);
  }
  return {at::cat(j), at::cat(logits), parts.front().tensors};
}

/// float16(float32(.05) / K) and the other half-precision constants of the
/// release, whose alpha is a half-precision tensor.
double half(double value) {
  return static_cast<double>(
      static_cast<float>(c10::Half(static_cast<float>(value))));
}

/// What L [N, K, K] with L L^T = diag(p) - p p^T is made of, p the smoothed
/// softmax of the logits: L_kk = d_k and L_ij = -p_i d_j / q_j for i > j, where
/// q_j is the sum of the p behind j. All [N, K].
struct SoftmaxCholesky {
  at::Tensor p;
  at::Tensor q;
  at::Tensor d;
};

SoftmaxCholesky softmax_cholesky(const at::Tensor& logits) {
  const std::int64_t classes = logits.size(1);
  const double alpha = half(0.05);
  const double share = half(static_cast<double>(
      static_cast<float>(alpha) / static_cast<float>(classes)));
  const at::Tensor p =
      at::softmax(logits.detach().to(at::kDouble), 1) * half(1 - alpha) + share;
  at::Tensor q = 1 - p.cumsum(1);
  q.select(1, classes - 1).zero_();
  const at::Tensor before =
      at::cat({at::ones_like(q.slice(1, 0, 1)), q.slice(1, 0, classes - 1)}, 1);
  return {p, q, (p * q / before).sqrt()};
}

/// L as a matrix.
at::Tensor lower_matrix(const SoftmaxCholesky& l) {
  const std::int64_t classes = l.p.size(1);
  at::Tensor lower = at::zeros({l.p.size(0), classes, classes}, l.p.options());
  for (std::int64_t j = 0; j < classes; ++j) {
    lower.select(2, j).select(1, j).copy_(l.d.select(1, j));
    if (j + 1 == classes) break;
    const at::Tensor below =
        -l.p.slice(1, j + 1) / l.q.slice(1, j, j + 1) * l.d.slice(1, j, j + 1);
    lower.select(2, j).slice(1, j + 1).copy_(below);
  }
  return lower;
}

/// L J, or L^T J, for J [N, K, P]. Of many classes L, which has K^2 numbers a
/// sample, is not made: its rows are sums that run along.
at::Tensor
multiply(const SoftmaxCholesky& l, const at::Tensor& j, bool transposed) {
  constexpr std::int64_t kFew = 128;
  const std::int64_t classes = l.p.size(1);
  if (classes <= kFew) {
    const at::Tensor lower = lower_matrix(l);
    return (transposed ? lower.transpose(1, 2) : lower).bmm(j);
  }
  at::Tensor ratio = l.d / l.q;
  ratio.select(1, classes - 1).zero_();  // 0 / 0: nothing is behind the last
  const at::Tensor own = l.d.unsqueeze(2) * j;
  const at::Tensor by_p = l.p.unsqueeze(2);
  const at::Tensor by_ratio = ratio.unsqueeze(2);
  if (!transposed) {
    const at::Tensor terms = by_ratio * j;
    return own - by_p * (terms.cumsum(1) - terms);
  }
  const at::Tensor terms = by_p * j;
  const at::Tensor behind = terms.flip(1).cumsum(1).flip(1) - terms;
  return own - by_ratio * behind;
}

at::Tensor quantile_entropy(const at::Tensor& information) {
  const at::Tensor spectrum = at::linalg_svdvals(information);
  const at::Tensor levels = at::arange(1, 10, spectrum.options()) / 10.0;
  const at::Tensor quantiles = at::quantile(spectrum, levels);
  const at::Tensor t = quantiles / (quantiles.sum() + 1e-10);
  return -(t * (t + 1e-10).log()).sum();
}

bool holds_parameters(const LayerCall& call) {
  return call.weight >= 0 || call.scale >= 0;
}

void check_logits(const at::Tensor& logits, const at::Tensor& x) {
  if (logits.dim() == 2 && logits.size(1) >= 2) return;
  throw std::invalid_argument(c10::str(
      "the output is ",
      logits.sizes(),
      ", expected [",
      x.size(0),
      ", classes], of two classes or more"));
}

}  // namespace

FisherJacobian fisher_jacobian(
    const Network& network,
    const at::Tensor& x,
    Layout layout,
    JacobianWay way,
    std::int64_t numbers_at_once) {
  const at::AutoGradMode mode(true);
  const auto runnable = engine::differentiable(network);
  std::vector<std::size_t> wanted = networks::declared_order(*runnable);
  const std::size_t tensors = wanted.size();
  if (wanted.size() > kTensors) wanted.resize(kTensors);
  std::int64_t at_once = x.size(0);
  {
    ForwardPass pass;
    pass.output = runnable->forward(x, kEvalMode, &pass.recording);
    const at::Tensor& logits = pass.output;
    check_logits(logits, x);
    // A file may divide a whole minibatch that it does not divide when it is
    // small.
    if (layout == Layout::samples_first &&
        whole_batch_fault(pass.recording, x.size(0), &holds_parameters)) {
      layout = Layout::other;
    }
    const LayerJacobian layers(*runnable, pass.recording);
    const bool by_layers = serves(layers, logits, wanted, layout, way);
    const std::int64_t passes =
        by_layers ? logits.size(1) : logits.size(0) * logits.size(1);
    const bool by_columns = pays_by_columns(passes, wanted, way);
    if (by_columns && layout != Layout::of_graph) {
      at_once = samples_at_once(*runnable, x, kEvalMode, pass, numbers_at_once);
    }
    if (at_once == x.size(0)) {
      std::optional<at::Tensor> j;
      if (by_columns) j = jacobian_by_columns(*runnable, logits, wanted);
      if (!j && by_layers) j = jacobian_by_layers(layers, logits, wanted);
      if (!j) j = jacobian_by_entries(*runnable, logits, wanted);
      return {*j, logits.detach(), tensors};
    }
  }
  std::vector<FisherJacobian> parts;
  for (const at::Tensor& samples : x.split(at_once)) {
    parts.push_back(fisher_jacobian(
        network, samples, layout, JacobianWay::columns, kAllAtOnce));
  }
  return joined(parts);
}

engine::Score fisher_spectrum_score(
    const FisherJacobian& jacobian,
    bool transposed) {
  const at::NoGradGuard no_grad;
  const at::Tensor product =
      multiply(softmax_cholesky(jacobian.logits), jacobian.j, transposed)
          .flatten(0, 1);
  const at::Tensor information =
      product.t().mm(product) / static_cast<double>(jacobian.logits.size(0));
  if (!at::isfinite(information).all().item<bool>()) {
    return engine::Score::degenerate("an activation is not finite");
  }
  return engine::score_of(
      quantile_entropy(information) + static_cast<double>(jacobian.tensors),
      "an activation is not finite");
}

engine::Score fisher_spectrum_score(
    const Network& network,
    const at::Tensor& x,
    bool transposed,
    Layout layout) {
  return fisher_spectrum_score(fisher_jacobian(network, x, layout), transposed);
}

engine::Score fisher_spectrum_score(
    const engine::Setting& setting,
    bool transposed) {
  const auto make = [&] {
    Layout layout = Layout::of_graph;
    if (setting.graph == nullptr) {
      const bool other =
          sample_axis_fault(
              *setting.network, setting.random.noise, &holds_parameters)
              .has_value();
      layout = other ? Layout::other : Layout::samples_first;
    }
    return fisher_jacobian(*setting.network, setting.random.noise, layout);
  };
  const auto jacobian = engine::shared_value<FisherJacobian>(
      setting.shared, "Fisher Jacobian", make);
  return fisher_spectrum_score(*jacobian, transposed);
}

}  // namespace zcp::reductions
