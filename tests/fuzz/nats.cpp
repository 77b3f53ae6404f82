// Records of NATS-Bench, after decompression.
#include "benchmarks/importers/nats_record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, [](const std::string& bytes) {
    zcp::importers::parse_nats_record(bytes, "fuzz");
  });
}
