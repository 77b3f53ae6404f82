// Networks of several inputs, as users score them.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;

std::string formats(const std::string& name) {
  return golden("formats/" + name);
}

Strings score(const std::string& data, const Strings& more) {
  return Strings{
             "score",
             "--task",
             "tensors",
             "--data",
             formats(data),
             "--batch-size",
             "3",
             "--proxies",
             "params,grad_norm,naswot,synflow"} +
         more;
}

}  // namespace

TEST_CASE("score: several inputs by name and by position") {
  const Strings model = {"--model", formats("several_net.pt")};
  const auto named = csv_rows(output_of(score("several_named.pt", model)));
  REQUIRE(named.size() == 2);
  CHECK(named[1][1] == "213");
  CHECK(named[1][2] != "");
  CHECK(named[1][4] == "");
  for (const char* data : {"several.pt", "several.npz", "several_named.npz"}) {
    CHECK_MESSAGE(csv_rows(output_of(score(data, model))) == named, data);
  }
  const std::string described = output_of(
      {"describe",
       "--task",
       "tensors",
       "--data",
       formats("several_named.pt"),
       "--model",
       formats("several_net.pt")});
  CHECK(described.find("age 1, image 2x5x4, words 3") != std::string::npos);
}

TEST_CASE("score: several inputs of another network, and of spaces") {
  const std::string images = golden("net_resnet.pt");
  check_refused(
      score("several_named.pt", {"--quiet", "--model", images}),
      "several_named.pt, expected the inputs of the network: 'x'");
  check_refused(
      score("several.pt", {"--quiet", "--space", "nats-tss", "--sample", "1"}),
      "several.pt: found 3 inputs in a tuple or a dict 'x', expected one "
      "tensor: networks of spaces take one input (--model takes several)");
  // Beside others, one network that does not take them harms none.
  const Finished both = run_zcp(score(
      "several.pt", {"--model", images, "--model", formats("several_net.pt")}));
  CHECK(both.status == 1);
  const auto rows = csv_rows(both.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1][2] == "");
  CHECK(rows[2][2] != "");
}
