#include "nets/networks/script_output.h"

#include <ATen/core/function_schema.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "common/error.h"

namespace zcp::networks {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

/// "aux" and "1" give "aux.1".
std::string joined(const std::string& outer, const std::string& inner) {
  return outer.empty() ? inner : outer + "." + inner;
}

std::string key_text(const c10::IValue& key) {
  if (key.isString()) return key.toStringRef();
  if (key.isInt()) return std::to_string(key.toInt());
  return "?";
}

/// Adds the tensors in `value`, each by its index or key.
void collect(const c10::IValue& value, const std::string& name, Named& found) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) found.emplace_back(name, value.toTensor());
  } else if (value.isTuple()) {
    const auto& tuple = value.toTupleRef();
    const auto schema = tuple.type()->schema();
    for (std::size_t i = 0; i < tuple.elements().size(); ++i) {
      const std::string own =
          schema ? schema->arguments()[i].name() : std::to_string(i);
      collect(tuple.elements()[i], joined(name, own), found);
    }
  } else if (value.isList()) {
    const auto items = value.toListRef().vec();
    for (std::size_t i = 0; i < items.size(); ++i) {
      collect(items[i], joined(name, std::to_string(i)), found);
    }
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      collect(entry.value(), joined(name, key_text(entry.key())), found);
    }
  }
}

std::string listed(const Named& tensors) {
  std::vector<std::string> texts;
  for (const auto& [name, tensor] : tensors) {
    texts.push_back(
        fmt::format("{} [{}]", name, fmt::join(tensor.sizes(), ", ")));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

at::Tensor chosen_output(
    const c10::IValue& returned,
    const ScriptOptions& options,
    const std::string& path) {
  Named tensors;
  collect(returned, "", tensors);
  if (tensors.empty()) {
    throw std::invalid_argument("forward returns no tensor");
  }
  if (!options.output || (tensors.size() == 1 && tensors[0].first.empty())) {
    if (tensors.size() == 1) return tensors[0].second;
    throw OutputNotChosen(
        "{}: returns {} tensors, of which --output has to choose one: {}",
        path,
        tensors.size(),
        listed(tensors));
  }
  for (const auto& [name, tensor] : tensors) {
    if (name == *options.output) return tensor;
  }
  throw OutputNotChosen(
      "{}: returns no tensor {}; expected as --output one of: {}",
      path,
      *options.output,
      listed(tensors));
}

}  // namespace zcp::networks
