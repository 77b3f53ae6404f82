#include <set>

#include "benchmarks/importers/importer.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;
using namespace zcp::test;

TEST_CASE("import: formats by name") {
  CHECK(user_error([] { find_importer("nat"); })
            .starts_with("unknown format 'nat', did you mean 'nats'?; the "
                         "formats are nats"));
}

TEST_CASE("import: every format says what it reads and what it gives") {
  std::set<std::string> names;
  for (const Importer& importer : all_importers()) {
    names.insert(importer.name);
    CAPTURE(importer.name);
    CHECK(&find_importer(importer.name) == &importer);
    CHECK_FALSE(importer.summary.empty());
    CHECK_FALSE(importer.source.empty());
    CHECK_FALSE(importer.columns.empty());
    // Whatever it reads is not there.
    CHECK(user_error([&] {
            importer.read("/no/such", [](std::size_t, std::size_t) {});
          }).starts_with("/no/such: no such f"));
  }
  CHECK(names.size() == 8);
}
