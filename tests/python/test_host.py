"""What scoring leaves as it was: the module, torch's settings, the process."""

import ctypes
import gc
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import zcp
from networks import EXPORTS, images, small


def snapshot(module):
    return {
        "state": {name: one.clone() for name, one in module.state_dict().items()},
        "modes": [one.training for one in module.modules()],
        "grads": [None if one.grad is None else one.grad.clone() for one in module.parameters()],
        "asks": [one.requires_grad for one in module.parameters()],
        "ids": [id(one) for one in [*module.parameters(), *module.buffers()]],
        "versions": [one._version for one in [*module.parameters(), *module.buffers()]],
        "hooks": [len(one._forward_hooks) for one in module.modules()],
        "keys": [sorted(one.__dict__) for one in module.modules()],
    }


def assert_same(left, right):
    for name in ("modes", "asks", "ids", "versions", "hooks", "keys"):
        assert left[name] == right[name], name
    assert left["state"].keys() == right["state"].keys()
    for name, value in left["state"].items():
        assert torch.equal(value, right["state"][name]), name
    for one, other in zip(left["grads"], right["grads"]):
        assert (one is None) == (other is None) and (one is None or torch.equal(one, other))


@pytest.mark.parametrize("way", ["trace", "record"] + ["export"] * EXPORTS)
@pytest.mark.parametrize("train", [True, False])
def test_the_module_stays_as_it_is(way, train):
    x, y = images(8)
    module = small(dropout=0.2).train(train)
    module.blocks[0].eval()
    module.stem.weight.requires_grad_(False)
    F.cross_entropy(module(x), y).backward()
    before = snapshot(module)
    zcp.score(module, [(x, y), (x, y)], "all", capture=way)
    assert_same(before, snapshot(module))


def test_random_states_stay_as_they_are():
    torch.manual_seed(7)
    expected = torch.rand(4)
    torch.manual_seed(7)
    zcp.score(small(dropout=0.5), images(8), "core,zen", init="kaiming_normal")
    assert torch.equal(torch.rand(4), expected)


class Drawing(nn.Module):
    """Draws from every generator that there is."""

    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        random.random(), numpy.random.rand(), torch.rand(1)
        return self.body(x)


def test_random_states_of_python_and_numpy_stay_as_they_are():
    def drawn():
        return random.random(), numpy.random.rand(), torch.rand(1).item()

    def seed():
        random.seed(3), numpy.random.seed(3), torch.manual_seed(3)

    seed()
    expected = drawn()
    seed()
    zcp.score(Drawing(), images(8), "grad_norm")
    assert drawn() == expected


def test_the_data_stay_as_they_are():
    x, y = images(8)
    kept = x.clone(), y.clone()
    x.requires_grad_(True)
    zcp.score(small(), (x, y), "core,jacob_cov,grasp")
    assert torch.equal(x, kept[0]) and torch.equal(y, kept[1])
    assert x.grad is None and x._version == 0


def blas_threads():
    """OpenBLAS's, where torch has it."""
    for line in open("/proc/self/maps", encoding="utf-8"):
        path = line.split()[-1]
        if "openblas" in path and path.startswith("/"):
            library = ctypes.CDLL(path)
            if hasattr(library, "openblas_get_num_threads"):
                return library.openblas_get_num_threads()
    return None


def settings():
    return {
        "threads": torch.get_num_threads(),
        "interop": torch.get_num_interop_threads(),
        "blas": blas_threads(),
        "grad": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "environment": dict(os.environ),
        "signals": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)],
        "directory": os.getcwd(),
    }


@pytest.mark.parametrize("count", [1, 2, 3])
def test_settings_of_the_process_stay_as_they_are(count):
    found = torch.get_num_threads()
    try:
        torch.set_num_threads(count)
        before = settings()
        zcp.score(small(), images(8), "core,jacob_cov,ntk_condition", workers=2)
        assert settings() == before
        seen = []
        thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert seen == [count]
    finally:
        torch.set_num_threads(found)


def test_the_callers_modes_of_autograd_decide_nothing():
    data, module = images(8), small()
    plain = zcp.score(module, data, "core,snip")
    modes = [
        torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16)]
    for mode in modes:
        with mode:
            found = zcp.score(module, data, "core,snip")
        assert repr(dict(found)) == repr(dict(plain))


