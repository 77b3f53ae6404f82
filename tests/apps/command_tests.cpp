#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "apps/command.h"
#include "apps/commands.h"
#include "apps/option_values.h"
#include "tests/support/standard_output.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using zcp::test::Captured;
using zcp::test::user_error;
namespace po = boost::program_options;

po::options_description some_options() {
  po::options_description options("Options");
  options.add_options()("store", po::value<std::string>()->required(), "a")(
      "workers", po::value<int>()->default_value(3), "b")(
      "arch", po::value<std::vector<std::string>>()->composing(), "c");
  return options;
}

bool parse(const Arguments& arguments, po::variables_map& values) {
  po::options_description options = some_options();
  return parse_options(
      arguments, "zcp thing: does it", "  zcp thing", options, values);
}

std::string refusal(const Arguments& arguments) {
  return user_error([&] {
    po::variables_map values;
    parse(arguments, values);
  });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("options: values, defaults, repetitions, two spellings") {
  po::variables_map values;
  CHECK(parse({"--store=s", "--arch", "x,y", "--arch", "|z~0|"}, values));
  CHECK(values["store"].as<std::string>() == "s");
  CHECK(values["workers"].as<int>() == 3);
  const auto archs = values["arch"].as<std::vector<std::string>>();
  CHECK(archs == std::vector<std::string>{"x,y", "|z~0|"});
  CHECK(values.count("quiet") == 0);
}

TEST_CASE("options: every command has --quiet") {
  po::variables_map values;
  CHECK(parse({"--store", "s", "--quiet"}, values));
  CHECK(values.count("quiet") == 1);
}

TEST_CASE("options: --help prints usage, options and example, needs nothing") {
  const Captured output;
  po::variables_map values;
  CHECK_FALSE(parse({"--help"}, values));
  CHECK(output.text().starts_with("zcp thing: does it\n\n"));
  CHECK(contains(output.text(), "--workers N (=3)"));
  CHECK(output.text().ends_with("\nExample:\n  zcp thing\n"));
}

TEST_CASE("options: what is wrong is named") {
  CHECK(contains(refusal({}), "--store"));
  CHECK(contains(refusal({"--store"}), "--store"));
  CHECK(contains(refusal({"--store", "s", "--workers", "two"}), "two"));
  CHECK(contains(refusal({"--store", "s", "--workers", "two"}), "--workers"));
  CHECK(contains(refusal({"--store", "s", "--workers", "1.5"}), "1.5"));
  CHECK(contains(refusal({"--store", "s", "--store", "t"}), "--store"));
  CHECK(contains(
      refusal({"--store", "s", "--wrokers", "2"}),
      "unknown option --wrokers, did you mean --workers?"));
}

TEST_CASE("options: neither abbreviations nor short ones nor words") {
  CHECK(contains(refusal({"--store", "s", "--work", "2"}), "--work"));
  CHECK_FALSE(refusal({"--store", "s", "-w", "2"}).empty());
  CHECK_FALSE(refusal({"--store", "s", "word"}).empty());
}

TEST_CASE("options: a refusal says what was expected, and its range") {
  po::options_description options("Options");
  options.add_options()("store", po::value<std::string>(), "a")(
      "workers", limited({0, 1024})->default_value(0), "b")(
      "share", ranged(0.0, 1.0), "c")("seed", ranged<std::int64_t>(0), "d");
  const auto refused = [&](const Arguments& arguments) {
    po::options_description own = options;
    po::variables_map values;
    return user_error(
        [&] { parse_options(arguments, "zcp thing", "", own, values); });
  };
  CHECK(
      refused({"--workers", "abc"}) ==
      "--workers abc: expected a whole number from 0 to 1024");
  CHECK(
      refused({"--workers", "99999999999"}) ==
      "--workers 99999999999: expected a whole number from 0 to 1024");
  CHECK(
      refused({"--share", "much"}) ==
      "--share much: expected a number from 0 to 1");
  CHECK(
      refused({"--seed", "1.5"}) ==
      "--seed 1.5: expected a whole number of 0 or more");
  CHECK(contains(refused({"--seed"}), "--seed: expected a value behind it"));
  CHECK(contains(
      refused({"--seed", "1", "--seed", "2"}),
      "--seed was given more than once"));
  CHECK(contains(refused({"word"}), "word: a word that belongs to no option"));
  CHECK(contains(refused({"-w"}), "unknown option -w"));
}

TEST_CASE("options: help names what is taken, in the terminal's width") {
  const auto help = [](const char* columns, const char* flag) {
    const char* before = std::getenv("COLUMNS");
    const std::string kept = before == nullptr ? "" : before;
    setenv("COLUMNS", columns, 1);
    const Captured output;
    po::options_description options("Options");
    options.add_options()(
        "csv", po::value<std::string>(), "where the table of all goes")(
        "metric", po::value<std::string>(), "columns")(
        "ratio", po::value<double>(), "a number")(
        "odd", po::value<std::string>()->value_name("ODD"), "own name")(
        "flag", "takes nothing");
    po::variables_map values;
    parse_options(
        {flag},
        "zcp thing: a first line that is longer than forty columns are",
        "  zcp thing",
        options,
        values);
    if (before == nullptr) {
      unsetenv("COLUMNS");
    } else {
      setenv("COLUMNS", kept.c_str(), 1);
    }
    return output.text();
  };
  const std::string wide = help("80", "--help");
  for (const char* line :
       {"--csv FILE", "--metric LIST", "--ratio X", "--odd ODD", "--flag "}) {
    CHECK_MESSAGE(contains(wide, line), line);
  }
  CHECK(help("80", "-h") == wide);
  const std::string narrow = help("44", "-h");
  std::istringstream lines(narrow);
  for (std::string line; std::getline(lines, line);) {
    CHECK_MESSAGE(line.size() <= 44, line);
  }
}

TEST_CASE("options: help for programs") {
  const Captured output;
  po::variables_map values;
  CHECK_FALSE(parse({"--help-json"}, values));
  const auto help = nlohmann::json::parse(output.text());
  CHECK(help["usage"] == "zcp thing: does it");
  CHECK(help["options"][1]["name"] == "workers");
  CHECK(help["options"][1]["value"] == "N");
  CHECK(help["options"][1]["initial"] == "3");
  CHECK(help["options"][1]["group"] == "Options");
}

TEST_CASE("options: an empty item of a list is refused") {
  using List = std::vector<std::string>;
  CHECK(named_list("proxies", "a,b") == List{"a", "b"});
  for (const char* text : {"a,,b", "a,", ",a", ",", ""}) {
    CHECK(contains(
        user_error([&] { named_list("proxies", text); }), "--proxies"));
  }
}

TEST_CASE("options: positional arguments, the last may repeat") {
  po::options_description options("Options");
  options.add_options()("out", po::value<std::string>(), "")(
      "in", po::value<std::vector<std::string>>(), "");
  const std::string names[] = {"out", "in"};
  po::variables_map values;
  CHECK(parse_options({"a", "b", "c"}, "", "", options, names, true, values));
  CHECK(values["out"].as<std::string>() == "a");
  CHECK(values["in"].as<std::vector<std::string>>().size() == 2);
}

TEST_CASE("lists leave out what is empty") {
  using List = std::vector<std::string>;
  CHECK(split_list("a,b,,c") == List{"a", "b", "c"});
  CHECK(split_list("").empty());
  CHECK(split_list(",").empty());
  CHECK(split_list("0/4", '/') == List{"0", "4"});
}

TEST_CASE("every command has a name of its own and a summary") {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) {
    CHECK_FALSE(command.summary.empty());
    CHECK(std::count(names.begin(), names.end(), command.name) == 0);
    names.push_back(command.name);
  }
  CHECK(std::count(names.begin(), names.end(), "correlate") == 1);
}

TEST_CASE("every command explains itself with an example") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    const Captured output;
    CHECK(command.run({"--help"}) == 0);
    const std::string name(command.name);
    CHECK(output.text().starts_with("zcp " + name));
    CHECK(contains(output.text(), "\nExample:\n  zcp " + name + " "));
  }
}

TEST_CASE("every command refuses what it does not know") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    const auto run = [&] { command.run({"--no-such-thing"}); };
    CHECK(contains(user_error(run), "--no-such-thing"));
  }
}
