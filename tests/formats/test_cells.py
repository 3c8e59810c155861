"""One door for cells of every program: what is recognised, and what is said of the rest."""

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats import cell_formats, load_cells
from deepcinac.recording.cells import make_cells, save_cells


@pytest.fixture
def cells():
    return make_cells([([0, 0], [0, 1], None), ([2], [3], None)], 3, 4, "drawn", names=["a", "b"])


def test_our_own_file(cells, tmp_path):
    save_cells(tmp_path / "cells.npz", cells)
    found = load_cells(tmp_path / "cells.npz", (3, 4))
    assert found.names == ("a", "b")
    assert np.array_equal(found.masks(), cells.masks())


def test_the_whole_shape_of_a_movie_will_do(cells, tmp_path):
    save_cells(tmp_path / "cells.npz", cells)
    assert len(load_cells(tmp_path / "cells.npz", (1000, 3, 4))) == 2


def test_field_of_another_size_is_a_sentence(cells, tmp_path):
    save_cells(tmp_path / "cells.npz", cells)
    with pytest.raises(InputError, match=r"9 x 9 pixels.*3 x 4.*cells\.npz.*another movie"):
        load_cells(tmp_path / "cells.npz", (9, 9))


def test_transposed_field_is_recognised(cells, tmp_path):
    save_cells(tmp_path / "cells.npz", cells)
    with pytest.raises(InputError, match="swapped"):
        load_cells(tmp_path / "cells.npz", (4, 3))


def test_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"nothing in .*nowhere\.npz"):
        load_cells(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("name", ["cells.doc", "cells", "cells.zip"])
def test_unknown_file_is_told_what_can_be_read(name, tmp_path):
    (tmp_path / name).write_text("cells")
    with pytest.raises(InputError) as refusal:
        load_cells(tmp_path / name)
    for description in cell_formats():
        assert description in str(refusal.value)


def test_folder_without_cells_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="a folder without them"):
        load_cells(tmp_path)
