"""The network's modules against the formulas of method §4, written out plainly."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gazeclass.headpose.attention import CSAM, MRAM  # noqa: E402
from gazeclass.headpose.cost import cost_of  # noqa: E402
from gazeclass.headpose.loss import HopenetLoss, SoftLabelLoss, soft_labels  # noqa: E402
from gazeclass.headpose.network import HeadPoseNet, WithSpread, expectation_deg  # noqa: E402
from gazeclass.headpose.style import MixStyle, Standardised  # noqa: E402


def test_mram_is_the_formula() -> None:
    torch.manual_seed(0)
    module = MRAM(32).eval()
    x = torch.randn(2, 32, 9, 7)
    convolutions = [m for m in module.modules() if isinstance(m, torch.nn.Conv2d)]
    norms = [m for m in module.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert [c.kernel_size[0] for c in convolutions] == [3, 5, 7]
    assert all(c.groups == 32 for c in convolutions)
    a, total = x, 0
    for convolution, norm in zip(convolutions, norms, strict=True):
        a = norm(convolution(a))
        total = total + a
    torch.testing.assert_close(module(x), torch.sigmoid(total) * x, atol=1e-5, rtol=1e-5)


def test_csam_is_the_formula() -> None:
    torch.manual_seed(1)
    module = CSAM(16).eval()
    x = torch.randn(3, 16, 5, 4)
    q, k, v = (c(x).flatten(2) for c in module.modules() if isinstance(c, torch.nn.Conv2d))
    attention = torch.softmax(q @ k.transpose(1, 2) / np.sqrt(20), dim=-1) @ v
    gate = torch.sigmoid(attention.mean(dim=2))[..., None, None]
    torch.testing.assert_close(module(x), gate * x, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("backbone", "px"), [("resnet10-tiny", 32), ("resnet18-half", 64)])
@pytest.mark.parametrize("attention", ["sdam", "none"])
def test_shapes(backbone: str, px: int, attention: str) -> None:
    net = HeadPoseNet(backbone, attention=attention).eval()
    logits = net(torch.zeros(2, 3, px, px))
    assert logits.shape == (2, 3, 199)
    angles, spread = WithSpread(net)(torch.zeros(2, 3, px, px))
    # Untrained logits are nearly flat: expectation near 0, spread that of a uniform distribution over ±99°.
    assert angles.abs().max() < 5
    assert spread.mean().item() == pytest.approx(np.sqrt((199**2 - 1) / 12), rel=0.02)


def test_resnet50_has_the_size_everybody_knows() -> None:
    net = HeadPoseNet("resnet50", attention="none")
    heads = net.heads.weight.numel() + net.heads.bias.numel()
    parameters = sum(p.numel() for p in net.parameters())
    assert parameters - heads == 23_508_032  # torchvision's resnet50 without its classifier
    assert cost_of(net, 224).multiply_adds == pytest.approx(4.09e9, rel=0.02)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="backbone 'vgg'"):
        HeadPoseNet("vgg")
    with pytest.raises(ValueError, match="attention 'cbam'"):
        HeadPoseNet("resnet10-tiny", attention="cbam")


def test_expectation() -> None:
    classes = torch.arange(-99.0, 100.0)
    logits = torch.full((1, 3, 199), -50.0)
    logits[0, 0, 99 + 20] = 50
    logits[0, 1, [99 - 10, 99 - 11]] = 50
    logits[0, 2, 0] = 50
    np.testing.assert_allclose(expectation_deg(logits, classes).numpy(), [[20, -10.5, -99]], atol=1e-4)


def test_loss_is_zero_at_its_own_label_and_grows_with_the_error() -> None:
    classes = torch.arange(-99.0, 100.0)
    angles = torch.tensor([[20.0, -5.0, 3.0]])
    sigma = (0.997, 0.939, 1.25)
    perfect = torch.log(soft_labels(angles, classes, sigma) + 1e-30)
    loss = SoftLabelLoss(alpha=2.0, sigma_deg=sigma)
    assert loss(perfect, angles, classes).item() == pytest.approx(0, abs=1e-4)
    off = angles + torch.tensor([[2.0, 0.0, 0.0]])
    # KL of two Gaussians of one σ is d²/(2σ²); the squared error is d².
    expected = 4 / (2 * 0.997**2) + 2 * 4
    assert loss(perfect, off, classes).item() == pytest.approx(expected, rel=0.02)


def test_hopenet_loss() -> None:
    classes = torch.tensor([float(x) + 1.5 for x in range(-99, 99, 3)])
    logits = torch.full((1, 3, 66), -30.0)
    angles = torch.tensor([[1.5, 4.5, -97.5]])
    for i, k in enumerate((33, 34, 0)):
        logits[0, i, k] = 30
    assert HopenetLoss()(logits, angles, classes).item() == pytest.approx(0, abs=1e-4)
    assert HopenetLoss(alpha=2.0)(logits, angles + 1.0, classes).item() == pytest.approx(6.0, abs=1e-3)


def test_standardised_pictures_do_not_know_exposure_nor_the_lamp() -> None:
    torch.manual_seed(2)
    net = HeadPoseNet("resnet10-tiny", standardise=True).eval()
    torch.nn.init.normal_(net.heads.weight, std=1.0)
    x = torch.randn(3, 3, 32, 32)
    other = x * torch.tensor([0.9, 1.0, 1.2])[:, None, None] + torch.tensor([0.3, 0.0, -0.2])[:, None, None]
    plain = HeadPoseNet("resnet10-tiny").eval()
    plain.load_state_dict(net.state_dict())
    with torch.no_grad():
        seen, unseen = ((n(x) - n(other)).abs().max() for n in (plain, net))
    assert float(unseen) < 0.1 * float(seen)
    assert torch.isfinite(Standardised()(torch.full((1, 3, 8, 8), 0.7))).all()


def test_mixed_styles_are_other_pictures_means_and_spreads_and_only_in_training() -> None:
    torch.manual_seed(4)
    x = torch.randn(6, 4, 9, 9) * torch.rand(6, 4, 1, 1) + torch.randn(6, 4, 1, 1)
    mix = MixStyle(1.0)
    assert mix.eval()(x) is x
    mixed = mix.train()(x)
    mean, spread = (f(x, dim=(2, 3)) for f in (torch.mean, torch.std))
    new_mean, new_spread = (f(mixed, dim=(2, 3)) for f in (torch.mean, torch.std))
    assert float((new_mean - mean).abs().max()) > 0.1
    for k in range(6):
        # Each picture's new style lies on the line from its own to one other's.
        fits = []
        for j in range(6):
            step = torch.cat([mean[j] - mean[k], spread[j] - spread[k]])
            gone = torch.cat([new_mean[k] - mean[k], new_spread[k] - spread[k]])
            share = float(gone @ step / (step @ step).clamp(min=1e-9))
            fits.append(float((gone - share * step).norm()))
        assert min(fits) < 1e-3
    # What is shown stays: every channel is its old self but for shift and gain.
    flat = torch.nn.functional.normalize((x - mean[..., None, None]).flatten(2), dim=2)
    new = torch.nn.functional.normalize((mixed - new_mean[..., None, None]).flatten(2), dim=2)
    torch.testing.assert_close(flat, new, atol=1e-4, rtol=0)
