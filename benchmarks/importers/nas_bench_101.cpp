#include "benchmarks/importers/nas_bench_101.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <bit>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/formats/tf_records.h"
#include "benchmarks/importers/all.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr std::size_t kArchitectures = 423'624;  // of the benchmark
constexpr std::size_t kMostVertices = 7;
constexpr std::array<int, 4> kEpochs = {4, 12, 36, 108};
constexpr std::size_t kRepeats = 3;
constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(
    const std::string& place,
    const std::string& found,
    const std::string& expected) {
  throw UserError("{}: found {}, expected {}", place, found, expected);
}

// The metrics, a message of protocol buffers. It has two types with eight
// fields of numbers (lib/model_metrics.proto): the library's reader of the wire
// format takes them one by one, and no code needs to be generated.

/// The fields of EvaluationData that are kept.
struct Evaluation {
  double seconds = 0.0;
  double valid = 0.0;
  double test = 0.0;
};

struct Metrics {
  std::vector<Evaluation> evaluations;
  std::int64_t params = 0;
};

/// The number of a field's tag, without its type.
int field_of(std::uint32_t tag) {
  return WireFormatLite::GetTagFieldNumber(tag);
}

bool read_double(CodedInputStream& in, std::uint32_t tag, double& value) {
  std::uint64_t bits = 0;
  const bool good =
      WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_FIXED64 &&
      in.ReadLittleEndian64(&bits);
  value = std::bit_cast<double>(bits);
  return good;
}

bool read_evaluation(CodedInputStream& in, Evaluation& evaluation) {
  while (const std::uint32_t tag = in.ReadTag()) {
    const int field = field_of(tag);
    bool good = true;
    if (field == 2) {
      good = read_double(in, tag, evaluation.seconds);
    } else if (field == 4) {
      good = read_double(in, tag, evaluation.valid);
    } else if (field == 5) {
      good = read_double(in, tag, evaluation.test);
    } else {
      good = WireFormatLite::SkipField(&in, tag);
    }
    if (!good) return false;
  }
  return in.ConsumedEntireMessage();
}

/// Reads the message inside another.
bool read_nested_evaluation(CodedInputStream& in, Evaluation& evaluation) {
  std::uint32_t size = 0;
  if (!in.ReadVarint32(&size)) return false;
  const auto limit = in.PushLimit(static_cast<int>(
      std::min<std::uint32_t>(size, std::numeric_limits<int>::max())));
  const bool fits = in.BytesUntilLimit() == static_cast<int>(size);
  const bool good = fits && read_evaluation(in, evaluation);
  in.PopLimit(limit);
  return good;
}

bool read_metrics(std::string_view message, Metrics& metrics) {
  CodedInputStream in(
      reinterpret_cast<const std::uint8_t*>(message.data()),
      static_cast<int>(message.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    const int field = field_of(tag);
    bool good = true;
    if (field == 1 && WireFormatLite::GetTagWireType(tag) ==
                          WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      good = read_nested_evaluation(in, metrics.evaluations.emplace_back());
    } else if (
        field == 2 && WireFormatLite::GetTagWireType(tag) ==
                          WireFormatLite::WIRETYPE_VARINT) {
      std::uint64_t params = 0;
      good = in.ReadVarint64(&params);
      metrics.params = std::bit_cast<std::int64_t>(params);
    } else {
      good = WireFormatLite::SkipField(&in, tag);
    }
    if (!good) return false;
  }
  return in.ConsumedEntireMessage();
}

// The other fields of the record.

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '+' || c == '/';
}

std::string decode_base64(std::string_view text, const std::string& place) {
  using boost::archive::iterators::binary_from_base64;
  using boost::archive::iterators::transform_width;
  using Decoder = transform_width<binary_from_base64<const char*>, 8, 6>;
  // Python ends a line every 76 characters at most.
  std::string letters(text);
  std::erase(letters, '\n');
  const bool whole = letters.size() % 4 == 0;
  while (letters.ends_with('=')) letters.pop_back();
  if (!whole || !std::ranges::all_of(letters, is_base64)) {
    refuse(place, "metrics that are no base64", "a protobuf in base64");
  }
  const std::size_t size = letters.size() * 3 / 4;
  letters += '=';  // the decoder looks at the letter behind
  std::string bytes(size, '\0');
  Decoder decoder(letters.data());
  for (char& byte : bytes) byte = *decoder++;
  return bytes;
}

