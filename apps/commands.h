// The subcommands; each is a file of its name in this folder.
#pragma once

#include "apps/command.h"

namespace zcp::apps {

int list_proxies(const Arguments& arguments);
int list_spaces(const Arguments& arguments);
int describe(const Arguments& arguments);
int score(const Arguments& arguments);
int export_scores(const Arguments& arguments);
int merge(const Arguments& arguments);
int import_table(const Arguments& arguments);
int correlate(const Arguments& arguments);
int rank(const Arguments& arguments);
int train(const Arguments& arguments);
int make_report(const Arguments& arguments);

}  // namespace zcp::apps
