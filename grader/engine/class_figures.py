"""What a class understood, as numbers: counted from receipts and the gradebook's sums."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from grader.checking.definitions import Definition, in_lecture
from grader.checking.exercise import Exercise, Question
from grader.checking.report import Verdict
from grader.engine.receipts import Receipt, entries

BINS = 10
MOST_DAYS = 31
ENOUGH = 10  # submissions, before a correlation is shown
LOW_FIT = 0.2
_UNWRITTEN = (Verdict.NOT_IMPLEMENTED, Verdict.MISSING)


@dataclass(frozen=True)
class Submitted:
    """A row of the gradebook: the sum, late penalties not taken off, and when it was handed in."""

    score: float
    when: datetime | None = None


@dataclass(frozen=True)
class Mistake:
    """A known mistake and how many students made it.

    Args:
        id: the exercise or question.
        name: the misconception's; of a question, what was answered.
        count: how many students.
        message: what its students were told.
        right: whether it is the right answer to a question.
    """

    id: str
    name: str
    count: int
    message: str = ""
    right: bool = False


@dataclass(frozen=True)
class Group:
    """Students whose wrong functions answer alike, in a way that no misconception has.

    Args:
        id: the exercise.
        verdict: what the check said to all of them.
        students: who they are.
    """

    id: str
    verdict: str
    students: tuple[str, ...]


@dataclass
class Item:
    """An exercise or a question, and what the class made of it.

    Args:
        definition: what it is.
        judged: how many submissions hold its check.
        verdicts: how many got which, the most frequent first.
        earned: the mean share of its points.
        mistakes: of an exercise its misconceptions, the most frequent first; of a question its
            choices in their order, or the numbers that were given.
        groups: wrong answers that several students share and no misconception has.
        lone: wrong answers without a name that nobody shares.
        fit: the correlation of its points with those for everything else, None where it says
            nothing.
    """

    definition: Definition
    judged: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    earned: float = 0.0
    mistakes: list[Mistake] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    lone: int = 0
    fit: float | None = None

    @property
    def id(self) -> str:
        """The exercise's or question's."""
        return self.definition.id

    @property
    def right(self) -> float:
        """The share that is right."""
        return self.verdicts[Verdict.RIGHT] / self.judged if self.judged else 0.0

    @property
    def unwritten(self) -> int:
        """How many did not write it."""
        return sum(self.verdicts[verdict] for verdict in _UNWRITTEN)


@dataclass
class Figures:
    """A class and one lecture.

    Args:
        lecture: "02_sorting".
        known: how many students the gradebook knows, or have handed in.
        handed_in: how many submissions there are.
        scores: the sums of those that were graded.
        points: what could be earned.
        times: when they were handed in, as far as that is known.
        due: the due date.
        items: in the lecture's order.
        talk: by student the reasons for a talk.
    """

    lecture: str
    known: int
    handed_in: int
    scores: list[float]
    points: float
    times: list[datetime]
    due: datetime | None
    items: list[Item]
    talk: dict[str, list[str]]

    @property
    def late(self) -> int:
        """How many came after the due date."""
        return sum(self.due is not None and when > self.due for when in self.times)

    @property
    def histogram(self) -> list[int]:
        """How many scores lie in each tenth of the points."""
        found = [0] * BINS
        for score in self.scores:
            share = score / self.points if self.points else 0.0
            found[min(max(int(share * BINS), 0), BINS - 1)] += 1
        return found

    @property
    def time_line(self) -> list[tuple[date, int]]:
        """How many were handed in on each day, or in each week where the days are many."""
        days = Counter(when.date() for when in self.times)
        if not days:
            return []
        first, last = min(days), max(days)
        step = 1 if (last - first).days < MOST_DAYS else 7
        step = max(step, math.ceil(((last - first).days + 1) / (2 * MOST_DAYS)))
        found = Counter[date]()
        for day, count in days.items():
            found[first + timedelta((day - first).days // step * step)] += count
        starts = [first + timedelta(n) for n in range(0, (last - first).days + 1, step)]
        return [(day, found[day]) for day in starts]

    @property
    def first(self) -> list[Mistake]:
        """What to teach first: mistakes that at least two students share, the most frequent first.

        A group without a name counts as a mistake, and so does an exercise that a quarter of those
        who handed in did not write.
        """
        found = [m for item in self.items for m in item.mistakes if not m.right]
        for item in self.items:
            found += [
                Mistake(item.id, f"a wrong answer without a name ({g.verdict})", len(g.students))
                for g in item.groups
            ]
            if isinstance(item.definition, Exercise) and 4 * item.unwritten > item.judged:
                found.append(Mistake(item.id, "not written", item.unwritten))
        return sorted((m for m in found if m.count > 1), key=lambda m: -m.count)

    @property
    def badly_fitting(self) -> list[Item]:
        """The items that say little about who can do the rest."""
        return [item for item in self.items if item.fit is not None and item.fit < LOW_FIT]


def figures(
    lecture: str,
    receipts: Mapping[str, Receipt],
    *,
    rows: Mapping[str, Submitted],
    roster: Sequence[str],
    submitted: Sequence[str],
    points: float,
    due: datetime | None = None,
) -> Figures:
    """Count.

    Args:
        lecture: "02_sorting".
        receipts: by student.
        rows: of the gradebook, by student.
        roster: the students that the gradebook knows.
        submitted: the students who have handed in.
        points: what could be earned.
        due: the due date.
    """
    found = {student: entries(receipt) for student, receipt in receipts.items()}
    items = [_item(definition, found) for definition in in_lecture(lecture)]
    _set_fits(items, found)
    scores = {student: rows[student].score for student in receipts if student in rows}
    return Figures(
        lecture=lecture,
        known=len({*roster, *submitted, *receipts}),
        handed_in=len({*submitted, *receipts}),
        scores=sorted(scores.values()),
        points=points,
        times=sorted(row.when for row in rows.values() if row.when is not None),
        due=due,
        items=items,
        talk=_talk(found, scores, roster, submitted),
    )


def _item(definition: Definition, found: Mapping[str, dict[str, dict]]) -> Item:
    mine = {s: e[definition.id] for s, e in found.items() if definition.id in e}
    verdicts = Counter(str(entry.get("verdict")) for entry in mine.values())
    item = Item(definition, len(mine), Counter(dict(verdicts.most_common())))
    if mine:
        item.earned = sum(map(_share, mine.values())) / len(mine)
    if isinstance(definition, Question):
        item.mistakes = _answers(definition, Counter(_key(e) for e in mine.values()))
        return item
    item.mistakes = _misconceptions(definition, Counter(e.get("diagnosis") for e in mine.values()))
    groups: dict[tuple[str, str], list[str]] = {}
    for student, entry in mine.items():
        if entry.get("alike"):
            groups.setdefault((entry["verdict"], entry["alike"]), []).append(student)
    shared = {key: group for key, group in groups.items() if len(group) > 1}
    item.lone = len(groups) - len(shared)
    item.groups = [
        Group(definition.id, verdict, tuple(sorted(group)))
        for (verdict, _), group in sorted(shared.items(), key=lambda kv: (-len(kv[1]), kv[0]))
    ]
    return item


def _share(entry: dict) -> float:
    return entry.get("score", 0) / entry["points"] if entry.get("points") else 0.0


def _misconceptions(exercise: Exercise, named: Counter) -> list[Mistake]:
    """The misconceptions by frequency. Two that a report named together count both."""
    known = {m.name: m.message for m in exercise.misconceptions}
    counts: Counter[str] = Counter()
    for said, count in named.items():
        if said:
            for name in _apart(str(said), known):
                counts[name] += count
    return [Mistake(exercise.id, name, n, known.get(name, "")) for name, n in counts.most_common()]


def _apart(said: str, known: Mapping[str, str]) -> list[str]:
    for name in known:
        rest = said.removeprefix(f"{name} and ")
        if said not in known and rest != said and rest in known:
            return [name, rest]
    return [said]


def _key(entry: dict) -> str | float | None:
    answer = entry.get("answer")
    return answer if isinstance(answer, str | int | float) else None


def _answers(question: Question, given: Counter) -> list[Mistake]:
    """How many chose what. Numbers are counted by the misreading they stand for."""
    number = question.number
    if number is None:
        return [
            Mistake(question.id, f"{letter}: {c.text}", given[letter], c.why, c.right)
            for letter, c in question.lettered.items()
        ]
    right, misread, others = 0, Counter[float](), Counter[float]()
    for answer, count in given.items():
        if answer is None or isinstance(answer, str):
            continue
        known = [wrong for wrong in number.misreadings if number.matches(answer, wrong)]
        if number.matches(answer):
            right += count
        elif known:
            misread[known[0]] += count
        else:
            others[answer] += count
    return [
        Mistake(question.id, f"{number.value:g}", right, right=True),
        *(
            Mistake(question.id, f"{wrong:g}", n, number.misreadings[wrong])
            for wrong, n in misread.most_common()
        ),
        *(Mistake(question.id, f"{answer:g}", n) for answer, n in others.most_common(5)),
    ]


def _set_fits(items: list[Item], found: Mapping[str, dict[str, dict]]) -> None:
    """Each item's corrected item-total correlation: with the points for all other items."""
    if len(found) < ENOUGH:
        return
    earned = np.array([[e.get(i.id, {}).get("score", 0) for i in items] for e in found.values()])
    for column, item in enumerate(items):
        mine = earned[:, column].astype(float)
        rest = earned.sum(axis=1) - mine
        if mine.std() > 0 and rest.std() > 0:
            item.fit = float(np.corrcoef(mine, rest)[0, 1])


def _talk(
    found: Mapping[str, dict[str, dict]],
    scores: Mapping[str, float],
    roster: Sequence[str],
    submitted: Sequence[str],
) -> dict[str, list[str]]:
    """By student why a talk may help; who needs none is not in it."""
    reasons: dict[str, list[str]] = {}

    def note(student: str, reason: str) -> None:
        reasons.setdefault(student, []).append(reason)

    middle = float(np.median(list(scores.values()))) if scores else 0.0
    for student in sorted({*roster, *submitted, *found}):
        if student not in found:
            handed_in = student in submitted
            note(student, "handed in, not graded" if handed_in else "has not handed in")
            continue
        unwritten = sum(e.get("verdict") in _UNWRITTEN for e in found[student].values())
        if unwritten * 2 > len(found[student]):
            note(student, "more than half is not written")
        if student in scores and scores[student] < middle / 2:
            note(student, "less than half of the median")
    return reasons
