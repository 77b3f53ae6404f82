// For clang-tidy alone, included before everything else (tests/lint.sh
// --torch). clang refuses LibTorch 1.13's headers in C++20, where the
// constexpr std::vector of g++ 12's library meets types that are not yet
// complete. Without that constexpr it accepts them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#if defined(__clang__)
#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 __fill_a1_shim
#include <vector>
#undef __fill_a1
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
#endif
