#include "apps/study_tables.h"

#include <fmt/format.h>

#include <iostream>

#include "analysis/store/read_scores.h"
#include "analysis/study/composite.h"
#include "benchmarks/formats/csv.h"

namespace zcp::apps {

tables::Table read_study_scores(
    const std::string& path,
    const StudyRequest& request) {
  tables::Table scores = request.key == "arch" ? store::read_scores(path)
                                               : tables::parse_table(
                                                     formats::read_text(path),
                                                     formats::source_name(path),
                                                     {},
                                                     request.key);
  study::add_composites(request.composites, scores);
  return scores;
}

tables::Table read_study_truth(
    const StudyRequest& request,
    const ChooseColumns& choose) {
  const std::string text = formats::read_text(request.truth);
  const std::string source = formats::source_name(request.truth);
  std::vector<std::string> wanted;
  if (choose) wanted = choose(tables::column_names(text, source));
  return tables::parse_table(text, source, wanted, request.key);
}

void print_join_summary(
    const study::Study& study,
    const study::StudyOptions& options) {
  for (const std::string& note : study.notes) {
    std::cerr << "zcp: note: " << note << "\n";
  }
  const study::JoinSummary& summary = study.summary;
  std::cerr << fmt::format(
      "joined {} architectures ({} of the scores without truth, {} of the "
      "truth without scores)\n",
      summary.joined,
      summary.scores_only,
      summary.truth_only);
  std::cerr << fmt::format(
      "population {}: {} architectures\n",
      options.population,
      summary.population);
}

}  // namespace zcp::apps
