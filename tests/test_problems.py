"""Problems as people read them."""

from __future__ import annotations

from engine.problems import Problem, UnreadableFile


def test_a_problem_says_where_what_and_what_to_do() -> None:
    problem = Problem("a.dmn", 7, "rule_2", "the type 'x' is not declared", "Declare it.")
    assert str(problem) == "a.dmn:7 (rule_2): the type 'x' is not declared. Declare it."


def test_what_is_not_known_of_a_problem_is_left_out() -> None:
    assert str(Problem("a.dmn", 0, "", "it is empty!", "Fill it.")) == "a.dmn: it is empty! Fill it."
    assert (
        str(Problem("a.dmn", 0, "", "it is empty", rule="no-empty-file"))
        == "a.dmn: it is empty [no-empty-file]"
    )


def test_problems_sort_by_file_and_line() -> None:
    late, early = Problem("a", 10, "", "x"), Problem("a", 9, "", "y")
    assert sorted([late, Problem("b", 1, "", "z"), early])[0] is early


def test_an_unreadable_file_says_all_its_problems() -> None:
    problems = (Problem("a", 1, "", "one"), Problem("a", 2, "", "two"))
    error = UnreadableFile(problems)
    assert error.problems == problems
    assert str(error) == "a:1: one\na:2: two"
