"""What rendering tests need: the body model and OpenGL without a window, or a reason to skip."""

from pathlib import Path

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.simulation.assets import AssetLibrary


@pytest.fixture(scope="session")
def body():
    """The body model; its very first start on a machine takes a minute or two."""
    pytest.importorskip("anny", reason="the extra 'simulation' is not installed")
    from gazeclass.simulation.body import load_body

    return load_body()


@pytest.fixture(scope="session")
def renderer(body):
    """A small renderer."""
    from gazeclass.simulation.renderer import Renderer

    try:
        made = Renderer(size_px=96, tiles=2)
    except InputError as error:
        pytest.skip(str(error))
    yield made
    made.release()


@pytest.fixture
def plain():
    """No assets: everything is drawn from our own meshes."""
    return AssetLibrary(None)


TETRA_OBJ = """v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 1
vt 0 0
vt 1 0
vt 0.25 0.75
f 1/1 2/2 3/3
f 1/1 2/2 4/3
f 1/1 3/2 4/3
f 2/1 3/2 4/3
"""
TETRA_MHCLO = """# comment
name tetra
obj_file tetra.obj
x_scale 0 1 2.0
y_scale 0 2 4.0
z_scale 0 3 1.0
material tetra.mhmat
verts 0
 0 1 2 1.0 0.0 0.0 0.0 0.0 0.0
 0 1 2 0.5 0.5 0.0 2.0 0.0 0.0
material again.mhmat
 3
 0 1 2 1.0 0.0 0.0 0.0 4.0 1.0
delete_verts
 5 7 - 9 12
"""


@pytest.fixture
def tetra(tmp_path: Path) -> Path:
    """A pack of one piece of hair with a texture, in MakeHuman's folder form."""
    folder = tmp_path / "pack" / "base" / "hair" / "tetra"
    folder.mkdir(parents=True)
    (folder / "tetra.obj").write_text(TETRA_OBJ)
    (folder / "tetra.mhclo").write_text(TETRA_MHCLO)
    import cv2

    cv2.imwrite(str(folder / "tetra_diffuse.png"), np.full((8, 1024, 3), (10, 20, 30), np.uint8))
    return folder
