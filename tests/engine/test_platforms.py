"""Submissions from learning platforms and scores for them, in the forms that each documents."""

import csv
import io
import json
import shutil
import stat
import zipfile
from pathlib import PurePosixPath

import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.engine.export import harmless
from grader.engine.platforms import names
from grader.engine.platforms.archive import Archive, RefusedArchive
from grader.engine.platforms.collect import take_in
from grader.engine.platforms.scores import Score, canvas, fill, moodle
from grader.engine.platforms.table import MAX_BYTES, NoTable, Table
from tests.engine import course
from tests.engine.course import LECTURE, RIGHT, ROOT, WRONG, grade, grader, nbgrader, released

NOTEBOOK = f"{LECTURE}.ipynb"
# A gradebook of Canvas and a worksheet of Moodle; docs/platforms.md links to what describes them.
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (55),01 Scales (77),"
    "Old Scales (78),Assignments Current Score\r\n"
    ",,,,,Manual Posting,,,\r\n"
    "    Points Possible,,,,,10,2,2,(read only)\r\n"
    '"Lovelace, Ada",101,s1,ada,"A, and B",9.5,,1.00,95\r\n'
    '"=HYPERLINK(""http://x"")",102,s2,bob,A,,"",,\r\n'
    '"Curie, Marie",103,s3,marie,A,,EX,,\r\n'
    '"Nobody, New",104,s4,new,A,,1.5,,\r\n'
    '"Student, Test",999,,,A,,,,\r\n'
)
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\n'
    '"Participant 101","Ada Lovelace",ada@example.edu,"Submitted for grading - ",'
    ',2.00,Yes,"Friday, 20 November 2026, 3:04 PM",-,""\n'
    '"Participant 22","Ada Lovelace",bob@example.edu,"Submitted for grading - ",'
    '"0.50",2.00,Yes,"Friday, 20 November 2026, 3:05 PM",-,"two\nlines, kept"\n'
)
SCORES = {"101": Score(2, 2, True), "bob": Score(1, 2, True)}


