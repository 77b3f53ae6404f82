#include "nets/networks/script_memory.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace zcp::networks {
namespace {

using c10::IValue;

/// The tensor that `tensor` is a view of, or itself.
at::Tensor base_of(const at::Tensor& tensor) {
  if (!tensor.is_view()) return tensor;
  return at::Tensor(tensor._base());
}

const void* identity(const IValue& owner) {
  return &owner.toObjectRef();
}

/// Whether both lie in the same memory. A detached tensor does without being a
/// view.
bool shares_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() && a.has_storage() && b.has_storage() && a.is_alias_of(b);
}

/// Where the elements of a tensor begin and end in its storage.
std::pair<std::int64_t, std::int64_t> span_of(const at::Tensor& tensor) {
  std::int64_t last = tensor.storage_offset();
  for (std::int64_t d = 0; d < tensor.dim(); ++d) {
    last += (tensor.size(d) - 1) * tensor.stride(d);
  }
  return {tensor.storage_offset(), last};
}

/// The places in their common storage that both have, from `first` on.
std::int64_t
count_common(const at::Tensor& a, const at::Tensor& b, std::int64_t size) {
  const auto places = [&](const at::Tensor& one) {
    at::Tensor marks = at::zeros({size}, at::kBool);
    marks.as_strided(one.sizes(), one.strides(), one.storage_offset())
        .fill_(true);
    return marks;
  };
  return places(a).logical_and(places(b)).sum().item<std::int64_t>();
}

/// Whether `alias` means elements of `base`, which lies in the same storage.
/// Pieces of unsafe_chunk lie between each other and have none in common.
/// Throws std::invalid_argument where they have some in common and some not.
bool is_part(const at::Tensor& alias, const at::Tensor& base) {
  if (base_of(alias).is_same(base) || alias.numel() == 0) return true;
  const auto [first, last] = span_of(alias);
  const auto [begin, end] = span_of(base);
  if (last < begin || end < first) return false;
  const bool within = begin <= first && last <= end;
  if (within && base.is_non_overlapping_and_dense()) return true;
  const std::int64_t common =
      count_common(alias, base, std::max(last, end) + 1);
  if (common == 0) return false;
  if (common == alias.numel() && within) return true;
  throw std::invalid_argument(
      "writes into memory that it also reads by a tensor that lies across");
}

/// The part of `copy` that `alias` is of `base`.
at::Tensor
moved(const at::Tensor& alias, const at::Tensor& base, const at::Tensor& copy) {
  if (alias.is_same(base)) return copy;
  if (alias.scalar_type() != base.scalar_type()) {
    throw std::invalid_argument(
        "writes into memory that it reads as two types");
  }
  if (copy.strides() != base.strides()) {
    throw std::invalid_argument("writes into a part of an expanded tensor");
  }
  const at::Tensor part = copy.as_strided(
      alias.sizes(),
      alias.strides(),
      alias.storage_offset() - base.storage_offset() + copy.storage_offset());
  return base_of(alias).is_same(base) ? part : part.detach();
}

/// Calls `visit` with every tensor in `held`.
template <typename Visit>
void for_each_tensor(const IValue& held, const Visit& visit) {
  if (held.isTensor()) {
    visit(held.toTensor());
  } else if (held.isTuple()) {
    for (const IValue& element : held.toTupleRef().elements()) {
      for_each_tensor(element, visit);
    }
  } else if (held.isTensorList()) {
    for (const at::Tensor& element : held.toTensorVector()) visit(element);
  } else if (
      held.isList() && !held.isIntList() && !held.isDoubleList() &&
      !held.isBoolList()) {
    for (const IValue& element : held.toListRef()) {
      for_each_tensor(element, visit);
    }
  } else if (held.isGenericDict()) {
    for (const auto& entry : held.toGenericDict()) {
      for_each_tensor(entry.value(), visit);
    }
  }
}

}  // namespace

IValue tuple_of(std::vector<IValue> elements, const c10::TupleTypePtr& type) {
  const bool named = type != nullptr && type->schema() != nullptr;
  return named ? c10::ivalue::Tuple::createNamed(std::move(elements), type)
               : c10::ivalue::Tuple::create(std::move(elements));
}

