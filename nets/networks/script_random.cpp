#include "nets/networks/script_random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <mutex>
#include <stdexcept>
#include <string>

namespace zcp::networks {
namespace {

using torch::jit::Stack;

/// The place of the argument of this name; -1 where there is none.
int place_of(const NodePlan& plan, const std::string& argument) {
  return plan.schema->argumentIndexWithName(argument).value_or(-1);
}

std::int64_t bound(
    const NodePlan& plan,
    const std::string& argument,
    const Stack& arguments) {
  const int place = place_of(plan, argument);
  if (place < 0) return 0;
  return arguments[static_cast<std::size_t>(place)].toInt();
}

/// The numbers that the operator draws, of the kind and size of `like`, which
/// it has drawn itself.
at::Tensor drawn(
    const NodePlan& plan,
    const Stack& arguments,
    const at::Tensor& like,
    const at::Generator& generator) {
  at::Tensor numbers = at::empty_like(like, at::kCPU);
  if (plan.name.starts_with("randn")) {
    numbers.normal_(0, 1, generator);
  } else if (plan.name.starts_with("randint")) {
    numbers.random_(
        bound(plan, "low", arguments),
        bound(plan, "high", arguments),
        generator);
  } else if (plan.name == "randperm") {
    numbers.copy_(at::randperm(like.numel(), generator, at::kLong));
  } else {
    numbers.uniform_(0, 1, generator);
  }
  return numbers.to(like.device());
}

/// Runs an operator that draws from LibTorch's own generator, which is left as
/// it was: in Python it is the caller's.
void run_unnoticed(torch::jit::Operation& operation, Stack& stack) {
  at::Generator shared = at::detail::getDefaultCPUGenerator();
  const auto locked = [&](auto&& use) {
    const std::scoped_lock lock(shared.mutex());
    return use();
  };
  const at::Tensor state = locked([&] { return shared.get_state(); });
  operation(stack);
  locked([&] {
    shared.set_state(state);
    return true;
  });
}

}  // namespace

void draw_seeded(
    const torch::jit::Node& node,
    const NodePlan& plan,
    std::uint64_t seed,
    Stack& stack) {
  const at::NoGradGuard no_grad;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const Stack arguments = stack;
  torch::jit::Operation operation = *plan.operation;
  if (plan.name.starts_with("rand") && plan.name != "random") {
    run_unnoticed(operation, stack);
    const at::Tensor own = stack.back().toTensor();
    stack = {
        plan.treatment == Treatment::zeros
            ? at::zeros_like(own)
            : drawn(plan, arguments, own, generator)};
    return;
  }
  const int place = place_of(plan, "generator");
  const bool on_cpu =
      !stack[0].isTensor() || stack[0].toTensor().device().is_cpu();
  if (place < 0 || !on_cpu) {
    throw std::invalid_argument(
        std::string("draws random numbers by ") + node.kind().toQualString() +
        ", which cannot be repeated on this device");
  }
  stack[static_cast<std::size_t>(place)] = generator;
  operation(stack);
}

at::Tensor mean_mask(const NodePlan& plan, const Stack& arguments) {
  const at::NoGradGuard no_grad;
  at::Tensor mask = arguments[0].toTensor();
  const bool given = arguments.size() > 1 && !arguments[1].isNone();
  if (plan.name != "bernoulli" || !given) return mask;
  if (!plan.in_place) mask = at::empty_like(mask);
  if (arguments[1].isTensor()) {
    mask.copy_(arguments[1].toTensor());
  } else {
    mask.fill_(arguments[1].toScalar());
  }
  return mask;
}

}  // namespace zcp::networks
