#include "benchmarks/importers/member.h"

#include "common/error.h"
#include "nets/spaces/space.h"

namespace zcp::importers {

std::string member_spec(
    const std::string& space,
    std::string_view spec,
    const std::string& place) {
  try {
    return spaces::find_space(space).normalise(spec);
  } catch (const UserError& error) {
    throw UserError("{}: no member of {}: {}", place, space, error.what());
  }
}

bool is_member(const std::string& space, std::string_view spec) {
  try {
    spaces::find_space(space).normalise(spec);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

}  // namespace zcp::importers
