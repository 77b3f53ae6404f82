#include "nets/networks/script_network.h"

#include <utility>

#include "nets/networks/exported_input.h"
#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "nets/networks/script_samples.h"

namespace zcp::networks {

ScriptNetwork::ScriptNetwork(
    std::shared_ptr<const ScriptProgram> program,
    std::vector<Parameter> parameters)
    : Network(std::move(parameters)), program_(std::move(program)) {}

at::Tensor ScriptNetwork::forward(
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording) const {
  return run_script(*program_, parameters(), x, batch_norm, recording);
}

std::unique_ptr<Network> ScriptNetwork::with_parameters(
    const std::function<at::Tensor(const Parameter&)>& change) const {
  return std::make_unique<ScriptNetwork>(
      program_, changed_parameters(parameters(), change));
}

const std::vector<std::string>& ScriptNetwork::notes() const {
  return program_->notes;
}

const NetworkInputs& ScriptNetwork::inputs() const {
  return program_->options.inputs;
}

std::int64_t ScriptNetwork::least_batch() const {
  return networks::least_batch(*program_);
}

const std::vector<graph::ResidualBlock>* ScriptNetwork::residual_blocks()
    const {
  return program_->exported ? &program_->residual_blocks : nullptr;
}

std::int64_t ScriptNetwork::word_features() const {
  if (program_->word_table < 0) return 0;
  const auto table = static_cast<std::size_t>(program_->word_table);
  return parameters()[table].value.size(1);
}

std::int64_t ScriptNetwork::vocabulary() const {
  if (program_->word_table < 0) return 0;
  const auto table = static_cast<std::size_t>(program_->word_table);
  return parameters()[table].value.size(0);
}

at::Tensor ScriptNetwork::embed(const at::Tensor& x) const {
  if (x.is_floating_point() || program_->word_table < 0) return x;
  const auto table = static_cast<std::size_t>(program_->word_table);
  const auto inputs = program_->words->inputs();
  // The table's row of padding has no gradient, and gradients may be scaled.
  const auto argument = [&](std::size_t place) {
    auto found = torch::jit::toIValue(inputs[0]);
    if (place < inputs.size()) found = torch::jit::toIValue(inputs[place]);
    return found;
  };
  const auto padding = argument(2);
  const auto scale = argument(3);
  return at::embedding(
      parameters()[table].value,
      shown_words(x),
      padding && padding->isInt() ? padding->toInt() : -1,
      scale && scale->isBool() && scale->toBool());
}

at::Tensor ScriptNetwork::forward_embedded(
    const at::Tensor& embedded,
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording) const {
  return run_script(
      *program_, parameters(), embedded, batch_norm, recording, x);
}

bool ScriptNetwork::takes_mask() const {
  return networks::takes_mask(*program_);
}

int ScriptNetwork::computed_weights() const {
  return program_->computed_weights;
}

bool ScriptNetwork::keeps_samples_apart(std::int64_t axes) const {
  return networks::keeps_samples_apart(*program_, parameters(), axes);
}

std::unique_ptr<ScriptNetwork> load_script_network(
    const ModelSource& file,
    const at::TensorOptions& options,
    const ScriptOptions& script) {
  LoadedScript loaded = load_script(file, options, script);
  return std::make_unique<ScriptNetwork>(
      std::move(loaded.program), std::move(loaded.parameters));
}

}  // namespace zcp::networks
