// Which kernels of OpenBLAS networks run with; a store notes them.
#include <string>

#include "tests/support/program.h"
#include "tests/support/skipped.h"

namespace {

using namespace zcp::test;

/// What a store says of the library of matrix products, where `setting` is what
/// env is told.
std::string store_of(const Strings& setting) {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "scores.sqlite";
  Strings words = setting;
  const Strings call{
      program(),
      "score",
      "--space",
      "nats-tss",
      "--sample",
      "1",
      "--task",
      "gaussian",
      "--proxies",
      "params",
      "--quiet",
      "--store",
      store};
  words.insert(words.end(), call.begin(), call.end());
  const Finished run = run_zcp(words, {}, "/usr/bin/env");
  CAPTURE(run.err);
  CHECK(run.status == 0);
  return read_file(store);
}

bool has(const std::string& bytes, const char* text) {
  return bytes.find(text) != bytes.npos;
}

}  // namespace

TEST_CASE("program: matrix products have kernels of the processor") {
  const std::string store = store_of({"-u", "OPENBLAS_CORETYPE"});
  CHECK(has(store, "OpenBLAS"));  // or "not OpenBLAS"
  if (!has(store, "DYNAMIC_ARCH")) {
    MESSAGE("skipped: no OpenBLAS that chooses kernels");
    note_skipped();
    return;
  }
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) CHECK_FALSE(has(store, " Prescott "));
  // What the user chose stays.
  CHECK(has(store_of({"OPENBLAS_CORETYPE=Prescott"}), " Prescott "));
#endif
}
