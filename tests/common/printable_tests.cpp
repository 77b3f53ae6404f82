#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "common/printable.h"

using zcp::Lines;
using zcp::printable;

TEST_CASE("printable: text that is seen stays as it is") {
  for (const char* text : {
           "",
           "|nor_conv_3x3~0|+|none~0|",
           "na\xC3\xAFve",                     // ï
           "\xE2\x82\xAC \xE4\xB8\xAD",        // the euro sign, a Chinese sign
           "\xF0\x9F\x98\x80",                 // a face, beyond 16 bits
           "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"  // Hebrew letters have a
                                               // direction
       }) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("printable: what a terminal obeys is escaped") {
  CHECK(printable("a\x1b[31mred") == "a\\x1b[31mred");
  CHECK(printable("\x1b]0;title\x07") == "\\x1b]0;title\\x07");
  CHECK(printable("bell\x7f\b") == "bell\\x7f\\x08");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  // C1: control sequence introducer, operating system command, next line.
  CHECK(
      printable("\xC2\x9B"
                "31m") == "\\u009b31m");
  CHECK(printable("\xC2\x9D") == "\\u009d");
  CHECK(printable("\xC2\x85") == "\\u0085");
  CHECK(printable("\xC2\xA0") == "\xC2\xA0");  // just above them
}

TEST_CASE("printable: what reverses or hides is escaped") {
  CHECK(
      printable("a\xE2\x80\xAE"
                "b") == "a\\u202eb");
  CHECK(printable("\xE2\x80\x8E\xE2\x80\x8F") == "\\u200e\\u200f");
  CHECK(printable("\xE2\x81\xA6\xE2\x81\xA9") == "\\u2066\\u2069");
  CHECK(printable("\xD8\x9C") == "\\u061c");
  CHECK(printable("\xE2\x80\x8B") == "\\u200b");
  CHECK(printable("\xE2\x80\xA8") == "\\u2028");
  CHECK(printable("\xEF\xBB\xBF") == "\\ufeff");
  CHECK(printable("\xF3\xA0\x81\x81") == "\\U000e0041");
}

TEST_CASE("printable: bytes that are no UTF-8 are escaped one by one") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\x9b") == "\\x9b");
  CHECK(printable("na\xEFve") == "na\\xefve");
  CHECK(printable("\xC0\x9B") == "\\xc0\\x9b");           // overlong
  CHECK(printable("\xE0\x82\x9B") == "\\xe0\\x82\\x9b");  // overlong
  CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("cut \xE2\x80") == "cut \\xe2\\x80");
  CHECK(printable("\xED\xA0\x80") == "\\ud800");  // half of a pair
}

TEST_CASE("printable: lines are one, or as many as they were") {
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable("a\nb\r", Lines::several) == "a\nb\\r");
}