std::array<std::uint64_t, 2> parse_hash(
    const std::string& text,
    const std::string& place) {
  std::array<std::uint64_t, 2> hash = {};
  for (std::size_t i = 0; i < hash.size() && text.size() == 32; ++i) {
    const char* begin = text.data() + 16 * i;
    const auto result = std::from_chars(begin, begin + 16, hash[i], 16);
    if (result.ec == std::errc() && result.ptr == begin + 16) continue;
    hash = {};
    break;
  }
  if (hash == std::array<std::uint64_t, 2>{}) {
    refuse(place, "the hash '" + text + "'", "32 hexadecimal digits");
  }
  return hash;
}

std::size_t count_vertices(std::string_view matrix) {
  std::size_t vertices = 2;
  while (vertices * vertices < matrix.size()) ++vertices;
  const bool good = vertices * vertices == matrix.size() &&
                    vertices <= kMostVertices &&
                    matrix.find_first_not_of("01") == std::string_view::npos;
  return good ? vertices : 0;
}

bool is_upper_triangular(std::string_view matrix, std::size_t vertices) {
  for (std::size_t row = 0; row < vertices; ++row) {
    const auto lower = matrix.substr(row * vertices, row + 1);
    if (lower.find('1') != std::string_view::npos) return false;
  }
  return true;
}

/// True when the names are input, output, and operations between them.
bool are_operations(std::string_view names, std::size_t vertices) {
  for (std::size_t i = 0; i < vertices; ++i) {
    const std::size_t end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    const bool good = i == 0              ? name == "input"
                      : i + 1 == vertices ? name == "output"
                                          : name == "conv3x3-bn-relu" ||
                                                name == "conv1x1-bn-relu" ||
                                                name == "maxpool3x3";
    if (!good) return false;
    if (end == names.size()) return i + 1 == vertices;
    names.remove_prefix(end + 1);
  }
  return false;
}

std::string make_spec(
    const std::string& matrix,
    const std::string& operations,
    const std::string& place) {
  const std::size_t vertices = count_vertices(matrix);
  if (vertices == 0 || !is_upper_triangular(matrix, vertices)) {
    refuse(
        place,
        "the matrix '" + matrix + "'",
        "the rows of an upper triangular one of 0 and 1, at most 7 x 7");
  }
  if (!are_operations(operations, vertices)) {
    refuse(
        place,
        "the operations '" + operations + "'",
        fmt::format(
            "{} from input to output, conv3x3-bn-relu, conv1x1-bn-relu or "
            "maxpool3x3 between them",
            vertices));
  }
  std::string spec;
  spec.reserve(matrix.size() + vertices + operations.size());
  for (std::size_t row = 0; row < vertices; ++row) {
    if (row > 0) spec += '-';
    spec += matrix.substr(row * vertices, vertices);
  }
  return spec + '|' + operations;
}

using Hash = std::array<std::uint64_t, 2>;

/// The rows of architectures by their hash: open addressing, as a node for each
/// would take three times the memory.
class RowIndex {
 public:
  /// The row of that hash; a new one comes behind all others.
  std::size_t find_or_add(const Hash& hash) {
    if (2 * hashes_.size() >= slots_.size()) grow();
    const std::size_t slot = slot_of(hash);
    if (slots_[slot] == kFree) {
      slots_[slot] = static_cast<std::uint32_t>(hashes_.size());
      hashes_.push_back(hash);
    }
    return slots_[slot];
  }

 private:
  static constexpr std::uint32_t kFree =
      std::numeric_limits<std::uint32_t>::max();

  /// Where the hash is or belongs. It is an MD5: any part is as good as all.
  std::size_t slot_of(const Hash& hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash[0] & mask;
    while (slots_[slot] != kFree && hashes_[slots_[slot]] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void grow() {
    slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), kFree);
    for (std::size_t row = 0; row < hashes_.size(); ++row) {
      slots_[slot_of(hashes_[row])] = static_cast<std::uint32_t>(row);
    }
  }

