"""Every proxy as one plain function of a network and its minibatches.

`f(net, batches, loss=..., ...) -> float`. `batches` is a list of pairs (x, y); a proxy of one minibatch takes the
first. A score that does not exist is nan. The network keeps its weights and is never changed: each function works on
a copy in training mode with dropout switched off, in the precision of the network that it is given. Random numbers
are arguments.

"Layers" are the Conv2d and Linear modules, and stand for their weights; a missing gradient counts as zeros. The
sources of the definitions are named as owner/repository:file.
"""

from __future__ import annotations

import copy
import math
from typing import Callable

import numpy as np
import torch
from torch import Tensor, nn
import torch.nn.functional as F

Batches = list[tuple[Tensor, Tensor]]
Loss = Callable[[Tensor, Tensor], Tensor]

RELUS = (nn.ReLU, nn.ReLU6)
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU, nn.Sigmoid)
GATED = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU)


# --- Tools ------------------------------------------------------------------------------------------------------------

def fresh(net: nn.Module) -> nn.Module:
    """A copy in training mode, gradients cleared, dropout off."""
    net = copy.deepcopy(net).train()
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    for parameter in net.parameters():
        parameter.requires_grad_(True)
        parameter.grad = None
    return net


def layers(net: nn.Module) -> list[nn.Module]:
    return [module for module in net.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]


def without_batch_norm(net: nn.Module) -> nn.Module:
    """Replaces every BatchNorm in the network by the identity."""
    for name, child in net.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(net, name, nn.Identity())
        else:
            without_batch_norm(child)
    return net


def gradients(net: nn.Module, x: Tensor, y: Tensor, loss: Loss, parameters: list[nn.Parameter]) -> list[Tensor]:
    found = torch.autograd.grad(loss(net(x), y), parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g.clone() for p, g in zip(parameters, found)]


def layer_gradients(net: nn.Module, x: Tensor, y: Tensor, loss: Loss) -> list[Tensor]:
    return gradients(net, x, y, loss, [layer.weight for layer in layers(net)])


def outputs_of(net: nn.Module, kinds: tuple[type, ...], x: Tensor) -> list[Tensor]:
    """The outputs of all modules of these kinds, one for each call, in the order of the calls."""
    seen: list[Tensor] = []
    hooks = [module.register_forward_hook(lambda module, args, out: seen.append(out.detach().clone()))
             for module in net.modules() if isinstance(module, kinds)]
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return seen


def channel_rows(features: Tensor) -> Tensor:
    """A feature map as a channels x positions matrix in float64; the channels of a sequence or vector are its last axis."""
    features = features.double()
    if features.dim() == 4:
        return features.permute(1, 0, 2, 3).reshape(features.shape[1], -1)
    return features.reshape(-1, features.shape[-1]).T


def log_det(kernel: np.ndarray) -> float:
    """log |det K|, nan where two samples are the same row of the kernel or K is singular."""
    if not np.isfinite(kernel).all() or len(np.unique(kernel, axis=0)) < len(kernel):
        return math.nan
    value = float(np.linalg.slogdet(kernel)[1])
    return value if math.isfinite(value) else math.nan


def finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan


# --- Weights and size -------------------------------------------------------------------------------------------------