const IValue& ScriptMemory::at(const torch::jit::Value* name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw std::logic_error("a value that no node made");
  }
  return found->second;
}

void ScriptMemory::set(const torch::jit::Value* name, IValue value) {
  values_[name] = std::move(value);
}

void ScriptMemory::drop(const torch::jit::Value* name) {
  values_.erase(name);
}

const IValue* ScriptMemory::attribute(
    const IValue& owner,
    const std::string& name) const {
  const auto found = attributes_.find({identity(owner), name});
  return found == attributes_.end() ? nullptr : &found->second.second;
}

void ScriptMemory::set_attribute(
    const IValue& owner,
    const std::string& name,
    IValue value) {
  attributes_[{identity(owner), name}] = {owner, std::move(value)};
}

/// `held` with every tensor that shares the memory of `base` moved to `copy`.
/// Lists and dicts change in place, as other names mean the same ones.
IValue ScriptMemory::replaced(
    const IValue& held,
    const at::Tensor& base,
    const at::Tensor& copy,
    Replaced& known) const {
  const auto again = [&](const IValue& inner) {
    return replaced(inner, base, copy, known);
  };
  if (held.isTensor()) {
    const at::Tensor& tensor = held.toTensor();
    if (!shares_memory(tensor, base) || !is_part(tensor, base)) return held;
    at::Tensor& place = known[tensor.unsafeGetTensorImpl()];
    if (!place.defined()) place = moved(tensor, base, copy);
    return place;
  }
  if (held.isTuple()) {
    std::vector<IValue> elements = held.toTupleRef().elements().vec();
    bool changed = false;
    for (IValue& element : elements) {
      IValue now = again(element);
      changed = changed || !now.is(element);
      element = std::move(now);
    }
    return changed ? tuple_of(std::move(elements), held.toTupleRef().type())
                   : held;
  }
  if (held.isTensorList()) {
    auto items = held.toTensorList();
    for (std::size_t i = 0; i < items.size(); ++i) {
      items.set(i, again(IValue(items.get(i))).toTensor());
    }
  } else if (
      held.isList() && !held.isIntList() && !held.isDoubleList() &&
      !held.isBoolList()) {
    auto items = held.toList();
    for (std::size_t i = 0; i < items.size(); ++i) {
      items.set(i, again(items.get(i)));
    }
  } else if (held.isGenericDict()) {
    auto items = held.toGenericDict();
    for (const auto& entry : items.copy()) {
      items.insert_or_assign(entry.key(), again(entry.value()));
    }
  }
  return held;
}

/// The tensor that holds the memory of `tensor` with its gradients: what it is
/// a view of, or what it was detached from.
at::Tensor ScriptMemory::root_of(const at::Tensor& tensor) const {
  at::Tensor root = base_of(tensor);
  // A larger one would cut the gradients that it has itself.
  if (root.requires_grad()) return root;
  const auto rank = [](const at::Tensor& one) {
    return std::pair(one.requires_grad(), one.numel());
  };
  const auto compare = [&](const at::Tensor& other) {
    if (!shares_memory(other, tensor)) return;
    const at::Tensor base = base_of(other);
    if (rank(base) > rank(root) && is_part(tensor, base)) root = base;
  };
  for (const auto& [name, held] : values_) for_each_tensor(held, compare);
  for (const auto& [place, held] : attributes_) {
    for_each_tensor(held.second, compare);
  }
  return root;
}

at::Tensor ScriptMemory::own_copy(const at::Tensor& tensor) {
  const at::Tensor base = root_of(tensor);
  const at::Tensor copy = base.clone();
  Replaced known;
  for (auto& [name, held] : values_) held = replaced(held, base, copy, known);
  for (auto& [place, held] : attributes_) {
    held.second = replaced(held.second, base, copy, known);
  }
  const auto found = known.find(tensor.unsafeGetTensorImpl());
  return found != known.end() ? found->second : moved(tensor, base, copy);
}

}  // namespace zcp::networks
