"""What holds for every Knative Service."""

from hypothesis import given

from components.serving.checks import problems
from components.serving.manifest import canonical, manifest
from components.serving.spec import KnativeServiceSpec

from .strategies import knative_services


@given(spec=knative_services())
def test_the_manifest_is_canonical_and_nothing_is_wrong_with_it(spec: KnativeServiceSpec[str]) -> None:
    document = manifest("hello", spec)
    assert canonical(document) == document
    assert problems(document) == []
