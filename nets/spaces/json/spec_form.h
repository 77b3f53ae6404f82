// How the members of a space are written: a template, or names and values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nets/spaces/json/description.h"

namespace zcp::spaces::json {

/// The specs of a space: "|{1<-0}~0|+..." with the values in place of the
/// names, or NAME=VALUE,NAME=VALUE,... without a template.
class SpecForm {
 public:
  /// Refers to the description, which must outlive it. Throws UserError for a
  /// template that does not name each choice once, or whose specs could be
  /// read in two ways.
  explicit SpecForm(const Description& description);

  /// Of each choice the index of its value.
  /// Throws UserError that names the choice, what was found and what was
  /// expected. NAME=VALUE,... is read in any order, with a template too.
  std::vector<std::size_t> parse(std::string_view spec) const;
  std::string format(const std::vector<std::size_t>& values) const;

  /// For people: the form, and the values of each choice.
  std::string syntax() const;

 private:
  struct Place {
    std::string before;  ///< the text in front of the value
    std::size_t choice = 0;
  };

  void read_template();
  void require_readable() const;
  std::size_t find_value(
      std::size_t choice,
      std::string_view text,
      std::string_view spec) const;
  std::vector<std::size_t> parse_named(std::string_view spec) const;
  std::vector<std::size_t> parse_template(std::string_view spec) const;

  const Description* description_;
  std::vector<Place> places_;  ///< empty without a template
  std::string after_;          ///< the text behind the last value
};

}  // namespace zcp::spaces::json
