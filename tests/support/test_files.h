// Files that tests read, some of which may be absent.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

namespace zcp::test {

/// A file of tests/golden.
std::filesystem::path golden(const std::string& name);

/// A file of the reference data that lies beside the checkout; the environment
/// variable ZCP_SHARED names another folder.
std::filesystem::path shared(const std::string& name);

/// Says that the running test case cannot be run here, and why. Its process
/// then ends with the status that ctest takes for "skipped"; the test case
/// returns at once.
void skip(const std::string& reason);

/// True, after skip(), where `path` is absent.
bool absent(const std::filesystem::path& path);

}  // namespace zcp::test
