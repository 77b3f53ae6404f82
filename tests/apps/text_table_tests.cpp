// Numbers as tables print them.
#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/text_table.h"
#include "tests/support/standard_output.h"

namespace {

using namespace zcp::apps;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <typename Print>
std::string printed(const Print& print) {
  const zcp::test::Captured output;
  print();
  return output.text();
}

}  // namespace

TEST_CASE("text tables: numbers are short and never minus zero") {
  CHECK(short_number(0.6123) == ".612");
  CHECK(short_number(-0.036) == "-.036");
  CHECK(short_number(1) == "1.000");
  CHECK(short_number(-0.0001) == ".000");
  CHECK(short_number(kNan) == "-");
  CHECK(fixed_number(-12.346, 2) == "-12.35");
  CHECK(with_interval(0.5, {0.25, 0.75}) == ".500 [.250, .750]");
  CHECK(with_interval(0.5, {kNan, kNan}) == ".500");
  CHECK(plain_number(123456789) == "1.23457e+08");
  CHECK(plain_number(kNan) == "-");
}

TEST_CASE("text tables: names to the left, numbers to the right") {
  const std::string text = printed([] {
    print_aligned({{"proxy", "tau"}, {"zico", ".5"}, {"a", "1.000"}});
  });
  CHECK(text == "  proxy    tau\n  zico      .5\n  a      1.000\n");
}

TEST_CASE("text tables: names are shown, not obeyed; the indent may go") {
  const std::string text = printed([] {
    print_aligned({{"a\x1b[2J\n", "b"}, {"\xE2\x80\xAE", "c"}}, 2, 0);
  });
  CHECK(text == "a\\x1b[2J\\n  b\n\\u202e      c\n");
}

TEST_CASE("text tables: words wrap before column 100") {
  const std::string word(30, 'x');
  const std::string text = printed(
      [&] { print_wrapped(word + " " + word + " " + word + " " + word, 4); });
  CHECK(
      text == "    " + word + " " + word + " " + word + "\n    " + word + "\n");
}

TEST_CASE("text tables: the same table for papers, pages and programs") {
  const std::vector<Cells> lines{
      {"proxy", "n", "tau"}, {"grad_norm", "10", ".5"}, {"a|b", "4", "-"}};
  const auto as = [&](TableFormat format) {
    std::ostringstream out;
    TableWriter writer(out, format);
    writer.title("acc_x, all");
    writer.table(lines);
    writer.note("a note of 5 %", 2);
    return out.str();
  };
  CHECK(
      as(TableFormat::text) ==
      "acc_x, all\n  proxy       n  tau\n  grad_norm  10   .5\n"
      "  a|b         4    -\n  a note of 5 %\n");
  CHECK(
      as(TableFormat::markdown) ==
      "**acc\\_x, all**\n\n| proxy | n | tau |\n|---|---:|---:|\n"
      "| grad\\_norm | 10 | .5 |\n| a\\|b | 4 | - |\n\na note of 5 %\n\n");
  CHECK(
      as(TableFormat::latex) ==
      "% acc_x, all\n\\begin{tabular}{lrr}\n\\toprule\n"
      "proxy & n & tau \\\\\n\\midrule\ngrad\\_norm & 10 & .5 \\\\\n"
      "a$|$b & 4 & - \\\\\n\\bottomrule\n\\end{tabular}\n"
      "% a note of 5 %\n");
  CHECK(as(TableFormat::csv) == "proxy,n,tau\ngrad_norm,10,.5\na|b,4,\n");
  const auto json = nlohmann::json::parse(as(TableFormat::json));
  REQUIRE(json.size() == 2);
  CHECK(json[0]["proxy"] == "grad_norm");
  CHECK(json[0]["n"] == 10);
  CHECK(json[0]["tau"] == 0.5);
  CHECK(json[1]["tau"].is_null());
}

TEST_CASE("text tables: colours are a terminal's, names have none") {
  std::ostringstream out;
  TableWriter(out, TableFormat::text, true)
      .table({{"proxy"}, {"a\x1b[1m"}, {"b"}}, 1, 0, {2});
  CHECK(out.str() == "\x1b[1mproxy\x1b[0m\na\\x1b[1m\n\x1b[32mb\x1b[0m\n");
}
