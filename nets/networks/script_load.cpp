#include "nets/networks/script_load.h"

#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/library.h>

#include <algorithm>
#include <exception>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/error.h"
#include "nets/kernels/convolution.h"
#include "nets/kernels/libtorch_version.h"
#include "nets/networks/exported_blocks.h"
#include "nets/networks/exported_translate.h"
#include "nets/networks/graph_parameters.h"
#include "nets/networks/script_attention.h"
#include "nets/networks/script_cells.h"
#include "nets/networks/script_fusion.h"
#include "nets/networks/script_inputs.h"
#include "nets/networks/script_lifetimes.h"
#include "nets/networks/script_operators.h"
#include "nets/networks/script_parameters.h"
#include "nets/networks/script_plan.h"

namespace zcp::networks {
namespace {

/// The operators that `text`, LibTorch's message, says are not there; empty
/// where it says something else.
std::string missing_operator(const std::string& text) {
  static const std::string kStart = "Unknown builtin op: ";
  const auto start = text.find(kStart);
  if (start == std::string::npos) return "";
  const auto from = start + kStart.size();
  std::string name = text.substr(from, text.find_first_of(" \n", from) - from);
  while (name.ends_with('.')) name.pop_back();
  return name;
}

/// A file's bytes as LibTorch reads them.
class BytesReader final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BytesReader(std::shared_ptr<const std::string> bytes)
      : bytes_(std::move(bytes)) {}

  std::size_t size() const override { return bytes_->size(); }

  std::size_t read(
      std::uint64_t at,
      void* out,
      std::size_t count,
      const char* what) const override {
    if (at > bytes_->size() || count > bytes_->size() - at) {
      throw std::runtime_error(std::string("the file ends within: ") + what);
    }
    std::copy_n(bytes_->data() + at, count, static_cast<char*>(out));
    return count;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

torch::jit::Module load_module(const ModelSource& file) {
  const std::filesystem::path& path = file.path();
  try {
    if (file.bytes() == nullptr) return torch::jit::load(path.string());
    return torch::jit::load(std::make_shared<BytesReader>(file.bytes()));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const std::string name = missing_operator(error.what());
    if (!name.empty()) {
      throw UserError(
          "{}: uses the operator {}, which this program does not have",
          path.string(),
          name);
    }
    throw UserError(
        "{}: not a TorchScript file; expected what torch.jit.trace(...).save "
        "or torch.jit.script(...).save wrote",
        path.string());
  }
}

/// The graph of `forward` with every call and every forked part in its place.
std::shared_ptr<torch::jit::Graph> inlined_graph(
    const torch::jit::Module& module,
    const std::filesystem::path& path) {
  const auto method = module.find_method("forward");
  if (!method) {
    throw UserError("{}: has no method forward", path.string());
  }
  auto graph = method->graph()->copy();
  torch::jit::Inline(*graph);
  torch::jit::InlineForkWait(graph);
  torch::jit::Inline(*graph);
  return graph;
}

/// The names and the defaults of the inputs.
void read_inputs(ScriptProgram& program) {
  const auto& arguments =
      program.module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    program.input_names.push_back(arguments[i].name());
    const auto& own = arguments[i].default_value();
    // An IValue is made of an empty optional as well: None.
    program.defaults.emplace_back();
    if (own) program.defaults.back() = *own;
  }
}

bool same_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.data_ptr() == b.data_ptr() && a.sizes() == b.sizes() &&
         a.strides() == b.strides() && a.numel() > 0;
}

/// Adds the parameters that modules hold in lists to the program's index:
/// recurrent layers of scripts take theirs from there. `held`: the parameters
/// by their places.
void index_lists(const std::vector<at::Tensor>& held, ScriptProgram& program) {
  for (const auto& named : program.module.named_attributes()) {
    if (!named.value.isTensorList()) continue;
    for (const at::Tensor& one : named.value.toTensorVector()) {
      const auto same = std::ranges::find_if(
          held,
          [&](const at::Tensor& other) { return same_memory(other, one); });
      if (same == held.end()) continue;
      program.parameter_index[one.unsafeGetTensorImpl()] =
          static_cast<int>(same - held.begin());
    }
  }
}

/// The module's trainable parameters, each once; also fills the program's
/// index of them.
std::vector<Parameter> trainable_parameters(
    ScriptProgram& program,
    const at::TensorOptions& options) {
  std::vector<Parameter> parameters;
  std::vector<at::Tensor> held;
  for (const auto& named : program.module.named_parameters()) {
    if (!named.value.requires_grad()) continue;
    if (named.value.is_complex()) {
      throw UserError(
          "{}: the parameter {} is of complex numbers, expected real ones",
          program.path,
          named.name);
    }
    const auto tied = std::ranges::find_if(held, [&](const at::Tensor& other) {
      return same_memory(other, named.value);
    });
    program.parameter_index[named.value.unsafeGetTensorImpl()] =
        static_cast<int>(tied - held.begin());
    if (tied != held.end()) continue;
    held.push_back(named.value);
    // The module is the program's own: where types agree the memory is shared.
    at::Tensor value = named.value.variable_data().to(options);
    if (value.dim() == 4) value = value.contiguous(kMemoryFormat);
    const int declared = static_cast<int>(parameters.size());
    const std::string& prefix = program.options.prefix;
    const std::size_t from = named.name.starts_with(prefix) ? prefix.size() : 0;
    parameters.push_back(
        {named.name.substr(from),
         ParameterKind::other,
         std::move(value),
         declared});
  }
  index_lists(held, program);
  return parameters;
}

/// Moves the constants of the graph: tensors, and the processor as the place
/// where a trace makes tensors.
void move_constants(torch::jit::Block& block, const at::Device& device) {
  for (torch::jit::Node* node : block.nodes()) {
    for (torch::jit::Block* inner : node->blocks()) {
      move_constants(*inner, device);
    }
    if (node->kind() != c10::prim::Constant) continue;
    const auto value = torch::jit::toIValue(node->output());
    if (!value) continue;
    if (value->isTensor() && value->toTensor().dim() > 0) {
      node->t_(c10::attr::value, value->toTensor().to(device));
    } else if (value->isDevice() && value->toDevice().is_cpu()) {
      node->s_(c10::attr::value, device.str());
    }
  }
}

/// Tensors of a file on the device; what shares a tensor goes on sharing it.
class MovedTensors {
 public:
  explicit MovedTensors(const at::Device& device) : device_(device) {}

