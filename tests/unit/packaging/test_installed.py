"""The package that `pip install` of the repository gives."""

import ast
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator

import components
from tests.installed import ROOT, Installed

PACKAGE = "knative_private_registry"


def test_the_wheel_holds_the_components_and_nothing_else(installed: Installed) -> None:
    expected = [
        f"{PACKAGE}/{path.relative_to(ROOT / 'components')}"
        for path in (ROOT / "components").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    ]
    assert f"{PACKAGE}/py.typed" in expected
    assert [name for name in installed.files() if ".dist-info/" not in name] == sorted(expected)


def test_the_wheel_says_what_it_is(installed: Installed) -> None:
    program = f"""
import importlib.metadata, json
found = importlib.metadata.metadata({PACKAGE.replace("_", "-")!r})
print(json.dumps([found["Name"], found["Requires-Python"], found["License-Expression"]]))
"""
    assert json.loads(installed.run(program)) == ["knative-private-registry", ">=3.11", "Apache-2.0"]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in installed.files())


def test_every_module_can_be_imported_without_the_checkout(installed: Installed) -> None:
    program = f"""
import importlib, json, pkgutil, sys
import {PACKAGE}
names = [found.name for found in pkgutil.walk_packages({PACKAGE}.__path__, "{PACKAGE}.")]
for name in names:
    importlib.import_module(name)
print(json.dumps([names, [name for name in ("components", "config", "lab", "tests") if name in sys.modules]]))
"""
    names, of_the_checkout = json.loads(installed.run(program))
    assert f"{PACKAGE}.registry.keyring" in names
    assert f"{PACKAGE}.serving.spec" in names
    assert of_the_checkout == []


def test_has_the_public_names_of_the_checkout(installed: Installed) -> None:
    program = f"""
import json
import {PACKAGE} as package
print(json.dumps({{name: getattr(package, name).__module__ for name in package.__all__}}))
"""
    homes = json.loads(installed.run(program))
    assert sorted(homes) == sorted(components.__all__)
    for home in homes.values():
        assert home.startswith(f"{PACKAGE}.")


def test_a_component_can_be_deployed_from_it(installed: Installed) -> None:
    program = f"""
import asyncio, json
import pulumi
from {PACKAGE} import ImagePullSecret, ImagePullSecretArgs

registered = []

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        registered.append(args.typ)
        return args.name, args.inputs
    def call(self, args):
        return {{}}

def deploy():
    ImagePullSecret("one", ImagePullSecretArgs(
        namespace="apps", secret_name="s", server="ghcr.io", username="u", password="p"))

asyncio.set_event_loop(asyncio.new_event_loop())
pulumi.runtime.set_mocks(Mocks())
pulumi.runtime.test(deploy)()
print(json.dumps(sorted(set(registered))))
"""
    assert json.loads(installed.run(program)) == [
        "knative-private-registry:index:ImagePullSecret",
        "kubernetes:core/v1:Secret",
    ]


def test_requires_every_library_that_it_imports(installed: Installed) -> None:
    required = {
        re.split("[^a-z0-9-]", requirement)[0]
        for requirement in importlib.metadata.PathDistribution(
            next(installed.environment.glob("lib/*/site-packages/*.dist-info"))
        ).requires
        or ()
    }
    distributions = importlib.metadata.packages_distributions()
    imported = set(_imported())
    assert {"pulumi", "pulumi_kubernetes", "kubernetes"} <= imported
    for module in imported:
        assert required & {name.lower().replace("_", "-") for name in distributions[module]}, module


def _imported() -> Iterator[str]:
    """Give the top-level modules that the components import from elsewhere."""
    for file in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names:
                    yield top
