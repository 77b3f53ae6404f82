#include "benchmarks/tasks/image_file.h"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>

#include "common/error.h"

namespace zcp::tasks {
namespace {

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr std::int64_t kMostPixels = std::int64_t{1} << 20U;
#else
constexpr std::int64_t kMostPixels = std::int64_t{1} << 26U;
#endif

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void check_size(
    std::int64_t width,
    std::int64_t height,
    const std::string& source) {
  if (width > 0 && height > 0 && width <= kMostPixels / height) return;
  throw UserError(
      "{}: found an image of {} x {} pixels, expected 1 to {} in all (a cut "
      "file?)",
      source,
      width,
      height,
      kMostPixels);
}

/// A buffer of `channels` bytes a pixel.
std::vector<std::uint8_t>
make_buffer(int width, int height, std::size_t channels) {
  return std::vector<std::uint8_t>(
      channels * static_cast<std::size_t>(width) *
      static_cast<std::size_t>(height));
}

/// libpng's simplified reader, whose errors are values.
class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;

  png_image& get() { return image_; }

 private:
  png_image image_ = {};
};

Photograph decode_png(std::string_view bytes, const std::string& source) {
  PngImage holder;
  png_image& png = holder.get();
  const auto refuse = [&] {
    throw UserError(
        "{}: the PNG file is cut or broken ({})", source, png.message);
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    refuse();
  }
  check_size(png.width, png.height, source);
  png.format = PNG_FORMAT_RGBA;
  Photograph image{
      static_cast<int>(png.width), static_cast<int>(png.height), {}};
  std::vector<std::uint8_t> rgba = make_buffer(image.width, image.height, 4);
  if (png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr) == 0) {
    refuse();
  }
  image.rgb.reserve(rgba.size() / 4 * 3);
  for (std::size_t at = 0; at < rgba.size(); at += 4) {
    image.rgb.insert(image.rgb.end(), &rgba[at], &rgba[at] + 3);
  }
  return image;
}

