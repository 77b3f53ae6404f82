#include <cmath>
#include <limits>
#include <set>

#include "analysis/published/published.h"
#include "common/error.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::published;
using namespace zcp::study;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const PublishedTable& table_of(const std::string& id) {
  for (const PublishedTable& table : published_tables()) {
    if (table.id == id) return table;
  }
  throw std::runtime_error("no table " + id);
}

double value_of(
    const std::string& id,
    const std::string& space,
    const std::string& metric,
    const std::string& proxy,
    const std::string& statistic) {
  for (const PublishedValue& value : table_of(id).values) {
    if (value.space == space && value.metric == metric &&
        value.proxy == proxy && value.statistic == statistic) {
      return value.value;
    }
  }
  return kNan;
}

StudyRow row_of(const std::string& proxy, const std::string& metric) {
  StudyRow row;
  row.proxy = proxy;
  row.metric = metric;
  row.subset = "all";
  row.n = 15625;
  row.kendall.value = 0.6;
  row.kendall_interval = {0.59, 0.604};
  row.spearman.value = 0.8;
  row.spearman_interval = {0.79, 0.81};
  return row;
}

std::string error_of(const std::string& text, const std::string& arch) {
  try {
    choose_published(text, arch);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kCell =
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";

}  // namespace

TEST_CASE("published tables: every one says what it is") {
  std::set<std::string> ids;
  for (const PublishedTable& table : published_tables()) {
    CAPTURE(table.id);
    CHECK(ids.insert(table.id).second);
    CHECK_FALSE(table.title.empty());
    CHECK_FALSE(table.source.empty());
    CHECK_FALSE(table.truth.empty());
    std::set<std::string> keys;
    for (const PublishedValue& value : table.values) {
      CAPTURE(value.metric);
      CAPTURE(value.proxy);
      CHECK(std::abs(value.value) <= 1);
      CHECK(value.cells > 0);
      CHECK(value.rounding <= 0.005);
      const std::string key = value.space + " " + value.metric + " " +
                              value.proxy + " " + value.statistic;
      CHECK_MESSAGE(keys.insert(key).second, key);
    }
  }
  CHECK(ids.size() == 8);
}

TEST_CASE("published tables: numbers as the papers print them") {
  const std::string tss = "nats-tss";
  CHECK(value_of("zico", tss, "cifar10_test", "zico", "tau") == 0.61);
  CHECK(value_of("zico", "nats-sss", "cifar10_test", "grasp", "rho") == -0.13);
  CHECK(value_of("zico", "transnas-micro", "normal", "params", "rho") == 0.63);
  CHECK(value_of("zico", "nas-bench-101", "cifar10_test", "zen", "tau") == .46);
  CHECK(value_of("suite_zero", tss, "cifar100_valid", "nwot", "rho") == 0.80);
  CHECK(
      value_of(
          "suite_zero", "transnas-macro", "segmentsemantic", "nwot", "rho") ==
      0.80);
  CHECK(value_of("az_nas", tss, "imagenet16_120_test", "az_nas", "tau") == .71);
  CHECK(value_of("naswot", tss, "cifar10_valid", "naswot", "tau") == 0.574);
  CHECK(
      value_of("zero_cost_nas", tss, "cifar100_test", "synflow", "rho") ==
      0.763);
  CHECK(value_of("apd", tss, "cifar100_test", "apd", "tau") == 0.654);
  CHECK(value_of("vkdnw", tss, "cifar10_test", "vkdnw_agg", "rho") == 0.919);
  CHECK(value_of("vkdnw", tss, "cifar100_test", "macs", "ndcg_1000") == 0.576);
  CHECK(value_of("vkdnw_full", tss, "cifar10_test", "vkdnw_agg", "tau") == .74);
}

TEST_CASE("published: theirs is inside when its rounding allows it") {
  const PublishedTable table = parse_published(
      "mine",
      "# title: T\n"
      "space,population,cells,metric,proxy,printed,statistic,value\n"
      "nats-tss,all,15625,cifar10_test,macs,FLOPs,tau,0.61\n"
      "nats-tss,all,15625,cifar10_test,macs,FLOPs,rho,0.811\n"
      "nats-tss,all,15625,cifar100_test,macs,FLOPs,rho,0.8\n"
      "nats-sss,all,32768,cifar10_test,macs,FLOPs,rho,0.8\n");
  CHECK(table.title == "T");
  const auto rows = compare_published(
      {&table, "nats-tss"}, {row_of("macs", "cifar10_test")}, "all");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].theirs.rounding == doctest::Approx(0.005));
  CHECK_FALSE(rows[0].inside);  // 0.605 to 0.615 against 0.590 to 0.604
  CHECK(rows[1].theirs.rounding == doctest::Approx(0.0005));
  CHECK_FALSE(rows[1].inside);  // 0.8105 against up to 0.81
  StudyRow wider = row_of("macs", "cifar10_test");
  wider.kendall_interval.high = 0.6051;
  wider.spearman_interval.high = 0.8106;
  for (const auto& row :
       compare_published({&table, "nats-tss"}, {wider}, "all")) {
    CHECK(row.inside);
  }
}

