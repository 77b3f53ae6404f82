// What every fuzz target shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/error.h"

namespace zcp::fuzz {

/// Runs `parse` on the input; a UserError is how a parser refuses it.
template <typename Parse>
int run(const std::uint8_t* data, std::size_t size, const Parse& parse) {
  try {
    parse(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}

}  // namespace zcp::fuzz

extern "C" int LLVMFuzzerTestOneInput(
    const std::uint8_t* data,
    std::size_t size);
