"""Loading models: what comes with their weights is never run."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import DEFAULT_MODEL
from pipeline.digest.check import Setting
from pipeline.digest.loading import load_checker, load_writer
from pipeline.digest.models import known_models
from pipeline.errors import ModelError

SOURCE = Path(__file__).parents[2] / "src" / "pipeline"


@pytest.fixture
def armed(tiny_causal: Path, tmp_path: Path) -> Path:
    """A model whose configuration and tokenizer name code of their own, which leaves a mark when it is run."""
    folder = tmp_path / "models" / DEFAULT_MODEL
    shutil.copytree(tiny_causal, folder)
    mark = tmp_path / "was-run"
    (folder / "own.py").write_text(
        f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n"
        "from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast\n"
        "class OwnConfig(LlamaConfig):\n    model_type = 'own'\n"
        "class OwnModel(LlamaForCausalLM):\n    config_class = OwnConfig\n"
        "class OwnTokenizer(PreTrainedTokenizerFast):\n    pass\n",
        encoding="utf-8",
    )
    classes = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel", "AutoModelForCausalLM": "own.OwnModel"}
    for name, added in (
        ("config.json", {"model_type": "own", "architectures": ["OwnModel"], "auto_map": classes}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, "own.OwnTokenizer"]}}),
    ):
        settings = json.loads((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps(settings | added), encoding="utf-8")
    return folder


def test_a_models_own_code_is_never_run(
    armed: Path, stand_in_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither as the writer nor below the checker; such a model is refused with the reason."""
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_writer(str(armed), "cpu")
    shutil.copytree(stand_in_models / "consistency", armed.parent / "consistency")
    known_models()[DEFAULT_MODEL].mark_complete(armed)
    monkeypatch.setenv("NEWSFOLD_MODELS", str(armed.parent))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_checker(Setting.STRICT, "cpu")
    assert not (tmp_path / "was-run").exists()


def test_the_trap_is_one(armed: Path, tmp_path: Path) -> None:
    """Whoever trusts the model's code runs it: the test above can fail."""
    from transformers import AutoConfig

    AutoConfig.from_pretrained(armed, trust_remote_code=True)
    assert (tmp_path / "was-run").exists()


def test_every_load_refuses_code_and_pickles() -> None:
    """Wherever something is loaded by its name, code is refused and weights are plain numbers; nothing unpickles."""
    loads = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                loads += [node] if node.func.attr == "from_pretrained" else []
                assert ast.unparse(node.func) not in ("torch.load", "pickle.load", "pickle.loads", "joblib.load"), path
            assert not (isinstance(node, ast.Import) and {"pickle", "joblib"} & {name.name for name in node.names}), (
                path
            )
    assert len(loads) >= 6
    for node in loads:
        given = {item.arg: ast.unparse(item.value) for item in node.keywords}
        assert given.get("trust_remote_code") == "False", ast.unparse(node)
        is_tensors = given.get("use_safetensors") == "True" or "gguf_file" in given
        assert "dtype" not in given or is_tensors, ast.unparse(node)


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp is what torch brings on Linux")
@pytest.mark.parametrize(
    ("chosen", "spins"), [({}, "10000"), ({"OMP_WAIT_POLICY": "passive"}, "0"), ({"GOMP_SPINCOUNT": "7"}, "7")]
)
def test_threads_that_wait_do_not_keep_out_others(tiny_causal: Path, chosen: dict[str, str], spins: str) -> None:
    """Loading a model has them sleep soon, in time for the library that reads it; whoever has chosen is heard."""
    script = "import sys; from pipeline.digest.loading import load_writer; load_writer(sys.argv[1], 'cpu')"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tiny_causal)],
        env=kept | {"OMP_DISPLAY_ENV": "verbose"} | chosen,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.findall(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)[-1] == spins
