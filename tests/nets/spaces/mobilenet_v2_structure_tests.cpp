// Structure strings of ZenNAS.
#include <string>

#include "nets/spaces/mobilenet_v2_structure.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::spaces::mobilenet_v2;

TEST_CASE("mobilenet-v2: the numbers of a structure string") {
  const std::string spec =
      "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K5(8,32,1,16,4)+SE";
  const Structure structure = parse(spec);
  CHECK(structure.gated);
  REQUIRE(structure.blocks.size() == 2);
  CHECK_FALSE(structure.blocks[0].residual());
  CHECK(structure.blocks[0] == Block{0, 3, 3, 8, 2, 0, 1});
  CHECK(structure.blocks[1].residual());
  CHECK(structure.blocks[1] == Block{6, 5, 8, 32, 1, 16, 4});
  CHECK(format(structure) == spec);
}

TEST_CASE("mobilenet-v2: wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) {
    return zcp::test::user_error([&] { parse(spec); });
  };
  CHECK(
      message("SuperResK1K3K1(3,8,2,8,1)").find("'SuperResK1K3K1'") !=
      std::string::npos);
  CHECK(
      message("SuperResIDWE3K3(3,8,2,8,1)").find("unknown block") !=
      std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,8,2)").find("3 number(s)") !=
      std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,8,3,1)").find("stride '3'") !=
      std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(16,8,1,8,1)")
          .find("reads 16 channels, expected 8") != std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,8,2,1)x").find("'x'") != std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,8,2,1").find("found") != std::string::npos);
  CHECK(
      message("SuperConvK3BNRELU(3,9999,2,1)").find("'9999'") !=
      std::string::npos);
  CHECK(!message("").empty());
  CHECK(!message("+SE").empty());
}
