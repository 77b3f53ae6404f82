// Files of torch.save({'x': x, 'y': y}), written byte by byte for tests.
#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace zcp::test {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i));
  }
  return text;
}

/// A zip archive of stored entries.
inline std::string make_zip(
    const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes;
  std::string directory;
  for (const auto& [name, content] : files) {
    const auto* data = reinterpret_cast<const Bytef*>(content.data());
    const std::string sizes =
        little_endian(crc32_z(0, data, content.size()), 4) +
        little_endian(content.size(), 4) + little_endian(content.size(), 4);
    const std::string names = little_endian(name.size(), 2);
    const std::string start = little_endian(bytes.size(), 4);
    const std::string nothing(16, '\0');
    bytes += "PK\3\4" + nothing.substr(0, 10) + sizes + names +
             nothing.substr(0, 2) + name + content;
    directory += "PK\1\2" + nothing.substr(0, 12) + sizes + names +
                 nothing.substr(0, 12) + start + name;
  }
  const std::string count = little_endian(files.size(), 2);
  return bytes + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         little_endian(directory.size(), 4) + little_endian(bytes.size(), 4) +
         std::string(2, '\0');
}

/// The program that rebuilds one tensor, as torch.save writes it.
inline std::string pickled_tensor(
    const std::string& storage,
    const std::string& key,
    const std::vector<int>& sizes,
    const std::vector<int>& strides) {
  const auto text = [](const std::string& value) {
    return fmt::format("X{}{}", little_endian(value.size(), 4), value);
  };
  const auto tuple = [](const std::vector<int>& values) {
    std::string program = "(";
    for (const int value : values) {
      program += 'J';
      program += little_endian(static_cast<std::uint32_t>(value), 4);
    }
    program += 't';
    return program;
  };
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
         "ctorch\n" + storage + "\n" + text(key) + text("cpu") + "K\1tQK" +
         std::string(1, '\0') + tuple(sizes) + tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// Raw bytes of numbers.
template <typename Number>
std::string raw(const std::vector<Number>& numbers) {
  std::string bytes(numbers.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/// A whole file with x from `x_program` and y of `labels`.
inline std::string make_tensors(
    const std::string& x_program,
    const std::vector<float>& x,
    const std::vector<std::int64_t>& labels) {
  const std::string y_program = pickled_tensor(
      "LongStorage", "1", {static_cast<int>(labels.size())}, {1});
  const std::string program = "\x80\2}(X\1" + std::string(3, '\0') + "x" +
                              x_program + "X\1" + std::string(3, '\0') + "y" +
                              y_program + "u.";
  return make_zip(
      {{"mine/data.pkl", program},
       {"mine/data/0", raw(x)},
       {"mine/data/1", raw(labels)},
       {"mine/version", "3\n"}});
}

}  // namespace zcp::test
