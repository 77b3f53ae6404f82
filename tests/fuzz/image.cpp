// PNG and JPEG files, decoded and resized.
#include <algorithm>
#include <cstdlib>

#include "benchmarks/tasks/image_file.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::tasks;

namespace {

void parse(const std::string& bytes) {
  const Photograph image = decode_photograph(bytes, "fuzz");
  const Photograph resized = resize_photograph(image, 16, "fuzz");
  if (std::min(resized.width, resized.height) != 16) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
