#include <doctest/doctest.h>

#include <sstream>

#include "apps/standard_streams.h"

using zcp::apps::first_line;
using zcp::apps::PrintableStream;

TEST_CASE("a printable stream escapes, also what comes in parts") {
  std::ostringstream out;
  {
    const PrintableStream printable(out);
    out << "a\x1b[2J" << '\n' << "\xE2";
    out << "\x80"
        << "\xAE"
        << "b";
    CHECK(out.str().empty() == false);
    out.flush();
    out << "\xE2\x82";
    out << "\xAC\n";
  }
  CHECK(out.str() == "a\\x1b[2J\n\\u202eb\xE2\x82\xAC\n");
  out << "\x1b";
  CHECK(out.str().ends_with("\x1b"));
}

TEST_CASE("a printable stream hands on that its stream takes nothing") {
  struct Full : std::streambuf {};  // takes nothing
  Full full;
  std::ostream out(&full);
  {
    const PrintableStream printable(out);
    out << "text\n" << std::flush;
    CHECK_FALSE(out.good());
  }
  CHECK_FALSE(out.good());
}

TEST_CASE("the first line of a message") {
  CHECK(first_line("one\ntwo\n") == "one");
  CHECK(first_line("one") == "one");
  CHECK(first_line("") == "");
}
