"""Which files are found and where theirs go: folders, names, collisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.command import done, refused, run
from tests.cli.pictures import files_below, photo, size_of

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--width", "12")


def test_a_folder_keeps_its_tree(tmp_path: Path) -> None:
    names = ["a.png", "one/b.JPG", "one/two/c.webp"]
    for name in names:
        photo(tmp_path / "in" / name)
    photo(tmp_path / "in/.hidden/d.png")
    photo(tmp_path / "in/.e.png")
    result = done(run("resize", "in", "-o", "out", *SMALL, directory=tmp_path))
    assert files_below(tmp_path / "out") == ["a.png", "one/b.jpg", "one/two/c.webp"]
    lines = result.stdout.decode().splitlines()
    order = [line.split()[0] for line in lines[1:4]]
    assert order == ["out/a.png", "out/one/b.jpg", "out/one/two/c.webp"]


def test_output_inside_input_is_not_worked_on_again(tmp_path: Path) -> None:
    photo(tmp_path / "in/a.png")
    for options in ((), ("--force",)):
        done(run("resize", "in", "-o", "in/out", *SMALL, *options, directory=tmp_path))
        assert files_below(tmp_path / "in") == ["a.png", "out/a.png"]
    assert "the folder in itself" in refused(
        run("resize", "in", "-o", "in", *SMALL, directory=tmp_path), 2
    )


def test_several_inputs_and_what_is_named_twice(tmp_path: Path) -> None:
    for name in ("a.png", "in/b.png", "in/c.png"):
        photo(tmp_path / name)
    inputs = ("in/c.png", "a.png", "in", "./a.png")
    result = done(run("resize", *inputs, "-o", "out", *SMALL, directory=tmp_path))
    assert b"3 pictures, 3 files" in result.stdout
    assert files_below(tmp_path / "out") == ["a.png", "b.png", "c.png"]
    order = [line.split()[0] for line in result.stdout.decode().splitlines()[1:4]]
    assert order == ["out/c.png", "out/a.png", "out/b.png"]


def test_two_pictures_of_one_name_are_refused_before_work(tmp_path: Path) -> None:
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/a.jpg")
    options = ("resize", "in", "-o", "out", "--format", "webp", *SMALL)
    said = refused(run(*options, directory=tmp_path), 2)
    assert "in/a.jpg and in/a.png would both become out/a.webp" in said
    assert files_below(tmp_path) == ["in/a.jpg", "in/a.png"]
    photo(tmp_path / "other/a.png")
    said = refused(run("resize", "in/a.png", "other", "-o", "out", *SMALL, directory=tmp_path), 2)
    assert "would both become out/a.png" in said


def test_variants_of_one_name_are_refused(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    (tmp_path / "r.toml").write_text(
        "[variants.x]\nresize={width=9}\n[variants.y]\nresize={width=9}\n"
    )
    options = ("--recipe", "r.toml", "--template", "{stem}-{width}.{ext}")
    said = refused(run("resize", "a.png", "-o", "out", *options, directory=tmp_path), 2)
    assert "a.png as x and a.png as y" in said
    assert not (tmp_path / "out").exists()


def test_files_that_exist_need_force(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    photo(tmp_path / "b.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b.png").write_text("precious")
    options = ("resize", "a.png", "b.png", "-o", "out", *SMALL)
    said = refused(run(*options, directory=tmp_path), 2)
    assert "out/b.png exists" in said
    assert files_below(tmp_path / "out") == ["b.png"]
    done(run(*options, "--force", directory=tmp_path))
    assert size_of(tmp_path / "out/b.png") == ("PNG", (12, 8))


def test_an_input_is_never_written_to(tmp_path: Path) -> None:
    before = photo(tmp_path / "a.png").read_bytes()
    damaged = before[:500]
    (tmp_path / "b.png").write_bytes(damaged)
    (tmp_path / "link.png").symlink_to("a.png")
    for output in ("a.png", "./a.png", "link.png", "."):
        options = ("resize", "a.png", "-o", output, "--force", *SMALL)
        assert "is an input" in refused(run(*options, directory=tmp_path), 2)
    both = ("resize", "a.png", "b.png", "-o", ".", "--template", "b.png", "-f", *SMALL)
    assert "is an input" in refused(run(*both, directory=tmp_path), 2)
    assert (tmp_path / "a.png").read_bytes() == before
    assert (tmp_path / "b.png").read_bytes() == damaged


def test_links_are_not_followed_while_walking(tmp_path: Path) -> None:
    photo(tmp_path / "outside/secret.png")
    photo(tmp_path / "in/a.png")
    (tmp_path / "in/link.png").symlink_to("../outside/secret.png")
    (tmp_path / "in/folder").symlink_to("../outside")
    (tmp_path / "in/loop").symlink_to(".")
    (tmp_path / "in/nowhere.png").symlink_to("missing")
    result = run("resize", "in", "-o", "out", *SMALL, directory=tmp_path)
    assert result.returncode == 0
    said = result.stderr.decode()
    for name in ("link.png", "folder", "loop", "nowhere.png"):
        assert f"in/{name}: skipped: a symbolic link" in said
    assert files_below(tmp_path / "out") == ["a.png"]
    done(run("resize", "in/link.png", "-o", "named.png", *SMALL, directory=tmp_path))
    assert size_of(tmp_path / "named.png") == ("PNG", (12, 8))


def test_nothing_leads_out_of_the_output_folder(tmp_path: Path) -> None:
    photo(tmp_path / "in/sub/a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/sub").symlink_to("../elsewhere")
    options = ("resize", "in", "-o", "out", "--force", *SMALL)
    assert "leads out of out" in refused(run(*options, directory=tmp_path), 2)
    (tmp_path / "r.json").write_text('{"variants": {"../../up": {"resize": {"width": 9}}}}')
    by_variant = ("-o", "new", "--recipe", "r.json", "--template", "{variant}.{ext}")
    said = refused(run("resize", "in", *by_variant, directory=tmp_path), 2)
    assert "leads out of new" in said
    assert files_below(tmp_path / "elsewhere") == []


def test_what_out_is(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    (tmp_path / "there").mkdir()
    for output, made in (("there", "there/a.png"), ("new/", "new/a.png"), ("file", "file")):
        done(run("resize", "a.png", "-o", output, *SMALL, directory=tmp_path))
        assert size_of(tmp_path / made) == ("PNG", (12, 8))
    said = refused(run("resize", "a.png", "there", "-o", "file", *SMALL, directory=tmp_path), 2)
    assert "file is a file" in said
    options = ("resize", "a.png", "-o", "b.jpg", "--format", "webp", *SMALL)
    assert "named like jpeg" in refused(run(*options, directory=tmp_path), 2)
    refused(run("resize", "a.png", "-o", "no/such/b.png", *SMALL, directory=tmp_path), 1)
    refused(run("resize", "missing.png", "-o", "b.png", *SMALL, directory=tmp_path), 2)


@pytest.mark.parametrize("command", ["resize", "optimize"])
def test_dry_run_writes_nothing(tmp_path: Path, command: str) -> None:
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/sub/b.jpg")
    size = SMALL if command == "resize" else ()
    result = done(run(command, "in", "-o", "out", "--dry-run", *size, directory=tmp_path))
    assert b"in/sub/b.jpg -> out/sub/b.jpg" in result.stdout
    assert b"2 pictures, 2 files would be written" in result.stdout
    assert files_below(tmp_path) == ["in/a.png", "in/sub/b.jpg"]
    assert not (tmp_path / "out").exists()


def test_names_that_terminals_would_obey(tmp_path: Path) -> None:
    photo(tmp_path / "[red]a\x1b[31m.png")
    result = done(run("resize", "[red]a\x1b[31m.png", "-o", "out/", *SMALL, directory=tmp_path))
    assert b"\x1b" not in result.stdout
    assert b"out/[red]a" in result.stdout


def test_an_ending_that_names_no_format_needs_one(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    said = refused(run("resize", "a.png", "-o", "b.xyz", *SMALL, directory=tmp_path), 2)
    assert "b.xyz ends in .xyz, which names no format: add --format" in said
    done(run("resize", "a.png", "-o", "b.xyz", "--format", "webp", *SMALL, directory=tmp_path))
    assert (tmp_path / "b.xyz").read_bytes()[8:12] == b"WEBP"
