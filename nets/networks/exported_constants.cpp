#include "nets/networks/exported_constants.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>
#include <torch/csrc/jit/ir/constants.h>

#include <cstring>
#include <stdexcept>

namespace zcp::networks {
namespace {

using torch::jit::Value;
using Kind = ExportedArgument::Kind;

/// T of Optional[T].
c10::TypePtr required(const c10::TypePtr& type) {
  const auto optional = type->cast<c10::OptionalType>();
  return optional == nullptr ? type : optional->getElementType();
}

/// A number among tensors, which takes their type, as a Python number does.
at::Tensor number_tensor(const at::Scalar& number) {
  at::Tensor tensor = at::scalar_to_tensor(number);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

bool is_number(const ExportedArgument& argument) {
  return argument.kind == Kind::integer || argument.kind == Kind::real ||
         argument.kind == Kind::boolean;
}

at::Scalar scalar_of(const ExportedArgument& argument) {
  if (argument.kind == Kind::real) return argument.real;
  if (argument.kind == Kind::boolean) return argument.integer != 0;
  return argument.integer;
}

/// A number in the type that is asked for.
c10::IValue number_of(
    const ExportedArgument& argument,
    const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TensorType) {
    return number_tensor(scalar_of(argument));
  }
  if (type->kind() == c10::TypeKind::FloatType &&
      argument.kind == Kind::integer) {
    return static_cast<double>(argument.integer);
  }
  if (argument.kind == Kind::real) {
    if (type->kind() == c10::TypeKind::IntType ||
        type->kind() == c10::TypeKind::BoolType) {
      throw std::invalid_argument("found a fraction, expected an integer");
    }
    return argument.real;
  }
  if (argument.kind == Kind::boolean) return argument.integer != 0;
  return argument.integer;
}

}  // namespace

at::Tensor ExportedTensors::tensor(const ExportedTensor& stored) {
  const auto dtype = static_cast<at::ScalarType>(stored.dtype);
  at::Tensor& held = storages_[{stored.storage.get(), stored.dtype}];
  if (!held.defined()) {
    const auto count = static_cast<std::int64_t>(
        stored.storage->size() / c10::elementSize(dtype));
    held = at::empty({count}, dtype);
    if (count > 0) {
      std::memcpy(held.data_ptr(), stored.storage->data(), held.nbytes());
    }
  }
  return held.as_strided(stored.sizes, stored.strides, stored.offset);
}

Value* ExportedArguments::constant(const c10::IValue& value) {
  return graph_.insertConstant(value);
}

Value* ExportedArguments::value(
    const ExportedArgument& argument,
    const c10::TypePtr& type,
    std::optional<int> length) {
  const c10::TypePtr wanted = required(type);
  if (argument.kind == Kind::none) return constant(c10::IValue());
  if (argument.kind == Kind::list) {
    const auto list = wanted->cast<c10::ListType>();
    if (list == nullptr) {
      throw std::invalid_argument("found a list, expected " + wanted->str());
    }
    return this->list(argument, list->getElementType(), {});
  }
  if (const auto one = wanted->cast<c10::ListType>()) {
    ExportedArgument alone{.kind = Kind::list, .items = {argument}};
    return this->list(alone, one->getElementType(), length);
  }
  if (argument.kind == Kind::value) {
    Value* const made = lookup_(argument.text);
    const c10::TypeKind kind = made->type()->kind();
    const bool number =
        kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType;
    if (wanted->kind() != c10::TypeKind::TensorType || !number) return made;
    // A size among tensors.
    torch::jit::Node* node =
        graph_.create(torch::jit::prim::NumToTensor, {made});
    graph_.insertNode(node);
    return node->output();
  }
  if (is_number(argument)) return constant(number_of(argument, wanted));
  switch (argument.kind) {
    case Kind::text:
      return constant(argument.text);
    case Kind::device:
      // Where the program runs is up to whoever runs it.
      return constant(c10::Device(c10::kCPU));
    case Kind::scalar_type:
      return constant(
          argument.integer == own_type_ ? static_cast<std::int64_t>(at::kFloat)
                                        : argument.integer);
    case Kind::memory_format:
    case Kind::layout:
      return constant(argument.integer);
    default:
      throw std::invalid_argument("found a graph, expected " + wanted->str());
  }
}

Value* ExportedArguments::list(
    const ExportedArgument& argument,
    const c10::TypePtr& element,
    std::optional<int> length) {
  std::vector<Value*> items;
  for (const ExportedArgument& item : argument.items) {
    items.push_back(value(item, element));
  }
  if (length && items.size() == 1) {
    items.resize(static_cast<std::size_t>(*length), items[0]);
  }
  torch::jit::Node* node = graph_.createList(element, items);
  graph_.insertNode(node);
  return node->output();
}

}  // namespace zcp::networks
