// Whether what a file names is a member of its space.
#pragma once

#include <string>
#include <string_view>

namespace zcp::importers {

/// The spec in the one form of the space, as scores have it. Throws UserError
/// that begins with `place` and says what is no member, and of which space.
std::string member_spec(
    const std::string& space,
    std::string_view spec,
    const std::string& place);

/// Whether it is a member.
bool is_member(const std::string& space, std::string_view spec);

}  // namespace zcp::importers
