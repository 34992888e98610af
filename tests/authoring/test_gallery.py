"""The page with everything that a check can say."""

from grader.authoring.gallery import render
from grader.checking.definitions import all_definitions
from grader.checking.exercise import Exercise


def test_the_gallery_holds_every_message():
    class Lecture:
        name = "all"
        definitions = tuple(all_definitions().values())

    page = render([Lecture()])  # type: ignore[list-item]
    for definition in Lecture.definitions:
        if isinstance(definition, Exercise):
            said = [f"> {m.message.splitlines()[-1]}" for m in definition.misconceptions]
        else:
            said = [text for choice in definition.choices for text in (choice.text, choice.why)]
        assert [text for text in (*said, *definition.hints) if text not in page] == []
    for verdict in ("Right", "Wrong value", "Timed out", "Other convention", "Changes a library"):
        assert f"**{verdict}**" in page
