#include "nets/networks/script_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "common/error.h"

namespace zcp::networks {
namespace {

/// None for real numbers, which take the type of the pass.
std::optional<at::ScalarType> type_of(InputType type) {
  switch (type) {
    case InputType::boolean:
      return at::kBool;
    case InputType::uint8:
      return at::kByte;
    case InputType::int8:
      return at::kChar;
    case InputType::int16:
      return at::kShort;
    case InputType::int32:
      return at::kInt;
    case InputType::int64:
      return at::kLong;
    default:
      return std::nullopt;
  }
}

/// "'image', 'age'".
std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back("'" + name + "'");
  return fmt::format("{}", fmt::join(all, ", "));
}

class InputPlaces {
 public:
  explicit InputPlaces(ScriptProgram& program)
      : program_(program), inputs_(program.options.inputs) {}

  void find() {
    if (inputs_.all.size() > program_.input_names.size()) {
      refuse(fmt::format("found {} inputs", inputs_.all.size()));
    }
    for (std::size_t i = 0; i < inputs_.all.size(); ++i) {
      const std::size_t place = place_of(i);
      if (std::ranges::count(program_.places, place) > 0) {
        refuse(fmt::format("found {} twice", name_of(i)));
      }
      check_type(i, place);
      program_.places.push_back(place);
    }
    for (std::size_t place = 0; place < program_.input_names.size(); ++place) {
      const bool given = std::ranges::count(program_.places, place) > 0;
      if (given || program_.default_of(place) != nullptr) continue;
      refuse(fmt::format("found no '{}'", program_.input_names[place]));
    }
  }

 private:
  std::string name_of(std::size_t i) const {
    const std::string& name = inputs_.all[i].name;
    return name.empty() ? fmt::format("input {}", i)
                        : fmt::format("'{}'", name);
  }

  std::size_t place_of(std::size_t i) const {
    const std::string& name = inputs_.all[i].name;
    if (name.empty()) return i;
    const auto& names = program_.input_names;
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) refuse(fmt::format("found '{}'", name));
    return static_cast<std::size_t>(found - names.begin());
  }

  /// Whether `forward` takes such a tensor there.
  void check_type(std::size_t i, std::size_t place) const {
    const auto& type = program_.graph->inputs()[place + 1]->type();
    if (!c10::TensorType::get()->isSubtypeOf(*type) &&
        type->kind() != c10::TypeKind::TensorType) {
      throw UserError(
          "{}: takes '{}' as {}, found a tensor in {}",
          program_.path,
          program_.input_names[place],
          type->repr_str(),
          inputs_.source);
    }
    if (place >= program_.types.size() || !program_.types[place]) return;
    const at::ScalarType wanted = *program_.types[place];
    const auto whole = type_of(inputs_.all[i].type);
    const bool fits = whole ? *whole == wanted : at::isFloatingType(wanted);
    if (fits && takes_sizes(i, place)) return;
    throw UserError(
        "{}: takes '{}' [{}] of {}, found {} [N{}] of {} in {}",
        program_.path,
        program_.input_names[place],
        fmt::join(sizes_of(program_.axes[place]), ", "),
        c10::toString(wanted),
        name_of(i),
        inputs_.all[i].sizes.empty()
            ? std::string()
            : fmt::format(", {}", fmt::join(inputs_.all[i].sizes, ", ")),
        whole ? c10::toString(*whole) : "real numbers",
        inputs_.source);
  }

  bool takes_sizes(std::size_t i, std::size_t place) const {
    const auto& axes = program_.axes[place];
    const auto& sizes = inputs_.all[i].sizes;
    if (axes.empty()) return true;
    if (axes.size() != sizes.size() + 1) return false;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const ExportedAxis& axis = axes[k + 1];
      if (axis.size >= 0 && axis.size != sizes[k]) return false;
    }
    return true;
  }

  static std::vector<std::string> sizes_of(
      const std::vector<ExportedAxis>& axes) {
    std::vector<std::string> sizes;
    for (const ExportedAxis& axis : axes) {
      sizes.push_back(axis.size >= 0 ? std::to_string(axis.size) : "any");
    }
    return sizes;
  }

  [[noreturn]] void refuse(const std::string& found) const {
    throw UserError(
        "{}: {} in {}, expected the inputs of the network: {}",
        program_.path,
        found,
        inputs_.source,
        quoted(program_.input_names));
  }

  ScriptProgram& program_;
  const NetworkInputs& inputs_;
};

}  // namespace

void place_inputs(ScriptProgram& program) {
  if (!program.options.inputs.empty()) InputPlaces(program).find();
}

std::vector<at::Tensor> unpacked(
    const NetworkInputs& inputs,
    const at::Tensor& x) {
  const at::Tensor flat = x.flatten(1);
  std::vector<at::Tensor> all;
  std::int64_t begin = 0;
  for (const NetworkInput& input : inputs.all) {
    std::vector<std::int64_t> sizes{x.size(0)};
    sizes.insert(sizes.end(), input.sizes.begin(), input.sizes.end());
    const std::int64_t end = begin + input.elements();
    at::Tensor part = flat.slice(1, begin, end).reshape(sizes);
    begin = end;
    if (const auto type = type_of(input.type)) {
      part = *type == at::kBool ? part != 0 : part.to(*type);
    }
    all.push_back(std::move(part));
  }
  return all;
}

}  // namespace zcp::networks
