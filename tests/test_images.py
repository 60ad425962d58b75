from __future__ import annotations

import pytest
from iguazioig.images import DEFAULT_IMAGE, SUPPORTED, choose


@pytest.mark.parametrize(
    ("image", "python"),
    [
        ("python:3.9", "3.9"),
        ("python:3.11", "3.11"),
        ("python:3.11.4-slim-bookworm", "3.11"),
        ("python:3.12-slim", "3.12"),
        ("python:3.10@sha256:" + "0" * 64, "3.10"),
        ("library/python:3.10", "3.10"),
        ("docker.io/library/python:3.10", "3.10"),
        ("docker.io/python:3.10", "3.10"),
        ("registry.example.com:5000/mirror/python:3.10", "3.10"),
        ("team/model:1.2-python3.10", "3.10"),
        ("team/model:1.2-py310", "3.10"),
        ("team/model:1.2-py39", "3.9"),
        ("team/model-cp312:1", "3.12"),
        ("team/py3.10-gpu:python3.10", "3.10"),
        ("mlrun/mlrun:1.6.0-py39", "3.9"),
    ],
)
def test_the_python_of_an_image(image: str, python: str) -> None:
    choice = choose(image)
    assert (choice.image, choice.python, choice.complaint) == (image, python, None)


@pytest.mark.parametrize(
    ("image", "python"),
    [
        ("python:3.6-jessie", "3.6"),
        ("python:3.7", "3.7"),
        ("python:3.8.10-slim", "3.8"),
        ("python:3.13", "3.13"),
        ("python:2.7", "2.7"),
        ("python:2", "2"),
        ("docker.io/library/python:3.6", "3.6"),
    ],
)
def test_an_official_image_of_a_python_that_nuclio_refuses_is_replaced(
    image: str, python: str
) -> None:
    choice = choose(image)
    assert (choice.image, choice.python) == (DEFAULT_IMAGE, "3.11")
    assert choice.complaint is not None
    assert choice.complaint.severity == "warning"
    assert choice.complaint.wrong == f"`{image}` has Python {python}, which Nuclio refuses"
    assert choice.complaint.expected == (
        "`python:3.11` is generated in its place: name an image with Python 3.9 to 3.12"
    )


@pytest.mark.parametrize(
    ("image", "python"),
    [
        ("team/model:python3.7", "3.7"),
        ("team/model:py36", "3.6"),
        ("team/model:py2.7", "2.7"),
        ("registry.example.com/python:3.8", "3.8"),
    ],
)
def test_only_its_owner_can_replace_another_image(image: str, python: str) -> None:
    choice = choose(image)
    assert choice.image == image
    assert choice.complaint is not None
    assert choice.complaint.severity == "error"
    assert choice.complaint.wrong == f"`{image}` has Python {python}, which Nuclio refuses"
    assert choice.complaint.expected == "build the image again with Python 3.9 to 3.12"


@pytest.mark.parametrize(
    "image",
    ["python", "python:latest", "python:3", "python:slim", "team/model:1.2", "tensorflow/tensorflow:2.15-gpu",
     "team/happy3.10", "numpy310/x", "pypy:3.10", "team/model:py3", "team/copy39x"],
)  # fmt: skip
def test_an_image_that_does_not_say_its_python(image: str) -> None:
    choice = choose(image)
    assert (choice.image, choice.python) == (image, "3.11")
    assert choice.complaint is not None
    assert (choice.complaint.severity, choice.complaint.code) == ("warning", "python-unclear")
    assert choice.complaint.wrong == (
        f"`{image}` does not say which Python is in it; `python:3.11` is taken as the runtime"
    )
    is_official = image.startswith("python")
    assert (choice.complaint.expected == "say it, as in `python:3.11`") == is_official


def test_an_image_that_says_two() -> None:
    choice = choose("team/py3.9:python3.11")
    assert choice.python == "3.9"
    assert choice.complaint is not None
    assert choice.complaint.wrong == (
        "`team/py3.9:python3.11` speaks of Python 3.9 and 3.11, but runtime and image must agree"
    )


@pytest.mark.parametrize(
    "image", ["python:3.11-alpine", "python:3.12.1-alpine3.19", "team/py311:alpine"]
)
def test_alpine_has_another_c_library(image: str) -> None:
    choice = choose(image)
    assert choice.image == image
    assert choice.python in SUPPORTED
    assert choice.complaint is not None
    assert (choice.complaint.severity, choice.complaint.code) == ("warning", "python-alpine")
    assert choice.complaint.wrong.startswith(f"`{image}` ")
