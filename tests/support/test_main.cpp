// The main program of every doctest binary. It ends with kSkippedStatus when
// nothing failed and every test case that was asked for was skipped; ctest runs
// a process a test case.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <atomic>

#include "tests/support/skipped.h"

namespace {

std::atomic<int> cases_run = 0;
std::atomic<int> cases_skipped = 0;
std::atomic<bool> this_one_skipped = false;

/// Counts test cases; prints nothing.
struct CaseCounter : doctest::IReporter {
  explicit CaseCounter(const doctest::ContextOptions&) {}

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {
    this_one_skipped = false;
  }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    ++cases_run;
    if (this_one_skipped) ++cases_skipped;
  }
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("case counter", 1, CaseCounter);

}  // namespace

void zcp::test::note_skipped() {
  this_one_skipped = true;
}

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int status = context.run();
  if (context.shouldExit() || status != 0) return status;
  const bool all_skipped = cases_run > 0 && cases_run == cases_skipped;
  return all_skipped ? zcp::test::kSkippedStatus : status;
}
