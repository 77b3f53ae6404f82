#include "proxies/engine/proxy_run.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

namespace zcp::engine {

std::string brief(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  std::string text =
      torch != nullptr ? torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

bool is_transient(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) {
    return true;
  }
  // LibTorch throws these as its general error.
  constexpr std::array<std::string_view, 6> kOfTheMachine{
      "DefaultCPUAllocator",
      "can't allocate memory",
      "out of memory",
      "CUDA error",
      "CUDNN_STATUS_",
      "CUBLAS_STATUS_"};
  const std::string_view text = error.what();
  return std::ranges::any_of(kOfTheMachine, [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

Score failed_by(const std::exception& error) {
  Score score = Score::failed(
      dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory"
                                                             : brief(error));
  score.transient = is_transient(error);
  return score;
}

std::vector<const Descriptor*> proxies_of(const ProxyRuns& runs) {
  std::vector<const Descriptor*> proxies;
  for (const ProxyRun* run : runs) proxies.push_back(&run->proxy());
  return proxies;
}

void ProxyRun::start(const Setting& setting) {
  device_ = setting.run.options.device();
  observer_ = proxy_->make(setting);
}

bool ProxyRun::has_nan_output(const Pass& pass) {
  // SynFlow's products of weights overflow, which its scores say themselves.
  const PassKind kind = needs().pass;
  if (kind == PassKind::synflow || kind == PassKind::synflow_bn) return false;
  if (!pass.logits.defined()) return false;
  const at::Tensor& count = nan_outputs(pass);
  if (count.device().is_cpu()) return count.item<double>() > 0;
  nan_outputs_.push_back(count);
  return false;
}

void ProxyRun::observe(const Pass& pass) {
  if (failed_) return;
  const Instant begin = Instant::now(device_);
  try {
    if (has_nan_output(pass)) {
      failed_ = true;
      score_ = score_of_nan_outputs();
    } else {
      observer_->observe(pass);
    }
  } catch (const std::exception& error) {
    fail(error);
  }
  observing_.push_back({begin, Instant::now(device_)});
}

void ProxyRun::finish() {
  if (!failed_) {
    const Instant begin = Instant::now(device_);
    try {
      score_ = observer_->finish();
      check_outputs();
    } catch (const std::exception& error) {
      fail(error);
    }
    finishing_ = Span{begin, Instant::now(device_)};
  }
  observer_.reset();
}

void ProxyRun::check_outputs() {
  const bool has_reason =
      score_.pending == nullptr && score_.status != ScoreStatus::ok;
  if (nan_outputs_.empty() || has_reason) return;
  PendingValue pending;
  if (score_.pending != nullptr) pending = *score_.pending;
  pending.nan_outputs = std::move(nan_outputs_);
  score_.pending = std::make_shared<const PendingValue>(std::move(pending));
}

void ProxyRun::fail(const std::exception& error) {
  failed_ = true;
  score_ = failed_by(error);
}

void ProxyRun::measure(std::span<ProxyRun> runs) {
  for (ProxyRun& run : runs) {
    run.seconds_of_observing_ = 0;
    for (const Span& span : run.observing_) {
      run.seconds_of_observing_ += span.seconds();
    }
  }
  for (ProxyRun& run : runs) {
    if (run.group_ == nullptr) continue;  // it needed no run
    const GroupTime& group = *run.group_;
    double together = group.whole.seconds();
    for (const ProxyRun* one : group.runs) {
      together -= one->seconds_of_observing_;
    }
    run.score_.seconds = run.seconds_of_observing_ +
                         (run.finishing_ ? run.finishing_->seconds() : 0) +
                         together / static_cast<double>(group.runs.size());
  }
}

void ProxyRun::reset() {
  observer_.reset();
  score_ = {};
  observing_.clear();
  finishing_.reset();
  nan_outputs_.clear();
  group_.reset();
  failed_ = false;
}

}  // namespace zcp::engine
