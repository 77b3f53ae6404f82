"""Small transformers of the spaces flexibert, autoformer and pit, and the proxies of transformers by hooks.

    nice /usr/bin/python3 tests/reference/transformers.py

Writes tests/golden/transformers.json: outputs and scores in float64. Weights, inputs and signs are not stored: number i
of a name is uniform(i, name), which the C++ test computes too. Modules are named as the spaces' programs name their
parameters.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn
import torch.nn.functional as F

import proxies

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SAMPLES, TOKENS, WORDS = 4, 12, 30522


def name_hash(name: str) -> int:
    """FNV-1a."""
    h = 0x811C9DC5
    for c in name.encode():
        h = (h ^ c) * 0x01000193 & 0xFFFFFFFF
    return h


def uniform(count: int, name: str) -> numpy.ndarray:
    """In [0, 1), float64: MurmurHash3's finaliser of the number plus the hash of the name."""
    z = (numpy.arange(count, dtype=numpy.uint64) + name_hash(name)) * 0x9E3779B9 & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        z = (z ^ z >> shift) * factor & 0xFFFFFFFF
    return (z ^ z >> 16) / 2.0 ** 32


# --- Networks ---------------------------------------------------------------------------------------------------------

def heads_of(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


class Softmax(nn.Softmax):
    """A module of its own, so that hooks see the weights of attention."""


def hidden_from(scores: Tensor, seen: Tensor | None) -> Tensor:
    """Scores [N, heads, T, T] of which padding gets none, as Hugging Face's BERT adds it; seen [N, T], or None."""
    return scores if seen is None else scores + torch.zeros(seen.shape).masked_fill(~seen, -math.inf)[:, None, None]


class SelfAttention(nn.Module):
    seen: Tensor | None = None

    def __init__(self, hidden: int, heads: int, weighted: bool):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.weight = nn.Linear(hidden, hidden, bias=False) if weighted else nn.Identity()
        self.softmax = Softmax(-1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (heads_of(t, self.heads) for t in (self.weight(self.query(x)), self.key(x), self.value(x)))
        scores = hidden_from(q @ k.transpose(2, 3) / math.sqrt(q.shape[3]), self.seen)
        return (self.softmax(scores) @ v).transpose(1, 2).flatten(2)


class Transform(nn.Module):
    def __init__(self, hidden: int, heads: int, fourier: bool):
        super().__init__()
        self.heads, self.fourier = heads, fourier
        self.input = nn.Linear(hidden, hidden)

    @staticmethod
    def cosine(x: Tensor) -> Tensor:
        """DCT-II of the last axis, as scipy.fft.dct(x)."""
        n = x.shape[-1]
        mirrored = torch.fft.fft(torch.cat([x, x.flip(-1)], -1))[..., :n]
        return (mirrored * torch.exp(-1j * math.pi * torch.arange(n) / (2 * n))).real

    def forward(self, x: Tensor) -> Tensor:
        y = heads_of(self.input(x), self.heads)
        y = torch.fft.fft2(y).real if self.fourier else self.cosine(self.cosine(y).transpose(2, 3)).transpose(2, 3)
        return y.transpose(1, 2).flatten(2)


class Separable(nn.Module):
    def __init__(self, hidden: int, out: int, kernel: int):
        super().__init__()
        self.depthwise = nn.Conv1d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden, bias=False)
        self.pointwise = nn.Conv1d(hidden, out, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(out, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (self.pointwise(self.depthwise(x.transpose(1, 2))) + self.bias).transpose(1, 2)


class ConvAttention(nn.Module):
    """ConvBERT's: the sum over a window of tokens, by weights that depend on the token in its middle."""

    seen: Tensor | None = None

    def __init__(self, hidden: int, heads: int, kernel: int):
        super().__init__()
        self.kernel, self.heads = kernel, max(1, heads // 2)
        inner = self.heads * (hidden // heads)
        self.query, self.key, self.value = (nn.Linear(hidden, inner) for _ in range(3))
        self.key_conv_attn_layer = Separable(hidden, inner, kernel)
        self.conv_kernel_layer = nn.Linear(inner, self.heads * kernel)
        self.conv_out_layer = nn.Linear(hidden, inner)
        self.softmax = Softmax(-1)

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x)
        q, k, v = (heads_of(t, self.heads) for t in (query, self.key(x), self.value(x)))
        kernels = self.conv_kernel_layer(self.key_conv_attn_layer(x) * query).unflatten(2, (self.heads, self.kernel))
        windows = F.pad(self.conv_out_layer(x), (0, 0, self.kernel // 2, self.kernel // 2)).unfold(1, self.kernel, 1)
        windows = windows.unflatten(2, (self.heads, -1))
        mixed = torch.einsum("nthdk,nthk->nthd", windows, kernels.softmax(-1)).flatten(2)
        scores = hidden_from(q @ k.transpose(2, 3) / math.sqrt(q.shape[3]), self.seen)
        attended = (self.softmax(scores) @ v).transpose(1, 2).flatten(2)
        return torch.cat([attended, mixed], 2)


class Output(nn.Module):
    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.dense, self.LayerNorm = nn.Linear(inputs, hidden), nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(y) + x)


class Operation(nn.Module):
    def __init__(self, hidden: int, kind: str, parameter: str, heads: int):
        super().__init__()
        self.operation: nn.Module
        if kind == "SA":
            self.operation = SelfAttention(hidden, heads, parameter == "WMA")
        elif kind == "LT":
            self.operation = Transform(hidden, heads, parameter == "DFT")
        else:
            self.operation = ConvAttention(hidden, heads, int(parameter))
        self.output = Output(hidden, hidden) if kind != "LT" else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.operation(x)
        return y if self.output is None else self.output(y, x)


class Intermediate(nn.Module):
    def __init__(self, hidden: int, width: int, depth: int):
        super().__init__()
        self.dense_in = nn.Linear(hidden, width)
        self.dense_list = nn.ModuleList([nn.Linear(width, width) for _ in range(depth - 1)])
        self.act = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.dense_in(x))
        for dense in self.dense_list:
            x = self.act(dense(x))
        return x


class EncoderLayer(nn.Module):
    def __init__(self, hidden: int, spec: str):
        super().__init__()
        kind, parameter, heads, width, depth = spec.split("-")
        self.operation = Operation(hidden, kind, parameter, int(heads))
        self.intermediate = Intermediate(hidden, int(width), int(depth))
        self.output = Output(int(width), hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = self.operation(x)
        return self.output(self.intermediate(x), x)


class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(WORDS, 128)
        self.position_embeddings = nn.Embedding(512, 128)
        self.token_type_embeddings = nn.Embedding(2, 128)
        self.LayerNorm = nn.LayerNorm(128, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        words = x if x.is_floating_point() else self.word_embeddings(x)
        return self.LayerNorm(words + self.token_type_embeddings.weight[0]
                              + self.position_embeddings.weight[:words.shape[1]])


def shown(words: Tensor) -> Tensor:
    return torch.where(words < 0, -1 - words, words)


class FlexiBert(nn.Module):
    """Words [N, T], or their embeddings [N, T, 128], to features [N, T, hidden], or to logits. Padding is -1 - word; of
    embeddings set_seen() says it."""

    seen: Tensor | None = None

    def __init__(self, spec: str, classes: int = 0):
        super().__init__()
        size, *layers = spec.split("/")
        hidden = int(size[1:])
        self.embeddings = Embeddings()
        self.embeddings_project = nn.Linear(128, hidden) if hidden != 128 else nn.Identity()
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList([EncoderLayer(hidden, layer) for layer in layers])
        self.classifier = nn.Linear(hidden, classes) if classes else None

    def set_seen(self, seen: Tensor | None) -> None:
        """Booleans [N, T]; None: every word is seen."""
        for module in self.modules():
            if isinstance(module, (FlexiBert, SelfAttention, ConvAttention)):
                module.seen = seen

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_floating_point():
            self.set_seen(x >= 0 if (x < 0).any() else None)
            x = shown(x)
        x = self.embeddings_project(self.embeddings(x))
        for layer in self.encoder.layer:
            x = layer(x)
        if self.classifier is None:
            return x
        if self.seen is None:
            return self.classifier(x.mean(1))
        seen = self.seen.to(x.dtype)[:, :, None]
        return self.classifier((x * seen).sum(1) / seen.sum(1))


class PackedAttention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.softmax = Softmax(-1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (heads_of(t, self.heads) for t in self.qkv(x).chunk(3, 2))
        return self.proj((self.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[3])) @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), PackedAttention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class AutoFormer(nn.Module):
    def __init__(self, spec: str, size: int, classes: int):
        super().__init__()
        first, *blocks = spec.split("-")
        width = int(first[1:])
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, 16, 16)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // 16) ** 2 + 1, width))
        self.blocks = nn.Sequential(*[
            Block(width, int(heads), int(float(ratio) * width)) for heads, ratio in (b.split("x") for b in blocks)])
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 1:].mean(1))


class RelativePositions(nn.Module):
    """Vectors for pairs of tokens, of a class token and a square map (Cream/AutoFormer, multihead_super.py)."""

    def __init__(self, width: int, farthest: int = 14):
        super().__init__()
        self.farthest = farthest
        self.embeddings_table_v = nn.Parameter(torch.zeros(2 * farthest + 2, width))
        self.embeddings_table_h = nn.Parameter(torch.zeros(2 * farthest + 2, width))

    def forward(self, tokens: int) -> Tensor:
        side = math.isqrt(tokens - 1)
        vectors = []
        for q in range(tokens):
            for k in range(tokens):
                if 0 in (q, k):
                    v = h = 0
                else:
                    v, h = ((max(-self.farthest, min(self.farthest, b - a)) + self.farthest + 1)
                            for a, b in zip(divmod(q - 1, side), divmod(k - 1, side)))
                vectors.append(self.embeddings_table_v[v] + self.embeddings_table_h[h])
        return torch.stack(vectors).reshape(tokens, tokens, -1)


class RelativeAttention(PackedAttention):
    """Heads of 64 features, whatever the width; positions are added to keys and to values."""

    def __init__(self, width: int, heads: int):
        super().__init__(width, heads)
        self.qkv, self.proj = nn.Linear(width, 3 * 64 * heads), nn.Linear(64 * heads, width)
        self.rel_pos_embed_k, self.rel_pos_embed_v = RelativePositions(64), RelativePositions(64)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (heads_of(t, self.heads) for t in self.qkv(x).chunk(3, 2))
        tokens = x.shape[1]
        scores = torch.einsum("nhqd,nhqkd->nhqk", q, k.unsqueeze(2) + self.rel_pos_embed_k(tokens)) / 8
        mixed = torch.einsum("nhqk,nhqkd->nhqd", self.softmax(scores), v.unsqueeze(2) + self.rel_pos_embed_v(tokens))
        return self.proj(mixed.transpose(1, 2).flatten(2))


class AutoFormerSmall(AutoFormer):
    """Microsoft's: LayerNorm's epsilon is PyTorch's."""

    def __init__(self, spec: str, size: int, classes: int):
        super().__init__(spec, size, classes)
        for block in self.blocks:
            block.attn = RelativeAttention(block.norm1.normalized_shape[0], block.attn.heads)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-5


class Pooling(nn.Module):
    def __init__(self, width: int, out: int):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(width, out, 3, 2, 1, groups=width), nn.Linear(width, out)

    def forward(self, x: Tensor, side: int) -> Tensor:
        pixels = x[:, 1:].transpose(1, 2).unflatten(2, (side, side))
        return torch.cat([self.fc(x[:, :1]), self.conv(pixels).flatten(2).transpose(1, 2)], 1)


class Pit(nn.Module):
    def __init__(self, spec: str, size: int, classes: int):
        super().__init__()
        base, ratio, depths, heads = (part[1:] for part in spec.split("-"))
        depth, head = ([int(n) for n in part.split(".")] for part in (depths, heads))
        width = [int(base) * h for h in head]
        self.side = (size - 16) // 8 + 1
        self.patch_embed = nn.Module()
        self.patch_embed.conv = nn.Conv2d(3, width[0], 16, 8)
        self.pos_embed = nn.Parameter(torch.zeros(1, width[0], self.side, self.side))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width[0]))
        self.transformers = nn.ModuleList()
        for d, h, w in zip(depth, head, width):
            stage = nn.Module()
            stage.blocks = nn.Sequential(*[Block(w, h, w * int(ratio)) for _ in range(d)])
            self.transformers.append(stage)
        self.pools = nn.ModuleList([Pooling(a, b) for a, b in zip(width, width[1:])])
        self.norm, self.head = nn.LayerNorm(width[2], eps=1e-6), nn.Linear(width[2], classes)

    def forward(self, x: Tensor) -> Tensor:
        x = (self.patch_embed.conv(x) + self.pos_embed).flatten(2).transpose(1, 2)
        x, side = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1), self.side
        for i, stage in enumerate(self.transformers):
            if i > 0:
                x, side = self.pools[i - 1](x, side), (side + 1) // 2
            x = stage.blocks(x)
        return self.head(self.norm(x[:, 0]))