struct CloseDecoder {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

/// Inks, which Adobe's files count from full to none, as light.
std::vector<std::uint8_t> light_of(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(cmyk.size() / 4 * 3);
  for (std::size_t at = 0; at < cmyk.size(); at += 4) {
    const unsigned black = cmyk[at + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb.push_back(
          static_cast<std::uint8_t>((cmyk[at + c] * black + 127U) / 255U));
    }
  }
  return rgb;
}

Photograph decode_jpeg(std::string_view bytes, const std::string& source) {
  const std::unique_ptr<void, CloseDecoder> decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  const auto refuse = [&] {
    throw UserError(
        "{}: the JPEG file is cut or broken ({})",
        source,
        tjGetErrorStr2(decoder.get()));
  };
  Photograph image;
  int sampling = 0;
  int colours = 0;
  const int header = tjDecompressHeader3(
      decoder.get(),
      data_of(bytes),
      bytes.size(),
      &image.width,
      &image.height,
      &sampling,
      &colours);
  if (header != 0) refuse();
  check_size(image.width, image.height, source);
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  image.rgb = make_buffer(image.width, image.height, inks ? 4 : 3);
  const int status = tjDecompress2(
      decoder.get(),
      data_of(bytes),
      bytes.size(),
      image.rgb.data(),
      image.width,
      0,
      image.height,
      inks ? TJPF_CMYK : TJPF_RGB,
      TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
  // Warnings of harmless bytes between the parts are common in real
  // photographs; one of missing data is not harmless.
  const std::string_view warning =
      status == 0 ? "" : tjGetErrorStr2(decoder.get());
  const bool cut = warning.find("Premature end") != std::string_view::npos;
  if (status != 0 && (cut || tjGetErrorCode(decoder.get()) == TJERR_FATAL)) {
    refuse();
  }
  if (inks) image.rgb = light_of(image.rgb);
  return image;
}

/// What each of `size` new pixels is the weighted sum of.
struct Weights {
  struct Pixel {
    int first = 0;
    std::vector<double> weights;
  };
  std::vector<Pixel> pixels;

  Weights(int from, int to) {
    const double scale = static_cast<double>(from) / to;
    const double support = std::max(scale, 1.0);
    for (int i = 0; i < to; ++i) {
      const double centre = (i + 0.5) * scale;
      Pixel pixel;
      // Pillow rounds the ends of the filter to whole pixels.
      pixel.first = std::max(0, static_cast<int>(centre - support + 0.5));
      const int end = std::min(from, static_cast<int>(centre + support + 0.5));
      double sum = 0.0;
      for (int j = pixel.first; j < end; ++j) {
        const double distance = std::abs((j + 0.5 - centre) / support);
        pixel.weights.push_back(std::max(0.0, 1.0 - distance));
        sum += pixel.weights.back();
      }
      for (double& weight : pixel.weights) weight /= sum;
      pixels.push_back(std::move(pixel));
    }
  }
};

std::uint8_t rounded(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// Resizes `lines` lines of pixels; the bytes of a pixel lie next to each
/// other, pixels `step` bytes apart, lines `line_step`.
struct Layout {
  int lines = 0;
  std::size_t step = 0;
  std::size_t line_step = 0;
};

void resize_lines(
    const std::vector<std::uint8_t>& from,
    const Layout& in,
    const Weights& weights,
    const Layout& out,
    std::vector<std::uint8_t>& to) {
  for (std::size_t line = 0; line < static_cast<std::size_t>(in.lines);
       ++line) {
    for (std::size_t i = 0; i < weights.pixels.size(); ++i) {
      const auto& [first, factors] = weights.pixels[i];
      const std::uint8_t* source = from.data() + line * in.line_step +
                                   static_cast<std::size_t>(first) * in.step;
      double sum[3] = {0.0, 0.0, 0.0};
      for (const double factor : factors) {
        for (std::size_t c = 0; c < 3; ++c) sum[c] += factor * source[c];
        source += in.step;
      }
      std::uint8_t* target = to.data() + line * out.line_step + i * out.step;
      for (std::size_t c = 0; c < 3; ++c) target[c] = rounded(sum[c]);
    }
  }
}

}  // namespace

Photograph decode_photograph(
    std::string_view bytes,
    const std::string& source) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) {
    return decode_png(bytes, source);
  }
  if (bytes.starts_with("\xff\xd8\xff"sv)) return decode_jpeg(bytes, source);
  throw UserError("{}: found neither a PNG nor a JPEG file", source);
}

Photograph resize_photograph(
    const Photograph& image,
    int side,
    const std::string& source) {
  const int shorter = std::min(image.width, image.height);
  constexpr int kLongest = 64;
  if (std::max(image.width, image.height) > std::int64_t{kLongest} * shorter) {
    throw UserError(
        "{}: found an image of {} x {} pixels, expected one at most {} times "
        "as "
        "long as wide",
        source,
        image.width,
        image.height,
        kLongest);
  }
  const auto scaled = [&](int length) {
    return static_cast<int>(std::int64_t{length} * side / shorter);
  };
  Photograph result{scaled(image.width), scaled(image.height), {}};
  const auto row = [](int width) {
    return 3 * static_cast<std::size_t>(width);
  };
  // Rows first, then columns, each rounded to whole numbers, as Pillow does.
  std::vector<std::uint8_t> narrow = make_buffer(result.width, image.height, 3);
  resize_lines(
      image.rgb,
      {image.height, 3, row(image.width)},
      Weights(image.width, result.width),
      {image.height, 3, row(result.width)},
      narrow);
  result.rgb = make_buffer(result.width, result.height, 3);
  resize_lines(
      narrow,
      {result.width, row(result.width), 3},
      Weights(image.height, result.height),
      {result.width, row(result.width), 3},
      result.rgb);
  return result;
}

}  // namespace zcp::tasks
