#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/report/svg.h"

using namespace zcp::report;
using Column = std::vector<double>;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("ticks are round numbers within the axis") {
  const Axis linear(0, 1.37, false, 0, 100);
  CHECK(linear.ticks().size() == 3);
  CHECK(linear.ticks()[1] == doctest::Approx(0.5));
  CHECK(linear.pixel(0) == 0);
  CHECK(linear.pixel(1.37) == 100);
  const Axis powers(Column{1e-3, 1e6, kNan}, 0, 90);
  CHECK(powers.logarithmic());
  for (const double tick : powers.ticks()) {
    CHECK(std::log10(tick) == doctest::Approx(std::round(std::log10(tick))));
    CHECK(powers.pixel(tick) >= 0);
    CHECK(powers.pixel(tick) <= 90);
  }
  CHECK_FALSE(Axis(Column{0, 1e6}, 0, 90).logarithmic());
  for (const Column& values :
       {Column{}, Column{kNan}, Column{5, 5}, Column{0}}) {
    const Axis axis(values, 0, 100);
    CHECK_FALSE(axis.ticks().empty());
  }
}

TEST_CASE("labels keep apart and keep their order") {
  const Column places{50, 52, 51, 10, 99};
  const std::vector<double> spread = spread_labels(places, 12, 0, 100);
  Column sorted = spread;
  std::ranges::sort(sorted);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    CHECK(sorted[i] - sorted[i - 1] >= 12 - 1e-9);
  }
  CHECK(sorted.back() <= 100);
  CHECK(spread[0] < spread[2]);
  CHECK(spread[2] < spread[1]);
  CHECK(spread[3] == 10);
}

TEST_CASE("numbers are short and never minus zero") {
  CHECK(tick_text(0.30000000000000004) == "0.3");
  CHECK(tick_text(-1e-17) == "0");
  CHECK(tick_text(1500000) == "1.5M");
  CHECK(tick_text(20000) == "20k");
  CHECK(value_text(-0.0001) == "0.000");
  CHECK(value_text(kNan) == "-");
  CHECK(escape_xml("<a&\"\n>") == "&lt;a&amp;&quot; &gt;");
  CHECK(escape_xml("\x01<\xE2\x80\xAE\xff") == "\\x01&lt;\\u202e\\xff");
  CHECK(sequential_colour(0) == "#deebf7");
  CHECK(diverging_colour(0) == "#fafafa");
}

TEST_CASE("a document is its elements in the order they were drawn") {
  Svg svg(100, 50, ".a{fill:red}");
  svg.group("a", [&] { svg.text({1, 2}, "start", "x<y"); });
  svg.line({0, 0}, {10, 5}, "grid");
  svg.circle({3, 4}, 2.5, "dot", "#fff");
  svg.rectangle({0, 1}, 2, 3, "#000");
  std::ostringstream out;
  svg.write(out);
  CHECK(
      out.str() ==
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\" "
      "viewBox=\"0 0 100 50\" font-family=\"sans-serif\" font-size=\"11\">\n"
      "<style>.a{fill:red}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<g class=\"a\"><text x=\"1.0\" y=\"2.0\" "
      "text-anchor=\"start\">x&lt;y</text>\n</g>\n"
      "<line x1=\"0.0\" y1=\"0.0\" x2=\"10.0\" y2=\"5.0\" class=\"grid\"/>\n"
      "<circle cx=\"3.0\" cy=\"4.0\" r=\"2.5\" class=\"dot\" fill=\"#fff\"/>\n"
      "<rect x=\"0.0\" y=\"1.0\" width=\"2.0\" height=\"3.0\" "
      "fill=\"#000\"/>\n</svg>\n");
}
