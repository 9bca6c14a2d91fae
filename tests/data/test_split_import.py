import json

import pytest
from tiny_data import tiny_dataset

from unlearn_core.data.splits import SplitDetails, find_split, import_split, write_split
from unlearn_core.errors import SplitError

DATASET = tiny_dataset([0, 0, 0, 1, 1, 2], [0, 0, 1, 2], name="mnist")
DETAILS = SplitDetails(feature="zero with a dot", labelled_by="me", how="by eye")
THESIS_LIST = {
    "dataset": "MNIST",
    "class": 0,
    "feature": "zero with a dot",
    "role": "forget",
    "index": "row",
    "source": "somewhere",
    "how": "as it stands",
    "counts": {"train": 2, "test": 1},
    "train": [0, 2],
    "test": [1],
}


@pytest.fixture
def lists(tmp_path):
    (tmp_path / "train.txt").write_text("# zeros\n2\n\n0   # the first\n2\n")
    (tmp_path / "test.txt").write_text("1\n")
    (tmp_path / "zeros.json").write_text(json.dumps(THESIS_LIST))
    return tmp_path


def test_text_lists_become_a_sorted_and_fingerprinted_split(lists):
    made = import_split(
        lists / "train.txt", DATASET, "dots", test=lists / "test.txt", details=DETAILS
    )
    assert (made.ids.train, made.ids.test) == ((0, 2), (1,))
    assert made.class_label == 0
    assert made.dataset == "mnist"
    assert made.fingerprints.train == DATASET.train.fingerprint
    assert made.fingerprints.test == DATASET.test.fingerprint
    assert (made.feature, made.labelled_by, made.how) == ("zero with a dot", "me", "by eye")


def test_thesis_list_keeps_its_details_and_gains_fingerprints(lists):
    made = import_split(lists / "zeros.json", DATASET, "dots")
    assert made.name == "dots"
    assert made.labelled_by == "somewhere"
    assert made.how == "as it stands"
    assert made.fingerprints.train == DATASET.train.fingerprint
    assert made.ids.train == (0, 2)


def test_thesis_list_is_usable_by_name_without_import(lists):
    found = find_split("zeros", lists).split
    assert found.dataset == "mnist"
    assert found.fingerprints.train is None
    assert (found.ids.train, found.ids.test) == ((0, 2), (1,))


def test_imported_split_is_found_by_name_after_writing(lists):
    made = import_split(lists / "zeros.json", DATASET, "dots")
    write_split(made, lists / "dots.json")
    assert find_split("dots", lists).split == made


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0\n1.5\n", r"train\.txt', line 2: '1\.5' is no sample id"),
        ("-3\n", "'-3' is no sample id"),
        ("²\n", "is no sample id"),
        ("0\n3\n", r"2 different labels \(0, 1\)"),
        ("0\n99\n", "sample id 99 is out of range"),
        ("# nothing\n", "empty"),
    ],
)
def test_bad_text_list_is_refused(lists, content, message):
    (lists / "train.txt").write_text(content)
    with pytest.raises(SplitError, match=message):
        import_split(lists / "train.txt", DATASET, "dots", details=DETAILS)


def test_stated_class_must_be_the_samples_class(lists):
    details = SplitDetails(feature="x", class_label=1)
    with pytest.raises(SplitError, match="about class 1, but sample 0"):
        import_split(lists / "train.txt", DATASET, "dots", details=details)


def test_text_list_needs_a_feature(lists):
    with pytest.raises(SplitError, match="say at least which feature"):
        import_split(lists / "train.txt", DATASET, "dots")


def test_json_list_says_everything_itself(lists):
    with pytest.raises(SplitError, match="says everything itself"):
        import_split(lists / "zeros.json", DATASET, "dots", details=DETAILS)


def test_missing_list_is_named(lists):
    with pytest.raises(SplitError, match=r"absent\.txt"):
        import_split(lists / "absent.txt", DATASET, "dots", details=DETAILS)


def test_name_that_is_no_file_name_is_refused(lists):
    with pytest.raises(SplitError, match="name"):
        import_split(lists / "zeros.json", DATASET, "../dots")


def test_split_of_other_data_does_not_become_ours_by_import(lists):
    other = tiny_dataset([0, 0, 0, 1, 1, 1], [0, 0, 1, 2], name="mnist", classes=3)
    made = import_split(lists / "zeros.json", other, "dots")
    write_split(made, lists / "dots.json")
    with pytest.raises(SplitError, match="made on other data"):
        import_split(lists / "dots.json", DATASET, "again")
