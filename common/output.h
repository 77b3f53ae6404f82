// What a task asks of a network, and so what the network has to give.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace zcp {

/// What comes out of a network.
enum class Head : std::uint8_t {
  classes,        ///< a logit a class
  vector,         ///< numbers to regress
  pixel_classes,  ///< a logit a class for every pixel
  pixels,         ///< numbers for every pixel
  tokens,         ///< features of every token, as many as the network has
};

/// Their names in files and in Python, in the order of Head.
inline constexpr std::array<std::string_view, 5> kHeadNames{
    "classes",
    "vector",
    "pixel_classes",
    "pixels",
    "tokens"};

/// Shape of a network's output, without the batch.
struct Output {
  int channels = 0;  ///< classes, or numbers (a pixel); 0 of tokens
  Head head = Head::classes;

  // A number of classes is what most callers have.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Output(int count, Head kind = Head::classes) : channels(count), head(kind) {}
  bool operator==(const Output&) const = default;
};

}  // namespace zcp