  at::Tensor moved(const at::Tensor& tensor) {
    Pair& pair = pairs_[tensor.unsafeGetTensorImpl()];
    if (!pair.there.defined()) {
      pair = {tensor, tensor.detach().to(device_)};
      pair.there.requires_grad_(tensor.requires_grad());
    }
    return pair.there;
  }

  c10::IValue moved(const c10::IValue& held) {
    if (held.isTensor() && held.toTensor().defined()) {
      return moved(held.toTensor());
    }
    if (!held.isTensorList()) return held;
    c10::List<at::Tensor> all;
    for (const at::Tensor& one : held.toTensorVector()) {
      all.push_back(moved(one));
    }
    return all;
  }

 private:
  /// Where the file's tensor is kept, no other can take its place in memory.
  struct Pair {
    at::Tensor here;
    at::Tensor there;
  };

  at::Device device_;
  std::map<at::TensorImpl*, Pair> pairs_;
};

/// Moves what a file holds to the device where its network is to run.
void move_to_device(ScriptProgram& program, const at::Device& device) {
  if (device.is_cpu()) return;
  MovedTensors tensors(device);
  for (torch::jit::Module module : program.module.modules()) {
    for (const auto& named : module.named_attributes(false)) {
      if (named.value.isTensor() || named.value.isTensorList()) {
        module.setattr(named.name, tensors.moved(named.value));
      }
    }
  }
  move_constants(*program.graph->block(), device);
}

/// Lays out convolutions' weights as passes on a processor take them.
void lay_out_weights(std::vector<Parameter>& parameters) {
  for (Parameter& parameter : parameters) {
    const bool weight =
        parameter.kind == ParameterKind::conv_weight && parameter.in_calls;
    if (!weight || !parameter.value.device().is_cpu()) continue;
    if (kernels::is_for_planes(parameter.value)) continue;
    parameter.value =
        parameter.value.contiguous(graph_layout(parameter.value.device()));
  }
}

}  // namespace

LoadedScript load_script(
    const ModelSource& file,
    const at::TensorOptions& options,
    const ScriptOptions& script) {
  const std::filesystem::path& path = file.path();
  auto program = std::make_shared<ScriptProgram>();
  program->path = path.string();
  program->options = script;
  if (file.exported() == nullptr && !script.blocks.empty()) {
    throw UserError(
        "{}: --blocks goes with exported programs (.pt2); a TorchScript file "
        "does not name its blocks",
        path.string());
  }
  if (file.exported() != nullptr) {
    translate_exported(*file.exported(), *program);
  } else {
    program->module = load_module(file);
    program->module.eval();
    program->graph = inlined_graph(program->module, path);
    read_inputs(*program);
  }
  place_inputs(*program);
  expand_cells(*program);
  move_to_device(*program, options.device());
  std::vector<Parameter> parameters = trainable_parameters(*program, options);
  if (parameters.empty()) {
    throw UserError(
        "{}: has no trainable parameters; expected a module that was saved "
        "before torch.jit.freeze or quantisation, with requires_grad set",
        path.string());
  }
  plan_nodes(*program);
  find_uses(*program, parameters);
  find_attention(*program);
  plan_fusions(*program);
  plan_lifetimes(*program);
  if (file.exported() != nullptr) find_blocks(*program);
  program->channels_last = may_lie_channels_last(*program);
  if (program->channels_last) lay_out_weights(parameters);
  return {std::move(program), std::move(parameters)};
}

}  // namespace zcp::networks

#if !ZCP_LIBTORCH_AT_LEAST(2, 0)
TORCH_LIBRARY_FRAGMENT(aten, library) {
  library.def(
      "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, "
      "Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, "
      "float? scale=None, bool enable_gqa=False) -> Tensor",
      zcp::networks::scaled_dot_product_attention);
}
#endif
