"""Compares #params and MACs of `zcp describe` with a count by hooks in PyTorch.

    ZCP=build/release/zcp python tests/reference/count_hooks.py [NAME[:SIZE] ...]

Classifiers of torchvision, traced and scripted, in train and in eval mode. MACs
are those of convolutions and linear layers (attention's included), a bias one
more for each output; parameters are those that require a gradient, each once.
Prints a line for each file and ends with status 1 where a number differs.
"""
import os
import subprocess
import sys
import tempfile

import torch
import torchvision
from torch import nn

PROGRAM = os.environ.get("ZCP", "build/release/zcp")
DEFAULT = [
    "resnet18:64", "mobilenet_v2:64", "densenet121:64", "convnext_tiny:64",
    "swin_t:64", "efficientnet_b0:64", "googlenet:64", "squeezenet1_0:64",
    "shufflenet_v2_x0_5:64", "vit_b_16:224", "resnet50:64", "alexnet:64",
    "resnext50_32x4d:64", "wide_resnet50_2:64", "squeezenet1_1:64",
    "shufflenet_v2_x1_0:64", "mobilenet_v3_small:64", "mobilenet_v3_large:64",
    "mnasnet0_5:64", "regnet_y_400mf:64", "regnet_x_400mf:64",
    "efficientnet_v2_s:64", "inception_v3:75", "vgg11_bn:32", "swin_v2_t:64",
]
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def linear(inputs, weight, bias):
    """MACs of a linear map of `inputs` elements."""
    outputs = inputs // weight.size(1) * weight.size(0)
    return outputs * weight.size(1) + (outputs if bias is not None else 0)


def count(model, size):
    """(#params, MACs of one image)."""
    total = [0]

    def layer(module, inputs, output):
        weight = module.weight
        outputs = output.numel()
        total[0] += outputs * weight[0].numel()
        total[0] += outputs if module.bias is not None else 0

    def attention(module, inputs, output):
        # The projection out is called as a function, without its hook.
        packed = module.in_proj_weight
        total[0] += linear(inputs[0].numel(), packed, module.in_proj_bias)
        out = module.out_proj
        total[0] += linear(inputs[0].numel(), out.weight, out.bias)

    def window_attention(module, inputs, output):
        # torchvision's Swin calls the projections of its windows as functions.
        # Windows are padded to whole ones.
        n, height, width, channels = inputs[0].shape
        wh, ww = module.window_size
        padded = -(-height // wh) * wh * (-(-width // ww) * ww)
        elements = n * padded * channels
        total[0] += linear(elements, module.qkv.weight, module.qkv.bias)
        total[0] += linear(elements, module.proj.weight, module.proj.bias)

    handles = []
    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            handles.append(module.register_forward_hook(attention))
        elif type(module).__name__.startswith("ShiftedWindowAttention"):
            handles.append(module.register_forward_hook(window_attention))
        elif isinstance(module, CONVOLUTIONS + (nn.Linear,)):
            handles.append(module.register_forward_hook(layer))
    with torch.enable_grad():  # attention has a fast way without gradients
        model(torch.ones(1, 3, size, size))
    for handle in handles:
        handle.remove()
    params = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return params, total[0]


def describe(module, size, folder):
    """(#params, MACs) that the program prints, or its message."""
    module.save(f"{folder}/net.pt")
    torch.save({"x": torch.randn(2, 3, size, size), "y": torch.tensor([0, 1])},
               f"{folder}/batch.pt")
    done = subprocess.run(
        [PROGRAM, "describe", "--model", f"{folder}/net.pt", "--task", "tensors",
         "--data", f"{folder}/batch.pt"], capture_output=True, text=True)
    if done.returncode != 0:
        return f"rc {done.returncode}: {done.stderr.strip()[:200]}"
    found = {line.split()[0]: line.split()[-1]
             for line in done.stdout.splitlines() if line.split()}
    return int(found["params"]), int(found["MACs"])


def main():
    failures = 0
    for choice in sys.argv[1:] or DEFAULT:
        name, _, size = choice.partition(":")
        size = int(size or 64)
        torch.manual_seed(0)
        more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        if more:
            more["aux_logits"] = False
        model = torchvision.models.get_model(name, num_classes=10, **more).eval()
        expected = count(model, size)
        for mode in ("train", "eval"):
            model.train(mode == "train")
            image = torch.randn(2, 3, size, size)
            makers = {
                "traced": lambda: torch.jit.trace(model, image, check_trace=False),
                "scripted": lambda: torch.jit.script(model),
            }
            for how, make in makers.items():
                with tempfile.TemporaryDirectory() as folder:
                    found = describe(make(), size, folder)
                same = found == expected
                failures += not same
                print(f"{name} {how} {mode}: expected {expected}, found {found}"
                      f"{'' if same else '  DIFFERS'}", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
