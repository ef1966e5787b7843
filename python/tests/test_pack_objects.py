"""pack() of binary file objects, bytes paths, and lists that mix them."""

import gzip
import io
import os
import zipfile

import pytest
import shmcol

TEXT = b"x,y\n1,a\n2,b\n"


def test_objects_that_give_bytes(tmp_path):
    (tmp_path / "in.csv").write_bytes(TEXT)
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(TEXT))
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as made:
        made.writestr("in.csv", TEXT)
    with (
        open(tmp_path / "in.csv", "rb") as plain,
        gzip.open(tmp_path / "in.csv.gz") as unpacked,
        zipfile.ZipFile(tmp_path / "in.zip") as archive,
        archive.open("in.csv") as member,
        open(tmp_path / "in.csv.gz", "rb") as packed,
    ):
        for given in (plain, unpacked, member, packed, io.BytesIO(TEXT)):
            shmcol.pack(given, tmp_path / "out.shmcol", overwrite=True)
            assert shmcol.open(tmp_path / "out.shmcol")["x"].tolist() == [1, 2]
    read = io.BytesIO(b"junk" + TEXT)  # from where it stands
    read.seek(4)
    assert shmcol.pack(read, dry_run=True).rows == 2
    (tmp_path / "b.csv").write_bytes(TEXT)
    mixed = [os.fsencode(tmp_path / "in.csv"), io.BytesIO(TEXT), tmp_path / "b.csv"]
    assert shmcol.pack(mixed, dry_run=True).rows == 6


def test_messages_name_the_object(tmp_path):
    broken = io.BytesIO(TEXT + b"3\n")
    with pytest.raises(shmcol.CsvError) as caught:
        shmcol.pack(broken, tmp_path / "out.shmcol")
    assert caught.value.path == "<file object>" and "/proc" not in str(caught.value)
    assert str(caught.value).startswith("<file object>:4:1")
    (tmp_path / "in.csv").write_bytes(TEXT + b"3\n")
    with open(tmp_path / "in.csv", "rb") as named, pytest.raises(shmcol.CsvError) as caught:
        shmcol.pack(named, tmp_path / "out.shmcol")
    assert caught.value.path == str(tmp_path / "in.csv")
    assert os.listdir(tmp_path) == ["in.csv"]


def test_what_is_no_input(tmp_path):
    (tmp_path / "in.csv").write_bytes(TEXT)
    with open(tmp_path / "in.csv") as text, pytest.raises(TypeError, match="binary mode"):
        shmcol.pack(text, tmp_path / "out.shmcol")
    for wrong in (io.StringIO(""), 5, None, [tmp_path / "in.csv", 5]):
        with pytest.raises(TypeError, match="csv"):
            shmcol.pack(wrong, tmp_path / "out.shmcol")
    with pytest.raises(ValueError, match="output's path"):
        shmcol.pack(io.BytesIO(TEXT))
    with pytest.raises(ValueError, match="file_column"):
        shmcol.pack(io.BytesIO(TEXT), dry_run=True, file_column="file")

    class Stops:
        def read(self, n):
            raise LookupError("enough")

    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(LookupError):
        shmcol.pack([io.BytesIO(TEXT), Stops()], tmp_path / "out.shmcol")
    assert len(os.listdir("/proc/self/fd")) == before


def test_on_error_and_types_from(tmp_path):
    """C-80, C-94"""
    report = shmcol.pack(
        io.BytesIO(b"x,y\n1,\xff\nq,b\n3\n"),
        tmp_path / "a.shmcol",
        types={"x": "int8"},
        on_error=("skip", "null", "replace"),
    )
    assert (report.rows, report.rejected, report.replaced) == (2, 1, 1)
    assert [column.misfits for column in report.columns] == [1, 0]
    shmcol.pack(io.BytesIO(TEXT), tmp_path / "b.shmcol", types_from=tmp_path / "a.shmcol")
    both = [shmcol.open(tmp_path / name) for name in ("a.shmcol", "b.shmcol")]
    assert [f.type for f in both[0].schema] == [f.type for f in both[1].schema]
    for wrong in ((), "skip,stop", "no", 5):
        with pytest.raises(shmcol.UsageError, match="on_error"):
            shmcol.pack(io.BytesIO(TEXT), dry_run=True, on_error=wrong)
