#include "benchmarks/formats/torch_file.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

/// {'a': {1: [1, 2], 2: 'x'}, 'b': {3: None, 4: (5,)}} by Python's pickle under
/// protocol 2: in a zip archive of zipfile as m/data.pkl, and behind the three
/// pickles of torch.save before PyTorch 1.6.
const std::string kZip = from_hex(
    "504b03041400000000000000210044b9ae0941000000410000000a0000006d2f64617461"
    "2e706b6c80027d71002858010000006171017d7102284b015d7103284b014b02654b0258"
    "010000007871047558010000006271057d7106284b034e4b044b0585710775752e504b01"
    "0214031400000000000000210044b9ae0941000000410000000a00000000000000000000"
    "008001000000006d2f646174612e706b6c504b0506000000000100010038000000690000"
    "000000");
const std::string kLegacy = from_hex(
    "80028a0a6cfc9c46f9206aa850192e80024de9032e80027d710028581000000070726f74"
    "6f636f6c5f76657273696f6e71014de903580d0000006c6974746c655f656e6469616e71"
    "0288752e80027d71002858010000006171017d7102284b015d7103284b014b02654b0258"
    "010000007871047558010000006271057d7106284b034e4b044b0585710775752e");

struct Streamed {
  std::vector<std::string> keys;
  std::size_t told = 0;
  std::size_t total = 0;
  bool all_taken = false;
};

Streamed stream(const std::string& bytes) {
  const TorchFile file(bytes_in_memory(bytes), "f");
  Streamed streamed;
  const auto rest = file.stream(
      2,
      {},
      [&](std::span<const PickleValue> keys, const PickleValue& record) {
        REQUIRE(keys.size() == 2);
        streamed.keys.push_back(
            std::string(keys[0].text()) + std::to_string(keys[1].integer()));
        if (streamed.keys.back() == "a1") CHECK(record.item(1).integer() == 2);
        return true;
      },
      [&](std::size_t done, std::size_t total) {
        CHECK(done == ++streamed.told);
        streamed.total = total;
      });
  streamed.all_taken = rest->root().at("a").value(0).is_none() &&
                       rest->root().at("b").value(1).is_none();
  return streamed;
}

}  // namespace

TEST_CASE("torch file: the records of both kinds of files") {
  for (const std::string& bytes : {kZip, kLegacy}) {
    const Streamed streamed = stream(bytes);
    CHECK(streamed.keys == std::vector<std::string>{"a1", "a2", "b3", "b4"});
    CHECK(streamed.told == 4);
    CHECK(streamed.total == 4);
    CHECK(streamed.all_taken);
  }
}

TEST_CASE("torch file: what the file must not be") {
  const auto error = [](const std::string& bytes) {
    return user_error([&] { stream(bytes); });
  };
  CHECK(
      error("x") ==
      "f: found neither a zip archive nor torch's magic number, expected a "
      "file of torch.save");
  std::string renamed = replaced(kZip, "data.pkl", "date.pkl");
  renamed = replaced(renamed, "data.pkl", "date.pkl");
  CHECK(
      error(renamed) ==
      "f: found no entry 'data.pkl', expected a file of torch.save");
  // 'x' becomes 'y': the pickle is whole, the archive's checksum another.
  CHECK(error(replaced(kZip, "x\x71\x04", "y\x71\x04"))
            .starts_with("f: entry 'm/data.pkl': found checksum "));
  CHECK(
      error(kLegacy.substr(0, kLegacy.size() - 1)) ==
      "f: byte 140: found the end of the file, expected 1 more bytes (a cut "
      "file?)");
}
