// The values of a TorchScript program while it runs.
//
// This header includes LibTorch.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zcp::networks {

/// A tuple with the names of its fields, where its type has some.
c10::IValue tuple_of(
    std::vector<c10::IValue> elements,
    const c10::TupleTypePtr& type);

/// Values by their names in the graph, and attributes of modules that the pass
/// has read or written: modules themselves never change.
class ScriptMemory {
 public:
  using IValue = c10::IValue;

  /// Throws std::logic_error for a value that no node made.
  const IValue& at(const torch::jit::Value* name) const;
  void set(const torch::jit::Value* name, IValue value);

  /// Forgets a value that no later node reads.
  void drop(const torch::jit::Value* name);

  /// What the attribute holds in this pass; null where the pass has neither
  /// read nor written it.
  const IValue* attribute(const IValue& owner, const std::string& name) const;
  void
  set_attribute(const IValue& owner, const std::string& name, IValue value);

  /// A copy of `tensor` to write into: every name of it, and of each tensor
  /// that shares its memory as its base, as another view or detached from it,
  /// means the copy or a part of the copy afterwards. Tensors held elsewhere,
  /// such as recorded ones, keep what they have.
  at::Tensor own_copy(const at::Tensor& tensor);

 private:
  using Replaced = std::unordered_map<const c10::TensorImpl*, at::Tensor>;

  at::Tensor root_of(const at::Tensor& tensor) const;
  IValue replaced(
      const IValue& held,
      const at::Tensor& base,
      const at::Tensor& copy,
      Replaced& known) const;

  std::unordered_map<const torch::jit::Value*, IValue> values_;
  /// With the owner, which keeps it alive.
  std::map<std::pair<const void*, std::string>, std::pair<IValue, IValue>>
      attributes_;
};

}  // namespace zcp::networks
