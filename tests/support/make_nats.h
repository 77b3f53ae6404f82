// Small folders in NATS-Bench's official layout, written for tests.
#pragma once

#include <bzlib.h>
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::test {

/// The bytes as one bzip2 stream.
inline std::string bzip2(std::string bytes) {
  auto size = static_cast<unsigned>(bytes.size() + bytes.size() / 50 + 1000);
  std::string packed(size, '\0');
  BZ2_bzBuffToBuffCompress(
      packed.data(),
      &size,
      bytes.data(),
      static_cast<unsigned>(bytes.size()),
      9,
      0,
      0);
  packed.resize(size);
  return packed;
}

// Programs of pickle protocol 4 that push one value each.

inline std::string pickled(std::string_view text) {
  return fmt::format("\x8c{}{}", static_cast<char>(text.size()), text);
}

inline std::string pickled(int value) {
  std::string program = "J";
  for (int shift = 0; shift < 32; shift += 8) {
    program += static_cast<char>(value >> shift);
  }
  return program;
}

inline std::string pickled(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::string program = "G";
  for (int shift = 56; shift >= 0; shift -= 8) {
    program += static_cast<char>(bits >> shift);
  }
  return program;
}

/// A list or dict of programs.
inline std::string pickled_list(const std::vector<std::string>& items) {
  std::string program = "](";
  for (const std::string& item : items) program += item;
  program += 'e';
  return program;
}

inline std::string pickled_dict(const std::vector<std::string>& items) {
  std::string program = "}(";
  for (const std::string& item : items) program += item;
  program += 'u';
  return program;
}

/// A whole pickle.
inline std::string whole(const std::string& program) {
  return fmt::format("\x80\x04{}.", program);
}

/// One run of `all_results`: its key and its value. The accuracy after the
/// last epoch is `accuracy`, that of `set` before it one less.
inline std::string nats_run(
    std::string_view dataset,
    int seed,
    int epochs,
    std::string_view set,
    double accuracy) {
  const std::string before = fmt::format("{}@{}", set, epochs - 2);
  const std::string last = fmt::format("{}@{}", set, epochs - 1);
  return pickled(dataset) + pickled(seed) + "\x86" +
         pickled_dict(
             {pickled("epochs"),
              pickled(epochs),
              pickled("params"),
              pickled(0.802426),
              pickled("flop"),
              pickled(113.95137),
              pickled("eval_names"),
              pickled_list({pickled(set)}),
              pickled("eval_acc1es"),
              pickled_dict(
                  {pickled(before),
                   pickled(accuracy - 1),
                   pickled(last),
                   pickled(accuracy)})});
}

/// A record of one setting with those runs.
inline std::string nats_record(
    int index,
    std::string_view arch,
    const std::vector<std::string>& runs) {
  return whole(pickled_dict(
      {pickled("200"),
       pickled_dict(
           {pickled("arch_index"),
            pickled(index),
            pickled("arch_str"),
            pickled(arch),
            pickled("all_results"),
            pickled_dict(runs)})}));
}

/// The meta file of a space.
inline std::string nats_meta(const std::vector<std::string>& archs) {
  std::vector<std::string> items;
  for (const std::string& arch : archs) items.push_back(pickled(arch));
  return whole(pickled_dict({pickled("meta_archs"), pickled_list(items)}));
}

}  // namespace zcp::test
