// Exported programs: their graphs, and whole archives.
#include <memory>

#include "benchmarks/formats/exported_graph.h"
#include "benchmarks/formats/model_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

void parse(const std::string& bytes) {
  if (bytes.starts_with("PK")) {
    zcp::formats::check_model(
        "fuzz", std::make_shared<const std::string>(bytes));
  } else {
    zcp::formats::parse_exported_graph(bytes, "fuzz");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
