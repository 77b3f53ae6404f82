// Programs whose operators are known to leave samples apart.
#include <doctest/doctest.h>

#include <string>

#include "nets/networks/script_network.h"
#include "tests/nets/networks/make_script.h"

using namespace zcp;
using namespace zcp::networks;
using test::numbers;

namespace {

/// Whether samples stay apart in a program of these lines, which return the
/// output for images x.
bool apart(const std::string& lines, std::int64_t axes = 4) {
  const test::ScriptFile file(
      {{"w", numbers({4, 3, 3, 3}, 0.7)},
       {"s", numbers({4}, 0.3)},
       {"w2", numbers({4, 4, 3, 3}, 0.9)},
       {"fc", numbers({5, 4}, 1.1)}},
      "def forward(self, x):\n" + lines);
  return load_script_network(file.path(), at::TensorOptions(at::kFloat))
      ->keeps_samples_apart(axes);
}

const std::string kConvolution =
    "    y = torch.conv2d(x, self.w, None, [1, 1], [1, 1])\n";

/// The head of a classifier behind other lines.
std::string with_head(const std::string& lines) {
  return kConvolution + lines +
         "    y = torch.adaptive_avg_pool2d(y, [1, 1])\n"
         "    return torch.linear(torch.flatten(y, 1), self.fc)\n";
}

}  // namespace

TEST_CASE("samples stay apart in convolutional networks") {
  CHECK(apart(with_head("")));
  CHECK(
      apart(with_head("    z = torch.relu_(torch.batch_norm(y, self.s, self.s, "
                      "None, None, True, "
                      "0.1, 1e-5, False))\n"
                      "    y = torch.relu(y + z)\n")));
  CHECK(
      apart(with_head("    g = torch.sigmoid(torch.mean(y, [2, 3], True))\n"
                      "    y = y * g * 0.5\n")));
  CHECK(apart(with_head(
      "    y = torch.dropout(torch.add(y, y, alpha=2), 0.5, False)\n")));
  CHECK(apart(
      kConvolution +
      "    y = torch.cat([y, y], 1) * torch.cat([y, y], -3)\n"
      "    return torch.mean(y, [2, -1])\n"));
}

TEST_CASE("what touches the first axis is not said to leave samples apart") {
  CHECK_FALSE(apart(with_head("    y = torch.roll(y, [1], [0])\n")));
  CHECK_FALSE(apart(with_head("    y = torch.flip(y, [0])\n")));
  CHECK_FALSE(apart(with_head("    y = y - torch.mean(y, [0], True)\n")));
  CHECK_FALSE(apart(with_head("    y = y + torch.mean(y)\n")));
  CHECK_FALSE(apart(kConvolution + "    return torch.cat([y, y], 0)\n"));
  CHECK_FALSE(apart(kConvolution + "    return torch.cat([y, y], -4)\n"));
  CHECK_FALSE(apart(kConvolution + "    return torch.flatten(y)\n"));
  CHECK_FALSE(apart(kConvolution + "    return torch.mean(y, [-4])\n"));
  CHECK_FALSE(apart(kConvolution + "    return torch.matmul(y, y)\n"));
}

TEST_CASE("maps without samples in front, and control flow, are not known") {
  // Three axes: a convolution takes the first one for channels.
  CHECK_FALSE(apart(with_head(""), 3));
  CHECK_FALSE(apart(
      kConvolution +
      "    y = torch.flatten(y, 2)\n"
      "    return torch.conv2d(y, self.w)\n"));
  CHECK_FALSE(
      apart(with_head("    if bool(torch.max(y) > 0):\n"
                      "        y = torch.flip(y, [0])\n")));
  CHECK_FALSE(
      apart(with_head("    for i in range(2):\n"
                      "        y = torch.roll(y, [1], [0])\n")));
}

TEST_CASE("a tensor of other axes may let samples meet where it is broadcast") {
  // [samples, 4] beside [samples, 4, rows, columns]: added along the columns.
  CHECK_FALSE(apart(kConvolution + "    return y + torch.mean(y, [2, 3])\n"));
  // A parameter has no samples, but may have as many rows.
  CHECK_FALSE(apart(kConvolution + "    return y + self.s\n"));
}

TEST_CASE("a list of axes that is written into is not known") {
  CHECK_FALSE(
      apart(with_head("    axes = [2, 3]\n"
                      "    axes.append(0)\n"
                      "    y = y + torch.mean(y, axes, True)\n")));
}

TEST_CASE("layers of parameters alone have no samples") {
  CHECK_FALSE(apart(
      "    y = torch.conv2d(x, torch.relu(self.w), None, [1, 1], [1, 1])\n"
      "    return torch.mean(y, [2, 3])\n"));
}

TEST_CASE("a linear layer of a vector takes an axis away") {
  CHECK_FALSE(apart(
      kConvolution +
      "    y = torch.mean(y, [2, 3])\n"
      "    z = torch.linear(y, self.s)\n"
      "    return y + torch.mean(z, [-1], True)\n"));
}

TEST_CASE("what is written into a tensor of the program's own is not known") {
  CHECK_FALSE(apart(
      kConvolution +
      "    b = torch.zeros([1])\n"
      "    torch.sigmoid(y, out=b)\n"
      "    return torch.conv2d(torch.flip(b, [0]), self.w2)\n"));
}
