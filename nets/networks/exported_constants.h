// Arguments of an exported program's nodes as LibTorch's values.
//
// This header includes LibTorch.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/exported_program.h"

namespace zcp::networks {

/// The file's tensors; those that share memory there share it here.
class ExportedTensors {
 public:
  at::Tensor tensor(const ExportedTensor& stored);

 private:
  std::map<std::pair<const std::string*, int>, at::Tensor> storages_;
};

/// Values of a graph for arguments, each in the type that its operator takes.
class ExportedArguments {
 public:
  using Lookup = std::function<torch::jit::Value*(const std::string& name)>;

  /// `lookup` finds what a node or an input made.
  ExportedArguments(torch::jit::Graph& graph, Lookup lookup)
      : graph_(graph), lookup_(std::move(lookup)) {}

  /// `length`: of a list of so many numbers, for which one stands. Throws
  /// std::invalid_argument where it cannot be of that type.
  torch::jit::Value* value(
      const ExportedArgument& argument,
      const c10::TypePtr& type,
      std::optional<int> length = {});

  torch::jit::Value* constant(const c10::IValue& value);

  /// The floating-point type that the program was exported in: where a node
  /// asks for it, the network gets the type that it runs in, as float32 stands
  /// for in programs of TorchScript.
  void set_own_type(int dtype) { own_type_ = dtype; }

 private:
  torch::jit::Value* list(
      const ExportedArgument& argument,
      const c10::TypePtr& element,
      std::optional<int> length);

  torch::jit::Graph& graph_;
  Lookup lookup_;
  int own_type_ = 6;  ///< as c10::ScalarType counts
};

}  // namespace zcp::networks
