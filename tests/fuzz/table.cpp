// Truth and score tables: what is read must be writable and read the same.
#include "benchmarks/tables/table.h"

#include <cstdlib>
#include <sstream>

#include "tests/fuzz/fuzz.h"

using namespace zcp::tables;

namespace {

void parse(const std::string& text) {
  const Table table = parse_table(text, "fuzz");
  std::ostringstream out;
  write_table(out, table);
  const Table again = parse_table(out.str(), "again");
  if (again.arch != table.arch || again.columns != table.columns) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
