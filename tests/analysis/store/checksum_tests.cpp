#include <limits>

#include "analysis/store/checksum.h"
#include "analysis/store/sqlite.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;

sqlite::Database database() {
  auto made = sqlite::Database::in_memory();
  add_checksum_functions(made);
  return made;
}

std::int64_t value_of(const std::string& expression) {
  return std::stoll(database().query("SELECT " + expression));
}

}  // namespace

// By Python's xxhash 3.6 over the bytes that tests/reference/make_store.py
// makes of a row.
TEST_CASE("checksum: that of a row is XXH3 over types, lengths and bytes") {
  CHECK(value_of("row_checksum()") == 3244421341483603138);
  CHECK(value_of("row_checksum(NULL)") == 3718997832610209974);
  CHECK(value_of("row_checksum(0)") == 1780612411374871223);
  CHECK(value_of("row_checksum(-1)") == 2353535018439467455);
  CHECK(value_of("row_checksum(0.0)") == -4288728530789836548);
  CHECK(value_of("row_checksum('')") == 1770098124995404158);
  CHECK(value_of("row_checksum('a')") == 6309622819317541025);
  CHECK(value_of("row_checksum('a', 'b')") == 7224676152766788257);
  CHECK(value_of("row_checksum('ab')") == -5790825252341209081);
  CHECK(value_of("row_checksum('naïve')") == -5252533132106706586);
  CHECK(value_of("row_checksum(1, 2.5, 'zico', NULL)") == -3580183886791716051);
}

TEST_CASE("checksum: the two zeros are one, a blob is no text") {
  auto made = database();
  auto zero = made.prepare("SELECT row_checksum(?)");
  REQUIRE(zero.bind(1, -0.0).step());
  CHECK(zero.integer(0) == value_of("row_checksum(0.0)"));
  CHECK(value_of("row_checksum(x'61')") != value_of("row_checksum('a')"));
}

TEST_CASE("checksum: a total does not depend on the order and wraps round") {
  const std::string sum = "(SELECT checksum_total(column1) FROM (VALUES ";
  CHECK(value_of(sum + "(1), (2), (-5)))") == -2);
  CHECK(value_of(sum + "(-5), (1), (2)))") == -2);
  CHECK(
      value_of(sum + "(9223372036854775807), (1)))") ==
      std::numeric_limits<std::int64_t>::min());
  CHECK(value_of("(SELECT checksum_total(name) FROM sqlite_schema)") == 0);
  CHECK(
      add_checksums(std::numeric_limits<std::int64_t>::max(), 1) ==
      std::numeric_limits<std::int64_t>::min());
  CHECK(
      subtract_checksums(std::numeric_limits<std::int64_t>::min(), 1) ==
      std::numeric_limits<std::int64_t>::max());
}
