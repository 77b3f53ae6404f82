#include "benchmarks/importers/nas_bench_101_record.h"

#include <fmt/format.h>
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

#include "common/missing.h"
#include "common/refuse.h"

namespace zcp::importers {
namespace {

using Json = nlohmann::json;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr std::size_t kMostVertices = 7;

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

NasBench101Hash parse_hash(const std::string& text, const std::string& place) {
  NasBench101Hash hash = {};
  for (std::size_t i = 0; i < hash.size() && text.size() == 32; ++i) {
    const char* begin = text.data() + 16 * i;
    const auto result = std::from_chars(begin, begin + 16, hash[i], 16);
    if (result.ec == std::errc() && result.ptr == begin + 16) continue;
    hash = {};
    break;
  }
  if (hash == NasBench101Hash{}) {
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
  run.seconds = std::isfinite(last.seconds) ? last.seconds : kNan;
  return run;
}

}  // namespace zcp::importers
