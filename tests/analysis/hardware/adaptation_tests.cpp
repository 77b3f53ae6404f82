#include "analysis/hardware/adaptation.h"
#include "analysis/statistics/correlation.h"
#include "analysis/study/join.h"
#include "benchmarks/tables/table.h"
#include "nets/encodings/features.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::hardware;

namespace {

/// The first 60 rows to train on, ten to choose by, the rest held.
Rows rows_of(std::size_t count) {
  Rows rows;
  for (std::size_t row = 0; row < count; ++row) {
    (row < 60   ? rows.train
     : row < 70 ? rows.validation
                : rows.held)
        .push_back(row);
  }
  return rows;
}

Encodings one_hot(const std::vector<std::string>& archs) {
  const auto& space = spaces::find_space("nats-tss");
  const auto features = encodings::adjacency_encoding(
      encodings::graph_pool(space, archs), encodings::graph_names(space));
  Encodings x(archs.size());
  for (std::size_t row = 0; row < archs.size(); ++row) {
    for (const auto& feature : features) {
      x[row].push_back(feature.values[row]);
    }
    x[row].push_back(1);
  }
  return x;
}

}  // namespace

TEST_CASE("adaptation: OneProxy's pairs, as SciPy and NumPy have them") {
  const auto file = test::shared("data/device_latency_1999.csv");
  if (test::absent(file)) return;
  const tables::Table table = tables::read_table(file);
  const Encodings x = one_hot(table.arch);
  REQUIRE_EQ(x.front().size(), 31);
  const Rows rows = rows_of(table.arch.size());
  struct Case {
    const char* proxy;
    const char* target;
    double plain;   // lambda 0
    double small;   // .01
    double medium;  // .1
    double large;   // 1
    double chosen;
    double lambda;
  };
  // Computed with NumPy from the same table, see SYSTEMS.md, section 5.3.
  const Case cases[] = {
      {"true_vpu",
       "eagle_gtx",
       .893486,
       .901497,
       .869886,
       .694103,
       .901497,
       .01},
      {"rice_pixel3",
       "rice_edgegpu",
       .963036,
       .962036,
       .907336,
       .587477,
       .963036,
       0},
      {"rice_pixel3",
       "eagle_jetson_16",
       .883104,
       .885750,
       .838454,
       .342499,
       .883104,
       0}};
  for (const Case& each : cases) {
    CAPTURE(each.target);
    const auto& proxy =
        table.values[study::require_column(table, each.proxy, "proxy")];
    const auto& target =
        table.values[study::require_column(table, each.target, "target")];
    const auto rho = [&](double lambda) {
      return adapt_linear(x, proxy, target, rows, lambda).rho;
    };
    CHECK_EQ(rho(0), doctest::Approx(each.plain).epsilon(2e-6));
    CHECK_EQ(rho(0.01), doctest::Approx(each.small).epsilon(2e-6));
    CHECK_EQ(rho(0.1), doctest::Approx(each.medium).epsilon(2e-6));
    CHECK_EQ(rho(1), doctest::Approx(each.large).epsilon(2e-6));
    const Adapted chosen = adapt_linear(x, proxy, target, rows);
    CHECK_EQ(chosen.rho, doctest::Approx(each.chosen).epsilon(2e-6));
    CHECK_EQ(chosen.lambda, each.lambda);
  }
}

TEST_CASE("adaptation: a great penalty leaves the proxy's ranking") {
  const auto file = test::shared("data/device_latency_1999.csv");
  if (test::absent(file)) return;
  const tables::Table table = tables::read_table(file);
  const Encodings x = one_hot(table.arch);
  const Rows rows = rows_of(table.arch.size());
  const auto& proxy =
      table.values[study::require_column(table, "true_vpu", "proxy")];
  const auto& target =
      table.values[study::require_column(table, "eagle_gtx", "target")];
  const Adapted plain = unadapted(x, proxy, target, rows);
  const Adapted held = adapt_linear(x, proxy, target, rows, 100);
  CHECK_EQ(
      statistics::spearman_rho(plain.values, held.values),
      doctest::Approx(1).epsilon(1e-9));
}
