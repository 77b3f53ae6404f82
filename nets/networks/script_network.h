// A TorchScript file or an exported program as a network.
//
// This header includes LibTorch.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/model_source.h"
#include "nets/graph/residual.h"
#include "nets/networks/network.h"
#include "nets/networks/script_options.h"

namespace zcp::networks {

struct ScriptProgram;

/// Runs node by node, so that BatchNorm can be bypassed and every layer
/// observed. It computes what the module computes in eval mode, but for
/// BatchNorm, whose mode each pass chooses: dropout and the like are switched
/// off, other random numbers come from the seed, and in-place operators write
/// into copies.
class ScriptNetwork final : public Network {
 public:
  ScriptNetwork(
      std::shared_ptr<const ScriptProgram> program,
      std::vector<Parameter> parameters);

  at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override;

  std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change) const override;

  std::int64_t word_features() const override;
  at::Tensor embed(const at::Tensor& x) const override;

  /// Words [N, T] that a mask hides are in x as -1 - word.
  at::Tensor forward_embedded(
      const at::Tensor& embedded,
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override;

  /// Whether it takes a mask beside its words: an input whose name holds
  /// "mask".
  bool takes_mask() const;

  /// How many words it knows; 0: it takes real numbers alone.
  std::int64_t vocabulary() const;

  int computed_weights() const override;
  bool keeps_samples_apart(std::int64_t axes) const override;

  /// A batch size that the network takes: 1, but for exported programs that
  /// take another one alone.
  std::int64_t least_batch() const;

  /// Several inputs that passes find in one tensor; empty: it takes one.
  const NetworkInputs& inputs() const;

  /// Of an exported program; null for a TorchScript file.
  const std::vector<graph::ResidualBlock>* residual_blocks() const;

  /// What was changed to make the file a deterministic classifier, a line each
  /// (dropout switched off).
  const std::vector<std::string>& notes() const;

 private:
  std::shared_ptr<const ScriptProgram> program_;
};

/// Reads a traced, scripted or exported module; its weights as they are,
/// converted to `options`. Its parameters are those that require a gradient.
/// Throws UserError when the file cannot be read, has no such parameter, or
/// uses an operator that can be neither run nor repeated.
std::unique_ptr<ScriptNetwork> load_script_network(
    const ModelSource& file,
    const at::TensorOptions& options,
    const ScriptOptions& script = {});

}  // namespace zcp::networks
