// zcp import as a user sees it: the table, and what is said of it.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>

#include "apps/command.h"
#include "apps/commands.h"
#include "benchmarks/tables/table.h"
#include "tests/support/refusals.h"
#include "tests/support/temporary.h"

using namespace zcp;
using zcp::test::TemporaryFolder;

namespace {

/// What a call writes to standard error.
std::string said(const apps::Arguments& arguments) {
  const std::ostringstream out;
  std::streambuf* const own = std::cerr.rdbuf(out.rdbuf());
  const int status = apps::import_table(arguments);
  std::cerr.rdbuf(own);
  CHECK(status == 0);
  return out.str();
}

const std::string kFormat = "nas-bench-suite-zero";

}  // namespace

TEST_CASE("import: what was not used is said, unless all is to be quiet") {
  const TemporaryFolder folder;
  const std::string source = folder
                                 .write("zc_nasbench201.json", R"-({"cifar10":
      {"(4, 0, 3, 1, 4, 3)": {"val_accuracy": 90, "snip": {"score": NaN}},
       "(1, 1, 1, 1, 1, 1)": {"val_accuracy": 10, "snip": {"score": NaN}}},
      "mine": {}})-")
                                 .string();
  const std::string csv = (folder.path() / "t.csv").string();
  const std::string text = said({kFormat, source, "--csv", csv});
  CHECK(
      text.find(
          "zcp: note: " + source +
          ": values that are no number, left empty: 2, first cifar10_snip of "
          "|") != std::string::npos);
  CHECK(
      text.find(
          "zcp: note: " + source +
          ": data sets that are not known: 1, first mine\n") !=
      std::string::npos);
  CHECK(
      text.find("zcp: " + source + ": 2 architectures, 2 columns\n") !=
      std::string::npos);
  const tables::Table table = tables::read_table(csv);
  CHECK(
      table.arch == std::vector<std::string>{
                        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
                        "|avg_pool_3x3~0|+|skip_connect~0|none~1|+"
                        "|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"});
  CHECK(said({kFormat, source, "--csv", csv, "--quiet"}).empty());
}

TEST_CASE("import: a file of another space is refused, nothing is written") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "t.csv").string();
  const std::string source =
      folder.write("f.json", R"-({"jigsaw": {"(4, 0, 3, 1, 4, 3)": {}}})-")
          .string();
  test::check_refused_by(
      apps::import_table, {kFormat, source, "--csv", csv}, "'(4, 0, 3, 1");
  test::check_refused_by(
      apps::import_table, {"nas-bench-macro", source, "--csv", csv}, source);
  CHECK_FALSE(std::filesystem::exists(csv));
}
