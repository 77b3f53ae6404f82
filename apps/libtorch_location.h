// Where a portable build, which brings no LibTorch along, finds one.
#pragma once

namespace zcp::apps {

/// Puts the folder of LibTorch's libraries in front of LD_LIBRARY_PATH, for the
/// program that is started next: what ZCP_TORCH_LIB names, else that of the
/// PyTorch which python3 finds.
/// Throws UserError when there is neither, and when that PyTorch has another
/// minor version than the one this program was built for; the two do not fit
/// together.
void find_libtorch();

}  // namespace zcp::apps
