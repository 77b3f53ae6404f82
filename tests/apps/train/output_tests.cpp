#include <doctest/doctest.h>

#include <sstream>
#include <vector>

#include "apps/train/output.h"

TEST_CASE("comments of a table name each call and each machine once") {
  zcp::store::Run run;
  run.provenance.version = "1";
  run.provenance.command = "zcp train --seeds 2";
  run.provenance.libtorch = "2";
  run.provenance.cpu = "a processor";
  run.provenance.threads = 3;
  zcp::store::Run other = run;
  other.provenance.command = "zcp train --seeds 3";
  std::ostringstream out;
  zcp::apps::write_training_comments(out, std::vector{run, other, run});
  CHECK(
      out.str() ==
      "# zcp train --seeds 2\n"
      "# zcp train --seeds 3\n"
      "# zcp 1, LibTorch 2, a processor, 3 workers\n"
      "# _test and _train are accuracies in percent, _loss mean cross "
      "entropies, means over the seeds; train_seconds is the time of all "
      "seeds\n");
}
