#include <cmath>

#include "analysis/store/read_scores.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

}  // namespace

TEST_CASE("read_scores: from a store with gaps and from a CSV") {
  const TemporaryFolder folder;
  const auto path = store_of(
      folder.path() / "s.sqlite",
      {score("a", "zico", 1.5),
       score("b", "params", 2),
       {"b", "zico", ScoreStatus::degenerate, kNone, "why", 0}});
  const auto table = read_scores(path);
  CHECK(table.source == path.string());
  CHECK(table.arch == std::vector<std::string>{"a", "b"});
  CHECK(table.columns == std::vector<std::string>{"zico", "params"});
  CHECK(table.values[0][0] == 1.5);
  CHECK(std::isnan(table.values[0][1]));
  CHECK(std::isnan(table.values[1][0]));
  CHECK(table.values[1][1] == 2);

  const std::vector<std::string> wanted = {"params"};
  CHECK(read_scores(path, wanted).columns == wanted);
  CHECK(read_scores(path, wanted).values[0][1] == 2);
  const std::vector<std::string> unknown = {"zicoo"};
  CHECK(mentions(
      user_error([&] { read_scores(path, unknown); }),
      {"zicoo", "did you mean zico", "zico, params"}));

  const auto csv = folder.write("s.csv", "arch,zico\na,1.5\nb,\n");
  CHECK(read_scores(csv).values[0][0] == 1.5);
  CHECK(std::isnan(read_scores(csv).values[0][1]));
  CHECK(mentions(
      user_error([&] { read_scores(folder.path() / "none.csv"); }),
      {"none.csv"}));
  open(folder.path() / "empty.sqlite");
  CHECK(mentions(
      user_error([&] { read_scores(folder.path() / "empty.sqlite"); }),
      {"empty.sqlite holds no scores"}));
}
