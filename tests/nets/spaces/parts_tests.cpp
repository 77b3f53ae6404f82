#include <doctest/doctest.h>

#include "nets/spaces/parts.h"
#include "tests/support/temporary.h"

using namespace zcp::spaces;
using Strings = std::vector<std::string>;

TEST_CASE("parts of product spaces are called as their specs write them") {
  const Parts cell(find_space("nats-tss"));
  REQUIRE(cell.places() == 6);
  const Strings operations{
      "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  for (std::size_t place = 0; place < 6; ++place) {
    CHECK(cell.options(place) == operations);
  }
  CHECK(
      cell.of("|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_"
              "conv_1x1~1|none~2|") == Strings{
                                           "nor_conv_3x3",
                                           "none",
                                           "avg_pool_3x3",
                                           "skip_connect",
                                           "nor_conv_1x1",
                                           "none"});
  const Parts sizes(find_space("nats-sss"));
  REQUIRE(sizes.places() == 5);
  CHECK(
      sizes.options(2) ==
      Strings{"8", "16", "24", "32", "40", "48", "56", "64"});
  CHECK(sizes.of("8:16:24:32:64") == Strings{"8", "16", "24", "32", "64"});
  const Parts digits(find_space("transnas-micro"));
  CHECK(
      digits.of("64-41414-1_02_333") == Strings{"1", "0", "2", "3", "3", "3"});
  const Parts blocks(find_space("pit"));
  CHECK(
      blocks.of("b32-r4-d2.6.4-h2.4.8") ==
      Strings{"b32", "r4", "d2", "6", "4", "h2.4.8"});
}

TEST_CASE("options that specs have no text for are numbered") {
  const Parts parts(find_space("darts"));
  REQUIRE(parts.places() == 24);
  // The first node has one pair of inputs, the second three.
  CHECK(parts.options(0) == Strings{"1"});
  CHECK(parts.options(3) == Strings{"1", "2", "3"});
  CHECK(parts.options(1)[0] == "max_pool_3x3");
  CHECK(parts.options(1).size() == 7);
}

TEST_CASE("every option of every product space has a name of its own") {
  std::size_t products = 0;
  for (const auto& space : all_spaces()) {
    const auto choices = space->choices();
    const Parts parts(*space);
    CHECK(parts.places() == choices.size());
    if (!choices.empty()) ++products;
    for (std::size_t place = 0; place < choices.size(); ++place) {
      for (int option = 0; option < choices[place]; ++option) {
        std::vector<int> taken(choices.size(), 0);
        taken[place] = option;
        const std::string spec = space->spec_of(taken);
        const auto& names = parts.options(place);
        CHECK(parts.of(spec)[place] == names[static_cast<std::size_t>(option)]);
      }
    }
  }
  CHECK(products >= 6);
}

TEST_CASE("parts of other spaces are words") {
  const Parts parts(find_space("nas-bench-101"));
  CHECK(parts.places() == 0);
  CHECK(
      parts.of("0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output") ==
      Strings{"conv3x3-bn-relu", "input", "maxpool3x3", "output"});
  CHECK(
      words_of("SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,32,2,8,1)") ==
      Strings{"SuperConvK3BNRELU", "SuperResIDWE6K3"});
  CHECK(words_of("0110-0001").empty());
  CHECK(
      words_of("e384-6x3-6x3.5-5x3-6x3") ==
      Strings{"5x3", "6x3", "6x3.5", "e384"});
  CHECK_FALSE(
      zcp::test::user_error([&] { (void)parts.of("nothing"); }).empty());
}