  std::vector<std::uint32_t> slots_;
  std::vector<Hash> hashes_;
};

/// The numbers of one training length, a row an architecture: sums of what was
/// read, which become means.
struct Length {
  std::vector<double> valid;
  std::vector<double> test;
  std::vector<std::uint8_t> repeats;
};

/// The table under way. Every repeat is kept of the longest training alone:
/// 423,624 rows with all of them would not fit into 200 MiB.
class Columns {
 public:
  explicit Columns(std::size_t rows) : expected_(rows) { arch_.reserve(rows); }

  std::size_t rows() const { return arch_.size(); }

  void put(NasBench101Run run, const std::string& place) {
    const auto known = std::ranges::find(kEpochs, run.epochs);
    if (known == kEpochs.end()) {
      refuse(place, fmt::format("{} epochs", run.epochs), "4, 12, 36 or 108");
    }
    const auto number = static_cast<std::size_t>(known - kEpochs.begin());
    const std::size_t row = rows_.find_or_add(run.hash);
    if (row == arch_.size()) add_row(std::move(run.arch), run.params);
    Length& length = lengths_[number];
    if (length.repeats.empty()) fill(length);
    const std::size_t repeat = length.repeats[row];
    if (repeat == kRepeats) {
      refuse(
          place,
          fmt::format("a training more of {} epochs", run.epochs),
          "3 of an architecture");
    }
    ++length.repeats[row];
    length.valid[row] += run.valid;
    length.test[row] += run.test;
    if (run.epochs != kEpochs.back()) return;
    valid_[repeat][row] = run.valid;
    test_[repeat][row] = run.test;
    seconds_[row] += run.seconds;
  }

  tables::Table finish(std::string source) {
    tables::Table table{std::move(source), std::move(arch_), {}, {}};
    const auto add = [&](const std::string& name, std::vector<double>& column) {
      table.columns.push_back(name);
      table.values.push_back(std::move(column));
    };
    add("params", params_);
    for (std::size_t i = 0; i < kEpochs.size(); ++i) {
      Length& length = lengths_[i];
      if (length.repeats.empty()) continue;
      const bool longest = kEpochs[i] == kEpochs.back();
      if (longest) divide(seconds_, length.repeats);
      divide(length.valid, length.repeats);
      divide(length.test, length.repeats);
      const auto name = [&](const char* set, const std::string& rest) {
        return fmt::format("cifar10_{}_{}{}", set, kEpochs[i], rest);
      };
      add(name("test", ""), length.test);
      for (std::size_t r = 0; longest && r < test_.size(); ++r) {
        add(name("test", fmt::format("_repeat{}", r + 1)), test_[r]);
      }
      add(name("valid", ""), length.valid);
      for (std::size_t r = 0; longest && r < valid_.size(); ++r) {
        add(name("valid", fmt::format("_repeat{}", r + 1)), valid_[r]);
      }
      if (longest) add("training_seconds_108", seconds_);
    }
    return table;
  }

 private:
  using Repeats = std::array<std::vector<double>, kRepeats>;

  void add_row(std::string arch, std::int64_t params) {
    arch_.push_back(std::move(arch));
    fill(params_, static_cast<double>(params));
    fill(seconds_, 0.0);
    for (Length& length : lengths_) {
      if (!length.repeats.empty()) fill(length);
    }
    for (Repeats* repeats : {&valid_, &test_}) {
      for (auto& column : *repeats) fill(column, kEmpty);
    }
  }

  /// As many rows as there are architectures.
  template <typename Number>
  void fill(std::vector<Number>& column, Number value) const {
    if (column.empty()) column.reserve(expected_);
    column.resize(arch_.size(), value);
  }

  void fill(Length& length) const {
    fill(length.valid, 0.0);
    fill(length.test, 0.0);
    fill(length.repeats, std::uint8_t{0});
  }

