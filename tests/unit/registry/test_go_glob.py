import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.registry import go_glob


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("abc", "abc", True), ("*", "abc", True), ("*c", "abc", True), ("a*", "a", True),
        ("a*", "ab/c", False), ("a*/b", "a/c/b", False), ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b?c*x", "abxbbxdbxebxczzx", True), ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True), ("ab[b-d]", "abc", True), ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False), ("ab[^b-d]", "abc", False), ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False), ("a?b", "a☺b", True), ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False), ("[a-ζ]*", "β", True), ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False), ("[\\]a]", "]", True), ("[\\-]", "-", True), ("[x\\-]", "-", True),
        ("[]a]", "]", False), ("[-]", "-", False), ("[x-]", "x", False), ("\\", "a", False),
        ("[a-b-c]", "a", False), ("[", "a", False), ("[^", "a", False), ("[^bc", "a", False),
        ("a[", "a", False), ("a[", "ab", False), ("a[", "x", False), ("*x", "xxx", True),
        ("", "", True), ("", "a", False), ("[::1]", ":", True), ("**", "a", True),
        ("a*a", "a", False),
    ],
)  # fmt: skip
def test_the_cases_of_gos_own_test(pattern: str, name: str, expected: bool) -> None:
    assert go_glob.match(pattern.encode(), name.encode()) is expected
    assert go_glob.matcher(pattern.encode())(name.encode()) is expected


PATTERN = st.text(alphabet="a*b/.", max_size=6)


@given(PATTERN, PATTERN)
def test_a_compiled_pattern_matches_the_same(pattern: str, name: str) -> None:
    assert go_glob.matcher(pattern.encode())(name.encode()) is go_glob.match(pattern.encode(), name.encode())
