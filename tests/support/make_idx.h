// Fashion-MNIST's files, made by the tests.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/temporary.h"

namespace zcp::test {

inline std::string idx_word(int value) {
  const auto byte = [&](int shift) {
    return static_cast<char>((value >> shift) & 0xFF);
  };
  return {byte(24), byte(16), byte(8), byte(0)};
}

/// `count` images of 28 x 28; pixel p of image i is pixel_of(i, p).
template <typename Pixel>
std::string idx_images(int count, const Pixel& pixel_of) {
  std::string bytes = std::string("\0\0\x08\x03", 4) + idx_word(count) +
                      idx_word(28) + idx_word(28);
  for (int i = 0; i < count; ++i) {
    for (int p = 0; p < 28 * 28; ++p) {
      bytes += static_cast<char>(pixel_of(i, p));
    }
  }
  return bytes;
}

/// Labels 0, 1, ..., 9, 0, ...
inline std::string idx_labels(int count) {
  std::string bytes = std::string("\0\0\x08\x01", 4) + idx_word(count);
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  return bytes;
}

/// A small data set whose classes are stripes of different widths, shifted and
/// stained, in a folder as Debian lays it out.
inline void
write_fashion_mnist(const TemporaryFolder& folder, int train, int test) {
  const auto write = [&](const std::string& part, int count, int start) {
    folder.write(
        part + "-images-idx3-ubyte", idx_images(count, [&](int i, int p) {
          const int stripe = (p % 28 + i * 7 + start) / (1 + i % 10) % 2;
          return stripe * 160 + (p * 31 + i * 17 + start) % 90;
        }));
    folder.write(part + "-labels-idx1-ubyte", idx_labels(count));
  };
  write("train", train, 0);
  write("t10k", test, 13);
}

}  // namespace zcp::test
