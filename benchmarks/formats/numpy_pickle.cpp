#include "benchmarks/formats/numpy_pickle.h"

#include <bit>
#include <cstdint>

#include "benchmarks/formats/byte_order.h"

namespace zcp::formats {
namespace {

/// numpy.dtype('f8', ...) with a state that says the byte order.
std::string_view type_name(const PickleValue& type) {
  if (!type.is_call() || type.callee() != "numpy.dtype") {
    type.refuse("a NumPy type");
  }
  const auto state = type.state();
  const bool little = !state || state->item(1).text() != ">";
  if (!little) type.refuse("a little-endian NumPy type");
  return type.arguments().item(0).text();
}

/// A type of numbers: its bytes, and what they mean.
struct ElementType {
  std::size_t size;
  double (*read)(std::uint64_t bits);
};

ElementType element_type(const PickleValue& type) {
  const std::string_view name = type_name(type);
  if (name == "f8") {
    return {8, [](std::uint64_t bits) { return std::bit_cast<double>(bits); }};
  }
  if (name == "f4") {
    return {4, [](std::uint64_t bits) -> double {
              return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
            }};
  }
  if (name == "i8") {
    return {8, [](std::uint64_t bits) {
              return static_cast<double>(std::bit_cast<std::int64_t>(bits));
            }};
  }
  if (name == "i4") {
    return {
        4, [](std::uint64_t bits) -> double {
          return std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
        }};
  }
  type.refuse("a NumPy type f8, f4, i8 or i4");
}

/// The bytes of Latin-1 text that is stored as UTF-8.
std::string latin1(const PickleValue& value) {
  const std::string_view text = value.text();
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80U) {
      bytes += text[i];
      continue;
    }
    const bool two = (lead == 0xc2U || lead == 0xc3U) && i + 1 < text.size();
    if (!two) value.refuse("text in Latin-1");
    const auto next = static_cast<unsigned char>(text[++i]);
    bytes += static_cast<char>((lead & 3U) << 6U | (next & 0x3fU));
  }
  return bytes;
}

/// The bytes that a value stands for. Under protocol 2 Python 3 writes them as
/// _codecs.encode(text, 'latin1'); `decoded` then holds what is returned.
std::string_view bytes_of(const PickleValue& value, std::string& decoded) {
  if (!value.is_call() || value.callee() != "_codecs.encode") {
    return value.bytes();
  }
  decoded = latin1(value.arguments().item(0));
  return decoded;
}

/// (version, shape, type, in Fortran's order, bytes) of an array in C order.
PickleValue array_state(const PickleValue& value) {
  const bool array =
      value.is_call() && value.callee().ends_with("._reconstruct");
  if (!array || !value.state()) value.refuse("a NumPy array");
  const PickleValue state = *value.state();
  const bool flat = state.item(1).size() == 1;
  if (!flat && state.item(3).integer() != 0) {
    value.refuse("a NumPy array in C order");
  }
  return state;
}

}  // namespace

ByteArray::ByteArray(const PickleValue& value) {
  const PickleValue state = array_state(value);
  const PickleValue type = state.item(2);
  if (type_name(type) != "u1") type.refuse("unsigned bytes");
  bytes_ = bytes_of(state.item(4), decoded_);
  // Compared by division: the product of lying sizes may overflow.
  auto rest = static_cast<std::int64_t>(bytes_.size());
  const PickleValue shape = state.item(1);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t size = shape.item(i).integer();
    if (size < 1 || rest % size != 0)
      shape.refuse("a shape that fits its bytes");
    rest /= size;
    shape_.push_back(size);
  }
  if (rest != 1) shape.refuse("a shape that fits its bytes");
}

double number_of(const PickleValue& value) {
  if (!value.is_call()) return value.real();
  if (!value.callee().ends_with("multiarray.scalar")) value.refuse("a number");
  const PickleValue arguments = value.arguments();
  const ElementType type = element_type(arguments.item(0));
  std::string decoded;
  const std::string_view bytes = bytes_of(arguments.item(1), decoded);
  if (bytes.size() != type.size) value.refuse("a NumPy scalar of its size");
  return type.read(little_endian(bytes));
}

std::vector<double> numbers_of(const PickleValue& value) {
  std::vector<double> numbers;
  if (!value.is_call()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      numbers.push_back(number_of(value.item(i)));
    }
    return numbers;
  }
  const PickleValue state = array_state(value);
  const ElementType type = element_type(state.item(2));
  std::string decoded;
  const std::string_view bytes = bytes_of(state.item(4), decoded);
  const PickleValue shape = state.item(1);
  const auto count = static_cast<std::int64_t>(bytes.size() / type.size);
  if (shape.size() != 1 || bytes.size() % type.size != 0 ||
      shape.item(0).integer() != count) {
    shape.refuse("the size of an array of one dimension that fits its bytes");
  }
  for (std::size_t at = 0; at < bytes.size(); at += type.size) {
    numbers.push_back(type.read(little_endian(bytes.substr(at, type.size))));
  }
  return numbers;
}

}  // namespace zcp::formats
