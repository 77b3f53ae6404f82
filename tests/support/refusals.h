// Wrong use of a subcommand, called in this process: quick, so that many
// mistakes can be tried. refusal_program_tests.cpp does the same to the
// program for those that matter most.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "apps/command.h"
#include "tests/support/temporary.h"

namespace zcp::test {

/// The command has to throw a UserError of one line that names `thing`.
inline void check_refused_by(
    int (*command)(const apps::Arguments&),
    const apps::Arguments& arguments,
    const std::string& thing) {
  const std::string text = user_error([&] { command(arguments); });
  CAPTURE(text);
  CHECK_FALSE(text.empty());
  CHECK(text.find('\n') == std::string::npos);
  CHECK_MESSAGE(text.find(thing) != std::string::npos, thing);
}

}  // namespace zcp::test