def set_weights(net: nn.Module) -> nn.Module:
    for name, parameter in net.named_parameters():
        u = 2 * uniform(parameter.numel(), name) - 1
        norm = parameter.dim() == 1 and name.endswith("weight")
        values = 1 + 0.5 * u if norm else (0.1 if parameter.dim() == 1 else 0.12) * u
        parameter.data = torch.tensor(values.astype(numpy.float32)).reshape(parameter.shape)
    return net.double().train()


# --- Proxies of transformers ------------------------------------------------------------------------------------------

class Seen:
    """One pass of random signs: outputs of modules and gradients of weights."""

    def __init__(self, net: nn.Module, x: Tensor, signs: Tensor):
        self.net = net
        self.out: dict[str, list[Tensor]] = {}
        hooks = [module.register_forward_hook(lambda m, i, o, name=name: self.out.setdefault(name, []).append(o))
                 for name, module in net.named_modules() if not list(module.children())]
        net.zero_grad()
        output = net(x)
        (output * signs[:output.numel()].reshape(output.shape)).sum().backward()
        for hook in hooks:
            hook.remove()

    def linears(self, *parts: str) -> list[tuple[str, nn.Linear]]:
        return [(n, m) for n, m in self.net.named_modules() if isinstance(m, nn.Linear) and n.endswith(parts or "")]

    def outputs(self, kind: type) -> list[Tensor]:
        return [o for n, m in self.net.named_modules() if isinstance(m, kind) for o in self.out.get(n, [])]


