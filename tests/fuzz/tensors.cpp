// Files of torch.save: the zip archive, its pickle and its storages.
#include <cstdlib>

#include "benchmarks/tasks/tensor_file.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::formats;
using namespace zcp::tasks;

namespace {

void parse(const std::string& bytes) {
  const TensorFile file = parse_tensors(bytes_in_memory(bytes), "fuzz", 0);
  const auto image = static_cast<std::size_t>(file.shape.channels) *
                     static_cast<std::size_t>(file.shape.height) *
                     static_cast<std::size_t>(file.shape.width);
  if (file.x.size() != image * file.labels.size()) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
