"""PyTorch modules: every operator against PyTorch itself in float64, the traps, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.zoo import cube

from polyregions import Network, certify, enumerate_regions
from polyregions.errors import (
    InvalidInputError,
    InvalidNetworkError,
    PolyregionsError,
    TooLargeError,
    UnsupportedLayerError,
)

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

Forward = Callable[[Any], Any]


class Applied(nn.Module):
    """A module of one function."""

    def __init__(self, forward: Forward, *parts: Any) -> None:
        super().__init__()
        self.parts, self.function = nn.ModuleList(parts), forward
        self.register_buffer("precision", torch.zeros(1))  # float64 where the module is
        self.eval()

    def forward(self, x: Any) -> Any:
        return self.function(x, *self.parts) if len(self.parts) else self.function(x)


def settled(module: Any, seed: int = 0) -> Any:
    """The module in float64 and eval mode, all its numbers random, variances positive."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.1 if "var" in name else torch.randn_like(value))
    return module.double().eval()


def agrees(module: Any, shape: tuple[int, ...], **options: Any) -> Network:
    """Read a module in float64 and compare it at fresh points, and in float32 on the way."""
    single = Network.from_torch(module.float(), shape, **options)
    assert single.source is not None
    assert single.source.points > 20
    network = Network.from_torch(module.double(), shape, **options)
    points = np.random.default_rng(7).normal(scale=2.0, size=(40, *shape))
    with torch.no_grad():
        expected = np.stack([module(torch.from_numpy(point[None])).ravel().numpy() for point in points])
    found = network(points.reshape(40, -1))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    return network


W = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def constant(x: Any, values: Any) -> Any:
    return torch.as_tensor(values, dtype=x.dtype)


