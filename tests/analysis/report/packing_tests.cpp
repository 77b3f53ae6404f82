// Packed columns and strings, unpacked as the page does it, by code of its own.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "analysis/report/packing.h"

using namespace zcp::report;
using nlohmann::ordered_json;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::uint8_t> decode(const std::string& text) {
  const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  return bytes;
}

std::vector<std::uint64_t> integers(
    const std::string& text,
    std::size_t width) {
  const std::vector<std::uint8_t> bytes = decode(text);
  REQUIRE(bytes.size() % width == 0);
  std::vector<std::uint64_t> values(bytes.size() / width);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    values[i / width] |= std::uint64_t{bytes[i]} << (8 * (i % width));
  }
  return values;
}

std::vector<double> doubles(const std::string& text) {
  std::vector<double> values;
  for (const std::uint64_t bits : integers(text, 8)) {
    values.push_back(std::bit_cast<double>(bits));
  }
  return values;
}

std::vector<double> unpack(const ordered_json& packed) {
  if (packed.contains("values")) return doubles(packed["values"]);
  const std::vector<double> levels = doubles(packed["levels"]);
  const std::size_t width = levels.size() <= 255     ? 1
                            : levels.size() <= 65535 ? 2
                                                     : 4;
  std::vector<double> values;
  for (const std::uint64_t level : integers(packed["index"], width)) {
    values.push_back(level == 0 ? kNan : levels.at(level - 1));
  }
  return values;
}

void check_same(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (a[i] != b[i]) ++different;
  }
  CHECK(different == 0);
}

std::vector<std::string> unpack_strings(const ordered_json& packed) {
  const auto lengths = integers(packed["lengths"], packed["lengths_bytes"]);
  const auto index = integers(packed["index"], packed["index_bytes"]);
  std::vector<std::string> strings;
  std::size_t at = 0;
  for (const std::uint64_t length : lengths) {
    strings.emplace_back();
    for (std::uint64_t i = 0; i < length; ++i) {
      strings.back() += packed["words"].at(index.at(at++)).get<std::string>();
    }
  }
  CHECK(at == index.size());
  CHECK(strings.size() == packed["count"]);
  return strings;
}

}  // namespace

TEST_CASE("base64 gives the vectors of RFC 4648") {
  const auto encode = [](const std::string& text) {
    return base64(std::vector<std::uint8_t>(text.begin(), text.end()));
  };
  CHECK(encode("") == "");
  CHECK(encode("f") == "Zg==");
  CHECK(encode("fo") == "Zm8=");
  CHECK(encode("foo") == "Zm9v");
  CHECK(encode("foob") == "Zm9vYg==");
  CHECK(encode("fooba") == "Zm9vYmE=");
  CHECK(encode("foobar") == "Zm9vYmFy");
  CHECK(base64(std::vector<std::uint8_t>{0xFB, 0xFF, 0xFE}) == "+//+");
}

TEST_CASE("a packed column keeps every bit") {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::sin(i) * 1e-300);
  values[7] = kNan;
  values[8] = -5e-324;
  values[9] = std::numeric_limits<double>::max();
  const ordered_json packed = pack_numbers(values);
  CHECK(packed.contains("values"));
  check_same(unpack(packed), values);
  check_same(unpack(pack_numbers({})), {});
  const std::vector<double> none(3, kNan);
  check_same(unpack(pack_numbers(none)), none);
}

TEST_CASE("a column of few numbers is packed by level") {
  for (const int distinct : {1, 2, 255, 256, 300}) {
    CAPTURE(distinct);
    std::vector<double> values;
    for (int i = 0; i < 4000; ++i) values.push_back(0.1 * (i * 7 % distinct));
    values[5] = kNan;
    const ordered_json packed = pack_numbers(values);
    REQUIRE(packed.contains("levels"));
    CHECK(
        doubles(packed["levels"]).size() == static_cast<std::size_t>(distinct));
    check_same(unpack(packed), values);
    CHECK(packed.dump().size() < 4000 * 8);
  }
}

TEST_CASE("both zeros are one level") {
  const std::vector<double> values{0.0, -0.0, 1, 1, 1, 1, -0.0, 0.0, 1, 1};
  const ordered_json packed = pack_numbers(values);
  REQUIRE(packed.contains("levels"));
  CHECK(doubles(packed["levels"]) == std::vector<double>{0, 1});
}

TEST_CASE("packed strings come back") {
  const std::vector<std::string> specs{
      "|nor_conv_3x3~0|+|none~0|none~1|+|a~0|b~1|c~2|",
      "",
      "plain name",
      "8:16:24",
      "a,\"b\",</script>",
      "|||",
      "\xC3\xA9t\xC3\xA9"};
  CHECK(unpack_strings(pack_strings(specs)) == specs);
  std::vector<std::string> many;
  for (int i = 0; i < 70000; ++i) many.push_back("m" + std::to_string(i));
  const ordered_json packed = pack_strings(many);
  CHECK(packed["index_bytes"] == 4);
  CHECK(unpack_strings(packed) == many);
}

TEST_CASE("specs of one space share their words") {
  std::vector<std::string> specs;
  const std::vector<std::string> operations{"nor_conv_3x3", "none", "skip"};
  for (int i = 0; i < 729; ++i) {
    int rest = i;
    const auto next = [&] {
      const std::string name = operations[static_cast<std::size_t>(rest % 3)];
      rest /= 3;
      return name;
    };
    std::string spec = "|" + next() + "~0|+|" + next() + "~0|" + next();
    spec += "~1|+|" + next() + "~0|" + next() + "~1|" + next() + "~2|";
    specs.push_back(spec);
  }
  const ordered_json packed = pack_strings(specs);
  CHECK(packed["words"].size() == 11);  // |, +|, three names at three places
  CHECK(unpack_strings(packed) == specs);
}
