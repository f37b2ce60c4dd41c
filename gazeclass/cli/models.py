"""``gazeclass models``: list what there is, add a model of one's own, verify hashes."""

from pathlib import Path

import typer

from gazeclass.cli.console import complain, say

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Models: list, add, verify.")


@app.command("list")
def list_models() -> None:
    """Every model that can be found, with its licence and folder."""
    from gazeclass import models

    for card in models.list_cards():
        say(f"{card.name:28} {card.kind:10} {card.licence}")
        say(f"{'':28} {card.source}")
        say(f"{'':28} {card.path}")


@app.command()
def verify() -> None:
    """Check every model's bytes against the sha256 in its card."""
    from gazeclass import models
    from gazeclass.errors import InputError

    bad = 0
    for card in models.list_cards():
        try:
            models.verify(card)
        except InputError as error:
            bad += 1
            complain(f"gazeclass: {error}")
        else:
            say(f"{card.name:28} ok")
    if bad:
        raise typer.Exit(1)


@app.command()
def add(
    onnx: Path = typer.Argument(..., help="The ONNX file."),
    kind: str = typer.Option(..., help="detector, embedding or headpose."),
    licence: str = typer.Option(..., help="Its licence, as its owner states it."),
    source: str = typer.Option(..., help="Where it comes from."),
    sha256: str = typer.Option("", help="Its sha256 as published; checked before anything is copied."),
    name: str = typer.Option("", help="The name to call it by; the file's own name when left out."),
    card: Path | None = typer.Option(None, help="A TOML with more card fields (input size, normalisation, …)."),
) -> None:
    """Copy a model of your own into the models folder, with its card. Nothing is downloaded."""
    from gazeclass import models

    added = models.add(onnx, kind=kind, licence=licence, source=source, sha256=sha256, name=name, extra=card)
    say(f"{added.name} ({added.kind}), licence: {added.licence}")
    say(f"added as {added.path}")
