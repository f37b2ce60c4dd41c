"""``gazeclass headpose train-points`` and ``unite``: the regression from the detector's five points."""

from pathlib import Path
from typing import Annotated

import typer

from gazeclass.cli.console import progress_bars, say


def train_points(
    heads: Annotated[Path, typer.Option(help="Folder of rendered heads with boxes.")],
    validation: Annotated[Path, typer.Option(help="Folder of other rendered people.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model and its card.")],
    network: Annotated[list[str] | None, typer.Option(help="Networks it will be united with.")] = None,
    data: Annotated[str, typer.Option(help="What it was trained on, for the card.")] = "",
) -> None:
    """Train the regression from the detector's five points: a minute or two."""
    import torch

    from gazeclass.headpose.estimator import load_estimator
    from gazeclass.headpose.points_training import export_points, gather, train

    torch.set_num_threads(1)
    networks = [load_estimator(name, mirror=False) for name in network or []]
    features, rotations = gather(heads)
    with progress_bars() as bars:
        net = train(features, rotations, progress=bars)
    card = export_points(net, validation, output, data=data, networks=networks)
    say(f"{card.path}: {len(features)} faces; {card.meta['figures']}")


def unite(
    validation: Annotated[Path, typer.Option(help="Folder of rendered people never seen, with boxes.")],
    network: Annotated[list[str], typer.Option(help="Networks that the five points are united with; repeatable.")],
    points: Annotated[str, typer.Option(help="The five-point model whose card is written.")] = "headpose-points",
) -> None:
    """Fit anew how sure the five points are, alone and united with networks: after a network was exchanged."""
    from gazeclass import models
    from gazeclass.headpose.estimator import load_estimator
    from gazeclass.headpose.honest import fit_points_card

    card = fit_points_card(
        models.find(points).path, validation, [load_estimator(name, mirror=False) for name in network]
    )
    for name in network:
        figures = card.meta["figures"]["united"][name]
        say(
            f"united with {name}, on {figures['count']} faces: yaw {figures['yaw_mae_deg']}°, "
            f"pitch {figures['pitch_mae_deg']}°, roll {figures['roll_mae_deg']}°, geodesic {figures['geodesic_deg']}°, "
            f"sigma × {card.meta['united_sigma_factor'][name]}"
        )
