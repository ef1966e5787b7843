"""write(), pack() and create() replace only regular files, also behind a link; the mode stays."""

import os

import numpy as np
import pytest
import shmcol


def write(path, overwrite):
    shmcol.write({"x": np.arange(3)}, path, overwrite=overwrite)


def pack(path, overwrite):
    source = path.parent / "in.csv"
    source.write_text("x\n0\n1\n2\n")
    shmcol.pack(source, path, overwrite=overwrite)


def create(path, overwrite):
    with shmcol.create(path, {"x": "i8"}, rows=3, overwrite=overwrite) as table:
        with table.rows(0, 3) as rows:
            rows["x"][:] = [0, 1, 2]
        table.commit()


@pytest.mark.parametrize("publish", [write, pack, create])
def test_links_stay_and_modes_too(tmp_path, publish):
    target, link = tmp_path / "t", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to("t")
    with pytest.raises(FileExistsError):
        publish(link, False)
    publish(link, True)
    assert link.is_symlink() and target.stat().st_mode & 0o777 == 0o400
    with shmcol.open(target) as table:
        assert table["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("publish", [write, pack, create])
def test_no_other_thing_is_replaced(tmp_path, publish):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dir").mkdir()
    (tmp_path / "null").symlink_to("/dev/null")
    for name, says in (("fifo", "a FIFO"), ("dir", "a directory"), ("null", "a device")):
        with pytest.raises(shmcol.FileError, match=says):
            publish(tmp_path / name, True)
    assert (tmp_path / "fifo").is_fifo() and (tmp_path / "null").is_symlink()
    with pytest.raises(IsADirectoryError):
        publish(tmp_path / "dir", True)
