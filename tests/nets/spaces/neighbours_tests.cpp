// What a search needs of every space: choices, neighbours, encodings.
#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

#include "common/random.h"
#include "nets/spaces/space.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::spaces;

namespace {

std::set<std::string> as_set(const std::vector<std::string>& specs) {
  return {specs.begin(), specs.end()};
}

}  // namespace

TEST_CASE("choices: options number a space as spec() does") {
  int products = 0;
  for (const auto& space : all_spaces()) {
    const std::vector<int> sizes = space->choices();
    if (sizes.empty()) continue;
    ++products;
    std::int64_t count = 1;
    for (const int size : sizes) count *= size;
    CHECK(count == space->info().size);
    for (std::uint64_t i = 0; i < 50; ++i) {
      const std::string spec = space->draw(i);
      const std::vector<int> options = space->options_of(spec);
      CHECK(options.size() == sizes.size());
      CHECK(space->spec_of(options) == spec);
    }
    std::vector<int> first(sizes.size());
    CHECK(space->spec_of(first) == space->spec(0));
    first.back() = 1;
    CHECK(space->spec_of(first) == space->spec(1));
    first.back() = sizes.back();
    CHECK_THROWS_AS(space->spec_of(first), std::invalid_argument);
    first.pop_back();
    CHECK_THROWS_AS(space->spec_of(first), std::invalid_argument);
  }
  CHECK(products == 7);
  const Space& resnet = find_space("resnet");
  CHECK_THROWS_AS(resnet.options_of(resnet.info().example), std::logic_error);
}

TEST_CASE("choices: a genotype that is not numbered has none") {
  const std::string spec =
      "Genotype(normal=[('none', 0), ('skip_connect', 1), ('skip_connect', 0), "
      "('skip_connect', 1), ('skip_connect', 0), ('skip_connect', 1), "
      "('skip_connect', 0), ('skip_connect', 1)], normal_concat=[2, 3, 4, 5], "
      "reduce=[('skip_connect', 0), ('skip_connect', 1), ('skip_connect', 0), "
      "('skip_connect', 1), ('skip_connect', 0), ('skip_connect', 1), "
      "('skip_connect', 0), ('skip_connect', 1)], reduce_concat=[2, 3, 4, 5])";
  const Space& darts = find_space("darts");
  CHECK(test::user_error([&] {
          darts.options_of(spec);
        }).find("has the operation none") != std::string::npos);
}

TEST_CASE("neighbours: each once, valid, symmetric where every edit is") {
  for (const auto& space : all_spaces()) {
    CAPTURE(space->info().name);
    for (std::uint64_t i = 0; i < 5; ++i) {
      const std::string spec = space->draw(i);
      const auto near = space->neighbours(spec);
      CHECK(as_set(near).size() == near.size());
      CHECK_FALSE(as_set(near).contains(spec));
      CHECK(space->neighbours(spec) == near);
      const bool symmetric =
          !space->choices().empty() || space->info().name == "transnas-macro";
      for (std::size_t n = 0; n < near.size(); n += 3) {
        CHECK(space->normalise(near[n]) == near[n]);
        if (!symmetric) continue;
        CHECK(as_set(space->neighbours(near[n])).contains(spec));
      }
      // A space without a list of its own shows a part of what it can do.
      if (space->info().name == "mobilenet-v2") continue;
      for (std::uint64_t m = 0; m < 10; ++m) {
        CHECK(as_set(near).contains(space->mutate(spec, m)));
      }
    }
  }
  const Space& tss = find_space("nats-tss");
  CHECK(tss.neighbours(tss.spec(77)).size() == 24);
  // The edges in order, on each the operations in order.
  CHECK(tss.neighbours(tss.spec(0))[0] == tss.spec(1 * 3125));
  CHECK(tss.neighbours(tss.spec(0))[4] == tss.spec(1 * 625));
  const Space& resnet = find_space("resnet");
  CHECK(resnet.neighbours("cifar-basic-1.3.3-16.32.64").size() == 11);
}

TEST_CASE("encodings: of one length, telling architectures apart") {
  for (const auto& space : all_spaces()) {
    CAPTURE(space->info().name);
    std::set<std::vector<double>> codes;
    std::set<std::string> specs;
    const std::size_t length = space->encode(space->info().example).size();
    for (std::uint64_t i = 0; i < 60; ++i) {
      const std::string spec = space->draw(i);
      specs.insert(spec);
      const auto code = space->encode(spec);
      CHECK(code.size() == length);
      codes.insert(code);
    }
    CHECK(codes.size() == specs.size());
  }
  const auto code = find_space("nas-bench-101")
                        .encode(
                            "0110-0001-0001-0000|input,conv3x3-bn-relu,"
                            "maxpool3x3,output");
  // Edges 0-1, 0-2, 1-6, 2-6; vertex 1 a 3x3 convolution, vertex 2 a pool.
  CHECK(code.size() == 21 + 15);
  for (const std::size_t i : {0U, 1U, 16U, 17U, 21U, 26U}) CHECK(code[i] == 1);
  CHECK(std::accumulate(code.begin(), code.end(), 0.0) == 6);
}