def params(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Number of parameters, of every kind (xautodl/utils/flop_benchmark.py, there in millions)."""
    return float(sum(p.numel() for p in net.parameters()))


def macs(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Multiply-accumulates an image of convolutions and linear layers, a bias counted as one addition an output.

    Conv2d k*k*Cin/groups*Cout*H*W, Linear in*out for each row it is applied to. Nothing else is counted: no
    BatchNorm, ReLU, pooling, matrix product of attention (xautodl/utils/flop_benchmark.py).
    """
    net = fresh(net)
    total = 0.0

    def count(module: nn.Module, args: tuple[Tensor], out: Tensor) -> None:
        nonlocal total
        inputs_an_output = module.weight[0].numel() + (module.bias is not None)
        total += inputs_an_output * out.numel() / len(out)

    for layer in layers(net):
        layer.register_forward_hook(count)
    with torch.no_grad():
        net(batches[0][0])
    return total


def l2_norm(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_l |W_l|_2 (NASLib measures/l2_norm.py)."""
    return float(sum(layer.weight.detach().double().norm() for layer in layers(net)))


# --- Saliency ---------------------------------------------------------------------------------------------------------

def grad_norm(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_l |dL/dW_l|_2 (SamsungLabs/zero-cost-nas measures/grad_norm.py)."""
    return float(sum(g.double().norm() for g in layer_gradients(fresh(net), *batches[0], loss)))


def grad_norm_total(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sqrt(sum |g|^2) over all parameters, biases and BatchNorm too (idstcv/ZenNAS compute_gradnorm_score.py)."""
    net = fresh(net)
    return math.sqrt(sum(float(g.double().pow(2).sum())
                         for g in gradients(net, *batches[0], loss, list(net.parameters()))))


def snip(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum |w dL/dw| (zero-cost-nas measures/snip.py)."""
    net = fresh(net)
    return float(sum((layer.weight * g).abs().double().sum()
                     for layer, g in zip(layers(net), layer_gradients(net, *batches[0], loss))))


def plain(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum w dL/dw, signed (zero-cost-nas measures/plain.py)."""
    net = fresh(net)
    return float(sum((layer.weight * g).double().sum()
                     for layer, g in zip(layers(net), layer_gradients(net, *batches[0], loss))))


def grasp(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """-sum w (H g) over the layers' weights, H g by double backward, temperature 1 (zero-cost-nas measures/grasp.py)."""
    net = fresh(net)
    x, y = batches[0]
    weights = [layer.weight for layer in layers(net)]
    first = torch.autograd.grad(loss(net(x), y), weights, create_graph=True, allow_unused=True)
    z = sum((g.detach() * g).sum() for g in first if g is not None)
    second = torch.autograd.grad(z, weights, allow_unused=True)
    return -float(sum((w * h).double().sum() for w, h in zip(weights, second) if h is not None)) + 0.0


def fisher(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_l sum_k numel(W_l[k]) |1/2 mean_n (sum_positions a dL/da)^2|, a = output of layer l, channel k.

    zero-cost-nas measures/fisher.py. Its sum over the positions of a sequence keeps the wrong axis; here the channels
    of a sequence, or of a map that a linear layer makes, are its last axis.
    """
    net = fresh(net)
    seen: list[tuple[nn.Module, Tensor]] = []

    def keep(module: nn.Module, args: tuple[Tensor], out: Tensor) -> Tensor:
        if out.requires_grad:
            out.retain_grad()
        seen.append((module, out))
        return out.clone()

    for layer in layers(net):
        layer.register_forward_hook(keep)
    x, y = batches[0]
    loss(net(x), y).backward()
    total = 0.0
    for layer, a in seen:
        if a.grad is None:
            continue
        product = a.detach() * a.grad
        if isinstance(layer, nn.Linear) and a.dim() > 3:
            product = product.flatten(1, -2)
        if product.dim() == 4:
            product = product.sum((2, 3))
        elif product.dim() == 3:
            product = product.sum(1)
        delta = 0.5 * product.pow(2).mean(0)
        total += float(delta.abs().double().sum()) * layer.weight[0].numel()
    return total


# --- SynFlow ----------------------------------------------------------------------------------------------------------

def synflow_terms(net: nn.Module, batches: Batches) -> list[tuple[Tensor, Tensor]]:
    """(|W_l|, dR/dW_l) with R = sum of the outputs on an input of ones, every tensor absolute, in float64."""
    net = net.double()
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.abs_()
    ones = torch.ones_like(batches[0][0][:1], dtype=torch.float64)
    weights = [layer.weight for layer in layers(net)]
    found = torch.autograd.grad(net(ones).sum(), weights, allow_unused=True)
    return [(w.detach(), torch.zeros_like(w) if g is None else g) for w, g in zip(weights, found)]


def synflow(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum |w dR/dw|, BatchNorm bypassed (zero-cost-nas measures/synflow.py)."""
    return float(sum((w * g).abs().sum() for w, g in synflow_terms(without_batch_norm(fresh(net)), batches)))


def synflow_bn(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """synflow with BatchNorm kept, in training mode on the one sample of ones (zero-cost-nas `synflow_bn`)."""
    try:
        return float(sum((w * g).abs().sum() for w, g in synflow_terms(fresh(net), batches)))
    except ValueError:  # a BatchNorm that sees one value a channel
        return math.nan


def logsynflow(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum w |log dR/dw|, BatchNorm bypassed; an element with dR/dw = 0 gives 0, a negative one nan (lilujunai/EMQ
    measures/logsynflow.py)."""
    total = 0.0
    for w, g in synflow_terms(without_batch_norm(fresh(net)), batches):
        there = g != 0
        total += float((w[there] * g[there].log().abs()).sum())
    return total


# --- Input Jacobian ---------------------------------------------------------------------------------------------------

def input_jacobian(net: nn.Module, x: Tensor) -> np.ndarray:
    """d(sum of all logits)/dx, a row a sample."""
    net = fresh(net)
    x = x.clone().requires_grad_(True)
    net(x).sum().backward()
    gradient = torch.zeros_like(x) if x.grad is None else x.grad
    return gradient.reshape(len(x), -1).double().numpy()


def correlation(rows: np.ndarray) -> np.ndarray:
    """Pearson correlation between the rows, nan for a constant row."""
    if rows.shape[1] < 2:
        return np.full((len(rows), len(rows)), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.atleast_2d(np.corrcoef(rows))


def jacob_cov(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """-sum_i [log(v_i + k) + 1/(v_i + k)], v the eigenvalues of corrcoef(J), k = 1e-5 (zero-cost-nas measures/jacob_cov.py).

    Symmetric eigenvalues, those below 0 by rounding set to 0.
    """
    corr = correlation(input_jacobian(net, batches[0][0]))
    if not np.isfinite(corr).all():
        return math.nan
    v = np.maximum(np.linalg.eigvalsh(corr), 0.0) + 1e-5
    return -float(np.sum(np.log(v) + 1.0 / v))


def epe_nas(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_c |s_c|, s_c = sum_ij log(|corr_ij| + 1e-5) within the samples of class c (NASLib measures/epe_nas.py).

    With more than 100 classes s_c is divided by the samples of c and the score is sum_{c,c'} |s_c - s_c'| / number of
    classes. A class of one sample has the 1x1 correlation 1.
    """
    x, y = batches[0]
    jacobian = input_jacobian(net, x)
    with torch.no_grad():
        classes = fresh(net)(x).shape[1]
    scores = []
    for label in sorted(set(y.tolist())):
        rows = jacobian[y.numpy() == label]
        corr = correlation(rows) if len(rows) > 1 else np.ones((1, 1))
        s = np.sum(np.log(np.abs(corr) + 1e-5))
        scores.append(s / len(corr) if classes > 100 else s)
    if classes <= 100:
        return finite(sum(abs(s) for s in scores))
    return finite(sum(abs(a - b) for a in scores for b in scores) / len(scores))


# --- Activation codes -------------------------------------------------------------------------------------------------

def hamming_kernel(codes: list[Tensor]) -> np.ndarray:
    """sum over ReLU calls of c c^T + (1-c)(1-c)^T; the float32 products are exact integers."""
    kernel = np.zeros((len(codes[0]), len(codes[0])))
    for code in codes:
        c = code.float()
        kernel += (c @ c.T + (1 - c) @ (1 - c).T).numpy()
    return kernel


def relu_codes(net: nn.Module, x: Tensor, wanted: set[nn.Module]) -> list[Tensor]:
    """1[input > 0] of every call of the wanted ReLUs, a row a sample."""
    codes: list[Tensor] = []
    hooks = [module.register_forward_pre_hook(lambda module, args: codes.append((args[0] > 0).flatten(1).detach()))
             for module in wanted]
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return codes


def relus_of(net: nn.Module, by_name: bool) -> set[nn.Module]:
    """The ReLU and ReLU6 modules, or every module whose class name holds "ReLU"."""
    if by_name:
        return {module for module in net.modules() if "ReLU" in type(module).__name__}
    return {module for module in net.modules() if isinstance(module, RELUS)}


def naswot(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, by_name: bool = False) -> float:
    """log |det K|, K = sum of c c^T + (1-c)(1-c)^T over the ReLUs that receive a gradient, c = 1[ReLU input > 0].

    BayesWatch/nas-without-training score_networks.py (hook_logdet). A gradient of zeros is a gradient: a ReLU in
    front of AutoDL's `none`, which multiplies by 0, counts. `by_name`: see naswot_by_name.
    """
    net = fresh(net)
    x = batches[0][0]
    received: set[nn.Module] = set()

    def watch(module: nn.Module, args: tuple[Tensor], out: Tensor) -> None:
        if out.requires_grad:
            out.register_hook(lambda gradient: received.add(module))

    hooks = [module.register_forward_hook(watch) for module in relus_of(net, by_name)]
    y = net(x.clone().requires_grad_(True))
    y.backward(torch.ones_like(y))
    for hook in hooks:
        hook.remove()
    codes = relu_codes(net, x, received)
    return log_det(hamming_kernel(codes)) if codes else math.nan


def nwot(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, by_name: bool = False) -> float:
    """naswot over every ReLU that runs (NASLib measures/nwot.py). `by_name`: see nwot_by_name."""
    net = fresh(net)
    codes = relu_codes(net, batches[0][0], relus_of(net, by_name))
    return log_det(hamming_kernel(codes)) if codes else math.nan


def naswot_by_name(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """naswot as its authors' code finds the ReLUs: every module whose class name holds "ReLU", by that module's input.

    AutoDL's ReLUConvBN is one, so that on NATS-TSS every ReLU of an edge or block counts twice, the last one once.
    """
    return naswot(net, batches, loss, by_name=True)


def nwot_by_name(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """nwot with the ReLUs found by class name, as NASLib's code does; the `nwot` of the shared golden values."""
    return nwot(net, batches, loss, by_name=True)


def linear_regions(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Number of different codes 1[ReLU output > 0] among the samples (VITA-Group/TENAS linear_region_counter.py)."""
    codes = [out.flatten(1) > 0 for out in outputs_of(fresh(net), RELUS, batches[0][0])]
    if not codes:
        return math.nan
    return float(len(torch.unique(torch.cat(codes, 1), dim=0)))


def neuron_patterns(outputs: list[Tensor]) -> int:
    """Number of different columns of the samples x neurons matrix of signs."""
    signs = torch.cat([out.flatten(1).sign() for out in outputs], 1)
    return len(torch.unique(signs.T, dim=0))


def swap(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Number of different patterns of a neuron's sign over the samples (pym1024/SWAP src/metrics/swap.py).

    Outputs of ReLU, ReLU6, SiLU and GELU (the last two as in pym1024/SWAP_Universal).
    """
    outputs = outputs_of(fresh(net), GATED, batches[0][0])
    return float(neuron_patterns(outputs)) if outputs else math.nan


def swap_regularized(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, mu: float = 10.0,
                     sigma: float = 100.0) -> float:
    """swap * exp(-(P - mu)^2 / sigma), P = thousands of parameters (pym1024/SWAP src/metrics/swap.py)."""
    return swap(net, batches) * math.exp(-(params(net, batches) / 1e3 - mu) ** 2 / sigma)


def wrcor(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, weighted: bool = True) -> float:
    """log |det K|, K = sum_r w_r (|corrcoef(input of ReLU r)| + |corrcoef(dL/d input of r)|) between the samples.

    w_r = 2^i for the ReLUs of cell i, 2^(number of cells) for the last one; `weighted=False` takes w_r = 1. A
    correlation that holds a nan is left out (kunjing96/ZSNAS-WRCor measures/act_grad_cor_weighted.py).
    """
    net = fresh(net)
    if weighted:
        if not hasattr(net, "weighted_relus"):
            return math.nan
        weights = dict(net.weighted_relus())
    else:
        weights = {module: 1.0 for module in net.modules() if isinstance(module, RELUS)}
    seen: list[tuple[float, Tensor]] = []

    def keep(module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        own = args[0].clone()  # the gradient of this one reader of the tensor
        if own.requires_grad:
            own.retain_grad()
        seen.append((weights[module], own))
        return (own.clone(),)

    for module in weights:
        module.register_forward_pre_hook(keep)
    x, y = batches[0]
    loss(net(x), y).backward()
    kernel = np.zeros((len(x), len(x)))
    for weight, own in seen:
        for values in (own.detach(), own.grad):
            if values is None:
                continue
            corr = np.abs(correlation(values.flatten(1).double().numpy()))
            if np.isfinite(corr).all():
                kernel += weight * corr
    return log_det(kernel) if seen else math.nan


def wrcor_unweighted(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """wrcor with every weight 1."""
    return wrcor(net, batches, loss, weighted=False)


def rbflex(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, inputs: int = 3,
           widths: tuple[float, float] = (2.68690173088039e-12, 1.02460061284506e-11)) -> float:
    """N (log |K| + log |Q|) of N inputs run one at a time (tomomasayamasaki/RBFleX-NAS RBFleX_NAS-Bench-201.py).

    K: outputs of the modules with ReLU in their class names; Q: what enters the module that is declared last. Columns
    are scaled to [0, 1] over the inputs, a kernel is exp(-width |x_i - x_j|^2).
    """
    net = fresh(net)
    seen: dict[str, list[Tensor]] = {"relu": [], "last": []}
    for module in net.modules():
        if "ReLU" in type(module).__name__:
            module.register_forward_hook(lambda module, args, out: seen["relu"].append(out.clone().flatten()))
    list(net.modules())[-1].register_forward_pre_hook(lambda module, args: seen["last"].append(args[0].flatten()))
    rows: dict[str, list[Tensor]] = {"relu": [], "last": []}
    with torch.no_grad():
        for n in range(inputs):
            seen["relu"], seen["last"] = [], []
            net(batches[0][0][n:n + 1])
            if not seen["relu"] or not seen["last"]:
                return math.nan
            for kind, outputs in seen.items():
                rows[kind].append(torch.cat(outputs))
    total = 0.0
    for kind, width in zip(("relu", "last"), widths):
        x = torch.stack(rows[kind]).double().numpy()
        low, high = x.min(0), x.max(0)
        x = (x - low) / np.where(high > low, high - low, 1)
        apart = np.array([[((a - b) ** 2).sum() for b in x] for a in x])
        total += float(np.linalg.slogdet(np.exp(-width * apart))[1])
    return finite(inputs * total)


# --- Expressivity -----------------------------------------------------------------------------------------------------

def zen(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, *, noise: Tensor, mixup: float = 0.01) -> float:
    """log(mean_n sum |f(x) - f(x + mixup * noise)|) + sum_BN log sqrt(mean_c running_var).

    f = input of the global average pool, taken as the input of the last AdaptiveAvgPool2d that runs. Both forwards
    update running_var, which starts from the network's own (idstcv/ZenNAS compute_zen_score.py). BatchNorm without
    affine weights or statistics is left out, as in NASLib.
    """
    net = fresh(net)
    x = batches[0][0]
    pooled: list[Tensor] = []
    for module in net.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            module.register_forward_pre_hook(lambda module, args: pooled.append(args[0]))
    with torch.no_grad():
        net(x)
        if not pooled:
            return math.nan
        before = pooled[-1]
        net(x + mixup * noise.to(x.dtype))
        delta = float((before - pooled[-1]).double().abs().sum() / len(x))
    if not delta > 0:
        return math.nan
    scale = sum(math.log(math.sqrt(float(module.running_var.double().mean())))
                for module in net.modules()
                if isinstance(module, nn.BatchNorm2d) and module.affine and module.track_running_stats)
    return math.log(delta) + scale


def block_features(net: nn.Module, x: Tensor) -> list[Tensor]:
    """The outputs of stem and cells, each an independent starting point of autograd."""
    features: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Tensor], out: Tensor) -> None:
        features.append(out)

    for block in net.feature_blocks():
        block.register_forward_hook(keep)
    net(x)
    return features


def block_entropies(net: nn.Module, x: Tensor) -> list[float]:
    """Entropy of the eigenvalues of each block output's channel covariance: -sum p log(p + 1e-8)."""
    entropies = []
    for features in block_features(fresh(net), x):
        rows = channel_rows(features.detach())
        rows = rows - rows.mean(1, keepdim=True)
        eigenvalues = torch.linalg.eigvalsh(rows @ rows.T / rows.shape[1]).clamp(min=0)
        p = eigenvalues / eigenvalues.sum()
        entropies.append(float(-(p * torch.log(p + 1e-8)).sum()))
    return entropies


def expressivity(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Sum of the block entropies (cvlab-yonsei/AZ-NAS compute_az_nas_score.py), eigenvalues in float64, clamped at 0."""
    if not hasattr(net, "feature_blocks"):
        return math.nan
    return finite(sum(block_entropies(net, batches[0][0])))


def progressivity(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Smallest increase of the block entropy from a block to the next (AZ-NAS)."""
    if not hasattr(net, "feature_blocks"):
        return math.nan
    entropies = block_entropies(net, batches[0][0])
    return finite(min(b - a for a, b in zip(entropies, entropies[1:]))) if np.isfinite(entropies).all() else math.nan


def trainability(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, *, signs: Tensor) -> float:
    """Mean over consecutive blocks of 2 - s - 1/(s + 1e-6), s the largest singular value of g_in^T g_out / (B Ho Wo).

    g_out = +-1 on the block's output, g_in its vector-Jacobian product, space-to-depth if the block halves the map.
    Each block takes the first numbers of `signs`, in the order of a contiguous NCHW tensor. A block whose g_in equals
    g_out gives -inf (AZ-NAS compute_az_nas_score.py), here nan.
    """
    if not hasattr(net, "feature_blocks"):
        return math.nan
    net = fresh(net)
    features = block_features(net, batches[0][0])
    scores = []
    for f_in, f_out in zip(features, features[1:]):
        g_out = signs[:f_out.numel()].reshape(f_out.shape).to(f_out.dtype)
        g_in = None
        if f_in.requires_grad and f_out.requires_grad:
            g_in = torch.autograd.grad(f_out, f_in, g_out, retain_graph=True, allow_unused=True)[0]
        g_in = torch.zeros_like(f_in) if g_in is None else g_in
        if g_in.shape == g_out.shape and torch.equal(g_in, g_out):
            return math.nan
        if g_in.shape[2] != g_out.shape[2]:
            g_in = F.pixel_unshuffle(g_in, g_in.shape[2] // g_out.shape[2])
        rows = g_out.permute(0, 2, 3, 1).reshape(-1, g_out.shape[1]).double()
        columns = g_in.permute(0, 2, 3, 1).reshape(-1, g_in.shape[1]).double()
        s = float(torch.linalg.svdvals(columns.T @ rows / len(rows)).max())
        scores.append(2.0 - s - 1.0 / (s + 1e-6))
    return finite(float(np.mean(scores)))


def first_sample_features(net: nn.Module, x: Tensor, leaves: bool = False) -> list[Tensor]:
    """Output of the first sample, C x rest in float64, of every module that runs: the root and containers too.

    `leaves` takes the modules without children only.
    """
    net = fresh(net)
    seen: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Tensor], out: Tensor) -> None:
        seen.append(out[0].detach().clone().double().reshape(out.shape[1], -1))

    for module in net.modules():
        if not leaves or not list(module.children()):
            module.register_forward_hook(keep)
    with torch.no_grad():
        net(x)
    return seen


def smallest_correlation_eigenvalue(rows: Tensor) -> float:
    corr = np.nan_to_num(correlation(rows.numpy()), nan=0.0, posinf=0.0, neginf=0.0)
    return float(np.linalg.eigvalsh(corr)[0])


def meco(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, leaves: bool = False) -> float:
    """Sum over all modules of the smallest eigenvalue of the channel correlation of the first sample's output.

    nan entries of the correlation count as 0 (HamsterMimi/MeCo measures/meco.py). Eigenvalues symmetric, in float64.
    """
    return sum(smallest_correlation_eigenvalue(rows) for rows in first_sample_features(net, batches[0][0], leaves))


def meco_leaves(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """meco over the modules without children, for readers of a network that do not see its containers."""
    return meco(net, batches, loss, leaves=True)


def meco_opt(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, channels: int = 8) -> float:
    """meco on the first 8 channels (all of them if there are fewer), each eigenvalue times C/8 (MeCo, `meco_opt`)."""
    return sum(smallest_correlation_eigenvalue(rows[:channels]) * len(rows) / channels
               for rows in first_sample_features(net, batches[0][0]))


def near(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, offset: int = 0) -> float:
    """Sum of effective ranks exp(-sum p log p), p = s / sum s, of C rows of each output (ReiherGroup/NEAR).

    Outputs of modules that have a weight and of activations. A map NCHW gives the N*W*H rows of transpose(1, 3), a
    sequence or vector its tokens; C consecutive rows from `offset` are taken, fewer if there are fewer. Rows of zeros
    add 0.
    """
    net = fresh(net)
    seen: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Tensor], out: Tensor) -> None:
        rows = out.detach().clone().double()
        rows = rows.transpose(1, 3) if rows.dim() == 4 else rows
        rows = rows.reshape(-1, rows.shape[-1])
        seen.append(rows[offset:offset + rows.shape[1]])

    for module in net.modules():
        if isinstance(getattr(module, "weight", None), Tensor) or isinstance(module, ACTIVATIONS):
            module.register_forward_hook(keep)
    with torch.no_grad():
        net(batches[0][0])
    total = 0.0
    for rows in seen:
        s = torch.linalg.svdvals(rows)
        if s[0] > 0:
            p = s / s.sum()
            total += float(torch.exp(-torch.nan_to_num(p * p.log()).sum()))
    return total


def stable_rank(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Sum over BatchNorm outputs M (C x BHW, uncentred) of |M|_F^2 / |M|_2^2; an output of zeros gives 0."""
    outputs = outputs_of(fresh(net), (nn.BatchNorm2d,), batches[0][0])
    total = 0.0
    for out in outputs:
        rows = channel_rows(out)
        eigenvalues = torch.linalg.eigvalsh(rows @ rows.T)
        if eigenvalues[-1] > 0:
            total += float(eigenvalues.sum() / eigenvalues[-1])
    return total if outputs else math.nan


def apd(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """stable_rank * sum over convolutions of |W|_1 / |W|_2 (APD)."""
    ratio = sum(float(m.weight.detach().double().abs().sum() / m.weight.detach().double().norm())
                for m in net.modules() if isinstance(m, nn.Conv2d))
    return stable_rank(net, batches) * ratio


def intrain(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """gamma (1 + o) / log(L + 1) (InTrain).

    gamma = sum over the L outputs of convolutions and linear layers of log((tr C)^2 / tr C^2), C the channel
    covariance (divided by the number of positions) + 1e-10 I. o = sum over parameter tensors of min(1, std(g) /
    (max|g| + 1e-6)), unbiased std; a tensor of one element is left out.
    """
    net = fresh(net)
    seen: list[Tensor] = []
    for layer in layers(net):
        layer.register_forward_hook(lambda module, args, out: seen.append(out.detach().clone()))
    found = gradients(net, *batches[0], loss, list(net.parameters()))
    gamma = 0.0
    for out in seen:
        rows = channel_rows(out)
        rows = rows - rows.mean(1, keepdim=True)
        covariance = rows @ rows.T / rows.shape[1] + 1e-10 * torch.eye(len(rows), dtype=rows.dtype)
        gamma += math.log(float(covariance.trace() ** 2 / (covariance @ covariance).trace()))
    health = sum(min(1.0, float(g.double().std() / (g.double().abs().max() + 1e-6))) for g in found if g.numel() > 1)
    return gamma * (1.0 + health) / math.log(len(seen) + 1.0)


def dextr_svd(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, leaves: bool = False) -> float:
    """log(1 + S), S = sum over all modules of s_min / s_max of the first sample's output C x rest; 0/0 counts as 0."""
    total = 0.0
    for rows in first_sample_features(net, batches[0][0], leaves):
        s = torch.linalg.svdvals(rows)
        if s[0] > 0:
            total += float(s[-1] / s[0])
    return math.log1p(total)


def dextr_svd_leaves(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """dextr_svd over the modules without children."""
    return dextr_svd(net, batches, loss, leaves=True)


def derivative(value: Tensor, variable: Tensor) -> Tensor:
    """d value / d variable that can be derived once more; 0 where value does not depend on the variable."""
    if not value.requires_grad:
        return torch.zeros_like(variable)
    found = torch.autograd.grad(value, variable, create_graph=True, allow_unused=True)[0]
    return torch.zeros_like(variable) if found is None else found


def curvature(net: nn.Module, circle: Tensor, coordinates: list[int]) -> float:
    """Extrinsic curvature at angle 0 of the outputs along the circle cos(t) u_0 + sin(t) u_1 of inputs.

    (v.v)^(-3/2) sqrt((v.v)(a.a) - (v.a)^2), v and a the first and second derivative of the chosen output coordinates.
    """
    net = fresh(net)
    angle = torch.zeros((), dtype=circle.dtype, requires_grad=True)
    output = net((torch.cos(angle) * circle[0] + torch.sin(angle) * circle[1]).unsqueeze(0)).flatten()
    v, a = [], []
    for k in coordinates:
        first = derivative(output[k], angle)
        v.append(float(first))
        a.append(float(derivative(first, angle)))
    v, a = np.array(v), np.array(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((v @ v) ** -1.5 * np.sqrt((v @ v) * (a @ a) - (v @ a) ** 2))


def dextr(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, *, circle: Tensor,
          coordinates: list[int]) -> float:
    """a b / (a + b), a = dextr_svd, b = log(1 + curvature); a alone where the curvature is nan (rohanasthana/Dextr)."""
    a = dextr_svd(net, batches)
    kappa = curvature(net, circle.to(batches[0][0].dtype), coordinates)
    if not math.isfinite(kappa):
        return a
    b = math.log1p(kappa)
    return finite(a * b / (a + b)) if a + b > 0 else math.nan


# --- Gradient statistics ----------------------------------------------------------------------------------------------

def zico(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_l log sum_w mean_b|g| / std_b(g), std of the signed gradients over the minibatches, ddof 0.

    Elements with std 0 are dropped, layers without any left are skipped (SLDGroup/ZiCo compute_zico.py).
    """
    net = fresh(net)
    per_batch = [layer_gradients(net, x, y, loss) for x, y in batches]
    total = 0.0
    for stack in zip(*per_batch):
        g = torch.stack(stack).double().numpy()
        std = g.std(axis=0)
        kept = std > 0
        if kept.any():
            total += math.log(float((np.abs(g).mean(axis=0)[kept] / std[kept]).sum()))
    return total


def zico_bc(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, beta: float = 1.0) -> float:
    """zico - beta sum_l log(H_l W_l / sqrt(C_l)), l over the outputs of the convolutions that run (ZiCo-BC)."""
    copied = fresh(net)
    correction = 0.0
    for out in outputs_of(copied, (nn.Conv2d,), batches[0][0]):
        correction += math.log(out.shape[2] * out.shape[3] / math.sqrt(out.shape[1]))
    return zico(net, batches, loss) - beta * correction


def l_swag(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Lambda * Psi (L-SWAG), no selection of layers.

    Lambda = sum_l log sum_w 1 / std_b|g_w| over the minibatches, ddof 0, elements with std 0 dropped. Psi = sum over
    the activations (ReLU, ReLU6, SiLU, GELU) of the number of different sign patterns of a neuron over the first
    minibatch.
    """
    copied = fresh(net)
    per_batch = [layer_gradients(copied, x, y, loss) for x, y in batches]
    strength = 0.0
    for stack in zip(*per_batch):
        std = torch.stack(stack).double().abs().numpy().std(axis=0)
        kept = std > 0
        if kept.any():
            strength += math.log(float((1.0 / std[kept]).sum()))
    outputs = outputs_of(fresh(net), GATED, batches[0][0])
    return strength * sum(neuron_patterns([out]) for out in outputs) if outputs else math.nan


def gradsign(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sum_w |sum_n sign(g_n)|, g_n from a forward of sample n alone, BatchNorm in training mode.

    cmu-catalyst/GradSign foresight/pruners/measures/grad_conflict.py (the sum, not the mean).
    """
    net = fresh(net)
    x, y = batches[0]
    totals = [torch.zeros_like(layer.weight) for layer in layers(net)]
    try:
        for n in range(len(x)):
            for total, g in zip(totals, layer_gradients(net, x[n:n + 1], y[n:n + 1], loss)):
                total += g.sign()
    except ValueError:  # a BatchNorm that sees one value a channel
        return math.nan
    return float(sum(total.abs().sum() for total in totals))


def ntk(net: nn.Module, x: Tensor) -> np.ndarray:
    """Theta = G G^T, row n of G = d(sum of the logits of sample n)/d(parameters named `weight`), one forward of the batch."""
    net = fresh(net)
    weights = [p for name, p in net.named_parameters() if "weight" in name]
    logits = net(x)
    rows = []
    for n in range(len(x)):
        found = torch.autograd.grad(logits[n].sum(), weights, retain_graph=True, allow_unused=True)
        rows.append(torch.cat([g.flatten() for g in found if g is not None]).double())
    matrix = torch.stack(rows)
    return (matrix @ matrix.T).numpy()


def ntk_condition(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Largest over smallest eigenvalue of the NTK; lower is better (VITA-Group/TENAS lib/procedures/ntk.py)."""
    eigenvalues = np.linalg.eigvalsh(ntk(net, batches[0][0]))
    return finite(eigenvalues[-1] / eigenvalues[0]) if eigenvalues[0] > 1e-14 * eigenvalues[-1] else math.nan


def ntk_trace(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """sqrt(trace of the NTK / number of samples) (Auto-Prox, EMQ)."""
    theta = ntk(net, batches[0][0])
    return math.sqrt(float(np.trace(theta)) / len(theta))


def knas(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, tensors: int = 11, least: int = 50) -> float:
    """Mean Gram of gradients between the first and the second half of n minibatches, without updates.

    For the first 11 parameter tensors (in order of declaration) with at least 50 elements and for each of their first
    50 entries: a, b = the entry's gradient over the minibatches of each half, each centred; sum of a.b / n^2
    (Jingjing-NLP/KNAS exps/NAS-Bench-201/functions.py, there n = 50).
    """
    net = fresh(net)
    chosen = [p for p in net.parameters() if p.numel() >= least][:tensors]
    half = len(batches) // 2
    per_batch = [torch.cat([g.flatten()[:least] for g in gradients(net, x, y, loss, chosen)]).double()
                 for x, y in batches[:2 * half]]
    g = torch.stack(per_batch)
    a, b = g[:half] - g[:half].mean(0), g[half:] - g[half:].mean(0)
    return float((a * b).sum() / (2 * half) ** 2)


# --- Fisher spectrum --------------------------------------------------------------------------------------------------

def softmax_cholesky(logits: np.ndarray) -> np.ndarray:
    """L with L L^T = diag(p) - p p^T in closed form, p the smoothed softmax as released.

    The release keeps 0.05 in a half-precision tensor, so p = 0.9502 softmax + 0.004997 (10 classes) instead of .95
    and .005.
    """
    classes = len(logits)
    alpha = np.float16(0.05)
    softmax = np.exp(logits - logits.max())
    share = np.float16(np.float32(alpha) / np.float32(classes))
    p = softmax / softmax.sum() * float(np.float16(1) - alpha) + float(share)
    q = 1.0 - np.cumsum(p)
    q[-1] = 0.0
    previous = np.concatenate([[1.0], q[:-1]])
    d = np.sqrt(p * q / previous)
    lower = np.diag(d)
    for j in range(classes - 1):
        lower[j + 1:, j] = -p[j + 1:] / q[j] * d[j]
    return lower


def vkdnw_entropy(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy, transposed: bool = False,
                  tensors: int = 128) -> float:
    """Entropy of nine quantiles of the spectrum of F = mean_n (M J_n)^T (M J_n), from 0 to log 9.

    J_n = d(logits of sample n)/d(first scalar of each of the first 128 parameter tensors), eval mode. M = L as
    released, L^T for the true Fisher information (`transposed`). ondratybl/VKDNW
    NB201/ZeroShotProxy/compute_vkdnw_score.py.
    """
    net = fresh(net).eval()
    parameters = list(net.parameters())[:tensors]
    logits = net(batches[0][0])
    fisher_matrix = np.zeros((len(parameters), len(parameters)))
    for n in range(len(logits)):
        jacobian = np.zeros((logits.shape[1], len(parameters)))
        for k in range(logits.shape[1]):
            found = torch.autograd.grad(logits[n, k], parameters, retain_graph=True, allow_unused=True)
            jacobian[k] = [0.0 if g is None else float(g.flatten()[0]) for g in found]
        lower = softmax_cholesky(logits[n].detach().double().numpy())
        product = (lower.T if transposed else lower) @ jacobian
        fisher_matrix += product.T @ product / len(logits)
    spectrum = np.linalg.svd(fisher_matrix, compute_uv=False)
    quantiles = np.quantile(spectrum, np.arange(1, 10) / 10)
    t = quantiles / (quantiles.sum() + 1e-10)
    return finite(float(-np.sum(t * np.log(t + 1e-10))))


def vkdnw(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Number of parameter tensors + vkdnw_entropy, as released."""
    return len(list(net.parameters())) + vkdnw_entropy(net, batches)


def vkdnw_fim(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Number of parameter tensors + the entropy of the true Fisher information."""
    return len(list(net.parameters())) + vkdnw_entropy(net, batches, transposed=True)


# --- Transformers -----------------------------------------------------------------------------------------------------

def dss(net: nn.Module, batches: Batches, loss: Loss = F.cross_entropy) -> float:
    """Sum over attention weights of |dR/dW|_nuc |W|_nuc + sum over the other linear layers of |w dR/dw|.

    Every tensor absolute, an input of ones, R = sum of the outputs. Attention weights: linear layers named `qkv` and
    square ones. The patch embedding (a convolution) is left out (decemberzhou/TF_TAS
    lib/training_free/indicators/dss.py).
    """
    net = fresh(net)
    linear = [(name, module) for name, module in net.named_modules() if isinstance(module, nn.Linear)]
    if not any("qkv" in name for name, _ in linear):
        return math.nan
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.abs_()
    net(torch.ones_like(batches[0][0][:1])).sum().backward()
    total = 0.0
    for name, module in linear:
        w, g = module.weight.detach().double(), module.weight.grad.double()
        if "qkv" in name or module.in_features == module.out_features:
            total += float(torch.linalg.svdvals(g).sum() * torch.linalg.svdvals(w).sum())
        else:
            total += float((w * g).abs().sum())
    return total
