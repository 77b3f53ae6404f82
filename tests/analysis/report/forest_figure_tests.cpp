#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "analysis/report/forest_figure.h"
#include "tests/support/test_files.h"

using namespace zcp::report;
using namespace zcp::study;

namespace {

StudyRow row(const std::string& proxy, double tau, double low, double high) {
  StudyRow made;
  made.proxy = proxy;
  made.metric = "accuracy";
  made.subset = "all";
  made.n = 100;
  made.kendall.value = tau;
  made.kendall_interval = {low, high};
  made.p_beats_baseline_holm = tau > 0.7 ? 0.01 : 0.5;
  made.tau_minus_baseline_interval = {tau - 0.7, tau - 0.5};
  return made;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

std::string plot(const std::vector<StudyRow>& rows) {
  std::ostringstream out;
  write_forest_plot(out, rows, "params");
  return out.str();
}

}  // namespace

TEST_CASE("a forest plot has a dot and an interval for each proxy") {
  const std::string svg =
      plot({row("params", .6, .5, .7), row("zi<co", .8, .7, .9)});
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "<circle") == 2);
  CHECK(count(svg, "class=\"interval\"") == 2);
  CHECK(count(svg, "class=\"beats\"") == 1);
  CHECK(count(svg, "class=\"baseline\"") == 1);
  CHECK(count(svg, "zi&lt;co") == 1);
  CHECK(count(svg, "0.800 [0.700, 0.900]") == 1);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("the names of a forest plot have the room that the longest takes") {
  const StudyRow known = row("params", .6, .5, .7);
  CHECK(count(plot({known}), "width=\"720\"") == 1);
  const StudyRow longer = row(std::string(40, 'm'), .8, .7, .9);
  CHECK(count(plot({known, longer}), "width=\"870\"") == 1);
}

TEST_CASE("a dot is filled by the rule of verdict.h, not by p alone") {
  StudyRow undecided = row("zico", .8, .7, .9);
  REQUIRE(undecided.p_beats_baseline_holm < 0.05);
  const StudyRow params = row("params", .6, .5, .7);
  CHECK(count(plot({params, undecided}), "class=\"beats\"") == 1);
  undecided.tau_minus_baseline_interval.low = -0.001;
  CHECK(count(plot({params, undecided}), "class=\"beats\"") == 0);
  CHECK(count(plot({params, undecided}), "class=\"dot\"") == 2);
}

TEST_CASE("a proxy without correlation is named and left empty") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg =
      plot({row("params", .6, nan, nan), row("constant", nan, nan, nan)});
  CHECK(count(svg, "<circle") == 1);
  CHECK(count(svg, "class=\"interval\"") == 0);
  CHECK(count(svg, "no correlation") == 1);
  CHECK(svg.find("nan") == std::string::npos);
}