ONE = (1, 7)
IMAGE = (2, 6, 5)
MODULES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "linear": (nn.Linear(4, 3), (4,)),
    "linear on the last axis": (nn.Linear(4, 3), (2, 4)),
    "no bias": (nn.Linear(4, 3, bias=False), (4,)),
    "matmul left": (Applied(lambda x: W.to(x.dtype) @ x), (4, 2)),
    "matmul right": (Applied(lambda x: x @ W.to(x.dtype)), (2, 3)),
    "bmm": (Applied(lambda x: torch.bmm(x, W.to(x.dtype)[None])), (2, 3)),
    "mv": (Applied(lambda x: torch.mv(W.to(x.dtype), x[0])[None]), (4,)),
    "conv1d": (nn.Conv1d(1, 2, 3, stride=2, padding=1, dilation=2), ONE),
    "conv2d": (nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), groups=2), IMAGE),
    "conv2d same": (nn.Conv2d(2, 3, 3, padding="same"), IMAGE),
    "conv2d reflect": (nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), IMAGE),
    "conv3d": (nn.Conv3d(1, 2, 2), (1, 3, 3, 3)),
    "transposed": (nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2), (2, 3, 3)),
    "batch norm 1d": (nn.BatchNorm1d(4), (4,)),
    "batch norm 2d": (nn.BatchNorm2d(2), IMAGE),
    "batch norm without weights": (nn.BatchNorm2d(2, affine=False), IMAGE),
    "conv, norm, relu": (nn.Sequential(nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.ReLU()), IMAGE),
    "dropout": (nn.Sequential(nn.Dropout(), nn.Linear(4, 2), nn.Dropout(0.9)), (4,)),
    "relu": (nn.ReLU(), (4,)),
    "leaky": (Applied(lambda x: F.leaky_relu(x, 0.1)), (4,)),
    "prelu": (nn.PReLU(), (4,)),
    "prelu by channel": (nn.PReLU(2), IMAGE),
    "hardtanh": (nn.Hardtanh(), (4,)),
    "hardtanh off the origin": (nn.Hardtanh(0.5, 2.0), (4,)),
    "relu6": (nn.ReLU6(), (4,)),
    "hardsigmoid": (nn.Hardsigmoid(), (4,)),
    "softshrink": (nn.Softshrink(0.75), (4,)),
    "threshold": (nn.Threshold(0.5, 0.5), (4,)),
    "abs": (Applied(torch.abs), (4,)),
    "clamp": (Applied(lambda x: x.clamp(-0.3, 0.7)), (4,)),
    "clamp from below": (Applied(lambda x: x.clamp(min=0.25)), (4,)),
    "clamp to a tensor": (Applied(lambda x: torch.clamp(x, max=constant(x, [0.0, 1.0, -1.0, 2.0]))), (4,)),
    "max pool 1d": (nn.MaxPool1d(3, stride=2, padding=1), ONE),
    "max pool 2d": (nn.MaxPool2d(2, padding=1, dilation=2), IMAGE),
    "max pool 2d ceil": (nn.MaxPool2d(3, stride=2, ceil_mode=True), IMAGE),
    "max pool 3d": (nn.MaxPool3d(2), (1, 3, 4, 2)),
    "average pool 1d": (nn.AvgPool1d(3, padding=1, count_include_pad=False), ONE),
    "average pool 2d": (nn.AvgPool2d(3, stride=2, padding=1), IMAGE),
    "average pool ceil": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), IMAGE),
    "average pool ceil inside": (nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False), IMAGE),
    "average pool divisor": (nn.AvgPool2d(2, divisor_override=3), IMAGE),
    "average pool 3d": (nn.AvgPool3d(2), (1, 3, 4, 2)),
    "adaptive average 1d": (nn.AdaptiveAvgPool1d(3), ONE),
    "adaptive average 2d": (nn.AdaptiveAvgPool2d((4, 3)), IMAGE),
    "adaptive average to one": (nn.AdaptiveAvgPool2d(1), IMAGE),
    "adaptive max 2d": (nn.AdaptiveMaxPool2d((4, 3)), IMAGE),
    "mean": (Applied(lambda x: x.mean((2, 3))), IMAGE),
    "mean of all but the batch": (Applied(lambda x: x.mean((1, 2, 3), keepdim=True)), IMAGE),
    "sum": (Applied(lambda x: x.sum(-1)), IMAGE),
    "amax": (Applied(lambda x: torch.amax(x, (1, 3))), IMAGE),
    "amin": (Applied(lambda x: torch.amin(x, -1, keepdim=True)), IMAGE),
    "max along": (Applied(lambda x: x.max(1).values), IMAGE),
    "min along": (Applied(lambda x: x.min(1)[0]), IMAGE),
    "maximum": (Applied(lambda x: torch.maximum(x[:, :2], x[:, 2:])), (4,)),
    "minimum of a constant": (Applied(lambda x: torch.minimum(x, constant(x, 0.25))), (4,)),
    "residual": (Applied(lambda x, f, g: g(F.relu(f(x))) + x, nn.Linear(4, 5), nn.Linear(5, 4)), (4,)),
    "residual, normed": (
        Applied(lambda x, f, g: F.relu(g(f(x)) + x), nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2)),
        IMAGE,
    ),
    "two maps of one input": (Applied(lambda x, f, g: f(x) - g(x), nn.Linear(4, 3), nn.Linear(4, 3)), (4,)),
    "the same twice": (Applied(lambda x, f: f(x) + f(x), nn.Linear(4, 3)), (4,)),
    "alpha": (Applied(lambda x, f: torch.add(f(x), x, alpha=0.3), nn.Linear(4, 4)), (4,)),
    "scalings": (Applied(lambda x, f: 0.1 * f(x) / 3 - 2 * x + 1, nn.Linear(4, 4)), (4,)),
    "reversed": (Applied(lambda x: 1.5 - x), (4,)),
    "standardised": (Applied(lambda x, f: f((x - 0.3) / 0.7), nn.Linear(4, 2)), (4,)),
    "concatenation": (Applied(lambda x, f: torch.cat([x, F.relu(f(x))], 1), nn.Linear(4, 2)), (4,)),
    "stack": (Applied(lambda x: torch.stack([x, -x, F.relu(x)], -1)), (4,)),
    "where": (
        Applied(lambda x: torch.where(torch.tensor([True, False, True, False]), F.relu(x), -x)),
        (4,),
    ),
    "masked fill": (
        Applied(lambda x: x.masked_fill(torch.tensor([True, False, False, False]), 2.0)),
        (4,),
    ),
    "moves": (
        Applied(lambda x: x.transpose(1, 3).flip(2)[:, 1:, ::2].reshape(x.shape[0], -1, 2).permute(0, 2, 1)),
        IMAGE,
    ),
    "pixel shuffle": (nn.PixelShuffle(2), (4, 2, 3)),
    "upsample": (nn.Upsample(scale_factor=2, mode="nearest"), (1, 2, 3)),
    "pad": (Applied(lambda x: F.pad(x, (1, 0, 2, 1), value=0.5)), IMAGE),
    "pad at the edge": (nn.ReplicationPad2d(1), IMAGE),
    "chunks": (Applied(lambda x: torch.maximum(*x.chunk(2, dim=1))), (4,)),
    "unfold": (nn.Unfold(2), IMAGE),
    "expand": (Applied(lambda x: x[:, :, None].expand(-1, -1, 3).sum(2)), (4,)),
    "repeat": (Applied(lambda x: x.repeat(1, 2)), (4,)),
    "roll": (Applied(lambda x: torch.roll(x, 1, 1)), (4,)),
    "index": (Applied(lambda x: x[:, torch.tensor([3, 1, 1])]), (4,)),
    "shape-dependent": (Applied(lambda x: x * 2 if x.shape[-1] > 3 else x), (4,)),
    "glu of maxima": (
        Applied(lambda x, f: f(x).view(x.shape[0], 3, 2).amax(-1), nn.Linear(4, 6)),
        (4,),
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_operators(name: str) -> None:
    module, shape = MODULES[name]
    agrees(settled(module), shape)


def relu_in_place_seen_by_a_view(x: Any) -> Any:
    y = x * 1.0
    view = y.view(x.shape[0], 2, 2)
    y.relu_()
    return view.flatten(1) - 0.5


def add_in_place_through_a_view(x: Any) -> Any:
    y = x * 1.0
    y[:, 1:3] += x[:, :2]
    y.t()[0].mul_(-2.0)
    return y


def write_into_a_slice(x: Any) -> Any:
    y = x.clone()
    y[:, :2] = x[:, 2:]
    y[:, 3] = 0.0
    return y + x


def in_place_after_reshape_that_copies(x: Any) -> Any:
    y = x * 1.0
    copied = y.view(-1, 2, 2).transpose(1, 2).reshape(x.shape[0], 4)
    y.zero_()
    return copied + y


def aliases(x: Any) -> Any:
    y = x * 1.0
    z = y
    z -= 1.0
    return y + z


@pytest.mark.parametrize(
    "forward",
    [
        relu_in_place_seen_by_a_view,
        add_in_place_through_a_view,
        write_into_a_slice,
        in_place_after_reshape_that_copies,
        aliases,
        lambda x: F.relu(x.clone(), inplace=True),
        lambda x: F.hardtanh_(x * 2.0),
    ],
)
def test_writing_in_place_is_seen_by_all_views(forward: Forward) -> None:
    agrees(Applied(forward), (4,))


def test_the_input_is_the_same_after_it_was_written_to() -> None:
    network = Network.from_torch(Applied(lambda x: x.relu_() + x), (3,))
    assert network([[-1.0, 0.0, 2.0]]).tolist() == [[0.0, 0.0, 4.0]]


class Residual(nn.Module):
    """All that a chain of layers cannot hold: a skip, slopes by channel, hard tanh beside a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(2, 5), nn.Linear(5, 5), nn.Linear(7, 2)
        self.norm, self.slopes = nn.BatchNorm1d(5), nn.PReLU(5)

    def forward(self, x: Any) -> Any:
        h = F.relu(self.first(x), inplace=True)
        r = self.slopes(self.norm(self.second(h)))
        r += h
        return self.last(torch.cat([F.hardtanh(r), x], 1))


def test_a_residual_network_is_enumerated_and_proven() -> None:
    network = agrees(settled(Residual(), 3), (2,))
    assert network.widths == (5, 5, 5)  # what passes through is no unit
    results = [enumerate_regions(network, cube(2), engine=engine) for engine in ("subdivide", "traverse")]
    assert len({cx.n_regions for cx in results}) == 1
    assert results[0].n_regions > 15
    assert len({cx.n_adjacencies for cx in results}) == 1
    assert certify(results[0]).valid


def test_a_plain_stack_is_the_network_of_its_arrays() -> None:
    module = settled(nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2)))
    arrays = [(part.weight.detach().numpy(), part.bias.detach().numpy()) for part in module[::2]]
    assert Network.from_torch(module, 2) == Network.from_arrays(arrays)


def test_weights_are_not_multiplied_out() -> None:
    """Two linear maps in a row stay two: their product is no float64 map."""
    module = settled(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2), nn.ReLU()))
    network = Network.from_torch(module, 2)
    assert [layer.kind for layer in network.layers] == ["linear", "relu"]
    assert network.layers[0].weight.tolist() == module[0].weight.tolist()
    assert network.layers[1].weight.tolist() == module[1].weight.tolist()
    assert network.source is not None
    assert network.source.rounded == {}


def test_what_is_rounded_is_listed() -> None:
    source = Network.from_torch(settled(nn.Sequential(nn.BatchNorm1d(3), nn.ReLU())), 3).source
    assert source is not None
    assert source.rounded == {"scale or offset of a normalisation": 6}
    assert source.operators["aten::relu"] == 1
    assert (source.input_shape, source.output_shape, source.stripped) == ((3,), (3,), ())
    mean = Network.from_torch(Applied(lambda x: x.mean(1, keepdim=True)), 3).source
    assert mean is not None
    assert mean.rounded == {"1/k of a mean": 1}
    half = Network.from_torch(Applied(lambda x: x.mean(1, keepdim=True)), 4).source
    assert half is not None
    assert half.rounded == {}


def test_narrow_weights_widen_without_loss() -> None:
    torch.manual_seed(0)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        module = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)).to(dtype).eval()
        network = Network.from_torch(module, 2)
        assert network.layers[0].weight.tolist() == module[0].weight.double().tolist()


def test_scalars_are_those_of_the_kernels() -> None:
    """A slope of 0.01 in a float32 module is the float32 number next to it."""
    network = Network.from_torch(nn.LeakyReLU(0.01).eval(), 1)
    assert network([[-1.0]])[0, 0] == -float(np.float32(0.01))


@pytest.mark.parametrize("last", [nn.Softmax(1), nn.LogSoftmax(1), nn.Sigmoid(), nn.LogSigmoid()])
def test_a_last_operator_is_left_out_only_if_asked(last: Any) -> None:
    module = settled(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), last, nn.Flatten()))
    with pytest.raises(UnsupportedLayerError, match="strip_last=True"):
        Network.from_torch(module, 2)
    network = Network.from_torch(module, 2, strip_last=True)
    assert network == Network.from_torch(module[:3].eval(), 2)
    assert network.source is not None
    assert len(network.source.stripped) == 1


def attention(x: Any) -> Any:
    return torch.softmax(x @ x.transpose(1, 2), -1) @ x


def branch_on_values(x: Any) -> Any:
    return x if x.sum() > 0 else -x


def into_an_ordinary_tensor(x: Any) -> Any:
    out = torch.zeros(1, 4)
    out[:, :2] = x[:, :2]
    return out


REFUSED: dict[str, tuple[Any, str]] = {
    "tanh": (nn.Tanh(), "aten::tanh"),
    "gelu": (nn.GELU(), "aten::gelu"),
    "sigmoid inside": (nn.Sequential(nn.Sigmoid(), nn.Linear(4, 2)), "aten::sigmoid.*only as the last"),
    "square": (Applied(lambda x: x * x), "aten::mul.*two computed"),
    "quotient": (Applied(lambda x: 1.0 / (x + 10.0)), "aten::reciprocal"),
    "power": (Applied(lambda x: x**2), "aten::pow"),
    "branch": (Applied(branch_on_values), "aten::gt.*computed values"),
    "number": (Applied(lambda x: x + x.sum().item()), "_local_scalar_dense.*computed values"),
    "mask": (Applied(lambda x: x[x > 0]), "aten::gt.*computed values"),
    "sort": (Applied(lambda x: x.sort(1)[0]), "aten::sort"),
    "layer norm": (nn.LayerNorm(4), "native_layer_norm"),
    "hardshrink": (nn.Hardshrink(), "not continuous"),
    "threshold": (nn.Threshold(0.5, 0.0), "not continuous"),
    "hardswish": (nn.Hardswish(), "aten::hardswish"),
    "ordinary tensor": (Applied(into_an_ordinary_tensor), "torch.cat or stack"),
    "half": (Applied(lambda x: x.half()), "rounds"),
    "constant": (Applied(lambda x: torch.ones(1, 2)), "does not depend on the input"),
    "constant by zero": (Applied(lambda x: x * 0.0), "does not depend on the input"),
    "wrong shape": (nn.Linear(5, 2), "shapes"),
    "tuple": (Applied(lambda x: (x, -x)), "choose one with output="),
    "no batch": (Applied(lambda x: x[0]), "first axis must be that of the batch"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_what_they_refuse(name: str) -> None:
    module, message = REFUSED[name]
    with pytest.raises(PolyregionsError, match=message):
        Network.from_torch(module.eval(), 4)


def test_attention_is_refused() -> None:
    with pytest.raises(UnsupportedLayerError, match="aten::bmm: a product of two computed tensors"):
        Network.from_torch(Applied(attention).eval(), (3, 2))


def test_one_of_several_outputs() -> None:
    module = Applied(lambda x: {"a": x, "b": F.relu(x)}).eval()
    network = Network.from_torch(module, 3, output="b")
    assert network([[-1.0, 2.0, 0.0]]).tolist() == [[0.0, 2.0, 0.0]]
    with pytest.raises(InvalidInputError, match="'a', 'b'"):
        Network.from_torch(module, 3)
    pair = Applied(lambda x: (x, F.relu(x))).eval()
    assert Network.from_torch(pair, 3, output=1).n_units == 3


def test_training_mode_is_refused_with_the_name() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with pytest.raises(InvalidInputError, match=r"training mode; call module\.eval"):
        Network.from_torch(module, 2)
    module.eval()
    module[1].train()
    with pytest.raises(InvalidInputError, match="1 is in training mode"):
        Network.from_torch(module, 2)


@pytest.mark.parametrize("shape", [(), 0, (-1,), "two", None, (2.5, "x")])
def test_shapes_that_are_none(shape: Any) -> None:
    with pytest.raises(InvalidInputError, match="input_shape"):
        Network.from_torch(nn.Linear(2, 2).eval(), shape)


def test_what_is_no_module() -> None:
    with pytest.raises(InvalidInputError, match=r"expected a torch\.nn\.Module, got function"):
        Network.from_torch(lambda x: x, 2)


def test_numbers_that_are_not_finite() -> None:
    module = nn.Linear(2, 2).eval()
    with torch.no_grad():
        module.weight[0, 0] = float("nan")
    with pytest.raises(InvalidNetworkError, match="finite"):
        Network.from_torch(module, 2)


def test_absurd_sizes_are_refused_at_once() -> None:
    with pytest.raises(TooLargeError, match="at most"):
        Network.from_torch(nn.ReLU().eval(), (3000, 3000))
    with pytest.raises(TooLargeError, match="at most"):
        Network.from_torch(Applied(lambda x: F.relu(x.expand(10**9, 4).sum(1))), 4)
    with pytest.raises(TooLargeError, match="at most"):
        Network.from_torch(Applied(lambda x: x.repeat(10**9, 1)), 4)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that reads something else than the module computes is caught."""
    from polyregions.network.formats.torch import tensors

    relu = tensors.HANDLERS["relu"]
    monkeypatch.setitem(tensors.HANDLERS, "relu", lambda call: relu(call).scale(1.001))
    with pytest.raises(InvalidNetworkError, match="was not read right"):
        Network.from_torch(settled(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))), 3)
