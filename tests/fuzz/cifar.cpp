// CIFAR's binary batches, both layouts.
#include "benchmarks/tasks/cifar.h"

#include <cstdlib>

#include "tests/fuzz/fuzz.h"

using namespace zcp::tasks;

namespace {

void parse_as(const std::string& bytes, const CifarLayout& layout) {
  zcp::fuzz::run(
      reinterpret_cast<const std::uint8_t*>(bytes.data()),
      bytes.size(),
      [&](const std::string& text) {
        ImageSet images;
        append_cifar(text, "fuzz", layout, images);
        if (images.pixels.size() != images.labels.size() * 3072) std::abort();
      });
}

void parse(const std::string& bytes) {
  parse_as(bytes, kCifar10Layout);
  parse_as(bytes, kCifar100Layout);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
