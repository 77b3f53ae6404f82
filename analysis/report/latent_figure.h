// The space of an encoding as SVG.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "analysis/latent/principal.h"

namespace zcp::report {

struct LatentTexts {
  std::string title;
  std::string metric;  ///< empty: points have one colour
};

/// Architectures by two principal components, coloured by the rank of their
/// truth, the best on top; those without truth are grey. Of more than 2,500 an
/// even share is drawn, which the figure says. `truth` is empty or has a number
/// a point, NaN where there is none.
void write_latent_figure(
    std::ostream& out,
    const latent::PrincipalPlane& plane,
    std::span<const double> truth,
    const LatentTexts& texts);

}  // namespace zcp::report
