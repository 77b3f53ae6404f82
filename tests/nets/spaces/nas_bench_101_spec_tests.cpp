// Both forms of a spec of NAS-Bench-101.
#include <string>

#include "nets/spaces/nas_bench_101_spec.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::spaces::nas_bench_101;

namespace {

std::string normalised(const std::string& spec) {
  return format(parse(spec));
}

}  // namespace

TEST_CASE("NAS-Bench-101: NASLib's tuple and dangling vertices") {
  const std::string tuple =
      "(0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, "
      "0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
      "0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 3, 3, 4, 1)";
  const std::string spec =
      "0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output";
  CHECK(normalised(tuple) == spec);
  CHECK(normalised(tuple.substr(1, tuple.size() - 2)) == spec);
  CHECK(
      normalised(
          "0110-0001-0001-0000|input,maxpool3x3,conv3x3-bn-relu,output") ==
      spec);
  // Vertex 3 leads nowhere, vertex 4 comes from nowhere.
  CHECK(
      normalised("011000-000001-000101-000000-000001-000000|input,maxpool3x3,"
                 "conv3x3-bn-relu,conv1x1-bn-relu,maxpool3x3,output") == spec);
}

TEST_CASE("NAS-Bench-101: wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) {
    return zcp::test::user_error([&] { parse(spec); });
  };
  CHECK(message("01-00|input,conv").find("'conv'") != std::string::npos);
  CHECK(message("01-00|input").find("1 operation(s)") != std::string::npos);
  CHECK(message("00-00|input,output").find("no path") != std::string::npos);
  CHECK(message("01-10|input,output").find("row 1") != std::string::npos);
  CHECK(
      message("012-000-000|input,conv3x3-bn-relu,output").find("'012'") !=
      std::string::npos);
  CHECK(
      message("010-001-000|input,conv5x5,output").find("'conv5x5'") !=
      std::string::npos);
  CHECK(message("0|input").find("1 row(s)") != std::string::npos);
  CHECK(message("").find("found ''") != std::string::npos);
  CHECK(message("0,1,0").find("3 numbers") != std::string::npos);
  CHECK(message("0,1,0,7,0,1").find("'7'") != std::string::npos);
  std::string dense = "01111-00111-00011-00001-00000|input";
  for (int i = 0; i < 3; ++i) dense += ",maxpool3x3";
  CHECK(message(dense + ",output").find("10 edges") != std::string::npos);
}
