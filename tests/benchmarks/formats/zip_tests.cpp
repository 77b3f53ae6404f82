#include "benchmarks/formats/zip.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

/// What Python's zipfile writes of m/a = b'hello' and m/b = b'' (ZIP_STORED,
/// dates of 1980).
const std::string kStored = from_hex(
    "504b03041400000000000000210086a610360500000005000000030000006d2f6168656c"
    "6c6f504b030414000000000000002100000000000000000000000000030000006d2f6250"
    "4b010214031400000000000000210086a610360500000005000000030000000000000000"
    "0000008001000000006d2f61504b01021403140000000000000021000000000000000000"
    "000000000300000000000000000000008001260000006d2f62504b050600000000020002"
    "0062000000470000000000");

/// The same of m/a = b'hello' * 10 under ZIP_DEFLATED.
const std::string kDeflated = from_hex(
    "504b0304140000000800000021001a1cb48d0a00000032000000030000006d2f61cb48cd"
    "c9c9cf20850000504b01021403140000000800000021001a1cb48d0a0000003200000003"
    "00000000000000000000008001000000006d2f61504b0506000000000100010031000000"
    "2b0000000000");

ZipArchive archive(const std::string& bytes) {
  return {bytes_in_memory(bytes), "z"};
}

std::string error_of(const std::string& bytes) {
  return user_error([&] { archive(bytes); });
}

}  // namespace

TEST_CASE("zip: entries as Python wrote them") {
  const ZipArchive zip = archive(kStored);
  REQUIRE(zip.entries().size() == 2);
  CHECK(zip.entries()[0].name == "m/a");
  CHECK(zip.entries()[0].size == 5);
  // binascii.crc32(b'hello')
  CHECK(zip.entries()[0].crc == 0x3610a686U);
  REQUIRE(zip.find("a") != nullptr);
  CHECK(zip.content(*zip.find("a")) == "hello");
  REQUIRE(zip.find("b") != nullptr);
  CHECK(zip.content(*zip.find("b")).empty());
  CHECK(zip.find("m/a") == nullptr);  // a name below the archive's folder
  CHECK(zip.find("c") == nullptr);
}

TEST_CASE("zip: a comment behind the directory") {
  std::string bytes = kStored;
  bytes[bytes.size() - 2] = 3;
  CHECK(archive(bytes + "abc").entries().size() == 2);
}

TEST_CASE("zip: content that is not what it was") {
  const ZipArchive zip = archive(replaced(kStored, "hello", "hallo"));
  CHECK(user_error([&] {
          static_cast<void>(zip.content(*zip.find("a")));
        }).starts_with("z: entry 'm/a': found checksum "));
}

TEST_CASE("zip: what an archive must not be") {
  CHECK(
      error_of(kDeflated) ==
      "z: entry 'm/a': found compression method 8, expected stored data as "
      "torch.save writes them");
  CHECK(error_of("") == "z: found no zip archive, expected one (a cut file?)");
  CHECK(
      error_of(kStored.substr(0, kStored.size() - 22)) ==
      "z: found no zip archive, expected one (a cut file?)");
  CHECK(error_of("x" + kStored).starts_with("z: found no zip archive"));
  // The directory's place, and its number of entries, stand at its end.
  std::string bytes = kStored;
  bytes[bytes.size() - 6] = '\x40';
  CHECK(error_of(bytes) == "z: byte 64: found no directory entry of a zip");
  bytes = kStored;
  bytes[bytes.size() - 12] = 3;
  CHECK(error_of(bytes).find("found no directory entry") < 20);
  // The size of m/a in the directory and in front of it.
  const std::string size("\5\0\0\0\5\0\0\0", 8);
  const std::string more("\xff\0\0\0\xff\0\0\0", 8);
  bytes = kStored;
  bytes.replace(bytes.rfind(size), size.size(), more);
  CHECK(
      error_of(bytes) ==
      "z: found " + std::to_string(bytes.size()) +
          " bytes, expected an entry of 255 at 33 (a cut file?)");
}

TEST_CASE("zip: deflated entries, where they are asked for") {
  const auto open = [](const std::string& bytes) {
    return ZipArchive(bytes_in_memory(bytes), "z", Packing::stored_or_deflated);
  };
  const ZipArchive zip = open(kDeflated);
  REQUIRE(zip.entries().size() == 1);
  std::string tenfold;
  for (int i = 0; i < 10; ++i) tenfold += "hello";
  CHECK(zip.content(zip.entries()[0]) == tenfold);
  CHECK(open(kStored).content(open(kStored).entries()[0]) == "hello");
  // The directory's size of the content: 50 at byte 67.
  for (const char size : {49, 51, 0}) {
    std::string other = kDeflated;
    REQUIRE(other[67] == 50);
    other[67] = size;
    const ZipArchive lying = open(other);
    CHECK(
        user_error([&] {
          lying.content(lying.entries()[0]);
        }).find("compressed data that are cut or broken") != std::string::npos);
  }
}
