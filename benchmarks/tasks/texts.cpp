// Texts of one's own from a text file or a table of texts and labels.
#include <fmt/format.h>

#include <optional>

#include "benchmarks/formats/csv.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "benchmarks/tasks/text_file.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::tasks {
namespace {

class TextTask : public Task {
 public:
  TextTask(
      TaskInfo info,
      TextWords words,
      std::vector<std::int64_t> labels,
      std::uint64_t seed)
      : info_(std::move(info)),
        words_(std::move(words.words)),
        labels_(std::move(labels)),
        order_(shuffled_order(std::ssize(words_) / info_.shape.height, seed)) {}

  const TaskInfo& info() const override { return info_; }

  Minibatch minibatch(int index, int batch_size) const override {
    const std::int64_t begin =
        minibatch_begin(info_.name, std::ssize(order_), index, batch_size);
    Minibatch batch{batch_size, info_.shape, {}, {}};
    batch.vocabulary = info_.vocabulary;
    const std::int64_t length = info_.shape.height;
    for (std::int64_t i = begin; i < begin + batch_size; ++i) {
      const std::int64_t text = order_[static_cast<std::size_t>(i)];
      const auto first = words_.begin() + text * length;
      batch.x.insert(batch.x.end(), first, first + length);
      if (!labels_.empty()) {
        batch.y.push_back(labels_[static_cast<std::size_t>(text)]);
      }
    }
    return batch;
  }

  std::string fingerprint() const override {
    const std::uint64_t head = hash64(fmt::format(
        "texts {} of {}, {} classes",
        info_.shape.height,
        info_.vocabulary,
        info_.classes));
    return hash_hex(hash_combine(
        hash_combine(head, hash_numbers(words_)), hash_numbers(labels_)));
  }

 private:
  TaskInfo info_;
  std::vector<std::int64_t> words_;   // [N, T]
  std::vector<std::int64_t> labels_;  // [N], or empty
  std::vector<std::int64_t> order_;
};

/// By the vocabulary beside the texts, or by bytes.
WordPieces pieces_for(
    const std::filesystem::path& data,
    std::vector<std::string>& notes) {
  const std::filesystem::path vocabulary = data.parent_path() / "vocab.txt";
  if (!std::filesystem::exists(vocabulary)) {
    notes.push_back(fmt::format(
        "a word is a byte: found no {}, the pieces of a BERT vocabulary",
        vocabulary.string()));
    return {};
  }
  WordPieces pieces(
      formats::read_text(vocabulary), formats::source_name(vocabulary));
  notes.push_back(fmt::format(
      "{} pieces of words by {}{}",
      pieces.size(),
      vocabulary.string(),
      pieces.lower_case() ? ", without capitals and accents" : ""));
  return pieces;
}

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task 'texts' takes its words as they are");
  }
  const TextFile file = read_texts(options.data);
  TaskInfo own = info;
  own.notes = file.notes;
  const WordPieces pieces = pieces_for(options.data, own.notes);
  const bool labelled = !file.labels.empty();
  if (!labelled && options.classes > 0) {
    throw UserError(
        "{}: found no labels, expected them with --classes {}",
        options.data.string(),
        options.classes);
  }
  TextWords words = labelled
                        ? rows_of_texts(file.texts, pieces, options.resolution)
                        : packed_texts(file.texts, pieces, options.resolution);
  own.notes.insert(own.notes.end(), words.notes.begin(), words.notes.end());
  own.shape = {1, words.length, 1};
  own.vocabulary = pieces.size();
  own.head = labelled ? Head::classes : Head::tokens;
  own.classes = choose_classes(own, options.classes, file.classes);
  return std::make_unique<TextTask>(
      std::move(own), std::move(words), file.labels, options.seed);
}

}  // namespace

TaskSource texts() {
  TaskSource source{
      {"texts",
       "texts of one's own; --resolution is their length in words",
       {},
       0,
       true,
       "none",
       "a .txt of a text a line, or a table with columns text and label, "
       "beside a vocab.txt of BERT (without: a word is a byte)",
       ""},
      open};
  source.info.vocabulary = WordPieces().size();
  return source;
}

}  // namespace zcp::tasks