def zipped(path, members):
    """A zip file of these names and contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members:
            out.writestr(name, content)
    return path


def packed(*members):
    buffer = io.BytesIO()
    zipped(buffer, members)
    return buffer.getvalue()


def text(folder, answers=RIGHT):
    return json.dumps(released(folder, answers))


def held(folder, student):
    """What was taken of a student, by name."""
    place = folder / "submitted" / student / LECTURE
    found = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_text() for path in found}


@pytest.fixture
def place(_released, tmp_path):
    """An empty course directory in which the lecture is released."""
    shutil.copytree(_released / "notebooks", tmp_path / "notebooks")
    return tmp_path


@pytest.fixture(scope="module")
def class_folder(shared_folder):
    """A graded class: by Canvas' number or login, by Moodle's number or address; one failed."""
    people = {"101": RIGHT, "bob": WRONG, "103": RIGHT, "55": RIGHT, "bob@example.edu": WRONG}
    for student, answers in people.items():
        course.submit(shared_folder, student, released(shared_folder, answers))
    course.submit(shared_folder, "104", "rubbish")
    grade(shared_folder, check=False)
    return shared_folder


def collect(folder, platform, members):
    """Take these files in; by student what its line says, and what belonged to nobody."""
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.release_directory = "notebooks"
    config.CourseDirectory.assignment_id = LECTURE
    with Archive(zipped(folder / f"{platform}.zip", members)) as archive:
        taken = take_in(CourseDirectory(config=config), archive, platform)
    return {line.split()[0]: line for line in taken.lines}, "\n".join(taken.strange)


@pytest.mark.parametrize(
    "name, copy",
    [
        ("02_sorting.ipynb", 0),
        ("notebooks_02_sorting_02_sorting.ipynb", 0),
        ("02_sorting-1.ipynb", 1),
        ("02_sorting (12).ipynb", 12),
        ("02_sorting(1).ipynb", 1),
        ("02_sorting-Copy2.ipynb", 2),
        ("02_sorting - Copy.ipynb", 1),
        ("02 Sorting.ipynb", 0),
        ("02_sorting.ipynb.txt", 0),
        ("02_sorting.ipynb.json", 0),
        ("lovelace_02_sorting-3 (1).IPYNB", 3),
    ],
)
def test_a_name_that_a_browser_or_a_platform_changed_is_still_understood(name, copy):
    found = names.meant(PurePosixPath(name), ["02_sorting", "02_sorting_more"])
    assert found == ("02_sorting", copy)


@pytest.mark.parametrize("name", ["sorting.ipynb", "02_sortings.ipynb", "102_sorting.ipynb"])
def test_another_name_is_not_taken_for_the_notebook(name):
    assert names.meant(PurePosixPath(name), ["02_sorting"]) == (None, 0)


def test_canvas_late_copies_twins_and_unicode(place):
    lines, strange = collect(
        place,
        "canvas",
        [
            (f"lovelaceada_101_9001_{NOTEBOOK}", text(place)),
            (f"lovelaceada_LATE_102_9002_{NOTEBOOK}", text(place, WRONG)),
            (f"østergårdzoë_103_9003_{NOTEBOOK}", "an early one"),
            (f"østergårdzoë_103_9010_{LECTURE}-1.ipynb", text(place)),
            ("østergårdzoë_103_9011_table.csv", "1,2"),
            ("李雷_104_9004_homework.zip", packed((f"homework/{NOTEBOOK}", text(place)))),
            (f"anon_aB3dE_9005_notebooks_{LECTURE}_{NOTEBOOK}", text(place)),
            ("readme.txt", "not from Canvas"),
        ],
    )
    assert held(place, "101") == {NOTEBOOK: text(place)}
    assert held(place, "102") == {NOTEBOOK: text(place, WRONG)}
    assert held(place, "103") == {NOTEBOOK: text(place), "table.csv": "1,2"}
    assert held(place, "104") == held(place, "anon_aB3dE") == {NOTEBOOK: text(place)}
    assert "late" in lines["102"] and "late" not in lines["101"].replace("lovelace", "")
    assert f"of 2 copies took {LECTURE}-1.ipynb" in lines["103"]
    assert "readme.txt" in strange


def test_a_canvas_name_cannot_hand_in_for_somebody_else(place):
    """Who is called "x_101" there gets "x_101_205_9001_...": student 101 to a careless reader."""
    lines, strange = collect(place, "canvas", [(f"x_101_205_9001_{NOTEBOOK}", text(place))])
    assert not lines and "two ways" in strange
    shared = [(f"{who}_7_9001_{NOTEBOOK}", text(place)) for who in ("ada", "mallory")]
    lines, _ = collect(place, "canvas", shared)
    assert "two names share this number" in lines["7"]
    assert not (place / "submitted").exists()


def test_moodle_folders_of_every_version_and_twins(place):
    collect(
        place,
        "moodle",
        [
            (f"Ada Lovelace_21_assignsubmission_file_/{NOTEBOOK}", text(place)),
            ("Ada Lovelace_21_assignsubmission_onlinetext_/onlinetext.html", "<p>done</p>"),
            (f"Ada Lovelace_22_assignsubmission_file/{NOTEBOOK}", text(place, WRONG)),
            (f"Zoë Ångström_23_assignsubmission_file_/work/{LECTURE}(1).ipynb", text(place)),
            ("Zoë Ångström_23_assignsubmission_file_/work/helpers/own.py", "a = 1"),
            ("Zoë Ångström_23_assignsubmission_file_/timestamp.txt", "1999-01-01 00:00:00"),
            (f"李雷_24_assignsubmission_file_{NOTEBOOK}", text(place)),
            ("Max_25_assignsubmission_file_/Untitled.ipynb", text(place)),
        ],
    )
    assert held(place, "21") == {NOTEBOOK: text(place)}
    assert held(place, "22") == {NOTEBOOK: text(place, WRONG)}
    assert held(place, "23") == {NOTEBOOK: text(place), "helpers/own.py": "a = 1"}
    assert held(place, "24") == held(place, "25") == {NOTEBOOK: text(place)}


METADATA = """---
submission_501:
  :submitters:
  - :name: Ada Lovelace
    :sid: '007'
    :email: ada@example.edu
  - :name: Bob
    :sid:
    :email: bob@example.edu
  :created_at: 2026-11-20 11:59:58.310930000 Z
  :score: 1.0
  :results:
    tests: !ruby/object:Unknown {}
submission_502:
  :submitters:
  - :name: "../../evil"
    :sid: "../../evil"
    :email: "[a]*"
  :created_at: 2026-11-20 12:00:00 Z
