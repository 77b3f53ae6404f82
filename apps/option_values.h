// Values of options that say which numbers they may be, so that a refusal can
// say it too.
#pragma once

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <limits>
#include <string>

#include "apps/command.h"

namespace zcp::apps {

/// What an option's value has where it knows its range.
class HasRange {
 public:
  virtual ~HasRange() = default;

  /// " from 1 to 100", " of 0 or more".
  virtual std::string range_text() const = 0;
};

/// The value of an option that is a number within a range, both ends included.
/// The range is said where a text is no number; the number itself is checked by
/// who reads it (whole_number(), in_limits()).
template <typename Number>
class RangedValue : public boost::program_options::typed_value<Number>,
                    public HasRange {
 public:
  RangedValue(Number least, Number most)
      : boost::program_options::typed_value<Number>(nullptr),
        least_(least),
        most_(most) {}

  std::string range_text() const override {
    const bool open = most_ == std::numeric_limits<Number>::max();
    return open ? fmt::format(" of {} or more", least_)
                : fmt::format(" from {} to {}", least_, most_);
  }

 private:
  Number least_;
  Number most_;
};

/// po::value<Number>() with a range; options own what they are given.
template <typename Number>
RangedValue<Number>* ranged(
    Number least,
    Number most = std::numeric_limits<Number>::max()) {
  return new RangedValue<Number>(least, most);
}

/// The same of the limits that whole_number() checks.
inline RangedValue<int>* limited(Limits limits) {
  return ranged(limits.least, limits.most);
}

}  // namespace zcp::apps
