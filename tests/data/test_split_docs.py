"""What docs/splits.md says about the built-in split is what the file holds."""

import re
from pathlib import Path

import pytest

from unlearn_core.configs.data import DigitsConfig
from unlearn_core.data.load import load_dataset
from unlearn_core.data.splits import check_split, find_split

PAGE = Path(__file__).resolve().parents[2] / "docs" / "splits.md"
NAME = "digits-1-with-flag-or-foot"


@pytest.fixture(scope="module")
def text():
    return " ".join(PAGE.read_text(encoding="utf-8").split())


def test_counts_on_the_page_are_the_file_s(text):
    found = check_split(find_split(NAME).split, load_dataset(DigitsConfig()))
    assert (
        f"{found.listed_train} of {found.class_train} ones of the train part and "
        f"{found.listed_test} of {found.class_test} of the test part"
    ) in text


def test_hard_cases_on_the_page_lie_on_the_side_it_says(text):
    ids = find_split(NAME).split.ids
    listed, plain = re.search(r"- listed: (.*?);.*?- not listed: (.*?) That is", text).groups()
    total = 0
    for passage, expected in ((listed, True), (plain, False)):
        part = "train"
        for word in re.findall(r"train|test|\b\d{2,}\b", passage):
            if word in ("train", "test"):
                part = word
                continue
            assert (int(word) in getattr(ids, part)) == expected, (part, word)
            total += 1
    assert f"That is {total} of 182" in text


def test_sevens_on_the_page_are_sevens(text):
    dataset = load_dataset(DigitsConfig())
    train, test = re.search(r"136 in the train part \((.*?)\).*?test part \((.*?)\)", text).groups()
    for part, words in ((dataset.train, train), (dataset.test, test)):
        assert {int(part.labels[int(word)]) for word in words.split(", ")} == {7}


def test_images_on_the_page_are_there_and_small():
    for name in re.findall(r"\]\((images/[^)]+)\)", PAGE.read_text(encoding="utf-8")):
        assert 1_000 < (PAGE.parent / name).stat().st_size < 300_000
