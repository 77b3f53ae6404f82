// TransNAS-Bench-101's file, of torch.save or as JSON.
#include "benchmarks/importers/transnas.h"

#include <cstdlib>
#include <sstream>

#include "tests/fuzz/fuzz.h"

using namespace zcp::formats;
using namespace zcp::importers;
using namespace zcp::tables;

namespace {

void parse(const std::string& bytes) {
  const auto progress = [](std::size_t, std::size_t) {};
  std::istringstream in(bytes);
  const Table table =
      bytes.starts_with("{")
          ? read_transnas_json(in, "fuzz", progress)
          : read_transnas(bytes_in_memory(bytes), "fuzz", progress);
  for (const auto& column : table.values) {
    if (column.size() != table.arch.size()) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
