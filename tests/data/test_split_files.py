import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny_data import tiny_dataset

from unlearn_core.data.places import builtin_splits_dir
from unlearn_core.data.splits import (
    SplitFile,
    check_split,
    find_split,
    list_splits,
    read_split,
    write_split,
)
from unlearn_core.errors import SplitError, UnknownNameError

DATASET = tiny_dataset([0, 0, 0, 1, 1, 2], [0, 0, 1, 2])


def split(**changes):
    fields = {
        "name": "some",
        "dataset": "digits",
        "class_label": 0,
        "feature": "zero with a dot",
        "fingerprints": {
            "train": DATASET.train.fingerprint,
            "test": DATASET.test.fingerprint,
        },
        "ids": {"train": [0, 2], "test": [1]},
    }
    return SplitFile.model_validate({**fields, **changes})


IDS = st.sets(st.integers(0, 70_000), max_size=30).map(sorted)
TEXT = st.text(max_size=40)


@given(train=IDS, test=IDS, label=st.integers(0, 1000), feature=st.text(min_size=1), text=TEXT)
@settings(max_examples=50)
def test_a_written_split_file_reads_back_equal(tmp_path_factory, train, test, label, feature, text):
    original = split(
        class_label=label,
        feature=feature,
        description=text,
        labelled_by=text,
        ids={"train": train, "test": test},
    )
    path = tmp_path_factory.mktemp("split") / "some.json"
    write_split(original, path)
    assert read_split(path) == original


@given(st.data())
def test_check_catches_any_foreign_id(data):
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=4, max_size=30)))
    labels[0] = 1
    dataset = tiny_dataset(labels, classes=3)
    fitting = np.flatnonzero(labels == 1).tolist()
    foreign = sorted(set(range(len(labels) + 5)) - set(fitting))
    stranger = data.draw(st.sampled_from(foreign))
    part = data.draw(st.sampled_from(["train", "test"]))
    ids = {"train": fitting, "test": fitting}
    no_fingerprints = {"train": None, "test": None}
    good = split(class_label=1, ids=ids, fingerprints=no_fingerprints)
    assert check_split(good, dataset).class_train == len(fitting)
    bad = split(
        class_label=1,
        ids={**ids, part: sorted([*fitting, stranger])},
        fingerprints=no_fingerprints,
    )
    with pytest.raises(SplitError, match=rf"\b{stranger}\b.*{part}|{part}.*\b{stranger}\b"):
        check_split(bad, dataset)


def test_check_counts_listed_samples_and_their_class():
    found = check_split(split(), DATASET)
    assert (found.listed_train, found.class_train) == (2, 3)
    assert (found.listed_test, found.class_test) == (1, 2)
    assert found.verified


@pytest.mark.parametrize("part", ["train", "test"])
def test_split_without_a_fingerprint_is_checked_but_not_verified(part):
    fingerprints = {**split().fingerprints.model_dump(), part: None}
    assert not check_split(split(fingerprints=fingerprints), DATASET).verified


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "mnist"}, "split 'some' is for the dataset 'mnist', not 'digits'"),
        ({"class_label": 3}, "about class 3, but 'digits' has the classes 0 to 2"),
        ({"class_label": 1}, "sample 0 of the train part has label 0 (2 of 2"),
        ({"ids": {"train": [0, 6]}}, "sample id 6 is out of range; the train part has ids 0 to 5"),
        ({"ids": {"train": [0], "test": [2]}}, "sample 2 of the test part has label 1"),
        ({"ids": {"train": [0, 10**30]}}, "out of range"),
        ({"ids": {"train": [], "test": [0]}}, "empty: it lists no sample of the train part"),
        ({"fingerprints": {"train": "0" * 64}}, "made on other data"),
        ({"fingerprints": {"test": "f" * 64}}, "made on other data"),
    ],
)
def test_a_split_that_does_not_fit_is_refused(changes, message):
    with pytest.raises(SplitError) as caught:
        check_split(split(**changes), DATASET)
    assert message in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"ids": {"train": [2, 0]}},
        {"ids": {"train": [1, 1]}},
        {"ids": {"train": [-1]}},
        {"ids": {"train": [1.5]}},
        {"ids": {"train": [True]}},
        {"ids": {"train": ["3"]}},
        {"ids": {"validation": [3]}},
        {"format": 2},
        {"name": "../up"},
        {"feature": ""},
        {"fingerprints": {"train": "abc"}},
        {"colour": "red"},
    ],
)
def test_a_table_that_is_no_split_is_refused(changes):
    with pytest.raises(ValidationError):
        split(**changes)