  static void divide(
      std::vector<double>& sums,
      const std::vector<std::uint8_t>& counts) {
    for (std::size_t row = 0; row < sums.size(); ++row) {
      sums[row] = counts[row] == 0 ? kEmpty : sums[row] / counts[row];
    }
  }

  std::size_t expected_;
  RowIndex rows_;
  std::vector<std::string> arch_;
  std::vector<double> params_;
  std::vector<double> seconds_;
  std::array<Length, kEpochs.size()> lengths_;
  Repeats valid_;
  Repeats test_;
};

/// A field of the record, which must be text.
const std::string&
text_field(const Json& record, std::size_t field, const std::string& place) {
  const Json& value = record[field];
  if (value.is_string()) return value.get_ref<const std::string&>();
  refuse(
      place,
      fmt::format("{} as field {}", value.type_name(), field + 1),
      "a string");
}

tables::Table read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  return read_nas_bench_101(formats::open_bytes(path), path.string(), progress);
}

}  // namespace

NasBench101Run parse_nas_bench_101(
    std::string_view text,
    const std::string& place) {
  constexpr std::size_t kFields = 5;
  const Json record = Json::parse(text, nullptr, false);
  if (!record.is_array() || record.size() != kFields ||
      !record[1].is_number_integer()) {
    refuse(
        place,
        record.is_discarded() ? "no JSON" : "another JSON value",
        "an array of hash, epochs, matrix, operations and metrics");
  }
  NasBench101Run run;
  run.hash = parse_hash(text_field(record, 0, place), place);
  run.epochs = static_cast<int>(
      std::clamp<std::int64_t>(record[1].get<std::int64_t>(), 0, 1'000'000));
  run.arch = make_spec(
      text_field(record, 2, place), text_field(record, 3, place), place);
  Metrics metrics;
  const bool good =
      read_metrics(decode_base64(text_field(record, 4, place), place), metrics);
  // The accuracies before, halfway through and at the end of the training.
  constexpr std::size_t kEvaluations = 3;
  if (!good || metrics.evaluations.size() != kEvaluations) {
    refuse(
        place,
        good ? fmt::format("{} evaluations", metrics.evaluations.size())
             : "broken metrics",
        "a protobuf ModelMetrics with 3");
  }
  const Evaluation& last = metrics.evaluations.back();
  for (const double accuracy : {last.valid, last.test}) {
    if (accuracy >= 0.0 && accuracy <= 1.0) continue;
    refuse(place, fmt::format("the accuracy {}", accuracy), "0 to 1");
  }
  run.params = metrics.params;
  run.valid = 100.0 * last.valid;
  run.test = 100.0 * last.test;
  run.seconds = std::isfinite(last.seconds) ? last.seconds : kEmpty;
  return run;
}

tables::Table read_nas_bench_101(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress) {
  // Three trainings take 900 bytes or more of a file.
  Columns columns(std::min<std::size_t>(kArchitectures, bytes->size() / 900));
  formats::TfRecords records(std::move(bytes), source);
  while (const auto record = records.next()) {
    const std::string place =
        fmt::format("{}: record at byte {}", source, records.record_at());
    const std::size_t before = columns.rows();
    columns.put(parse_nas_bench_101(*record, place), place);
    if (columns.rows() > before) progress(columns.rows(), kArchitectures);
  }
  if (columns.rows() == 0) refuse(source, "no record", "a TFRecord file");
  return columns.finish(source);
}

/// A row an architecture in the order of the file, which is read once, from
/// front to back; memory holds the table and 60 bytes a row.
Importer nas_bench_101_importer() {
  return {
      "nas-bench-101",
      "NAS-Bench-101, CIFAR-10",
      "the file nasbench_full.tfrecord or nasbench_only108.tfrecord "
      "(https://github.com/google-research/nasbench)",
      "params; accuracies in percent after the last of 4, 12, 36 and 108 "
      "epochs, cifar10_test_EPOCHS and cifar10_valid_EPOCHS (mean over three "
      "trainings), and cifar10_SET_108_repeatN of each; training_seconds_108, "
      "their mean time. Specs are those of nas-bench-101: the rows of the "
      "matrix, then the operations.",
      read};
}

}  // namespace zcp::importers
