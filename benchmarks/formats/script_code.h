// How deep the code of a TorchScript file nests.
#pragma once

#include <cstddef>
#include <string_view>

namespace zcp::formats {

/// An upper bound of the depth of the syntax tree of this code, and so of what
/// a recursive parser and compiler put on the stack: brackets, operators and
/// blocks that lie within each other at the deepest place. Files of
/// torch.jit.save stay below a hundred, as it breaks long lines up.
std::size_t code_depth(std::string_view code);

}  // namespace zcp::formats
