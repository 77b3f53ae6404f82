// IDX files: the first byte splits the input into images and labels.
#include "benchmarks/tasks/idx.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

using namespace zcp::tasks;

namespace {

void parse(const std::string& bytes) {
  if (bytes.empty()) return;
  const std::size_t cut = std::min<std::size_t>(
      bytes.size(), 1 + static_cast<unsigned char>(bytes[0]));
  const std::string labels = bytes.substr(1, cut - 1);
  const std::string images = bytes.substr(cut);
  join_idx(
      parse_idx(images, "images", 3),
      parse_idx(labels, "labels", 1),
      10,
      "fuzz");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