FEED_HEADS = (".query", ".key", ".value", ".operation.operation.weight", ".operation.operation.input", ".qkv")
OF_HEADS = FEED_HEADS + (".conv_kernel_layer", ".conv_out_layer", ".operation.output.dense", ".attn.proj")
FIRST = (".intermediate.dense_in", ".mlp.fc1")


def feed_forward(seen: Seen) -> list[tuple[str, nn.Linear]]:
    return [(n, m) for n, m in seen.linears()
            if any(part in n for part in (".intermediate.", ".mlp.")) or
            (n.endswith(".output.dense") and ".operation." not in n)]


def saliency(layers: list[tuple[str, nn.Linear]]) -> float:
    return sum((m.weight * m.weight.grad).abs().sum().item() for _, m in layers)


def head_importance(seen: Seen) -> float:
    return saliency(seen.linears(*FEED_HEADS, ".conv_out_layer"))


def synaptic_diversity(seen: Seen) -> float:
    return sum((torch.linalg.matrix_norm(m.weight, "nuc") * torch.linalg.matrix_norm(m.weight.grad, "nuc")).item()
               for _, m in seen.linears(*OF_HEADS))


def synaptic_saliency(seen: Seen) -> float:
    return saliency(feed_forward(seen))


def activation_distance(seen: Seen) -> float:
    total = 0.0
    for output in seen.outputs(nn.GELU):
        c = (output[0] > 0).double()
        total += (c @ c.T + (1 - c) @ (1 - c).T).sum().item()
    return total


