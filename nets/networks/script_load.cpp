#include "nets/networks/script_load.h"

#include <torch/csrc/jit/passes/inliner.h>

#include <exception>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/error.h"
#include "nets/networks/script_plan.h"

namespace zcp::networks {
namespace {

/// "weight" of "layers.3.weight".
std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

/// The kind of a parameter by the name that PyTorch's modules give it and by
/// its dimensions. `weight_dims`: the number of dimensions of every parameter,
/// by name.
ParameterKind parameter_kind(
    const std::string& name,
    const at::Tensor& value,
    const std::unordered_map<std::string, std::int64_t>& weight_dims) {
  const std::string last = last_part(name);
  if (last == "weight") {
    if (value.dim() >= 3) return ParameterKind::conv_weight;
    if (value.dim() == 2) return ParameterKind::linear_weight;
    if (value.dim() == 1) return ParameterKind::norm_scale;
  }
  if (last == "bias") {
    const auto weight =
        weight_dims.find(name.substr(0, name.size() - 4) + "weight");
    if (weight != weight_dims.end()) {
      return weight->second == 1 ? ParameterKind::norm_shift
                                 : ParameterKind::bias;
    }
  }
  return ParameterKind::other;
}

torch::jit::Module load_module(const std::filesystem::path& path) {
  try {
    return torch::jit::load(path.string());
  } catch (const std::exception&) {
    throw UserError(
        "{}: not a TorchScript file; expected what torch.jit.trace(...).save "
        "or torch.jit.script(...).save wrote",
        path.string());
  }
}

}  // namespace

LoadedScript load_script(
    const std::filesystem::path& path,
    const at::TensorOptions& options) {
  auto program = std::make_shared<ScriptProgram>();
  program->module = load_module(path);
  program->module.train();
  program->graph = program->module.get_method("forward").graph()->copy();
  torch::jit::Inline(*program->graph);
  std::unordered_map<std::string, std::int64_t> dims;
  for (const auto& named : program->module.named_parameters()) {
    dims[named.name] = named.value.dim();
  }
  std::vector<Parameter> parameters;
  for (const auto& named : program->module.named_parameters()) {
    program->parameter_index[named.value.unsafeGetTensorImpl()] =
        static_cast<int>(parameters.size());
    at::Tensor value = named.value.detach().to(options).clone();
    const ParameterKind kind = parameter_kind(named.name, value, dims);
    if (value.dim() == 4) {
      value = value.contiguous(kMemoryFormat);
    }
    const int declared = static_cast<int>(parameters.size());
    parameters.push_back({named.name, kind, std::move(value), declared});
  }
  plan_nodes(*program);
  return {std::move(program), std::move(parameters)};
}

}  // namespace zcp::networks
