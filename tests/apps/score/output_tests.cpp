#include <doctest/doctest.h>

#include <sstream>

#include "apps/score/output.h"

namespace {

using namespace zcp::apps;
using zcp::ScoreStatus;
using zcp::store::ScoreRecord;
using Strings = std::vector<std::string>;

ScoreRecord record(const char* arch, const char* proxy, double value) {
  ScoreRecord made;
  made.arch = arch;
  made.proxy = proxy;
  made.value = value;
  return made;
}

ScoreRecord none(const char* arch, const char* proxy, const char* reason) {
  ScoreRecord made = record(arch, proxy, 0);
  made.status = ScoreStatus::degenerate;
  made.reason = reason;
  return made;
}

}  // namespace

TEST_CASE("rows of scores: as asked, with repetitions, of this shard") {
  const Architectures architectures = unite_names({"b", "a", "b"});
  ScoreTable table(architectures.unique, {"p", "q"});
  table.add_records(std::vector<ScoreRecord>{
      record("b", "p", 1), record("b", "q", 2), none("a", "p", "why")});
  const auto rows = [&](const std::function<bool(std::size_t)>& mine) {
    std::ostringstream out;
    write_score_rows(out, architectures, table, mine);
    return out.str();
  };
  CHECK(rows([](std::size_t) {
          return true;
        }) == "arch,p,q\nb,1,2\na,,\nb,1,2\n");
  CHECK(rows([](std::size_t i) { return i == 1; }) == "arch,p,q\na,,\n");
}

TEST_CASE("scores that do not exist are counted by proxy and reason") {
  const Strings archs{"a", "b", "c"};
  ScoreTable table(archs, {"q", "p"});
  CHECK(missing_score_lines(table).empty());
  table.add_records(std::vector<ScoreRecord>{
      none("b", "q", "no ReLU"),
      none("c", "q", "no ReLU"),
      none("a", "q", "not finite"),
      none("a", "p", "no ReLU"),
      record("b", "p", 1)});
  CHECK(
      missing_score_lines(table) == Strings{
                                        "no p for 1 of 3: no ReLU (a)",
                                        "no q for 2 of 3: no ReLU (first b)",
                                        "no q for 1 of 3: not finite (a)"});
}
