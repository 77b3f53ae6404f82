// HW-NAS-Bench, with lists and arrays of NumPy.
#include "benchmarks/importers/hw_nas_bench.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, [](const std::string& bytes) {
    zcp::importers::parse_hw_nas_bench(bytes, "fuzz");
  });
}
