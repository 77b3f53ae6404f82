// What a command that is called in this process prints.
#pragma once

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>

#include "apps/command.h"

namespace zcp::test {

/// Standard output, held while the object lives.
class Captured {
 public:
  Captured() : before_(std::cout.rdbuf(text_.rdbuf())) {}
  ~Captured() { std::cout.rdbuf(before_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

/// What the command prints on standard output; it has to end well.
inline std::string output_of(
    int (*command)(const apps::Arguments&),
    const apps::Arguments& arguments) {
  const Captured output;
  CHECK(command(arguments) == 0);
  return output.text();
}

}  // namespace zcp::test