def test_unknown_key_in_a_file_is_named_with_the_known_ones(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**split().model_dump(mode="json"), "colour": "red"}))
    with pytest.raises(SplitError) as caught:
        read_split(path)
    assert "x.json" in caught.value.message
    assert "colour" in caught.value.message
    assert "class_label" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"format": 1,\n "name": }', "line 2, column 10"),
        (b"[1, 2]", "holds no table"),
        (b"\xff\xfe", "cannot read"),
        (b"{}", "name: Field required"),
    ],
)
def test_file_that_is_no_split_says_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(SplitError, match=message):
        read_split(path)


def test_an_existing_file_is_never_replaced(tmp_path):
    path = tmp_path / "some.json"
    write_split(split(), path)
    before = path.read_bytes()
    with pytest.raises(SplitError, match="already there"):
        write_split(split(feature="another"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_a_split_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SplitError, match="cannot write"):
        write_split(split(), tmp_path / "file" / "some.json")


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.delenv("UNLEARN_SPLITS_DIR", raising=False)
    write_split(split(), tmp_path / "some.json")
    return tmp_path


def test_own_split_is_found_in_the_given_folder(own):
    found = find_split("some", own)
    assert found.split == split()
    assert not found.builtin


def test_own_split_is_found_through_the_environment(own, monkeypatch):
    monkeypatch.setenv("UNLEARN_SPLITS_DIR", str(own))
    assert find_split("some").path == own / "some.json"


def test_given_folder_goes_before_the_environment(own, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("UNLEARN_SPLITS_DIR", str(tmp_path_factory.mktemp("other")))
    assert find_split("some", own).split.name == "some"


def test_unknown_name_offers_the_nearest(own):
    with pytest.raises(UnknownNameError, match="no split 'sme'; did you mean 'some'"):
        find_split("sme", own)


def test_a_path_is_no_name(own):
    with pytest.raises(UnknownNameError):
        find_split(str(own / "some"))


def test_splits_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SplitError, match="nowhere' does not exist"):
        find_split("some", tmp_path / "nowhere")


def test_two_different_splits_of_one_name_are_refused(own):
    name = next(builtin_splits_dir().glob("*.json")).stem
    write_split(split(name=name), own / f"{name}.json")
    with pytest.raises(SplitError, match="two different splits"):
        find_split(name, own)


def test_a_copy_of_a_built_in_split_does_no_harm(own):
    source = next(builtin_splits_dir().glob("*.json"))
    (own / source.name).write_bytes(source.read_bytes())
    assert find_split(source.stem, own).builtin


def test_list_shows_broken_files_with_their_problem(own):
    (own / "broken.json").write_text("{")
    entries = {entry.name: entry for entry in list_splits(own)}
    assert entries["some"].split == split()
    assert entries["broken"].split is None
    assert "no JSON" in entries["broken"].problem
    assert [entry.builtin for entry in list_splits(own)].index(True) == 0


def test_built_in_splits_are_the_checkout_s_unless_the_package_has_them(monkeypatch, tmp_path):
    package = tmp_path / "site" / "unlearn_core"
    (package / "splits").mkdir(parents=True)
    (tmp_path / "site" / "splits").mkdir()
    monkeypatch.setattr("unlearn_core.data.places._PACKAGE", package)
    assert builtin_splits_dir() == package / "splits"
    (package / "splits").rmdir()
    assert builtin_splits_dir() == tmp_path / "site" / "splits"
