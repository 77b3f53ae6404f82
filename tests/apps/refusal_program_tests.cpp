// Wrong use of `zcp score` and `zcp describe` as a script meets it: status 2
// and one line that names what is wrong. score_refusal_tests.cpp tries more.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;

const std::string kArch =
    "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|";

/// `zcp score` of what `choice` says, on noise by `params`.
Strings score_chosen(const Strings& choice) {
  const Strings fixed = {
      "score", "--proxies", "params", "--task", "gaussian", "--quiet"};
  return fixed + choice;
}

/// The same of one cell.
Strings score(const Strings& more) {
  return score_chosen(Strings{"--space", "nats-tss", "--arch", kArch} + more);
}

/// `zcp score` of one cell by ZiCo.
Strings score_data(const Strings& task) {
  const Strings fixed = {
      "score", "--space", "nats-tss", "--arch", kArch, "--proxies", "zico"};
  return fixed + task;
}

/// The first half of a golden file.
std::string half(const std::string& name) {
  const std::string bytes = read_file(golden(name));
  return bytes.substr(0, bytes.size() / 2);
}

}  // namespace

TEST_CASE("refused: specs, spaces, proxies, tasks, options not known") {
  const std::string odd =
      "|nor_conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|";
  check_refused(score({"--arch", odd}), "nor_conv_5x5");
  check_refused(score_chosen({"--space", "nats-ttt", "--all"}), "nats-ttt");
  check_refused(score_data({"--proxies-list", "x"}), "--proxies-list");
  check_refused(score_data({"--task", "cifar-10"}), "'cifar-10'");
  check_refused(
      {"score", "--space", "nats-tss", "--arch", kArch, "--proxies", "zicco"},
      "zicco");
  check_refused(
      {"score", "--space", "nats-tss", "--arch", kArch},
      "'--proxies' is required but missing: names, or the groups core");
}

TEST_CASE("refused: values of options") {
  check_refused(score({"--all"}), "--arch and --all exclude each other");
  check_refused(score({"--precision", "fp8"}), "fp8");
  check_refused(score({"--shard", "3/2"}), "--shard 3/2");
  check_refused(
      score({"--shard-by", "macs"}), "--shard-by macs: expected hash or cost");
  check_refused(
      score_chosen({"--space", "nats-tss", "--sample", "99999"}),
      "--sample 99999");
}

TEST_CASE("refused: data that are missing or cut") {
  const TemporaryFolder folder;
  const auto on_cifar = [](const std::string& data) {
    return score_data({"--task", "cifar10", "--data", data});
  };
  check_refused(on_cifar("/no/such/folder"), "/no/such/folder");
  folder.write("data_batch_1.bin", std::string(3073 + 100, '\1'));
  check_refused(on_cifar(folder.path()), "data_batch_1.bin");
  const std::string cut = folder.write("cut.pt", half("net_batch.pt"));
  check_refused(score_data({"--task", "tensors", "--data", cut}), cut);
}

TEST_CASE("refused: models that are cut, or two of one name") {
  const TemporaryFolder folder;
  const std::string cut = folder.write("cut.pt", half("net_resnet.pt"));
  check_refused(score_chosen({"--model", cut}), cut);
  check_refused({"describe", "--model", cut, "--task", "gaussian"}, cut);
  const std::string whole = read_file(golden("net_resnet.pt"));
  const std::string first = folder.write("a/net.pt", whole);
  const std::string second = folder.write("b/net.pt", whole);
  check_refused(score_chosen({"--model", first, "--model", second}), second);
}

TEST_CASE("refused: a store of another protocol, which stays as it was") {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  output_of(score({"--store", store}));
  const std::string before = read_file(store);
  check_refused(score({"--store", store, "--seed", "7"}), "seed is '0' there");
  CHECK(read_file(store) == before);
}

TEST_CASE(
    "a link to zcp finds the program that runs networks, a copy does not") {
  const TemporaryFolder folder;
  const auto link = folder.path() / "link";
  std::filesystem::create_symlink(std::filesystem::absolute(program()), link);
  const Finished linked = run_zcp(score({}), {}, link);
  CHECK(linked.status == 0);
  CHECK(linked.out == run_zcp(score({})).out);

  const auto copy = folder.path() / "copy";
  std::filesystem::copy_file(program(), copy);
  CHECK(run_zcp({"--version"}, {}, copy).status == 0);
  const Finished alone = run_zcp(score({}), {}, copy);
  CHECK(alone.status == 1);
  CHECK(alone.err.find("zcp-networks") != std::string::npos);
  CHECK(alone.err.find("beside") != std::string::npos);
}
