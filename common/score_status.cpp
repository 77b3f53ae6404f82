#include "common/score_status.h"

#include <stdexcept>

namespace zcp {

std::string_view to_text(ScoreStatus status) {
  switch (status) {
    case ScoreStatus::ok:
      return "ok";
    case ScoreStatus::degenerate:
      return "degenerate";
    case ScoreStatus::failed:
      return "failed";
  }
  throw std::invalid_argument("[to_text] unknown ScoreStatus");
}

}  // namespace zcp
