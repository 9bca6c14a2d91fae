import subprocess
import sys

SCRIPT = """
import importlib, pkgutil, sys
import unlearn_core.data as package
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
from unlearn_core.configs.data import DigitsConfig
from unlearn_core.data.load import load_dataset
load_dataset(DigitsConfig())
print(sorted({"torch", "torchvision", "PIL"} & set(sys.modules)))
"""


def test_no_data_module_imports_torch_or_pillow():
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
