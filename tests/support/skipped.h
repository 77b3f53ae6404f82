// Test cases that could not run, which doctest itself has no word for.
#pragma once

namespace zcp::test {

/// The exit status that ctest takes for "skipped" (SKIP_RETURN_CODE).
inline constexpr int kSkippedStatus = 77;

/// Called by a test case that cannot run.
void note_skipped();

}  // namespace zcp::test
