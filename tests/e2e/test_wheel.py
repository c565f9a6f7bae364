"""The distribution: a source archive is enough to build the wheel, and the wheel works without any source tree.

The wheel is installed into an environment of its own, which finds the dependencies of this one but not its package.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from edition_checks import assert_supported, entries
from pipeline.digest.models import known_models

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
OF_THE_TREE = ("test_gate.py", "test_planted_faults.py")
"""Unit tests of the benchmarks, which no wheel holds."""
READ_THE_TREE = (
    "test_config.py::test_the_example_file_is_the_schemas",
    "test_config.py::test_the_reference_page_is_the_schemas",
    "test_loading.py::test_every_load_refuses_code_and_pickles",
    "test_locations.py::test_weights_stay_in_a_checkout",
)
"""Single tests that read sources and documents."""
LONG = tuple(f"test_{name}.py" for name in "cli_lines cluster dedupe memory nightly writer".split())
"""Those that take half of all the time; what they read of the wheel others read too."""
SETTINGS = "[pytest]\naddopts = -q --import-mode=importlib\npythonpath = tests\nmarkers =\n    slow: many seconds\n"


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command writes, with nothing in the environment that leads to the source tree; it has to end well."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "NEWSFOLD_MODELS")}
    done = subprocess.run(command, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what the source archive holds."""
    folder = tmp_path_factory.mktemp("build")
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", folder, folder=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, folder=source)
    shutil.rmtree(source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder)
    found = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", found, "install", "--no-deps", "--no-index", wheel, folder=folder)
    packages = Path(run(found, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip())
    # A folder named in a .pth file is searched, but its own .pth files, such as that of an editable install, are not.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return found


def test_the_wheel_holds_what_the_command_needs(wheel: Path) -> None:
    """Every file of the package and of the sample night, the small models, and nothing that is fetched or for tests."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs the git checkout, to know which files are the project's")
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = run("git", "ls-files", "src/pipeline", "data/sample", "models", folder=ROOT).splitlines()
    renamed = {
        "src/pipeline/": "pipeline/",
        "data/sample/": "pipeline/shipped/sample/",
        "models/consistency/": "pipeline/shipped/models/consistency/",
        "models/manifest.toml": "pipeline/shipped/models/manifest.toml",
        "models/story-pairs/pairs.safetensors": "pipeline/shipped/models/pairs.safetensors",
    }
    wanted = {
        target + name.removeprefix(start)
        for name in listed
        for start, target in renamed.items()
        if name.startswith(start)
    }
    assert {name for name in held if ".dist-info/" not in name} == wanted
    assert wheel.stat().st_size < 10_000_000


def test_the_package_is_the_wheels(python: Path, tmp_path: Path) -> None:
    """The tests below would prove nothing if the source tree were found."""
    place = run(python, "-c", "import pipeline; print(pipeline.__file__)", folder=tmp_path).strip()
    assert Path(place).is_relative_to(python.parents[1])
    assert str(ROOT / "src") not in run(python, "-c", "import sys; print(sys.path)", folder=tmp_path)


def test_the_demo_runs(python: Path, embedded_model: str, tmp_path: Path) -> None:
    """`newsfold demo` with the weights in the user's data folder: an edition whose every sentence is supported."""
    weights = tmp_path / "share" / "newsfold" / "models" / embedded_model
    weights.parent.mkdir(parents=True)
    weights.symlink_to(known_models()[embedded_model].folder)
    command, home = python.with_name("newsfold"), str(tmp_path / "share")
    assert str(weights) in run(command, "models", "list", folder=tmp_path, XDG_DATA_HOME=home)
    # One thread is as fast: several wait for each other where cores are shared.
    run(command, "demo", folder=tmp_path, XDG_DATA_HOME=home, OMP_NUM_THREADS="1")
    folder = tmp_path / "data" / "demo"
    told = entries(folder, "2026-03-10")
    assert len(told) > 10
    for story in told:
        assert_supported(folder, story)
    assert "written" in {sentence["method"] for story in told for sentence in story.sentences}


def test_the_tests_pass_without_the_source_tree(python: Path, tmp_path: Path) -> None:
    """All units but the few named above, beside nothing but the sample night of the wheel."""
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shipped = run(python, "-c", "from pipeline import locations; print(locations.sample_night())", folder=tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(shipped.strip())
    (tmp_path / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    without = [f"--ignore=tests/unit/{name}" for name in (*OF_THE_TREE, *LONG)]
    without += [f"--deselect=tests/unit/{name}" for name in READ_THE_TREE]
    told = run(python, "-m", "pytest", "-p", "no:cacheprovider", *without, "tests/unit", folder=tmp_path)
    assert " passed" in told or "100%" in told