"""


def test_gradescope_groups_times_and_numbers_with_zeros(place):
    export = "assignment_99_export"
    lines, strange = collect(
        place,
        "gradescope",
        [
            (f"{export}/submission_metadata.yml", METADATA),
            (f"{export}/submission_501/{NOTEBOOK}", text(place)),
            (f"{export}/submission_502/{NOTEBOOK}", text(place)),
            (f"{export}/submission_503/{NOTEBOOK}", text(place)),
        ],
    )
    assert set(lines) == {"007", "bob@example.edu"}
    time = {"timestamp.txt": "2026-11-20 11:59:58 UTC"}
    assert held(place, "007") == held(place, "bob@example.edu") == {NOTEBOOK: text(place)} | time
    assert "502: a submitter without a student number" in strange
    assert "503: submission_metadata.yml does not say whose it is" in strange


def test_the_command_takes_in_replaces_and_has_the_replaced_graded_again(folder):
    def command(*members):
        archive = zipped(folder / "canvas.zip", members)
        return grader(folder, "collect", "canvas", str(archive), LECTURE).stdout

    ada, bob = ((f"{n}_{i}_{i}_{NOTEBOOK}", text(folder, WRONG)) for n, i in (("a", 1), ("b", 2)))
    assert "2 new" in command(ada, bob)
    assert {r["score"] for r in grade(folder, "--jobs", "1").values()} == {1}
    page = folder / "feedback" / "2" / LECTURE / f"{LECTURE}.html"
    page.parent.mkdir(parents=True)
    page.write_text("about the first")
    told = command(ada, (f"b_2_9_{LECTURE}-1.ipynb", text(folder)))
    assert "0 new, 1 replaced, 1 unchanged, 0 refused" in told
    assert not page.exists()
    again = grade(folder, "--jobs", "1")
    assert {student: (r["status"], r["score"]) for student, r in again.items()} == {
        "1": ("skipped", None),
        "2": ("graded", 2),
    }


def test_what_a_killed_run_left_half_done_is_done_by_the_next(place):
    """Killed while it wrote, and between taking the old submission away and putting the new."""
    for student, left in (("1", "partial"), ("2", "earlier")):
        half = place / "submitted" / student / f".{LECTURE}.{left}"
        half.mkdir(parents=True)
        (half / "rest.txt").write_text("of the run before")
    lines, _ = collect(place, "canvas", [(f"x_{n}_{n}_{NOTEBOOK}", text(place)) for n in (1, 2)])
    assert all(" new " in line for line in lines.values())
    for student in "12":
        assert held(place, student) == {NOTEBOOK: text(place)}
        assert [path.name for path in (place / "submitted" / student).iterdir()] == [LECTURE]


def hostile(folder):
    """Submissions that would hurt who unpacks them: student, name, contents, what is said."""
    link = zipfile.ZipInfo(f"a_1_1_{NOTEBOOK}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    bomb = packed((NOTEBOOK, text(folder)), ("zeros.bin", b"\0" * (60 << 20)))
    crowd = packed((NOTEBOOK, text(folder)), *((f"{n}", b"") for n in range(1500)))
    large = packed(*((f"{'long' * 60}{n}", b"") for n in range(5000)))
    up = packed((NOTEBOOK, text(folder)), ("../../../gradebook.db", b"gone"))
    cut = packed((NOTEBOOK, text(folder)))[:-30]
    both = packed((NOTEBOOK, text(folder)), ("a", b"a file"), ("a/b", b"a folder"))
    deep = packed((NOTEBOOK, text(folder)), ("d/" * 2000 + "x", b"a long way down"))
    return [
        ("1", link, "/etc/passwd", "link"),
        ("2", "b_2_2_work.zip", bomb, "larger than"),
        ("3", "c_3_3_work.zip", crowd, "more than"),
        ("4", "d_4_4_work.zip", large, "too many files"),
        ("5", "e_5_5_work.zip", up, "leads elsewhere"),
        ("6", "f_6_6_work.zip", cut, "no zip file"),
        ("7", "g_7_7_work.zip", both, "cannot be written"),
        ("8", "h_8_8_work.zip", packed(("inner.zip", bomb)), "no notebook"),
        ("9", "i_9_9_notes.txt", "hello", "no notebook"),
        ("11", "j_11_11_work.zip", deep, "too deep"),
    ]


def test_hostile_archives_are_refused_in_a_line_and_neighbours_are_taken(place):
    attacks = hostile(place)
    members = [(f"honest_{n}_{n}_{NOTEBOOK}", text(place)) for n in (0, 10)]
    before = set(place.parent.rglob("*"))
    lines, _ = collect(
        place, "canvas", [members[0], *((name, what) for _, name, what, _ in attacks), members[1]]
    )
    for student, _, _, says in attacks:
        assert "refused" in lines[student] and says in lines[student]
    assert held(place, "0") == held(place, "10") == {NOTEBOOK: text(place)}
    made = {path for path in set(place.parent.rglob("*")) - before if path.is_file()}
    assert {path.relative_to(place).as_posix() for path in made} == {
        "canvas.zip",
        f"submitted/0/{LECTURE}/{NOTEBOOK}",
        f"submitted/10/{LECTURE}/{NOTEBOOK}",
    }


def test_an_archive_that_is_none_is_said_to_be_none(tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\5\6 rubbish")
    with pytest.raises(RefusedArchive, match="no zip file"):
        Archive(broken)
    with pytest.raises(RefusedArchive, match="No such file"):
        Archive(tmp_path / "none.zip")
    with pytest.raises(RefusedArchive, match=r"no submission_metadata\.yml"):
        collect(tmp_path, "gradescope", [("a/b", "")])


def test_a_list_of_contents_that_lies_about_its_place_is_not_read():
    with pytest.raises(RefusedArchive):
        Archive(packed((NOTEBOOK, "{}"))[:-22] + b"PK\5\6" + b"\xff" * 16 + b"\0\0")


# Settings for nbgrader's own zip_collect, as docs/platforms.md gives them.
CONFIGURED = {
    "canvas": r".*/[^/]*?(_LATE)?_(?P<student_id>\d+)_\d+_(?P<file_id>NAME)(-\d+)?\.ipynb$",
    "moodle": r".*/[^/_]+_(?P<student_id>\d+)_assignsubmission_file_?/(?P<file_id>NAME)\.ipynb$",
}
PLAIN = {
    "canvas": (f"ada_LATE_11_9001_{LECTURE}-1.ipynb", f"bob_12_9002_{NOTEBOOK}"),
    "moodle": (
        f"Ada L_11_assignsubmission_file_/{NOTEBOOK}",
        f"Bob_12_assignsubmission_file/{NOTEBOOK}",
    ),
}


@pytest.mark.parametrize("platform", CONFIGURED)
def test_nbgraders_zip_collect_takes_plain_archives_by_the_documented_pattern(platform, folder):
    documented = CONFIGURED[platform].replace("NAME", "02_activations")
    assert documented in (ROOT / "docs/platforms.md").read_text()
    archive = folder / "downloaded" / LECTURE / "archive"
    archive.mkdir(parents=True)
    zipped(archive / "submissions.zip", [(name, text(folder)) for name in PLAIN[platform]])
    pattern = CONFIGURED[platform].replace("NAME", LECTURE)
    nbgrader(folder, "zip_collect", LECTURE, f"--FileNameCollectorPlugin.named_regexp={pattern}")
    assert held(folder, "11") == held(folder, "12") == {NOTEBOOK: text(folder)}


def test_canvas_gets_one_column_and_every_other_byte_back(class_folder):
    table, to = class_folder / "table.csv", class_folder / "filled.csv"
    table.write_bytes(CANVAS.encode())
    command = "scores", "canvas", str(table), LECTURE, "--to", str(to)
    done = grader(class_folder, *command, check=False)
    assert done.returncode == 1, "two graded students have no row"
    filled = to.read_bytes().decode()
    assert filled == CANVAS.replace("9.5,,1.00", "9.5,2,1.00").replace('A,,"",,', 'A,,"1",,')
    assert "2 scores in the column 01 Scales (77)" in done.stdout
    assert "2 without a graded submission, left as it was: 104, 999" in done.stdout
    assert "1 excused or not assigned, left as it was: 103" in done.stdout
    assert "2 graded, but without a row in the table: 55, bob@example.edu" in done.stdout
    # What Canvas reads of it: the same table in which one column differs.
    before, after = (list(csv.reader(io.StringIO(t))) for t in (CANVAS, filled))
    cells = {(r, c) for r, row in enumerate(before) for c, _ in enumerate(row)}
    assert {(r, c) for r, c in cells if before[r][c] != after[r][c]} == {(3, 6), (4, 6)}


def test_a_score_that_is_not_final_is_left_out():
    table = Table(CANVAS.encode())
    waiting = {"101": Score(1, 2, False)}
    done = fill(table, canvas(table, "01_scales", named=False), waiting)
    assert done.unfinished == ["101"] and table.as_bytes() == CANVAS.encode()


def test_canvas_in_a_country_with_semicolons_and_other_points():
    content = "Student;ID;SIS Login ID;Scales (77)\n    Points Possible;;;10,00\nB;7;bob;\n"
    table = Table(content.encode())
    with pytest.raises(NoTable, match="10 points and the gradebook 2"):
        fill(table, canvas(table, "Scales", named=True), SCORES)
    fill(table, canvas(table, "Scales", named=True), SCORES, scale=True)
    assert table.as_bytes().decode() == content.replace("bob;", "bob;5")


HEAD = "Student,ID,Scales (1),{} (2)\n Points Possible,,{},2\n"


@pytest.mark.parametrize(
    "content, says",
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no gradebook of Canvas"),
        ('Student,ID\n"open', "line 2 has a quote that does not end"),
        (HEAD.replace("Scales", "X").format("Y", 2), "0 columns fit"),
        (HEAD.format("Scales", 2), r"2 columns fit .* Scales \(1\); Scales \(2\)"),
        (HEAD.format("X", "(read only)"), "does not let"),
        (HEAD.format("X", 2) + "A,101,,\nB,101,,\n", "two rows are"),
        (HEAD.format("X", 2) + "A,101\n", "ends before"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(content, says):
    with pytest.raises(NoTable, match=says):
        table = Table(content.encode())
        fill(table, canvas(table, "Scales", named=False), SCORES)


def test_moodles_worksheet_comes_back_with_grades_only(class_folder):
    table, to = class_folder / "worksheet.csv", class_folder / "graded.csv"
    table.write_bytes(MOODLE.encode())
    command = "scores", "moodle", str(table), LECTURE, "--to", str(to)
    assert "without a row" in grader(class_folder, *command, check=False).stdout
    expected = MOODLE.replace(' - ",,2.00', ' - ",2,2.00').replace('"0.50"', '"1"')
    assert to.read_bytes().decode() == expected


def test_moodles_worksheet_in_another_language_has_its_column_named():
    german = MOODLE.replace(",Grade,", ",Bewertung,").replace("Participant ", "Teilnehmer/in")
    table = Table(german.encode())
    with pytest.raises(NoTable, match="Name it with --column: .*Bewertung"):
        moodle(table, LECTURE, named=False)
    done = fill(table, moodle(table, "Bewertung", named=True), SCORES)
    assert done.written == 1 and done.unknown == ["22"] and done.absent == ["bob"]
    assert table.as_bytes().decode() == german.replace(' - ",,2.00', ' - ",2,2.00')


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\r\n1,2",
        b"\xef\xbb\xbfa;b;\n\n\n1;;\n",
        b'"a""b",c\r"x\ny", "z" ,\r',
        b"\xff\xfe,latin \xe9\n,",
        "ä,=1+1,\u2028,\x00\n".encode(),
    ],
)
def test_a_table_that_is_not_changed_stays_byte_for_byte(content):
    assert Table(content).as_bytes() == content


def test_a_table_that_is_too_large_is_not_read():
    with pytest.raises(NoTable):
        Table(b"a" * (MAX_BYTES + 1))


def test_feedback_goes_back_under_the_names_of_the_submissions(class_folder):
    nbgrader(class_folder, "generate_feedback", LECTURE)
    page, to = f"{LECTURE}.html", class_folder / "feedback.zip"
    for platform, members, expected in (
        (
            "moodle",
            [f"Ada L_101_assignsubmission_file_/{NOTEBOOK}", "Zoë_55_assignsubmission_file/x.zip"],
            [f"Ada L_101_assignsubmission_file_/{page}", f"Zoë_55_assignsubmission_file/{page}"],
        ),
        (
            "canvas",
            [f"adal_LATE_101_901_{NOTEBOOK}", f"adal_LATE_101_907_{LECTURE}-1.ipynb",
             f"zoë_55_903_{NOTEBOOK}", f"bob_23_9_{NOTEBOOK}", f"../x_103_9_{NOTEBOOK}"],
            [f"adal_LATE_101_907_{page}", f"zoë_55_903_{page}"],
        ),
    ):  # fmt: skip
        archive = zipped(class_folder / "a.zip", [(name, "") for name in members])
        command = "feedback", platform, str(archive), LECTURE, "--to", str(to)
        done = grader(class_folder, *command, check=False)
        with zipfile.ZipFile(to) as made:
            assert sorted(made.namelist()) == sorted(expected)
            assert b"judged" in made.read(expected[0])
    assert done.returncode == 1 and "1 without feedback: 23" in done.stdout


def test_names_in_the_exported_grades_begin_no_formula(class_folder):
    evil = '=HYPERLINK("http://example.org","x")'
    given = f"--last-name={evil}", "--first-name=@SUM(1,2)", "--email=-1+1"
    nbgrader(class_folder, "db", "student", "add", "55", *given)
    nbgrader(class_folder, "export", "--to", "grades.csv")
    with (class_folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        row = {row["student_id"]: row for row in csv.DictReader(file)}["55"]
    assert (row["last_name"], row["first_name"], row["email"]) == (
        f"'{evil}",
        "'@SUM(1,2)",
        "'-1+1",
    )
    assert (row["score"], row["max_score"], row["assignment"]) == ("2.0", "2.0", LECTURE)
    assert [harmless(t)[0] for t in ("+1", "\t=1", "\r=1", "＝1")] == ["'"] * 4
