"""What others leave in an archive: sync programs, file managers, and whoever means ill."""

import os
import socket
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from helpers.papers import numbered

ODD_NAMES = (
    "ABC.jpg",
    "Copy of 6550f79d46b1945c.jpg",
    "6550f79d46b1945c (Ada's conflicted copy 2024-11-01).jpg",
    "6550f79d46b1945c-laptop.jpg",
    "6550f79d46b1945c.sync-conflict-20241101-120000-ABCDEFG.jpg",
    ".syncthing.6550f79d46b1945c.jpg.tmp",
    "~6550f79d46b1945c.tmp",
    "run-1 (conflicted copy).parquet",
    "Copy of run-1.parquet",
    "RUN-1.PARQUET",
    "000 (1).json",
    "0000.json",
    "000.json",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "back\\slash.jpg",
    "bell\x07\x1b[2J.jpg",
    "x" * 250,
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
)
"""Names that no file of ours has, in the rooms where they are planted."""
ROOMS = (
    *("catalog", "catalog/day=2024-10-31", "journal", "pictures", "pictures/20241031", "originals", "budgets"),
    "paid-calls",
)
ODD_KINDS = {
    "pictures/20241031/aaaaaaaaaaaaaaaa.jpg": "a link",
    "pictures/20241031/bbbbbbbbbbbbbbbb.jpg": "a link",
    "pictures/20241031/cccccccccccccccc.jpg": "a folder",
    "pictures/20241031/dddddddddddddddd.jpg": "a link",
    "pictures/20241031/eeeeeeeeeeeeeeee.jpg": "a special file",
    "pictures/20241030": "a link",
    "catalog/day=2024-10-30": "a link",
    "catalog/day=2024-10-31/run-7.parquet": "a folder",
    "catalog/day=2024-10-31/run-8.parquet": "a special file",
    "catalog/day=2024-10-31/run-9.parquet": "a link",
    "journal/abababab": "a link",
    "journal/cdcdcdcd": "a link",
    "budgets/abc": "a link",
    f"originals/{'0' * 64}.png": "a special file",
}
TRASH = (".stversions", "@eaDir", "Lost and Found")


def planted(root: Path, outside: Path) -> dict[str, bytes | None]:
    """Plant strangers in every room, with links to `outside`; gives them by path, with what stands in them."""
    outside.mkdir()
    (outside / "6550f79d46b1945c.jpg").write_bytes(b"not yours")
    (outside / "run-9.parquet").write_bytes(b"not yours")
    before = set(everything(root))
    for room in (*ROOMS, "gallery"):
        place = root / room
        place.mkdir(exist_ok=True)
        for name in ODD_NAMES:
            (place / name).write_bytes(b"PAR1")
        (place / os.fsdecode(b"not-utf-8-\xff.jpg")).write_bytes(b"PAR1")
        for name in TRASH:
            (place / name).mkdir()
            (place / name / "000.json").write_bytes(b"{}")
    pictures = root / "pictures/20241031"
    (pictures / "aaaaaaaaaaaaaaaa.jpg").symlink_to(outside / "6550f79d46b1945c.jpg")
    (pictures / "bbbbbbbbbbbbbbbb.jpg").symlink_to(pictures)
    (pictures / "cccccccccccccccc.jpg").mkdir()
    (pictures / "dddddddddddddddd.jpg").symlink_to("nowhere")
    os.mkfifo(pictures / "eeeeeeeeeeeeeeee.jpg")
    os.mkfifo(root / "catalog/day=2024-10-31/run-8.parquet")
    (root / "catalog/day=2024-10-31/run-9.parquet").symlink_to(outside / "run-9.parquet")
    (root / "catalog/day=2024-10-31/run-7.parquet").mkdir()
    (root / "catalog/day=2024-02-31").mkdir()
    for name in ("pictures/20241030", "catalog/day=2024-10-30", "journal/abababab", "budgets/abc"):
        (root / name).symlink_to(outside)
    (root / "journal/cdcdcdcd").symlink_to(root / "journal")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root / "originals")  # a socket's path is short
        listener.bind("0" * 64 + ".png")
        os.chdir(here)
    return {path: content for path, content in everything(root).items() if path not in before}


def everything(root: Path) -> dict[str, bytes | None]:
    """What lies below a folder: of files their bytes."""
    found: dict[str, bytes | None] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            is_plain = path.is_file() and not path.is_symlink()
            found[str(path.relative_to(root))] = path.read_bytes() if is_plain else None
    return found


PLANTED = (
    "../../etc/passwd",
    "/etc/passwd",
    "pictures/../../../etc/passwd",
    "pictures\\20241031\\6550f79d46b1945c.jpg",
    "pictures/20241031/6550f79d46b1945c.jpg\0.png",
    "",
    "x" * 5000,
    "pictures/20241031/" + "a" * 300 + ".jpg",
    "file:///etc/passwd",
    "\x1b[2Jpictures",
)
FIRST_PLANTED = 50


def plant_rows(file: Path, paths: tuple[str, ...] = PLANTED) -> Path:
    """Beside a file of the catalog one whose rows name these paths as their pictures and originals."""
    table = pq.read_table(file, partitioning=None)
    row = next(row for row in table.to_pylist() if row["status"] == "done")
    rows = [
        {**row, "run": "planted", "picture_path": path, "original_path": path, "paper_key": numbered(number).key}
        for number, path in enumerate(paths, FIRST_PLANTED)
    ]
    planted = file.with_name("planted.parquet")
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), planted)
    return planted