def test_threads_score_at_once():
    data = images(8)
    expected = zcp.score(small(), data, "grad_norm,synflow,jacob_cov")
    # Made one after another: the threads share torch's random numbers.
    modules = [small() for _ in range(4)]
    found = []

    def work(module):
        found.append(zcp.score(module, data, "grad_norm,synflow,jacob_cov"))

    threads = [threading.Thread(target=work, args=(module,)) for module in modules]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4 and all(dict(one) == dict(expected) for one in found)


def test_other_threads_run_while_the_engine_works():
    x, y = images(64, size=48)
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        begin = time.monotonic()
        zcp.score(small(width=48), (x, y), "grad_norm,grasp,snip")
        end = time.monotonic()
    finally:
        stop.set()
        thread.join()
    during = [one for one in ticks if begin < one < end]
    assert len(during) > (end - begin) / 0.005 / 10


class Scored(torch.utils.data.Dataset):
    """Scores a network in whoever loads it."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return zcp.score(small(), images(8), "naswot,grad_norm")["grad_norm"]


class Derived(torch.utils.data.Dataset):
    """Whether torch itself computes gradients in whoever loads it."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        try:
            torch.ones(3, requires_grad=True).sum().backward()
        except RuntimeError as error:
            assert "fork" in str(error)
            return False
        return True


def test_a_worker_of_a_loader_scores():
    torch.rand(300, 300) @ torch.rand(300, 300)  # the parent has used its cores
    expected = zcp.score(small(), images(8), "naswot,grad_norm")
    loader = torch.utils.data.DataLoader(Scored(), num_workers=2, timeout=60)
    found = [float(one) for one in loader]
    # Debian 13's torch computes no gradient in a worker once its parent has. Then there is no score, either.
    if list(torch.utils.data.DataLoader(Derived(), num_workers=1))[0]:
        assert found == [expected["grad_norm"]] * 2
    else:
        assert all(math.isnan(one) for one in found)


class InterruptedInACallback(nn.Module):
    """Python ignores what a weak reference's callback raises, an interrupt as well."""

    def __init__(self):
        super().__init__()
        self.net = small()

    def forward(self, x):
        class Thing:
            pass

        def gone(reference):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

        thing = Thing()
        reference = weakref.ref(thing, gone)
        del thing
        assert reference() is None
        return self.net(x)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_ignores_is_heard():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        zcp.score(InterruptedInACallback(), images(8), "grad_norm")
    assert signal.getsignal(signal.SIGINT) is before


INTERRUPTED = """
import os, signal, sys, threading, time
sys.path.insert(0, {tests!r})
import torch, zcp
from networks import images, small
module, data = small(width=32), images(32, size=32)
zcp.score(small(), images(8), "params")
threading.Timer(float(sys.argv[1]), lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    while True:
        zcp.score(module, data, "all")
except KeyboardInterrupt:
    print("interrupted")
row = zcp.score(small(), images(8), "grad_norm")
print("afterwards", row["grad_norm"] > 0)
"""


def test_an_interrupt_ends_it():
    code = INTERRUPTED.format(tests=os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        [sys.executable, "-c", code, "0.3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=300, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.split("\n")[:2] == ["interrupted", "afterwards True"], done.stderr


def count_tensors():
    """Those that hold data: torch.export keeps descriptions of some."""
    gc.collect()
    return sum(1 for one in gc.get_objects()
               if isinstance(one, torch.Tensor) and type(one).__name__ != "FakeTensor")


def test_nothing_is_kept():
    module, data = small(), images(8)
    zcp.score(module, data, "core", loss=lambda o, t: F.cross_entropy(o, t))
    before = count_tensors()
    for _ in range(3):
        zcp.score(module, data, "core", loss=lambda o, t: F.cross_entropy(o, t))
    assert count_tensors() == before


def test_another_torch_is_refused_in_one_line():
    code = "import torch; torch.__version__ = '9.9.0'; import zcp"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: zcp was built for torch ")
    assert "found torch 9.9.0" in last


def test_importing_loads_no_pandas():
    code = "import sys, zcp; print('pandas' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == "False True\n"
