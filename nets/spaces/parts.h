// What architectures are made of, in words that a person can name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::spaces {

/// The parts of a space's architectures. In a space that is a product of
/// choices (Space::choices()) every choice is a place, and a part is the option
/// that is taken there; it is called as the spec writes it ("nor_conv_3x3"), or
/// by its number from 1 where the spec has no text of its own for it. In any
/// other space parts are the words of a spec, wherever they stand.
class Parts {
 public:
  /// `space` has to outlive the object.
  explicit Parts(const Space& space);

  /// How many places there are; 0 where parts are words.
  std::size_t places() const { return options_.size(); }

  /// The names of a place's options, all different.
  const std::vector<std::string>& options(std::size_t place) const {
    return options_[place];
  }

  /// The parts of an architecture: one for each place, else its words, each
  /// once, in alphabetical order. Throws UserError for an ill-formed spec.
  std::vector<std::string> of(std::string_view spec) const;

 private:
  const Space& space_;
  std::vector<std::vector<std::string>> options_;  // [place][option]
};

/// The words of a spec: the longest runs of letters, digits, `_`, `-` and `.`
/// that have a letter, and the parts of such a run between its dashes where
/// each of them has a digit; each once, in alphabetical order.
std::vector<std::string> words_of(std::string_view spec);

}  // namespace zcp::spaces
