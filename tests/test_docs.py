"""Documents keep up with the program: pages, tables, links, commands and names."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from benchmarks.algorithm_pages import PAGES, facts_table, hyperparameter_table
from benchmarks.tables import marked_table
from unlearn_core.cli.main import app
from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.algorithms.registry import algorithm_names, config_types, info
from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.toml_files import experiment_toml, parse_experiment
from unlearn_core.metrics.registry import metric_names
from unlearn_core.presets import preset_names

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BUILT_IN = [name for name in algorithm_names() if "unlearn_core" in config_types()[name].__module__]


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_algorithm_is_one_menu_file_one_kitchen_file_and_one_page(name: str) -> None:
    assert (ROOT / "unlearn_core" / "configs" / "algorithms" / f"{name}.py").is_file()
    assert (ROOT / "unlearn_core" / "algorithms" / f"{name}.py").is_file()
    assert (PAGES / f"{name}.md").is_file()


def test_no_page_is_of_an_algorithm_that_is_not_there() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")}
    assert pages == {*BUILT_IN, "retrain", "index"}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_tables_of_a_page_are_those_of_the_menu(name: str) -> None:
    """`make docs` writes them."""
    page = text_of(PAGES / f"{name}.md")
    config = config_types()[name]
    assert marked_table(page, "facts") == facts_table(config.info)
    assert marked_table(page, "hyperparameters") == hyperparameter_table(config)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_hyperparameter_table_has_every_field_with_a_meaning(name: str) -> None:
    config = config_types()[name]
    table = hyperparameter_table(config)
    keys = {key.split(".")[0] for key in re.findall(r"^\| `([\w.]+)`", table, flags=re.MULTILINE)}
    assert keys == set(config.model_fields) - {"algorithm", "label", "fidelity"}
    assert not [line for line in table.splitlines() if line.endswith("|  |")]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_page_tells_all_that_is_asked_of_it(name: str) -> None:
    titles = set(re.findall(r"^## (.+)$", text_of(PAGES / f"{name}.md"), flags=re.MULTILINE))
    wanted = {"What it does", "Needs", "Hyperparameters", "Cost", "When it fails", "Fidelity"}
    assert wanted <= titles


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_index_says_what_an_algorithm_touches(name: str) -> None:
    lines = text_of(PAGES / "index.md").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| [`{name}`]")]
    marked = [bool(cell.strip()) for cell in line.strip("|").split("|")[1:]]
    asked = (Need.FORGET_IMAGES, Need.FORGET_LABELS, Need.RETAIN_DATA)
    assert marked == [need in info(name).needs for need in asked]


def links() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
            if not target.startswith(("http://", "https://", "#")):
                yield relative(document), target


@pytest.mark.parametrize(("document", "target"), sorted(set(links())))
def test_links_lead_somewhere(document: str, target: str) -> None:
    assert ((ROOT / document).parent / target.split("#", maxsplit=1)[0]).exists()


def shell_lines() -> Iterator[tuple[str, str]]:
    """Commands in fenced blocks, and inline ones that start with a program's name."""
    for document in DOCUMENTS:
        text = text_of(document)
        for language, block in re.findall(r"```(\w*)\n(.*?)```", text, flags=re.DOTALL):
            if language in ("", "sh", "bash", "console"):
                for line in block.replace("\\\n", " ").splitlines():
                    yield relative(document), line.split(" #")[0].strip()
        for inline in re.findall(r"`((?:unlearn|make) [^`\n]+)`", text):
            yield relative(document), inline


def documented(program: str) -> list[tuple[str, str]]:
    return sorted({(where, line) for where, line in shell_lines() if line.split()[:1] == [program]})


@pytest.mark.parametrize(("document", "line"), documented("unlearn"))
def test_documented_commands_and_options_exist(document: str, line: str) -> None:
    if re.search(r"[|\[…]|\.\.\.|COMMAND", line):
        pytest.skip("a pattern, not a command")
    words = shlex.split(line)[1:]
    command: click.Command = typer.main.get_command(app)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    # A group alone may be spoken of; a word after it must be one of its commands.
    assert not (words and hasattr(command, "commands")), f"{document}: no command `{line}`"
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in options]
    assert set(unknown) <= {"--help"}, f"{document}: `{line}` has unknown options"


@pytest.mark.parametrize(("document", "line"), documented("make"))
def test_documented_make_targets_exist(document: str, line: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), flags=re.MULTILINE))
    asked = [word for word in shlex.split(line)[1:] if "=" not in word]
    assert set(asked) <= targets, document


def test_the_readme_leads_to_every_document() -> None:
    pages = {relative(page) for page in (ROOT / "docs").glob("*.md")}
    assert pages <= {target for document, target in links() if document == "README.md"}


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "\nmake demo\nmake test\n" in text_of(ROOT / "README.md")


def python_blocks() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for block in re.findall(r"```python\n(.*?)```", text_of(document), flags=re.DOTALL):
            yield relative(document), block


@pytest.mark.parametrize(("document", "block"), sorted(python_blocks()))
def test_what_python_examples_import_is_there(document: str, block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            missing = [one.name for one in node.names if not hasattr(module, one.name)]
            assert not missing, document


def test_the_readme_s_python_example_runs() -> None:
    (block,) = [block for document, block in python_blocks() if document == "README.md"]
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    experiment = names["experiment"]
    assert isinstance(experiment, ExperimentConfig)
    assert parse_experiment(experiment_toml(experiment), "README.md") == experiment


def all_commands(command: click.Command, path: str = "unlearn") -> Iterator[tuple[str, str]]:
    for name, below in getattr(command, "commands", {}).items():
        yield f"{path} {name}", below.help or ""
        yield from all_commands(below, f"{path} {name}")


def test_every_command_says_what_it_does() -> None:
    assert not [path for path, said in all_commands(typer.main.get_command(app)) if not said]


def scope_rows(state: str) -> list[str]:
    return [
        line for line in text_of(ROOT / "docs" / "scope.md").splitlines() if f"| {state} |" in line
    ]


def test_metrics_called_here_are_there() -> None:
    text = text_of(ROOT / "docs" / "scope.md")
    section = text.split("## Metrics")[1].split("## Benchmarks")[0]
    named = {
        name
        for line in section.splitlines()
        if "| here |" in line
        for name in re.findall(r"`([a-z0-9_]+)`", line)
    }
    tables_and_views = {"predictions", "costs", "evaluations", "comparisons"}
    assert named - tables_and_views <= set(metric_names())


def test_presets_called_here_are_there() -> None:
    named = {
        name
        for line in scope_rows("here")
        for name in re.findall(r"`((?:thesis|mnist|fashion|digits)-[a-z0-9-]+)`", line)
    }
    assert named
    assert named <= set(preset_names())


def test_algorithms_that_come_are_not_there_yet() -> None:
    named = {name for line in scope_rows("comes") for name in re.findall(r"`([a-z_]+)`", line)}
    assert not named & set(algorithm_names())


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    headings = re.findall(r"^## (.+)$", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
