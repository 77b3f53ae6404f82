// What `score` and `describe` refuse.
#include <doctest/doctest.h>

#include <string>

#include "apps/commands.h"
#include "tests/support/refusals.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;
using zcp::apps::Arguments;

constexpr const char* kArch =
    "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|";

/// `zcp score` on noise by `params`, with `more`.
void refuse_choice(const Arguments& more, const std::string& thing) {
  Arguments arguments = {
      "--quiet", "--task", "gaussian", "--proxies", "params"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  check_refused_by(zcp::apps::score, arguments, thing);
}

/// The same of one cell.
void refuse(const Arguments& more, const std::string& thing) {
  Arguments arguments = {"--space", "nats-tss", "--arch", kArch};
  arguments.insert(arguments.end(), more.begin(), more.end());
  refuse_choice(arguments, thing);
}

void refuse_describe(const Arguments& arguments, const std::string& thing) {
  check_refused_by(zcp::apps::describe, arguments, thing);
}

/// `zcp score` of one cell, with a task and a proxy of its own.
void refuse_task(const Arguments& more, const std::string& thing) {
  Arguments arguments = {"--space", "nats-tss", "--arch", kArch, "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  check_refused_by(zcp::apps::score, arguments, thing);
}

}  // namespace

TEST_CASE("score refuses none or several ways to choose") {
  const std::string list = "/no/such/list";
  refuse_choice({}, "--space, --model");
  refuse_choice({"--space", "nats-tss"}, "--arch, --archs, --sample, --all");
  refuse({"--sample", "3"}, "--arch and --sample");
  refuse({"--model", "x.pt"}, "--space and --model");
  // A sandbox would be that of all tests.
  refuse_choice({"--model", "/no/net.pt", "--no-sandbox", "--all"}, "--all");
  refuse_choice({"--model", "/no/net.pt", "--no-sandbox"}, "/no/net.pt");
  refuse_choice({"--space", "nats-tss", "--sample", "0"}, "--sample 0");
  refuse_choice({"--space", "nats-tss", "--sample", "-3"}, "--sample -3");
  refuse_choice({"--space", "nats-tss", "--archs", list}, list);
  const TemporaryFolder folder;
  const std::string empty = folder.write("empty", "# nothing\n\n");
  refuse_choice({"--space", "nats-tss", "--archs", empty}, empty);
  const std::string bad =
      folder.write("bad", std::string(kArch) + "\n|none~0|\n");
  refuse_choice({"--space", "nats-tss", "--archs", bad}, "|none~0|");
}

TEST_CASE("score refuses values that options cannot have") {
  for (const char* shard : {"2/2", "-1/2", "0/0", "1", "a/b", "1/2/3", ""}) {
    refuse({"--shard", shard}, "--shard");
  }
  refuse({"--workers", "-1"}, "--workers -1");
  refuse({"--workers", "two"}, "two");
  refuse({"--batch-size", "0"}, "--batch-size 0");
  refuse({"--minibatches", "0"}, "--minibatches 0");
  refuse({"--classes", "-1"}, "--classes -1");
  refuse({"--classes", "1"}, "--classes 1");
  refuse({"--output", "0"}, "--output 0");
  refuse({"--seed", "x"}, "--seed");
  refuse({"--seed", "-1"}, "--seed -1");
  refuse({"--init", "lucky"}, "lucky");
  refuse({"--device", "tpu"}, "tpu");
  refuse({"--transform", "rotate"}, "rotate");
  refuse({"--store", golden("net_batch.pt")}, "net_batch.pt");
  refuse({"--store", "/no/folder/s.sqlite"}, "/no/folder");
  refuse({"--csv", "/no/folder/s.csv"}, "/no/folder");
}

TEST_CASE("score refuses proxies that are none or lack something") {
  refuse_task({"--task", "gaussian"}, "--proxies");
  refuse_task({"--task", "gaussian", "--proxies", ","}, "--proxies");
  refuse_task({"--task", "gaussian", "--proxies", "core,zicco"}, "zicco");
  refuse_task(
      {"--task", "gaussian", "--proxies", "zico", "--minibatches", "1"},
      "--minibatches");
}

TEST_CASE("score refuses data that are absent, damaged or too few") {
  const TemporaryFolder folder;
  const auto cifar = [&](const std::string& data, const std::string& thing) {
    refuse_task({"--proxies", "naswot", "--data", data}, thing);
  };
  refuse_task({"--proxies", "naswot"}, "'cifar10' needs --data");
  cifar(folder.path(), "data_batch_");
  folder.write("data_batch_1.bin", std::string(3073, '\1'));
  cifar(folder.path(), "hold 1 images");
  folder.write("data_batch_1.bin", std::string(3073, '\x0b'));
  cifar(folder.path(), "data_batch_1.bin: byte 0: found label 11");
}

TEST_CASE("describe refuses several, and wrong ones") {
  refuse_describe({"--space", "nats-tss", "--all"}, "15625");
  refuse_describe({"--space", "nats-tss", "--arch", "odd"}, "odd");
  refuse_describe({"--space", "nats-tss"}, "--arch");
  const std::string model = golden("net_resnet.pt");
  refuse_describe(
      {"--model", model, "--no-sandbox", "--task", "tensors"}, "--data");
}

TEST_CASE("score refuses a shard with a tail") {
  refuse({"--shard", "0x/2y"}, "--shard 0x/2y");
}

TEST_CASE("score does not write its table over its store") {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "s.sqlite";
  refuse({"--store", file, "--csv", file}, file);
}
