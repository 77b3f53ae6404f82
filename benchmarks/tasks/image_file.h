// Photographs: PNG and JPEG files, and how they get their size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::tasks {

/// An image of red, green and blue, pixel by pixel, row by row.
struct Photograph {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Decodes a PNG or JPEG file. Grey becomes three equal colours, CMYK its
/// colours on white paper; transparency is dropped. Throws UserError naming
/// `source` when the bytes are neither, are cut or broken, or hold more than
/// 2^26 pixels.
Photograph decode_photograph(std::string_view bytes, const std::string& source);

/// The image with its shorter side of `side` pixels and the other in
/// proportion (rounded down), by a triangular filter as wide as the scale:
/// Pillow's BILINEAR, which torchvision's Resize takes for files. Throws
/// UserError naming `source` when the longer side would exceed 64 times the
/// shorter one.
Photograph
resize_photograph(const Photograph& image, int side, const std::string& source);

}  // namespace zcp::tasks
