// Stores that say, or do not say, what networks their scores are of.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "analysis/store/score_store.h"
#include "apps/commands.h"
#include "nets/spaces/json/json_space.h"
#include "tests/support/refusals.h"
#include "tests/support/standard_output.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;
using zcp::apps::Arguments;

constexpr const char* kLive =
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|";
constexpr const char* kDead =
    "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_1x1~2|";

/// A store of the architectures, of networks for the task `gaussian`.
std::string write_store(
    const TemporaryFolder& folder,
    const std::vector<std::string>& archs,
    const zcp::store::Protocol& of_space,
    std::optional<double> params = {}) {
  const std::string path = folder.path() / "s.sqlite";
  zcp::store::Protocol protocol = of_space;
  protocol.emplace("task", "gaussian");
  protocol["classes"] = "10";
  protocol["resolution"] = "32";
  auto store = zcp::store::ScoreStore::open(path, protocol, {});
  std::vector<zcp::store::ScoreRecord> records;
  for (const std::string& arch : archs) {
    zcp::store::ScoreRecord record;
    record.arch = arch;
    record.proxy = "p";
    record.value = static_cast<double>(records.size() + 1);
    records.push_back(record);
    if (params) {
      record.proxy = "params";
      record.value = *params;
      records.push_back(record);
    }
  }
  store.put(records);
  return path;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// #params of the first architecture that `zcp rank` lists.
double first_params(const std::string& store, const Arguments& more) {
  Arguments call{"--scores", store, "--by", "p", "--cost", "params", "--quiet"};
  call.insert(call.end(), more.begin(), more.end());
  const std::string out = output_of(zcp::apps::rank, call);
  const std::string row = out.substr(out.find('\n') + 1);
  const std::string line = row.substr(0, row.find('\n'));
  return std::stod(line.substr(line.rfind(',') + 1));
}

}  // namespace

TEST_CASE("a store's number of classes is that of its own task") {
  const TemporaryFolder folder;
  const std::string store = write_store(
      folder,
      {kLive, kDead},
      {{"space", "nats-tss"}, {"channels", "2"}, {"cells", "1"}});
  const double own = first_params(store, {});
  CHECK(first_params(store, {"--task", "gaussian"}) == own);
  CHECK(first_params(store, {"--task", "cifar10"}) == own);
  // The classifier reads 2 * 2 * 2 channels: 90 more classes, each with as many
  // weights and a bias.
  CHECK(first_params(store, {"--task", "cifar100"}) == own + 90 * (8 + 1));
  // A column of the store is of the store's task.
  const TemporaryFolder other;
  const std::string with_params = write_store(
      other,
      {kLive, kDead},
      {{"space", "nats-tss"}, {"channels", "2"}, {"cells", "1"}},
      own);
  CHECK(first_params(with_params, {}) == own);
  CHECK(first_params(with_params, {"--task", "cifar100"}) == own + 810);
}

TEST_CASE("a store's own sizes need no task whose data are elsewhere") {
  const TemporaryFolder folder;
  const std::string store = write_store(
      folder, {kLive, kDead}, {{"space", "nats-tss"}, {"task", "tensors"}}, 7);
  const auto lines = [&](const std::string& most) {
    const std::string out = output_of(
        zcp::apps::export_scores,
        {"--store", store, "--max", "params=" + most, "--quiet"});
    return std::count(out.begin(), out.end(), '\n');
  };
  CHECK(lines("7") == 3);
  CHECK(lines("6") == 1);
}

TEST_CASE("a store of a space that a file describes takes that file alone") {
  const TemporaryFolder folder;
  const std::string text = read_file(
      golden("").parent_path() / "../../nets/spaces/examples/nats_tss.json");
  const std::string file = folder.write("own.json", text);
  const auto space = zcp::spaces::open_space(file);
  const std::string name = space->info().name;
  // Nothing, and a skip from the input to the output.
  const std::string store =
      write_store(folder, {space->spec(0), space->spec(25)}, {{"space", name}});
  const Arguments call{
      "--store", store, "--max", "params=1e9", "--drop-dead", "--quiet"};
  const auto with = [&](const std::string& asked) {
    Arguments more = call;
    more.insert(more.end(), {"--space", asked});
    return more;
  };
  const std::string out = output_of(zcp::apps::export_scores, with(file));
  CHECK(out == "arch,p\n" + space->spec(25) + ",2\n");
  check_refused_by(
      zcp::apps::export_scores,
      call,
      "holds scores of " + name + ", a space that a file describes");
  std::string edited = text;
  const std::string kernel = "\"kernel\": 1}";
  const std::size_t at = edited.find(kernel);
  REQUIRE(at != std::string::npos);
  edited.replace(at, kernel.size(), "\"kernel\": 5}");
  const std::string other = folder.write("edited.json", edited);
  REQUIRE(zcp::spaces::open_space(other)->info().name != name);
  check_refused_by(zcp::apps::export_scores, with(other), "expected " + name);
  check_refused_by(
      zcp::apps::rank,
      {"--scores", store, "--by", "p", "--cost", "params", "--space", other},
      "expected " + name);
  check_refused_by(
      zcp::apps::export_scores, with("nats-tss"), "expected " + name);
}
