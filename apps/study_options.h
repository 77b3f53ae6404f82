// The options that say what a study is, for every subcommand that makes one.
#pragma once

#include <string>
#include <vector>

#include "analysis/study/composite.h"
#include "analysis/study/study.h"
#include "apps/command.h"

namespace zcp::apps {

/// Adds --scores, --truth, --metric, --proxies, --composites, --baseline,
/// --top (with `top` as its default), --population, --missing, --bootstrap,
/// --interval and --seed.
void add_study_options(
    boost::program_options::options_description& options,
    const std::string& top);

/// What they say; a metric or share named twice counts once. Throws UserError
/// naming the option that says something impossible.
study::StudyOptions parse_study_options(
    const boost::program_options::variables_map& values);

/// The composites of --composites.
std::vector<study::Composite> parse_composites(
    const boost::program_options::variables_map& values);

}  // namespace zcp::apps
