// Reading specs, drawing numbers and refusing skeletons.
#include <string>
#include <string_view>
#include <vector>

#include "nets/spaces/spec.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::spaces;

TEST_CASE("specs: parts between separators") {
  using Parts = std::vector<std::string_view>;
  CHECK(split_spec("a:b::c", ':') == Parts{"a", "b", "", "c"});
  CHECK(split_spec("a", ':') == Parts{"a"});
  CHECK(split_spec("", ':') == Parts{""});
  CHECK(split_spec("a:", ':') == Parts{"a", ""});
}

TEST_CASE("specs: parts are taken off the front") {
  std::string_view rest = "a|bc";
  CHECK(take_part(rest, '|') == "a");
  CHECK(rest == "bc");
  CHECK(take_part(rest, '|') == "bc");
  CHECK(rest.empty());
  CHECK(take_part(rest, '|').empty());
}

TEST_CASE("specs: whole numbers without sign") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("0042") == 42);
  CHECK(parse_number("1000000000") == 1'000'000'000);
  for (const char* text :
       {"",
        " 1",
        "1 ",
        "+1",
        "-1",
        "-0",
        "1.0",
        "1e3",
        "1000000001",
        "99999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}

TEST_CASE("specs: numbers are drawn by seed and purpose, each about as often") {
  std::vector<int> count(5, 0);
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const std::int64_t drawn = draw_integer(5, seed, "a");
    REQUIRE(drawn >= 0);
    REQUIRE(drawn < 5);
    CHECK(drawn == draw_integer(5, seed, "a"));
    ++count[static_cast<std::size_t>(drawn)];
  }
  // Four standard deviations of 28.
  for (const int times : count) CHECK(std::abs(times - 1000) < 113);
  const std::int64_t large = 1'000'000'000'000;
  CHECK(draw_integer(large, 1, "a") != draw_integer(large, 1, "b"));
  CHECK(draw_integer(large, 1, "a") != draw_integer(large, 2, "a"));
  CHECK(draw_integer(large, 1) != draw_integer(large, 2));
}

TEST_CASE("specs: what a space does not build is refused by its name") {
  const auto refused = [](const auto& require, auto... arguments) {
    return zcp::test::user_error([&] { require("a-space", arguments...); })
        .starts_with("a-space: ");
  };
  CHECK(refused(require_classes, Output(3, Head::vector)));
  CHECK_FALSE(refused(require_classes, Output(3)));
  CHECK(refused(require_size, Shape{3, 4, 3}, 4));
  CHECK_FALSE(refused(require_size, Shape{3, 4, 4}, 4));

  const Skeleton own;
  const Skeleton wide{.channels = 8};
  const Skeleton deep{.cells_per_stage = 2};
  const Skeleton plain{.affine = false};
  CHECK_FALSE(refused(require_cells_as_published, own));
  CHECK_FALSE(refused(require_cells_as_published, wide));
  CHECK(refused(require_cells_as_published, deep));
  CHECK(refused(require_cells_as_published, plain));
  CHECK_FALSE(refused(require_size_by_spec, own));
  CHECK(refused(require_size_by_spec, wide));
  CHECK(refused(require_size_by_spec, deep));
  CHECK_FALSE(refused(require_size_by_spec, plain));
  CHECK_FALSE(refused(require_all_by_spec, own));
  CHECK(refused(require_all_by_spec, wide));
  CHECK(refused(require_all_by_spec, plain));
}

TEST_CASE("specs: a skeleton's number or the benchmark's own") {
  CHECK(Skeleton{}.channels_or(16) == 16);
  CHECK(Skeleton{.channels = 3}.channels_or(16) == 3);
  CHECK(Skeleton{}.cells_or(5) == 5);
  CHECK(Skeleton{.cells_per_stage = 1}.cells_or(5) == 1);
}

TEST_CASE("specs: what is left over, doubled or beyond a number is refused") {
  // Each space's example, with something too much in it. Nothing of it may be
  // read as another member without a word.
  const auto refused = [](const Space& space, const std::string& spec) {
    return !zcp::test::user_error([&] { space.normalise(spec); }).empty();
  };
  std::size_t spaces = 0;
  for (const auto& space : all_spaces()) {
    const std::string example = space->info().example;
    CAPTURE(example);
    CHECK_FALSE(refused(*space, example));
    for (const char extra : std::string("+|~-_:;,.()[] x\n")) {
      CAPTURE(extra);
      CHECK(refused(*space, example + extra));
      CHECK(refused(*space, extra + example));
    }
    // Every separator twice.
    for (std::size_t i = 0; i < example.size(); ++i) {
      const std::string_view separators = "+|~-_:;,.()";
      if (separators.find(example[i]) == std::string_view::npos) continue;
      CAPTURE(i);
      CHECK(refused(*space, std::string(example).insert(i, 1, example[i])));
    }
    CHECK(refused(*space, example + example));
    ++spaces;
  }
  CHECK(spaces == 14);
}
