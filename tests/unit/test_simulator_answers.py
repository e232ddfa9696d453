"""Rules that say what the simulated model answers."""

import json

import pytest

from dev.simulator.answers import AnswerBook, Asked, Reply
from dev.simulator.errors import BadScript
from dev.simulator.wire import Json


def book(*rules: Json) -> AnswerBook:
    answers = AnswerBook()
    answers.post(list(rules))
    return answers


def asked(text: str, **more: str) -> Asked:
    return Asked(api="responses", input=text, **more)


def test_the_first_rule_that_holds_answers() -> None:
    answers = book({"input": "tea", "say": "Tea."}, {"say": "Anything."})
    assert answers.find(asked("a cup of TEA")) == Reply(text="Tea.")
    assert answers.find(asked("coffee")) == Reply(text="Anything.")


def test_caught_words_fill_the_answer() -> None:
    rule = {"input": "weather in (?P<city>\\w+)", "call": "weather", "arguments": {"city": "{city}"}}
    reply = book(rule).find(asked("The weather in Rome, please"))
    assert reply is not None
    assert (reply.call, json.loads(reply.arguments)) == ("weather", {"city": "Rome"})


def test_a_schema_rule_answers_that_schema_alone() -> None:
    answers = book({"schema": "profile*", "answer": {"name": "Ada"}})
    assert answers.find(asked("x", schema="summary")) is None
    reply = answers.find(asked("x", schema="profile_v2"))
    assert reply is not None
    assert json.loads(reply.text) == {"name": "Ada"}


def test_fill_takes_values_out_of_the_input() -> None:
    answers = book({"answer": {"name": "", "kind": "user"}, "fill": {"name": "name is (\\w+)"}})
    reply = answers.find(asked("my name is Ada"))
    assert reply is not None
    assert json.loads(reply.text) == {"name": "Ada", "kind": "user"}


def test_fill_alone_is_laid_over_the_default() -> None:
    reply = book({"fill": {"name": "name is (\\w+)"}}).find(asked("my name is Ada"))
    assert reply is not None
    assert reply.fields == {"name": "Ada"}


def test_a_rule_is_used_up() -> None:
    answers = book({"say": "Once.", "times": 1})
    assert answers.find(asked("x")) is not None
    assert answers.find(asked("x")) is None


def test_a_rule_for_the_user_is_silent_after_a_tool() -> None:
    answers = book({"call": "again"}, {"after": "tool", "say": "Done."})
    reply = answers.find(asked("x", after="tool"))
    assert reply == Reply(text="Done.")


def test_posted_rules_come_before_those_of_scripts() -> None:
    answers = book({"input": "b", "say": "posted"})
    answers.learn("old", [{"say": "old"}])
    answers.learn("new", [{"say": "new"}])
    assert [answers.find(asked(text)) for text in "ab"] == [Reply(text="new"), Reply(text="posted")]
    answers.learn("old", [{"say": "old"}])
    assert answers.find(asked("a")) == Reply(text="old")


@pytest.mark.parametrize(
    "rule",
    [{}, {"input": "x"}, {"say": "x", "colour": 1}, {"say": "x", "input": "("}, {"say": "x", "api": "y"}],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: Json) -> None:
    with pytest.raises(BadScript):
        book(rule)
