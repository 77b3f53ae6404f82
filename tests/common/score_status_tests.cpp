#include <doctest/doctest.h>

#include <stdexcept>

#include "common/score_status.h"

using zcp::ScoreStatus;

TEST_CASE("score status: the words of the store") {
  CHECK(to_text(ScoreStatus::ok) == "ok");
  CHECK(to_text(ScoreStatus::degenerate) == "degenerate");
  CHECK(to_text(ScoreStatus::failed) == "failed");
  CHECK_THROWS_AS(to_text(static_cast<ScoreStatus>(9)), std::invalid_argument);
}
