#include <doctest/doctest.h>

#include <string>

#include "benchmarks/formats/script_code.h"

using zcp::formats::code_depth;

namespace {

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("script code: what torch.jit.save writes is shallow") {
  const std::string line =
      "  _0 = torch.conv2d(input, self.weight, None, [1, 1], [0, 0])\n";
  CHECK(
      code_depth("def forward(self, input: Tensor) -> Tensor:\n" + line) < 20);
  // Many statements, long lists and long texts are no depth.
  CHECK(code_depth(repeated(line, 1000)) < 20);
  CHECK(code_depth("x = [" + repeated("-1, ", 5000) + "]\n") < 10);
  CHECK(code_depth("x = \"" + repeated("((-", 5000) + "\"\n") < 10);
  CHECK(code_depth("# " + repeated("(", 5000) + "\nx = 1\n") < 10);
  CHECK(code_depth("") == 0);
}

TEST_CASE("script code: whatever lies within each other counts") {
  constexpr int kMany = 2000;
  for (const char* part :
       {"(",
        "[",
        "{",
        "not ",
        "-",
        "~",
        "a.",
        "f()",
        "a + ",
        "a ** ",
        "a[0]",
        "a if b else ",
        "lambda "}) {
    CAPTURE(part);
    CHECK(code_depth("x = " + repeated(part, kMany)) >= kMany);
  }
  // Brackets over several lines, and behind elements of a list.
  CHECK(code_depth(repeated("(1,\n", kMany)) >= kMany);
  std::string blocks;
  for (int i = 0; i < kMany; ++i) {
    blocks += repeated(" ", i) + "if a:\n";
  }
  CHECK(code_depth(blocks) >= kMany);
  CHECK(code_depth("if a:\n b\n" + repeated("elif c:\n d\n", kMany)) >= 1);
}
