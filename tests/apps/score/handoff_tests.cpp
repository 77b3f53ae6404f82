#include <dirent.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "apps/score/handoff.h"

namespace {

using namespace zcp::apps;
using zcp::ScoreStatus;
using zcp::store::ScoreRecord;

/// The descriptor of the file of the handoff that was made last, as a new
/// process finds it.
int newest_handoff() {
  int newest = -1;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::array<char, 64> target{};
    if (readlink(entry.path().c_str(), target.data(), target.size() - 1) < 0) {
      continue;
    }
    if (std::string_view(target.data()).starts_with("/memfd:zcp-handoff")) {
      newest = std::max(newest, std::stoi(entry.path().filename()));
    }
  }
  return newest;
}

/// What a new process reads of a handoff: by another descriptor, since each
/// object closes its own.
Handoff taken_over() {
  const int file = dup(newest_handoff());
  REQUIRE(file >= 0);
  setenv("ZCP_HANDOFF", std::to_string(file).c_str(), 1);
  return {};
}

}  // namespace

TEST_CASE("handoff: the first process of a call takes nothing over") {
  const Handoff handoff;
  CHECK_FALSE(handoff.continues());
  CHECK_FALSE(handoff.interrupted());
  CHECK(handoff.given_up().empty());
  CHECK(handoff.scores().empty());
  CHECK(handoff.specs().empty());
}

TEST_CASE("handoff: what is added comes out, to the bit") {
  Handoff handoff;
  const std::string odd("a\nb\0c\t", 6);
  handoff.add_specs({"|x~0|", odd, ""});
  handoff.add_scores(
      {{"a", "zico", ScoreStatus::ok, -0.1, "", 2.5},
       {odd, "snip", ScoreStatus::degenerate, std::nan(""), "no\nReLU", 0},
       {"b", "snip", ScoreStatus::failed, std::nan(""), "why", 1e-300}});
  handoff.add_given_up("net@17", "net.pt: took longer");
  const Handoff next = taken_over();
  CHECK(next.continues());
  CHECK_FALSE(next.interrupted());
  CHECK(next.specs() == std::vector<std::string>{"|x~0|", odd, ""});
  REQUIRE(next.scores().size() == 3);
  CHECK(next.scores()[0].value == -0.1);
  CHECK(next.scores()[0].seconds == 2.5);
  CHECK(next.scores()[1].arch == odd);
  CHECK(next.scores()[1].reason == "no\nReLU");
  CHECK(next.scores()[1].status == ScoreStatus::degenerate);
  CHECK(std::isnan(next.scores()[1].value));
  CHECK(next.scores()[2].seconds == 1e-300);
  REQUIRE(next.given_up().size() == 1);
  CHECK(next.given_up()[0].key == "net@17");
  CHECK(next.given_up()[0].reason == "net.pt: took longer");
  // A third one has what both have added.
  next.add_given_up("b", "crashed");
  next.add_interrupted();
  const Handoff third = taken_over();
  CHECK(third.given_up().size() == 2);
  CHECK(third.interrupted());
  // The variable is for one process alone.
  CHECK(std::getenv("ZCP_HANDOFF") == nullptr);
}

TEST_CASE("handoff: a variable that names no such file is passed over") {
  for (const char* value : {"0", "9999", "x", ""}) {
    setenv("ZCP_HANDOFF", value, 1);
    CHECK_FALSE(Handoff().continues());
  }
}
