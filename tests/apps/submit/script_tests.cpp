#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

#include "apps/submit/script.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using zcp::test::TemporaryFolder;

const std::filesystem::path kExamples = ZCP_SLURM_DIR;

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string script(const Arguments& arguments) {
  const auto options = parse_submit_options(arguments);
  REQUIRE(options);
  return submit_script(*options);
}

/// The words of a call that was written as shell_word() does.
Arguments words_of(const std::string& call) {
  Arguments words;
  std::istringstream stream(call);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// The script without the line that names the program.
std::string without_program(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("export zcp=")) kept += line + "\n";
  }
  return kept;
}

/// Exit status of bash's check of a script's syntax.
int check_syntax(const std::string& text) {
  const TemporaryFolder folder;
  const std::string path = folder.write("script", text);
  return std::system(("bash -n " + path).c_str());
}

}  // namespace

TEST_CASE("submit: the examples are what their heads say makes them") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
    if (entry.path().extension() != ".sbatch") continue;
    CAPTURE(entry.path().string());
    ++count;
    const std::string text = read_file(entry.path());
    const std::string head = "# Made by: zcp submit ";
    const std::size_t begin = text.find(head);
    REQUIRE(begin != std::string::npos);
    const std::size_t end = text.find('\n', begin);
    const auto words =
        words_of(text.substr(begin + head.size(), end - begin - head.size()));
    CHECK(without_program(script(words)) == without_program(text));
    CHECK(check_syntax(text) == 0);
  }
  CHECK(count == 3);
}

TEST_CASE("submit: words of the shell stay words") {
  const std::string text = script(
      {"--",
       "score",
       "--arch",
       "|a~0|+|'b~0|",
       "--store",
       "my $HOME.sqlite",
       "--csv",
       "`t`.csv"});
  CHECK(text.find(R"(--arch '|a~0|+|'\''b~0|')") != std::string::npos);
  CHECK(text.find("'my $HOME'.{0..7}.sqlite") != std::string::npos);
  CHECK(text.find("--csv '`t`.csv'") != std::string::npos);
  CHECK(check_syntax(text) == 0);
}

TEST_CASE("submit: the islands of a search, and what they found together") {
  const Arguments command{
      "--tasks",
      "3",
      "--",
      "search",
      "--space",
      "nats-tss",
      "--by",
      "zico,cifar100:zen",
      "--evaluations",
      "90",
      "--store",
      "out/s.sqlite"};
  const std::string text = script(command);
  CHECK(check_syntax(text) == 0);
  const auto has = [&](const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has("for store in out/s.{0..2}.sqlite; do"));
  CHECK(has("\"$zcp\" merge --store out/s.sqlite \"${stores[@]}\""));
  CHECK(has("for store in out/s.{0..2}.cifar100.sqlite; do"));
  CHECK(has("\"$zcp\" merge --store out/s.cifar100.sqlite \"${stores[@]}\""));
  CHECK(has("--store out/s.sqlite --islands 3 --shard 0/1\n"));
  // A number of islands of the user's own stays.
  Arguments more = command;
  more.insert(more.end(), {"--islands", "6"});
  CHECK(script(more).find("--islands 6 --shard 0/1\n") != std::string::npos);
}
