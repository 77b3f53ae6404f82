// Arrays of numpy.save, both ways of reading them.
#include <cstdlib>

#include "benchmarks/formats/numpy_file.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::formats;

namespace {

void parse(const std::string& bytes) {
  const NumpyFile file(bytes, "fuzz");
  if (file.floats().size() != file.size()) std::abort();
  if (file.integers().size() != file.size()) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
