// Spaces that a JSON file describes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "nets/spaces/space.h"

namespace zcp::spaces::json {

/// The space that `text` describes (docs/spaces.md has the form). Its name is
/// the name in the file, "@" and a hash of what the file says but for summary
/// and paper, so that scores of two versions are told apart. `file` is named in
/// errors. Throws UserError with file, place, what was found and expected.
std::unique_ptr<const Space> parse_space(
    std::string_view text,
    const std::string& file);

/// The space in a file. Throws UserError, also when it cannot be read.
std::unique_ptr<const Space> read_space(const std::string& path);

}  // namespace zcp::spaces::json

namespace zcp::spaces {

/// The space of that name, as find_space() does, or the one in the file where
/// the name ends in ".json". Throws UserError.
std::shared_ptr<const Space> open_space(const std::string& name);

}  // namespace zcp::spaces
