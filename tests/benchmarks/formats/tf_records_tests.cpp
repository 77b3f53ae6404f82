#include "benchmarks/formats/tf_records.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

/// The records b'hello' and b'', framed by a bitwise CRC-32C in Python.
const std::string kTwo = from_hex(
    "0500000000000000eab2043e68656c6c6fbb1f1c19000000000000000029039807d8ea82"
    "a2");

std::string error_of(const std::string& bytes) {
  return user_error([&] {
    TfRecords records(bytes_in_memory(bytes), "f");
    while (records.next()) continue;
  });
}

}  // namespace

TEST_CASE("tf records: checksums are those of RFC 3720") {
  // Its appendix B.4.
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  std::string up;
  for (char c = 0; c < 32; ++c) up += c;
  CHECK(crc32c(up) == 0x46dd794eU);
  CHECK(crc32c(std::string(up.rbegin(), up.rend())) == 0x113fdb5cU);
  CHECK(crc32c("123456789") == 0xe3069283U);
  // The mask of TensorFlow's lib/hash/crc32c.h: of 0 it is the constant.
  CHECK(masked_crc32c("") == 0xa282ead8U);
}

TEST_CASE("tf records: one after the other, with their places") {
  TfRecords records(bytes_in_memory(kTwo), "f");
  CHECK(records.next() == "hello");
  CHECK(records.record_at() == 0);
  CHECK(records.next() == "");
  CHECK(records.record_at() == 21);
  CHECK_FALSE(records.next());
  TfRecords none(bytes_in_memory(""), "f");
  CHECK_FALSE(none.next());
}

TEST_CASE("tf records: longer than what is read at once") {
  // Records of 1 MiB and 3 bytes are too long, 400 of 4 KiB are many reads.
  std::string bytes;
  const auto word = [](std::uint64_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  for (int i = 0; i < 400; ++i) {
    const std::string data(4096, static_cast<char>(i));
    const std::string size = word(data.size(), 8);
    bytes += size + word(masked_crc32c(size), 4) + data +
             word(masked_crc32c(data), 4);
  }
  TfRecords records(bytes_in_memory(bytes), "f");
  int count = 0;
  while (const auto record = records.next()) {
    CHECK(record->size() == 4096);
    CHECK(record->front() == static_cast<char>(count));
    CHECK(record->back() == static_cast<char>(count));
    ++count;
  }
  CHECK(count == 400);
  const std::string size = word((1U << 20U) + 1, 8);
  CHECK(
      error_of(size + word(masked_crc32c(size), 4)) ==
      "f: record at byte 0: found 1048577 bytes, expected at most 1048576");
}

TEST_CASE("tf records: cut and broken files") {
  for (std::size_t size = 1; size < kTwo.size(); ++size) {
    if (size == 21) continue;  // the first record is whole
    CAPTURE(size);
    CHECK(error_of(kTwo.substr(0, size)).ends_with("(a cut file?)"));
  }
  for (const std::size_t at : {0U, 9U, 14U, 19U, 30U, 34U}) {
    std::string broken = kTwo;
    broken[at] ^= 1;
    CAPTURE(at);
    CHECK(error_of(broken).ends_with("(a broken file, or no TFRecord)"));
  }
}
