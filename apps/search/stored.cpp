#include "apps/search/stored.h"

#include <ranges>

#include "analysis/store/score_store.h"
#include "apps/command_line.h"
#include "apps/search/page.h"
#include "common/error.h"

namespace zcp::apps {

Arguments stored_search(const std::string& store) {
  constexpr std::string_view kSearch = "zcp search ";
  const auto runs = store::ScoreStore::read(store).runs();
  for (const store::Run& run : std::views::reverse(runs)) {
    const std::string& command = run.provenance.command;
    if (!command.starts_with(kSearch)) continue;
    Arguments words =
        without_outputs(shell_words(command.substr(kSearch.size())), {"store"});
    words.insert(words.end(), {"--store", store});
    return words;
  }
  throw UserError(
      "{}: expected a store of zcp search, found {}",
      store,
      runs.empty() ? "no run"
                   : "none among its runs; the last is " +
                         runs.back().provenance.command);
}

}  // namespace zcp::apps
