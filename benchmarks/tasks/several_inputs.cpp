#include "benchmarks/tasks/several_inputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "benchmarks/tasks/tensor_elements.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

using formats::Element;
using formats::StoredTensor;

InputType type_of(
    const StoredTensor& tensor,
    const std::string& source,
    const std::string& what) {
  if (is_real(tensor)) return InputType::real;
  switch (tensor.type->element) {
    case Element::boolean:
      return InputType::boolean;
    case Element::uint8:
      return InputType::uint8;
    case Element::int8:
      return InputType::int8;
    case Element::int16:
      return InputType::int16;
    case Element::int32:
      return InputType::int32;
    case Element::int64:
      return InputType::int64;
    default:
      throw UserError(
          "{}: found '{}' in a {} ({}), expected real or whole numbers",
          source,
          what,
          tensor.type->name,
          tensor.type->dtype);
  }
}

/// Whole numbers are kept as float32, which has every one up to 2^24.
std::vector<float> exact_wholes(
    const StoredTensor& tensor,
    const std::string& source,
    const std::string& what) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24U;
  std::vector<float> values;
  for (const std::int64_t whole : read_wholes(tensor, source, what)) {
    if (whole < -kMost || whole > kMost) {
      throw UserError(
          "{}: '{}': found {}, expected whole numbers from {} to {}",
          source,
          what,
          whole,
          -kMost,
          kMost);
    }
    values.push_back(static_cast<float>(whole));
  }
  return values;
}

void check_rows(
    const StoredTensor& tensor,
    const StoredTensor& first,
    const std::string& source,
    const std::string& what,
    const std::string& first_what) {
  if (tensor.sizes.empty()) {
    throw UserError(
        "{}: found '{}' as a single number, expected a row for each sample",
        source,
        what);
  }
  if (tensor.sizes[0] == first.sizes[0]) return;
  throw UserError(
      "{}: found '{}' of {} rows beside '{}' of {}, expected as many, one for "
      "each sample",
      source,
      what,
      tensor.sizes[0],
      first_what,
      first.sizes[0]);
}

}  // namespace

void read_several(
    const std::vector<NamedTensor>& found,
    const std::string& source,
    const std::string& name,
    TensorFile& file) {
  if (found.empty()) {
    throw UserError(
        "{}: found nothing in '{}', expected the network's inputs",
        source,
        name);
  }
  const auto what = [&](std::size_t i) {
    const std::string& key = found[i].key;
    return fmt::format("{}.{}", name, key.empty() ? std::to_string(i) : key);
  };
  file.inputs.source = source;
  std::vector<std::vector<float>> values;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [key, tensor] = found[i];
    check_rows(tensor, found[0].tensor, source, what(i), what(0));
    const InputType type = type_of(tensor, source, what(i));
    file.inputs.all.push_back(
        {key, {tensor.sizes.begin() + 1, tensor.sizes.end()}, type});
    values.push_back(
        type == InputType::real ? read_reals(tensor, source, what(i))
                                : exact_wholes(tensor, source, what(i)));
    if (type == InputType::real) {
      note_conversion(tensor, what(i), "float32", file.notes);
    }
  }
  const std::int64_t elements = file.inputs.elements();
  if (elements > std::numeric_limits<int>::max()) {
    throw UserError(
        "{}: found {} numbers a sample in '{}', expected {} at most",
        source,
        elements,
        name,
        std::numeric_limits<int>::max());
  }
  file.shape = {static_cast<int>(elements), 1, 1};
  for (std::int64_t n = 0; n < found[0].tensor.sizes[0]; ++n) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t own = file.inputs.all[i].elements();
      const auto row = values[i].begin() + n * own;
      file.x.insert(file.x.end(), row, row + own);
    }
  }
}

}  // namespace zcp::tasks
