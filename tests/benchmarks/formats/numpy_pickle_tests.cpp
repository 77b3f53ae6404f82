#include "benchmarks/formats/numpy_pickle.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"

using namespace zcp::formats;
using namespace zcp::test;

// The bytes are those of pickle.dumps(VALUE, PROTOCOL) with NumPy 2.4.

namespace {

Pickle pickle(const std::string& hex) {
  return {from_hex(hex), "p", kNumpyArrayNames};
}

double number(const std::string& hex) {
  return number_of(pickle(hex).root());
}

/// np.float64(1.5), 2: under protocol 2 bytes are text in Latin-1.
const std::string kFloat64 =
    "8002636e756d70792e5f636f72652e6d756c746961727261790a7363616c61720a710063"
    "6e756d70790a64747970650a71015802000000663871028988877103527104284b035801"
    "0000003c71054e4e4e4affffffff4affffffff4b0074710662635f636f646563730a656e"
    "636f64650a71075809000000000000000000c3b83f710858060000006c6174696e317109"
    "86710a52710b86710c52710d2e";
/// np.float32(0.25), 4
const std::string kFloat32 =
    "80049566000000000000008c166e756d70792e5f636f72652e6d756c7469617272617994"
    "8c067363616c61729493948c056e756d7079948c0564747970659493948c026634948988"
    "87945294284b038c013c944e4e4e4affffffff4affffffff4b0074946243040000803e94"
    "869452942e";
/// np.int64(-3), 2
const std::string kInt64 =
    "8002636e756d70792e5f636f72652e6d756c746961727261790a7363616c61720a710063"
    "6e756d70790a64747970650a71015802000000693871028988877103527104284b035801"
    "0000003c71054e4e4e4affffffff4affffffff4b0074710662635f636f646563730a656e"
    "636f64650a71075810000000c3bdc3bfc3bfc3bfc3bfc3bfc3bfc3bf710858060000006c"
    "6174696e31710986710a52710b86710c52710d2e";
/// np.int32(7), 3
const std::string kInt32 =
    "8003636e756d70792e5f636f72652e6d756c746961727261790a7363616c61720a710063"
    "6e756d70790a64747970650a71015802000000693471028988877103527104284b035801"
    "0000003c71054e4e4e4affffffff4affffffff4b00747106624304070000007107867108"
    "5271092e";
/// np.bool_(True), 4
const std::string kBool =
    "80049563000000000000008c166e756d70792e5f636f72652e6d756c7469617272617994"
    "8c067363616c61729493948c056e756d7079948c0564747970659493948c026231948988"
    "87945294284b038c017c944e4e4e4affffffff4affffffff4b0074946243010194869452"
    "942e";
/// np.array([1, 2.5]), 2
const std::string kFloats =
    "8002636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e73747275"
    "63740a7100636e756d70790a6e6461727261790a71014b00857102635f636f646563730a"
    "656e636f64650a7103580100000062710458060000006c6174696e317105867106527107"
    "877108527109284b014b0285710a636e756d70790a64747970650a710b58020000006638"
    "710c898887710d52710e284b0358010000003c710f4e4e4e4affffffff4affffffff4b00"
    "747110628968035811000000000000000000c3b03f000000000000044071116805867112"
    "527113747114622e";
/// np.array([[1, 255], [2, 3]], np.uint8), 4
const std::string kBytes4 =
    "8004958f000000000000008c166e756d70792e5f636f72652e6d756c7469617272617994"
    "8c0c5f7265636f6e7374727563749493948c056e756d7079948c076e6461727261799493"
    "944b0085944301629487945294284b014b024b02869468038c0564747970659493948c02"
    "753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b007494628943"
    "0401ff0203947494622e";
/// The same, 2
const std::string kBytes2 =
    "8002636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e73747275"
    "63740a7100636e756d70790a6e6461727261790a71014b00857102635f636f646563730a"
    "656e636f64650a7103580100000062710458060000006c6174696e317105867106527107"
    "877108527109284b014b024b0286710a636e756d70790a64747970650a710b5802000000"
    "7531710c898887710d52710e284b0358010000007c710f4e4e4e4affffffff4affffffff"
    "4b0074711062896803580500000001c3bf020371116805867112527113747114622e";
/// np.asfortranarray(np.array([[1, 2], [3, 4]], np.uint8)), 4
const std::string kFortran =
    "8004958f000000000000008c166e756d70792e5f636f72652e6d756c7469617272617994"
    "8c0c5f7265636f6e7374727563749493948c056e756d7079948c076e6461727261799493"
    "944b0085944301629487945294284b014b024b02869468038c0564747970659493948c02"
    "753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b007494628843"
    "0401030204947494622e";
/// np.array([1.0], '>f8'), 4
const std::string kBigEndian =
    "80049591000000000000008c166e756d70792e5f636f72652e6d756c7469617272617994"
    "8c0c5f7265636f6e7374727563749493948c056e756d7079948c076e6461727261799493"
    "944b0085944301629487945294284b014b01859468038c0564747970659493948c026638"
    "94898887945294284b038c013e944e4e4e4affffffff4affffffff4b007494628943083f"
    "f0000000000000947494622e";

}  // namespace

TEST_CASE("numpy pickle: scalars of four types, and Python's numbers") {
  CHECK(number(kFloat64) == 1.5);
  CHECK(number(kFloat32) == 0.25);
  CHECK(number(kInt64) == -3.0);
  CHECK(number(kInt32) == 7.0);
  CHECK(number("80024b052e") == 5.0);                 // pickle.dumps(5, 2)
  CHECK(number("8002473fd00000000000002e") == 0.25);  // and 0.25
}

TEST_CASE("numpy pickle: lists and arrays of numbers") {
  CHECK(numbers_of(pickle(kFloats).root()) == std::vector<double>{1.0, 2.5});
  // pickle.dumps([1, 2.5], 2)
  CHECK(
      numbers_of(pickle("80025d7100284b01474004000000000000652e").root()) ==
      std::vector<double>{1.0, 2.5});
}

TEST_CASE("numpy pickle: arrays of bytes, whatever the protocol") {
  for (const std::string& hex : {kBytes2, kBytes4}) {
    const Pickle file(from_hex(hex), "p", kNumpyArrayNames);
    const ByteArray array(file.root());
    CHECK(array.shape() == std::vector<std::int64_t>{2, 2});
    CHECK(array.bytes() == "\1\xff\2\3");
  }
}

TEST_CASE("numpy pickle: what is refused") {
  const auto bytes_error = [](const std::string& hex) {
    const Pickle file(from_hex(hex), "p", kNumpyArrayNames);
    return user_error([&] { const ByteArray array(file.root()); });
  };
  CHECK(user_error([] {
          number(kBool);
        }) == "p: found an object, expected a NumPy type f8, f4, i8 or i4");
  CHECK(user_error([] {
          number(kFloats);
        }) == "p: found an object, expected a number");
  CHECK(user_error([] {
          numbers_of(pickle(kBigEndian).root());
        }) == "p: found an object, expected a little-endian NumPy type");
  CHECK(user_error([] {
          numbers_of(pickle(kFloat64).root());
        }) == "p: found an object, expected a NumPy array");
  CHECK(
      bytes_error(kFortran) ==
      "p: found an object, expected a NumPy array in C order");
  CHECK(bytes_error(kFloats) == "p: found an object, expected unsigned bytes");
  // A shape of 2 x 3 for four bytes.
  CHECK(
      bytes_error(replaced(kBytes4, "4b014b024b0286", "4b014b024b0386")) ==
      "p: found a tuple, expected a shape that fits its bytes");
}
