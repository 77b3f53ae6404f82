// NAS-Bench-101's record files: framing, JSON, base64 and protobuf.
#include "benchmarks/importers/nas_bench_101.h"

#include <cstdlib>

#include "tests/fuzz/fuzz.h"

using namespace zcp::formats;
using namespace zcp::importers;
using namespace zcp::tables;

namespace {

void parse(const std::string& bytes) {
  const Table table = read_nas_bench_101(
      bytes_in_memory(bytes), "fuzz", [](std::size_t, std::size_t) {});
  for (const auto& column : table.values) {
    if (column.size() != table.arch.size()) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
