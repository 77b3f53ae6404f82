// Texts of random words, for encoders without a head; with a number of classes
// for classifiers of texts.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/noise.h"

namespace zcp::tasks {

TaskSource tokens() {
  TaskSource source = noise(
      "tokens",
      "texts of 512 random words of 30522, no labels but with --classes, no "
      "data; --resolution is their length",
      {1, 512, 1},
      0);
  source.info.head = Head::tokens;
  source.info.vocabulary = 30522;  // BERT's
  return source;
}

}  // namespace zcp::tasks
