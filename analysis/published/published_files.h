// The files of analysis/published/ as they were when the program was built;
// CMake writes the source file.
#pragma once

#include <span>
#include <string_view>

namespace zcp::published {

struct PublishedFile {
  std::string_view id;
  std::string_view text;
};

/// In the order of their names.
std::span<const PublishedFile> published_files();

}  // namespace zcp::published
