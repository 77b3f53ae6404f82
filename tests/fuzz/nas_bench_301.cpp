// DARTS genotypes as CSV, and NAS-Bench-301's results.
#include "benchmarks/importers/nas_bench_301.h"

#include <cstdlib>

#include "tests/fuzz/fuzz.h"

using namespace zcp::importers;
using namespace zcp::tables;

namespace {

void parse(const std::string& text) {
  const Table table = text.starts_with("{")
                          ? parse_nas_bench_301(text, "fuzz")
                          : parse_genotype_table(text, "fuzz");
  for (const std::string& arch : table.arch) {
    if (!arch.starts_with("normal:")) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
