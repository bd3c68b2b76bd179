"""A folder is one request a file: text, images and PDFs, within what the API takes; nothing outside it is read."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest

from batchtui.compose import TableOptions, open_table
from batchtui.compose.tables import attachments
from batchtui.domain.errors import InputError
from tests.compose.builders import composed, request
from tests.intake.builders import PNG

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = b64decode(PNG)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
DESCRIBE = "Describe {{ name }}."


def image(media_type: str, content: bytes) -> dict[str, object]:
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": media_type, "data": b64encode(content).decode()},
    }


def text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


BLOCKS: dict[str, tuple[bytes, object]] = {
    "a.png": (IMAGE, image("image/png", IMAGE)),
    "a.jpg": (b"\xff\xd8\xff\xe0abc", image("image/jpeg", b"\xff\xd8\xff\xe0abc")),
    "a.gif": (b"GIF89aabc", image("image/gif", b"GIF89aabc")),
    "a.webp": (b"RIFF1234WEBPVP8 ", image("image/webp", b"RIFF1234WEBPVP8 ")),
    "wrongly-named.jpg": (IMAGE, image("image/png", IMAGE)),
    "a.pdf": (
        PDF,
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": b64encode(PDF).decode()},
        },
    ),
    "a.txt": (
        "Grüße".encode("cp1252"),
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            "title": "a.txt",
        },
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_file_becomes_its_block_before_the_prompt(name: str, tmp_path: Path) -> None:
    content, block = BLOCKS[name]
    (tmp_path / name).write_bytes(content)
    made, problems = composed(open_table(str(tmp_path), TableOptions(attach_text=True)), DESCRIBE)
    expected = request(name.replace(".", "_"), [block, text(f"Describe {name}.")])
    assert (made, problems) == ([expected], [])


def test_the_text_of_a_file_fills_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("hello")
    made, _ = composed(open_table(str(tmp_path), TableOptions()), "Sum up: {{ text }}")
    assert made == [request("a_md", "Sum up: hello")]


def test_a_prompt_of_nothing_leaves_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(IMAGE)
    made, problems = composed(open_table(str(tmp_path), TableOptions()), "{{ input_data }}")
    assert (made, problems) == ([request("a_png", [image("image/png", IMAGE)])], [])


def test_files_come_in_the_order_of_their_names_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a.txt", ".hidden", "a/.git/x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    made, _ = composed(open_table(str(tmp_path), TableOptions()), "{{ text }}")
    assert [each["params"]["messages"][0]["content"] for each in made] == ["a/z.txt", "a.txt", "b.txt"]


def test_one_document_is_a_folder_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("id,text\n1,2\n")
    source = open_table(str(tmp_path / "a.txt"), TableOptions())
    made, _ = composed(source, "{{ text }}")
    assert made == [request("a_txt", "id,text\n1,2")]


FAULTS: dict[str, tuple[str, bytes]] = {
    "file-empty": ("x.txt", b" \n"),
    "file-binary": ("x.bin", b"MZ\x00\x01\x00" * 20),
    "a spreadsheet": ("x.xlsx", b"PK\x03\x04abc"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_files_that_cannot_be_sent_are_named(name: str, tmp_path: Path) -> None:
    file, content = FAULTS[name]
    (tmp_path / "a.txt").write_text("fine")
    (tmp_path / file).write_bytes(content)
    made, [problem] = composed(open_table(str(tmp_path), TableOptions()), "{{ text }}")
    assert (problem.file, len(made)) == (str(tmp_path / file), 1)
    assert problem.code == (name if name.startswith("file-") else "file-binary")


@pytest.mark.parametrize(("name", "start"), [("x.png", b"\x89PNG\r\n"), ("x.pdf", b"%PDF-"), ("x.txt", b"a")])
def test_files_beyond_the_limits_are_named_and_not_held(name: str, start: bytes, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.write(start)
        file.write(b"x" * 1000)
        file.truncate(200_000_000)
    made, [problem] = composed(open_table(str(tmp_path), TableOptions()), "{{ text }}")
    assert (made, problem.code) == ([], "file-too-large")


def test_an_image_that_may_be_refused_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(IMAGE + b"\0" * attachments.IMAGE_SURE)
    made, problems = composed(open_table(str(tmp_path), TableOptions()), DESCRIBE)
    assert (len(made), [problem.code for problem in problems]) == (1, ["image-large"])


def test_a_link_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("fine")
    (folder / "b.txt").symlink_to(folder / "a.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    made, problems = composed(open_table(str(folder), TableOptions()), "{{ text }}")
    assert [each["custom_id"] for each in made] == ["a_txt", "b_txt"]
    assert {problem.code for problem in problems} == {"file-outside", "file-special"}
    assert "secret" not in str(made)


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no files"):
        composed(open_table(str(tmp_path), TableOptions()), "{{ text }}")