def head_confidence(seen: Seen) -> float:
    total = 0.0
    for name, _ in seen.linears(*FEED_HEADS):
        for output in seen.out[name]:
            for part in output.chunk(3, 2) if name.endswith(".qkv") else (output,):
                total += part.max(1)[0].mean().item()
    return total


def head_softmax_confidence(seen: Seen) -> float:
    return sum(p.max(1)[0].mean().item() for p in seen.outputs(Softmax))


def attention_confidence(seen: Seen) -> float:
    return sum(p.max(3)[0].mean().item() for p in seen.outputs(Softmax))


def lpzero(seen: Seen) -> float:
    terms = []
    for name, module in seen.net.named_modules():
        if isinstance(module, PackedAttention):
            terms.append(seen.out[name + ".qkv"][0].chunk(3, 2)[0])
        elif isinstance(module, (SelfAttention, ConvAttention)):
            weighted = isinstance(getattr(module, "weight", None), nn.Linear)
            terms.append(seen.out[name + (".weight" if weighted else ".query")][0])
    return sum(((-q) ** 2).mean().item() for q in terms) / len(terms) if terms else math.nan


def lpzero_gpt2(net: nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
    """Of the loss of a classifier, which is left out; softmax along the first axis of the weight as it is stored."""
    x, y = batches[0]
    net.zero_grad()
    F.cross_entropy(net(x), y).backward()
    terms = [m.weight.square().mean() + torch.softmax(m.weight.grad, 0).square().mean()
             for name, m in net.named_modules() if isinstance(m, nn.Linear) and name not in ("classifier", "head")]
    return (sum(terms) / len(terms)).item()


def w_pca(seen: Seen) -> float:
    count = 0
    for name, _ in seen.linears(*FIRST):
        features = seen.out[name][0].flatten(0, 1)
        values = numpy.linalg.svd((features - features.mean(0)).detach().numpy(), compute_uv=False) ** 2
        count += int(numpy.argmax(numpy.cumsum(values) / values.sum() > 0.99)) + 1
    return float(count * sum(p.numel() for p in seen.net.parameters()))


def jacobian_rows(net: nn.Module, x: Tensor, signs: Tensor | None) -> numpy.ndarray:
    if not x.is_floating_point():
        net.set_seen(x >= 0 if (x < 0).any() else None)
        x = net.embeddings.word_embeddings(shown(x))
    x = x.detach().requires_grad_()
    output = net(x)
    target = output.sum() if signs is None else (output * signs[:output.numel()].reshape(output.shape)).sum()
    return torch.autograd.grad(target, x)[0].flatten(1).numpy()


def jacobian_cosine(rows: numpy.ndarray) -> float:
    total, n = 0.0, len(rows)
    for i in range(n):
        for j in range(n):
            if i != j:
                cosine = rows[i] @ rows[j] / numpy.linalg.norm(rows[i]) / numpy.linalg.norm(rows[j])
                total += abs(cosine) ** (1 / 20)
    return 1 - total / 2 / (n * n - n)


def jacob_cov(rows: numpy.ndarray) -> float:
    v = numpy.linalg.eigvalsh(numpy.corrcoef(rows)).clip(0) + 1e-5
    return -numpy.sum(numpy.log(v) + 1 / v)


def block_features(net: nn.Module, x: Tensor) -> list[Tensor]:
    """The tokens that enter the first block, and the sum after each residual branch (AZ-NAS: az_nas.py of its
    AutoFormer, which leaves out the former)."""
    blocks = [module for module in net.modules() if isinstance(module, Block)]
    features: list[Tensor] = []
    hooks = [blocks[0].register_forward_pre_hook(lambda m, i: features.append(i[0]))]
    for block in blocks:
        hooks.append(block.norm2.register_forward_pre_hook(lambda m, i: features.append(i[0])))
        hooks.append(block.register_forward_hook(lambda m, i, o: features.append(o)))
    net(x)
    for hook in hooks:
        hook.remove()
    return features


def expressivity(features: list[Tensor]) -> float:
    """Sum of the entropies of the eigenvalues of the covariance between features."""
    total = 0.0
    for one in features:
        p = torch.linalg.eigvalsh(torch.cov(one.detach().flatten(0, 1).T, correction=0)).clamp(min=0)
        p = p / p.sum()
        total -= float((p * torch.log(p + 1e-8)).sum())
    return total


def trainability(features: list[Tensor], signs: Tensor) -> float:
    """Mean of 2 - s - 1/(s + 1e-6), as in proxies.py; nan where a block changes the number of tokens."""
    scores = []
    for before, after in zip(features, features[1:]):
        if before.shape[1] != after.shape[1]:
            return math.nan
        down = signs[:after.numel()].reshape(after.shape)
        (up,) = torch.autograd.grad(after, before, down, retain_graph=True)
        s = float(torch.linalg.matrix_norm(torch.einsum("nti,nto->io", up, down) / after[..., 0].numel(), 2))
        scores.append(2 - s - 1 / (s + 1e-6))
    return sum(scores) / len(scores)


def dss(net: nn.Module, signs: Tensor) -> float:
    """Of a headless encoder: absolute weights, embeddings of ones, random signs times the output."""
    copy = proxies.copy.deepcopy(net)
    for parameter in copy.parameters():
        parameter.data.abs_()
    copy.set_seen(None)
    output = copy(torch.ones(1, TOKENS, 128, dtype=torch.float64))
    (output * signs[:output.numel()].reshape(output.shape)).sum().backward()
    total = 0.0
    for name, module in copy.named_modules():
        if isinstance(module, nn.Linear):
            w, g = module.weight, module.weight.grad
            heads = name.endswith(FEED_HEADS) or w.shape[0] == w.shape[1]
            norm = torch.linalg.matrix_norm
            total += (norm(w, "nuc") * norm(g, "nuc") if heads else (w * g).abs().sum()).item()
    return total


TRANSFORMER = [head_importance, head_confidence, head_softmax_confidence, attention_confidence, synaptic_diversity,
               synaptic_saliency, activation_distance, lpzero, w_pca]
# Of proxies.py, on classifiers.
OTHERS = ["params", "grad_norm", "snip", "plain", "grasp", "fisher", "zico", "gradsign", "ntk_trace"]
OF_IMAGES = ["synflow", "l2_norm", "dss", "near"]


def cases() -> list[tuple[str, str, nn.Module, int, int, bool]]:
    """Space, spec, network, height of images (or number of tokens), classes, whether texts are padded."""
    every = "h256/DSC-5-4-512-1/LT-DFT-4-512-3/SA-SDP-2-512-1/DSC-9-2-512-1"
    two = "h128/SA-WMA-4-512-3/LT-DCT-2-512-1"
    deit, small, pit = "e24-3x3.5-4x2-2x4", "e20-1x3.5-2x2", "b8-r2-d1.1.2-h2.4.4"
    return [("flexibert", every, FlexiBert(every), TOKENS, 0, False),
            ("flexibert", two, FlexiBert(two), TOKENS, 0, False),
            ("flexibert", two, FlexiBert(two, 3), TOKENS, 3, False),
            ("flexibert", every, FlexiBert(every), TOKENS, 0, True),
            ("flexibert", two, FlexiBert(two, 3), TOKENS, 3, True),
            ("autoformer", deit, AutoFormer(deit, 64, 10), 64, 10, False),
            ("autoformer-small", small, AutoFormerSmall(small, 64, 10), 64, 10, False),
            ("pit", pit, Pit(pit, 48, 10), 48, 10, False)]


def main() -> None:
    torch.set_num_threads(1)
    results = []
    for space, spec, net, size, classes, padded in cases():
        set_weights(net)
        if space == "flexibert":
            words = numpy.floor(uniform(2 * SAMPLES * size, "words") * WORDS)
            x = torch.tensor(words).long().reshape(2 * SAMPLES, size)
            if padded:
                lengths = torch.tensor([size - 5 * i % 9 for i in range(2 * SAMPLES)])
                x = torch.where(torch.arange(size) < lengths[:, None], x, -1 - x)
        else:
            values = (2 * uniform(2 * SAMPLES * 3 * size * size, "images") - 1).astype(numpy.float32)
            x = torch.tensor(values).double().reshape(2 * SAMPLES, 3, size, size)
        signs = torch.tensor(numpy.where(uniform(1 << 16, "signs") < 0.5, -1.0, 1.0))
        seen = Seen(net, x[:SAMPLES], signs)
        scores = {f.__name__: f(seen) for f in TRANSFORMER}
        rows = jacobian_rows(net, x[:SAMPLES], None if classes else signs)
        scores.update(jacobian_cosine=jacobian_cosine(rows), jacob_cov=jacob_cov(rows))
        if space != "flexibert":
            features = block_features(net, x[:SAMPLES])
            scores.update(expressivity=expressivity(features), trainability=trainability(features, signs))
        if not classes:
            scores["dss"] = dss(net, signs)
        if classes:
            labels = torch.tensor(numpy.floor(uniform(2 * SAMPLES, "labels") * classes)).long()
            batches = [(x[:SAMPLES], labels[:SAMPLES]), (x[SAMPLES:], labels[SAMPLES:])]
            names = OTHERS + (OF_IMAGES if space != "flexibert" else [])
            if space == "flexibert":
                # Behind a cosine transform GELU's derivative is 1 + erf(-10), rounding noise, of which zico takes ratios.
                names = [name for name in names if name != "zico"]
            scores.update({name: getattr(proxies, name)(net, batches) for name in names})
            scores["lpzero_gpt2"] = lpzero_gpt2(net, batches)
        with torch.no_grad():
            flat = net(x[:SAMPLES]).flatten()
        every = len(flat) // 60 + 1
        results.append({"space": space, "spec": spec, "size": size, "classes": classes, "padded": padded, "samples": SAMPLES,
                        "every": every, "output": flat[::every].tolist(),
                        "scores": {k: v if math.isfinite(v) else None for k, v in scores.items()}})
        print(space, spec, results[-1]["scores"], flush=True)
    (GOLDEN / "transformers.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