TEST_CASE("published: which rows are the same quantity") {
  const PublishedChoice choice = choose_published("zico", kCell);
  CHECK(choice.space == "nats-tss");
  const auto first = [&](const StudyRow& row, const std::string& population) {
    const auto rows = compare_published(choice, {row}, population);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].theirs.statistic == "tau");
    return rows[0];
  };
  CHECK(first(row_of("synflow", "cifar10_test"), "all").same_truth);
  CHECK(first(row_of("synflow", "cifar10_test_200"), "all").same_truth);
  CHECK_FALSE(first(row_of("synflow", "cifar10_valid"), "all").same_truth);
  CHECK(
      first(row_of("flops", "cifar10_test"), "all").theirs.printed == "#FLOPs");
  CHECK(
      first(row_of("cifar10_flops", "cifar10_test"), "all").theirs.value ==
      0.54);
  CHECK(first(row_of("synflow", "cifar10_test"), "all").same_population);
  CHECK_FALSE(
      first(row_of("synflow", "cifar10_test"), "filtered").same_population);
  StudyRow fewer = row_of("synflow", "cifar10_test");
  fewer.n = 300;
  CHECK_FALSE(first(fewer, "all").same_population);
  const auto none = [&](const StudyRow& row) {
    return compare_published(choice, {row}, "all").empty();
  };
  CHECK(none(row_of("cifar100_flops", "cifar10_test")));
  CHECK(none(row_of("synflow", "cifar10")) == false);
  CHECK(none(row_of("synflow", "darcy")));
  StudyRow subset = row_of("synflow", "cifar10_test");
  subset.subset = "top 0.1";
  CHECK(none(subset));
}

TEST_CASE("published: a verdict only where the interval can tell") {
  const auto table_of = [](const std::string& population, int cells) {
    return parse_published(
        "mine",
        "# title: T\n"
        "space,population,cells,metric,proxy,printed,statistic,value\n"
        "nats-tss," +
            population + "," + std::to_string(cells) +
            ",cifar10_test,macs,FLOPs,tau,0.600\n");
  };
  const auto judged = [](const PublishedTable& table,
                         double low,
                         double high,
                         const std::string& population = "all",
                         const std::string& metric = "cifar10_test") {
    StudyRow row = row_of("macs", metric);
    row.kendall.value = (low + high) / 2;
    row.kendall_interval = {low, high};
    return compare_published({&table, "nats-tss"}, {row}, population).front();
  };
  const PublishedTable all = table_of("all", 15625);
  const PublishedRow narrow = judged(all, 0.58, 0.61);
  CHECK(narrow.verdict == Reproduction::reproduced);
  CHECK(narrow.width == doctest::Approx(0.03));
  CHECK(narrow.why.empty());
  CHECK(judged(all, 0.61, 0.64).verdict == Reproduction::differs);
  // An interval from .45 to .75 excludes next to nothing.
  const PublishedRow wide = judged(all, 0.45, 0.75);
  CHECK(wide.inside);
  CHECK(wide.verdict == Reproduction::cannot_tell);
  CHECK(wide.why == "interval of 0.30");
  CHECK(judged(all, 0.65, 0.95).verdict == Reproduction::differs);
  // Another quantity is neither reproduced nor different.
  CHECK(judged(all, 0.58, 0.61, "filtered").why == "other architectures");
  CHECK(judged(all, 0.61, 0.64, "filtered").why == "other architectures");
  CHECK(judged(all, 0.58, 0.61, "all", "cifar10_valid").why == "other truth");
  // Theirs over as many drawn cells has an error like ours: sqrt(2) as wide.
  const int cells = static_cast<int>(row_of("macs", "cifar10_test").n);
  const PublishedTable sample = table_of("sample", cells);
  CHECK(judged(sample, 0.605, 0.645).verdict == Reproduction::reproduced);
  CHECK(judged(sample, 0.605, 0.645).width == doctest::Approx(0.04 * 1.41421));
  CHECK(judged(sample, 0.62, 0.64).verdict == Reproduction::differs);
  CHECK(to_text(Reproduction::cannot_tell) == "cannot tell");
}

TEST_CASE("published: all tables of a space at once") {
  const auto all = choose_all_published("all", kCell);
  CHECK(all.size() > 4);
  for (const PublishedChoice& choice : all) CHECK(choice.space == "nats-tss");
  CHECK(choose_all_published("all@nats-sss", "x").size() < all.size());
  CHECK(zcp::test::user_error([] {
          choose_all_published("all", "x");
        }).find("all@SPACE") != std::string::npos);
}

TEST_CASE("published: no interval, nothing inside") {
  StudyRow row = row_of("synflow", "cifar10_test");
  row.kendall_interval = {kNan, kNan};
  const auto rows =
      compare_published(choose_published("zico", kCell), {row}, "all");
  CHECK_FALSE(rows[0].inside);
}

TEST_CASE("published: the space is told from the spec or named") {
  CHECK(space_of(kCell) == "nats-tss");
  CHECK(space_of("64-41414-0_00_000") == "transnas-micro");
  CHECK(space_of("8:16:24:32:64") == "nats-sss");
  CHECK(space_of("02012100") == "");
  CHECK(choose_published("zico@nats-sss", kCell).space == "nats-sss");
  CHECK(
      choose_published("zico", "64-41414-0_00_000").space == "transnas-micro");
  CHECK(contains(error_of("zico", "x"), "nas-bench-101"));
  CHECK(contains(error_of("az_nas@nats-sss", kCell), "no space nats-sss"));
  CHECK(contains(error_of("zicoo", kCell), "list or one of"));
}

TEST_CASE("published: a file of another form names its line") {
  const auto refused = [](const std::string& text) {
    try {
      parse_published("mine", text);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string header =
      "space,population,cells,metric,proxy,printed,statistic,value\n";
  CHECK(contains(refused("a,b\n"), "line 1"));
  CHECK(contains(refused(header + "a,b\n"), "line 2"));
  CHECK(contains(refused(header + "a,b,c,d,e,f,g,1\n"), "'c'"));
  CHECK(contains(refused(header + "a,b,1,d,e,f,g,1x\n"), "'1x'"));
}
